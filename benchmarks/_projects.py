"""A temporary project whose tests are recorded and replayed by real pytest runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
OURS: Final = ("--qchannel-mode=record", "--qchannel-record-from=emulator")
PLAIN: Final = ("--record-mode=rewrite",)
_INI: Final = """[pytest]
markers =
filterwarnings = ignore
addopts = -q -p no:randomly -p no:cacheprovider -p no:benchmark -p no:hypothesispytest -p no:timeout
"""
_PERSONAL: Final = (
    *("QCHANNEL_", "QISKIT_IBM_", "IQP_", "IBM_CLOUD_", "PYTEST_"),
    "USAGE_DATA_OPT_OUT",
)

Rows = dict[tuple[int, int], tuple[float, float]]
"""Run and number of a test -> seconds by the clock, and of the processor."""


@dataclass
class Figures:
    """What one run of pytest took.

    Attributes:
        wall_s: From start to end of the command.
        peak_kb: Peak memory of each process: pytest's, then its workers'.
        times: Test -> seconds by the clock, and of the processor.
    """

    wall_s: float
    peak_kb: list[int] = field(default_factory=list)
    times: dict[str, tuple[float, float]] = field(default_factory=dict)


class Project:
    """Tests of both flows, by our lanes and by pytest-recording itself.

    Args:
        root: An empty folder.
        tests: How many of each there are.
    """

    def __init__(self, root: Path, tests: int) -> None:
        self.root = root
        self.tests = tests
        for name, target in (("flow_tests", "test_flows"), ("lanes", "conftest")):
            shutil.copy(HERE / "project" / f"{name}.py", root / f"{target}.py")
        (root / "pytest.ini").write_text(_INI, encoding="utf-8")
        (root / "home").mkdir()
        (root / "figures").mkdir()

    def run(self, chosen: str, *options: str, tests: int | None = None, kinds: int = 1) -> Figures:
        """Runs the tests whose names match; every one of them has to pass.

        Args:
            chosen: As ``-k`` takes it.
            *options: More of them.
            tests: How many there are of a kind; by default all.
            kinds: How many kinds match.
        """
        tests = tests or self.tests
        figures = self.root / "figures"
        for old in figures.iterdir():
            old.unlink()
        environment = {n: v for n, v in os.environ.items() if not n.startswith(_PERSONAL)}
        environment |= {
            "BENCH_TESTS": str(tests),
            "BENCH_FIGURES": str(figures),
            "HOME": str(self.root / "home"),
            "PYTHONPATH": str(HERE.parent),
        }
        command = [sys.executable, "-m", "pytest", "-k", chosen, *options]
        begun = time.perf_counter()
        done = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, encoding="utf-8"
        )
        wall_s = time.perf_counter() - begun
        assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
        assert f"{tests * kinds} passed" in done.stdout, done.stdout[-6_000:]
        assert " skipped" not in done.stdout, done.stdout[-2_000:]
        result = Figures(wall_s)
        for path in figures.iterdir():
            said = json.loads(path.read_text(encoding="utf-8"))
            result.peak_kb.append(said["peak_kb"])
            result.times |= {name: tuple(taken) for name, taken in said["times"].items()}
        result.peak_kb.sort(reverse=True)
        return result

    def size_of(self, *patterns: str) -> int:
        """Bytes of the files among the cassettes that a pattern names."""
        root = self.root / "cassettes"
        files = {path for one in patterns for path in root.glob(one) if path.is_file()}
        return sum(path.stat().st_size for path in files)


def by_round(runs: list[Figures], case: str) -> Rows:
    """What each test of a case took, without the first, which pays for what is loaded once."""
    found = {
        (run, int(number[1])): taken
        for run, figures in enumerate(runs)
        for name, taken in figures.times.items()
        if name.startswith(f"test_{case}[") and (number := re.search(r"(\d+)\]$", name))
    }
    return {key: taken for key, taken in found.items() if key[1]}


def ratios(rows: Rows, others: Rows) -> list[float]:
    """Quartiles of the ratios of processor time within a round: what ran in the same second."""
    return statistics.quantiles([one[1] / others[key][1] for key, one in rows.items()], n=4)


def print_rows(cases: dict[str, Rows]) -> None:
    """A line for each case: milliseconds a test, medians, and the lowest of the processor."""
    print(f"{'':<24}{'by the clock':>14}{'processor':>14}{'lowest':>14}{'tests':>8}")
    for case, rows in cases.items():
        clock = statistics.median(one[0] for one in rows.values()) * 1000
        processor = [one[1] * 1000 for one in rows.values()]
        print(
            f"{case:<24}{clock:14.1f}{statistics.median(processor):14.1f}"
            f"{min(processor):14.1f}{len(rows):8}"
        )
