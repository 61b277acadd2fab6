"""Times cases in turn, and prints at the end how their medians compare with the measures."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import pytest

from benchmarks import _flows

Figures = dict[str, dict[str, list[float]]]
"""Group -> case -> seconds of each round."""

_FIGURES = pytest.StashKey[Figures]()


class Measure(NamedTuple):
    """In ``group``, what ``case`` takes beyond the cases ``without``: at most ``limit_ms``."""

    group: str
    case: str
    without: tuple[str, ...]
    limit_ms: float


MEASURES: Final = (
    Measure(f"sampler, {_flows.BELL}", "emulator", ("bare Aer", "client alone"), 40),
    Measure(f"sampler, {_flows.RANDOM}", "emulator", ("bare Aer", "client alone"), 40),
    Measure("least_busy, ten devices", "emulator", ("client alone",), 250),
    Measure("loading", "pytest-qchannel", ("no plugin",), 20),
)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = {}


@pytest.fixture
def timed(benchmark: Any, pytestconfig: pytest.Config) -> Callable[..., None]:
    """``timed(group, case, function, rounds)``: benchmarks a function after one warm-up round."""

    def run(group: str, case: str, function: Callable[[], Any], rounds: int) -> None:
        benchmark.group, benchmark.name = group, case
        benchmark.pedantic(function, rounds=rounds, warmup_rounds=1)
        if benchmark.stats is not None:  # it is with --benchmark-disable
            cases = pytestconfig.stash[_FIGURES].setdefault(group, {})
            cases[case] = list(benchmark.stats.stats.data)

    return run


@pytest.fixture
def side_by_side(benchmark: Any, pytestconfig: pytest.Config) -> Callable[..., None]:
    """``side_by_side(group, cases, rounds)``: benchmarks rounds that run every case once.

    The speed of a shared machine changes by the minute: only what ran in the same second can be
    subtracted, so a measure is taken within each round. The order changes from round to round,
    because a case pays for what the one before it left (Aer's threads, garbage).
    """

    def run(group: str, cases: Mapping[str, Callable[[], Any]], rounds: int) -> None:
        taken: dict[str, list[float]] = {case: [] for case in cases}
        order = list(cases)
        shuffle = random.Random(7).shuffle

        def every_case_once() -> None:
            shuffle(order)
            for case in order:
                start = time.perf_counter()
                cases[case]()
                taken[case].append(time.perf_counter() - start)

        benchmark.group, benchmark.name = group, " + ".join(cases)
        benchmark.pedantic(every_case_once, rounds=rounds, warmup_rounds=1)
        if benchmark.stats is not None:  # it is with --benchmark-disable
            kept = {case: seconds[1:] for case, seconds in taken.items()}  # without the warm-up
            pytestconfig.stash[_FIGURES].setdefault(group, {}).update(kept)
            benchmark.extra_info["seconds"] = kept

    return run


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    figures = config.stash[_FIGURES]
    if not figures:
        return
    terminalreporter.section("milliseconds: lowest, median, rounds")
    for group, cases in figures.items():
        for case, seconds in cases.items():
            low_ms, median_ms = min(seconds) * 1000, statistics.median(seconds) * 1000
            line = f"{group:<32} {case:<20} {low_ms:9.1f} {median_ms:9.1f} {len(seconds):5}"
            terminalreporter.line(line)
    for measure in MEASURES:
        cases = figures.get(measure.group, {})
        if {measure.case, *measure.without} <= cases.keys():
            terminalreporter.line(_comparison(measure, cases))


def _comparison(measure: Measure, cases: Mapping[str, list[float]]) -> str:
    """The differences within the rounds; where their quartiles are far apart, measure again."""
    rows = zip(cases[measure.case], *(cases[name] for name in measure.without), strict=True)
    rest_ms = [(whole - sum(parts)) * 1000 for whole, *parts in rows]
    low, median, high = statistics.quantiles(rest_ms, n=4)
    of_lowest = (min(cases[measure.case]) - sum(min(cases[name]) for name in measure.without)) * 1e3
    formula = " - ".join((measure.case, *measure.without))
    return (
        f"{measure.group}: {formula} = {median:.1f} ms, quartiles {low:.1f} to {high:.1f}, "
        f"of the lowest {of_lowest:.1f} (measure: {measure.limit_ms} ms)"
    )
