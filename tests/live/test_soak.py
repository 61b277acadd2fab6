"""Three seeds of each bad day of the soak, and its control; ``tox -e live-soak`` runs more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.soak import Soak, soak
from tests.live.soak_processes import APART, Apart, apart
from tests.live.soak_scenarios import SCENARIOS, Scenario

SEEDS = range(3)

BY_NAME = {one.name: one for one in SCENARIOS}


@pytest.fixture(scope="module")
def soaked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Soak]:
    """A soak, for all tests of this module."""
    with soak(tmp_path_factory.mktemp("soak")) as running:
        yield running


@pytest.fixture(autouse=True)
def _nothing_personal(soaked: Soak) -> None:
    """The soak sees to that itself, for longer than a test."""


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_a_bad_day_doubles_leaves_and_overspends_nothing(soaked: Soak, scenario: Scenario) -> None:
    for seed in SEEDS:
        found = soaked.once(scenario, seed)
        assert not found.wrong, found


@pytest.mark.slow
@pytest.mark.parametrize("one", APART, ids=lambda one: one.scenario.name)
def test_whatever_ends_a_process_leaves_nothing_alive(soaked: Soak, one: Apart) -> None:
    for seed in SEEDS:
        found = apart(soaked, one, seed)
        assert not found.wrong, found


@pytest.mark.slow
def test_without_the_guard_there_is_all_that_it_prevents(soaked: Soak) -> None:
    """The control: scenarios that showed nothing here would prove nothing there."""
    names = (
        "500, 502, 503 or 504, processed, for ever",
        "job left behind",
        "session left open",
        "more than the budget",
    )
    doubled, left, session, greedy = [
        soaked.once(BY_NAME[name], 0, is_guarded=False) for name in names
    ]
    assert doubled.duplicates >= 5
    assert (left.passed, left.orphans, left.alive) == (True, 1, 1)
    assert session.orphans >= 1
    assert greedy.spent_s > BY_NAME["more than the budget"].budget
