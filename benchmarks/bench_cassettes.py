"""Cassettes by real pytest runs: how large the tree is, and what a replay costs.

In the project that is recorded (``benchmarks/project``) every test is there twice: with our
fixtures, recorded and replayed by our lanes; and with pytest-recording alone, which recorded the
same emulator through its loopback door and replays what it wrote. Each test has an emulator, a seed
and a circuit of its own.
"""

from __future__ import annotations

import statistics
from typing import Any, Final

import pytest

from benchmarks._projects import OURS, PLAIN, Figures, Project, by_round, ratios

MOST_TREE: Final = 1_000_000
MOST_FURTHER: Final = 15_000
OURS_FILES: Final = ("*/test_full_ours*.yaml", "blobs/**/*")
PLAIN_FILES: Final = ("*/test_full_plain*.yaml",)
REST_TESTS: Final = 1_000
ROUNDS: Final = 40
REPEATS: Final = 3
MOST_TIMES: Final = 1.3
CASES: Final = {"memory": "full_memory", "ours": "full_ours", "plain": "full_plain"}


@pytest.fixture(scope="module")
def recorded(full_flows: Project) -> dict[str, tuple[int, int]]:
    """Records them, and tells for each way the size after the first test and after all."""
    sizes = {}
    for name, options, files in (
        ("full_ours", OURS, OURS_FILES),
        ("full_plain", PLAIN, PLAIN_FILES),
    ):
        full_flows.run(name, *options, tests=1)
        first = full_flows.size_of(*files)
        full_flows.run(name, *options)
        sizes[name] = (first, full_flows.size_of(*files))
    return sizes


@pytest.mark.timeout(3_600)
def test_size_of_fifty_tests_of_the_full_flow(
    recorded: dict[str, tuple[int, int]], full_flows: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """Login, the least busy of the account's devices, a Sampler job."""
    further = {
        name: (last - first) / (full_flows.tests - 1) for name, (first, last) in recorded.items()
    }
    with capsys.disabled():
        print(f"\n{full_flows.tests} tests of the full flow, bytes")
        print(f"{'':<24}{'tree':>14}{'first test':>14}{'further test':>14}")
        for name, (first, last) in recorded.items():
            print(f"{name:<24}{last:14,}{first:14,}{further[name]:14,.0f}")
    assert recorded["full_ours"][1] < MOST_TREE
    assert further["full_ours"] < MOST_FURTHER


@pytest.mark.timeout(3_600)
@pytest.mark.usefixtures("recorded")
def test_replay_of_the_full_flow(
    full_flows: Project, benchmark: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """One pytest process runs the three cases of each number after each other."""
    figures: list[Figures] = []

    def replay() -> None:
        figures.append(full_flows.run(" or ".join(CASES.values()), tests=ROUNDS, kinds=3))

    benchmark.pedantic(replay, rounds=REPEATS)
    cases = {case: by_round(figures, name) for case, name in CASES.items()}
    with capsys.disabled():
        print("\na replay of the full flow, milliseconds a test, medians")
        print(f"{'':<24}{'by the clock':>14}{'processor':>14}{'times memory':>14}{'quartiles':>16}")
        for case, rows in cases.items():
            clock = statistics.median(one[0] for one in rows.values()) * 1000
            processor = statistics.median(one[1] for one in rows.values()) * 1000
            low, median, high = ratios(rows, cases["memory"])
            print(
                f"{case:<24}{clock:14.1f}{processor:14.1f}{median:14.2f}"
                f"{f'{low:.2f} to {high:.2f}':>16}"
            )
            benchmark.extra_info[case] = median
        low, median, high = ratios(cases["ours"], cases["plain"])
        rounds = len(cases["ours"])
        print(f"ours, times plain: {median:.3f} ({low:.2f} to {high:.2f}) in {rounds} rounds")
        print(f"measure: ours at most {MOST_TIMES} times memory, and less than plain")


def _print(title: str, rows: dict[str, Figures]) -> None:
    print(f"\n{title}")
    print(f"{'':<24}{'seconds':>14}{'peak MB, each process'}")
    for name, one in rows.items():
        peaks = " + ".join(f"{kb / 1024:.0f}" for kb in one.peak_kb)
        print(f"{name:<24}{one.wall_s:14.1f}  {peaks}")


@pytest.mark.timeout(3_600)
@pytest.mark.usefixtures("recorded")
def test_many_full_flows(full_flows: Project, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {
        f"{case}, -n {workers}": full_flows.run(f"full_{case}", f"-n{workers}")
        for workers in (0, 2)
        for case in ("ours", "plain")
    }
    with capsys.disabled():
        _print(f"{full_flows.tests} replayed tests of the full flow", rows)


@pytest.mark.timeout(3_600)
def test_a_thousand_tests_over_rest(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Login, devices, a job, its state, its result, logout; seven requests, without the client."""
    project = Project(tmp_path_factory.mktemp("rest"), REST_TESTS)
    rows = {
        "ours, recording": project.run("rest_ours", *OURS),
        "plain, recording": project.run("rest_plain", *PLAIN),
    }
    rows |= {
        f"{case}, -n {workers}": project.run(f"rest_{case}", f"-n{workers}")
        for workers in (0, 2)
        for case in ("ours", "plain")
    }
    with capsys.disabled():
        _print(f"{REST_TESTS} tests over REST", rows)
