"""Times cases in turn, and prints at the end how their medians compare with the measures."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import pytest

from benchmarks import _flows
from benchmarks._projects import Project

Figures = dict[str, dict[str, list[float]]]
"""Group -> case -> seconds of each round."""

_FIGURES = pytest.StashKey[Figures]()


class Measure(NamedTuple):
    """What ``case`` of ``group`` takes beyond the cases ``without``, and how much it may.

    ``limit_ms`` is the most in milliseconds; with ``times`` it is that many times another case
    instead, or, below 1, a part of it.
    """

    group: str
    case: str
    without: tuple[str, ...]
    limit_ms: float | None = None
    times: tuple[float, str] | None = None


_CLIENT: Final = "client alone"

MEASURES: Final = (
    Measure(f"sampler, {_flows.BELL}", "emulator", ("bare Aer", _CLIENT), 40),
    Measure(f"sampler, {_flows.RANDOM}", "emulator", ("bare Aer", _CLIENT), 40),
    Measure(f"sampler, {_flows.GHZ}", "emulator", ("bare stim", _CLIENT), 60),
    Measure(f"sampler, {_flows.WIDE}", "emulator", (_CLIENT,), times=(1.2, "bare Aer")),
    Measure(_flows.NOISE, "emulator", (), times=(1 / 20, "local testing mode")),
    Measure("least_busy, ten devices", "emulator", (_CLIENT,), 250),
    Measure("transpile, 100 qubits", "POST /transpile", (), times=(1.1, "qiskit.transpile")),
    Measure("loading", "pytest-qchannel", ("no plugin",), 8),
    Measure("loading, no bytecode", "pytest-qchannel", ("no plugin",), 20),
)


@pytest.fixture(scope="session")
def full_flows(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Fifty tests of the full flow; nothing is recorded yet."""
    return Project(tmp_path_factory.mktemp("full"), 50)


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

    With ``clock=`` a case takes what that clock says, and not the time on the wall.

    The speed of a shared machine changes by the minute: only what ran in the same second can be
    subtracted, so a measure is taken within each round. The order changes from round to round,
    because a case pays for what the one before it left (Aer's threads, garbage).
    """

    def run(
        group: str,
        cases: Mapping[str, Callable[[], Any]],
        rounds: int,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        taken: dict[str, list[float]] = {case: [] for case in cases}
        order = list(cases)
        shuffle = random.Random(7).shuffle

        def every_case_once() -> None:
            shuffle(order)
            for case in order:
                start = clock()
                cases[case]()
                taken[case].append(clock() - start)

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
        other = (measure.times[1],) if measure.times else ()
        if {measure.case, *measure.without, *other} <= cases.keys():
            terminalreporter.line(_comparison(measure, cases))


def _comparison(measure: Measure, cases: Mapping[str, list[float]]) -> str:
    """What is left within the rounds; where its quartiles are far apart, measure again."""
    rows = zip(cases[measure.case], *(cases[name] for name in measure.without), strict=True)
    rest_ms = [(whole - sum(parts)) * 1000 for whole, *parts in rows]
    low, median, high = statistics.quantiles(rest_ms, n=4)
    formula = " - ".join((measure.case, *measure.without))
    line = f"{measure.group}: {formula} = {median:.1f} ms, quartiles {low:.1f} to {high:.1f}"
    if measure.times is None:
        return f"{line} (measure: {measure.limit_ms} ms)"
    most, name = measure.times
    other_ms = statistics.median(cases[name]) * 1000
    return f"{line}; {median / other_ms:.3f} times {name} (measure: {most:g} times)"
