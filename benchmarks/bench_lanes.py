"""What a lane costs by real pytest runs: the full flow, a replay of it and one over REST, nothing.

Within a run the cases of each number follow each other, in an order that changes with the number:
only what ran in the same second is compared. *Client* is the client as it comes, its answers from
memory (``Tape`` in ``_flows.py``); *client, opted out* the same with ``USAGE_DATA_OPT_OUT=True``.
"""

from __future__ import annotations

import resource
import statistics
from typing import Final

import pytest

from benchmarks._projects import (
    OURS,
    PLAIN,
    Figures,
    Project,
    by_round,
    print_rows,
    ratios,
)

REPEATS: Final = 3
EMPTY_TESTS: Final = 300
FLOWS: Final = {
    "client": "full_memory",
    "client, opted out": "full_silent",
    "emulated lane": "full_emulated",
    "replay": "full_ours",
}
REST: Final = {"replay": "rest_ours", "pytest-recording": "rest_plain"}
EMPTY: Final = {"empty lane": "empty_lane", "no lane": "empty_plain"}
MEASURES: Final = (
    ("emulated lane", "client", 0.3),
    ("emulated lane", "client, opted out", 1.15),
    ("replay", "client, opted out", 1.2),
)
MOST_EMPTY_MS: Final = 3.0


def run_all(project: Project, kinds: dict[str, str]) -> list[Figures]:
    """Every kind of every number, in one process, a few times."""
    chosen = " or ".join(kinds.values())
    return [project.run(chosen, kinds=len(kinds)) for _ in range(REPEATS)]


def tell(case: str, other: str, found: list[float], most: float) -> None:
    low, median, high = found
    print(f"{case}, times {other}: {median:.3f} ({low:.3f} to {high:.3f}); measure: at most {most}")


@pytest.mark.timeout(7_200)
def test_full_flow(full_flows: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Login, the least busy of the account's devices, a Sampler job."""
    full_flows.run("full_ours", *OURS)
    runs = run_all(full_flows, FLOWS)
    cases = {case: by_round(runs, name) for case, name in FLOWS.items()}
    with capsys.disabled():
        print(f"\n{full_flows.tests} tests of the full flow, milliseconds a test, medians")
        print_rows(cases)
        for case, other, most in MEASURES:
            tell(case, other, ratios(cases[case], cases[other]), most)


@pytest.mark.timeout(3_600)
def test_rest_flow(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seven requests, without the client, replayed."""
    project = Project(tmp_path_factory.mktemp("rest"), 100)
    project.run("rest_ours", *OURS)
    project.run("rest_plain", *PLAIN)
    runs = run_all(project, REST)
    cases = {case: by_round(runs, name) for case, name in REST.items()}
    with capsys.disabled():
        print("\nreplays over REST, milliseconds a test, medians")
        print_rows(cases)
        tell("replay", "pytest-recording", ratios(*cases.values()), 1)


def processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.timeout(3_600)
def test_empty_lane(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """``def test(qchannel): pass``, beside the same without the fixture."""
    project = Project(tmp_path_factory.mktemp("empty"), EMPTY_TESTS)
    runs = run_all(project, EMPTY)
    cases = {case: by_round(runs, name) for case, name in EMPTY.items()}
    differences = []
    for _ in range(REPEATS):
        taken = []
        for name in EMPTY.values():
            before = processor_s()
            project.run(name)
            taken.append(processor_s() - before)
        differences.append((taken[0] - taken[1]) / EMPTY_TESTS * 1000)
    with capsys.disabled():
        print(f"\n{EMPTY_TESTS} tests that do nothing, milliseconds a test, medians")
        print_rows(cases)
        print(f"measure: an empty lane at most {MOST_EMPTY_MS} ms")
        print(
            f"whole runs of one kind, their difference by {EMPTY_TESTS}, with all that is loaded "
            f"once: {statistics.median(differences):.1f} ms"
        )
