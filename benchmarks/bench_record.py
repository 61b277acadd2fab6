"""What the summary and the record of a run cost: pairs of replays, with them and without, in turn.

Figures are processor time of whole runs of pytest. Without: a plugin takes the hooks away that note
facts and show them. A run of one test tells what a run costs, one of a thousand what a test does.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from benchmarks._projects import OURS

TESTS: Final = 1_000
PAIRS: Final = 20
MOST_RUN_MS: Final = 5.0
MOST_TEST_MS: Final = 0.1

_PROJECT: Final = {
    "pytest.ini": """[pytest]
addopts = -q -p no:randomly -p no:cacheprovider -p no:benchmark -p no:timeout
pythonpath = .
""",
    "test_it.py": """import pytest

@pytest.mark.vcr
@pytest.mark.parametrize("number", range({tests}))
def test_reads(qchannel_rest, number):
    qchannel_rest.get("/backends")
""",
    "without_record.py": """import pytest

def pytest_configure(config):
    from pytest_qchannel.plugin.record import facts
    config.pluginmanager.set_blocked("qchannel-telling")
    facts.attach = facts.opened = lambda *_: None
""",
}


def processor_s(folder: Path, *options: str) -> float:
    """The seconds of the processor that a run takes whose tests all pass."""
    environ = {n: v for n, v in os.environ.items() if not n.startswith(("QCHANNEL_", "PYTEST_"))}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "pytest", *options]
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout
    is_told = "cassettes replayed" in done.stdout or "cassette replayed" in done.stdout
    assert is_told == ("without_record" not in options) or OURS[0] in options
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def differences_ms(folder: Path, tests: int, pairs: int) -> list[float]:
    """What a run with the record takes more than one without: each pair's, in milliseconds."""
    for name, text in _PROJECT.items():
        (folder / name).write_text(text.replace("{tests}", str(tests)), encoding="utf-8")
    processor_s(folder, *OURS)
    found = []
    for number in range(pairs):
        cases = [(), ("-p", "without_record")]
        took = {case: processor_s(folder, *case) for case in cases[:: 1 if number % 2 else -1]}
        found.append(1_000 * (took[cases[0]] - took[cases[1]]))
    return found


@pytest.mark.timeout(7_200)
def test_record(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run of one replayed test, and one of a thousand."""
    one = differences_ms(tmp_path_factory.mktemp("one"), 1, PAIRS)
    many = differences_ms(tmp_path_factory.mktemp("many"), TESTS, PAIRS)
    of_run = statistics.median(one)
    of_test = (statistics.median(many) - of_run) / (TESTS - 1)
    with capsys.disabled():
        print(f"\nsummary and record, {PAIRS} pairs, processor time, medians")
        print(f"a run:  {of_run:.1f} ms ({min(one):.1f} to {max(one):.1f}); at most {MOST_RUN_MS}")
        print(f"a test: {of_test:.3f} ms; at most {MOST_TEST_MS}")
