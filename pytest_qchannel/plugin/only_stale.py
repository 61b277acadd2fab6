"""Recording only what is stale: a test is replayed, and recorded if its cassette does not fit it.

Whether a cassette fits is known when the test is over, so such a test runs twice; the first time
is not reported. So it is with one that fails where another plugin runs failed tests again: how
often, and what is told of it, is that plugin's.

Tests that share a cassette run twice together: what the first runs told is kept until all of them
have run, for if one of them misses, all are recorded.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from typing import NamedTuple

import pytest
from _pytest.runner import runtestprotocol  # as others who run a test twice: pytest has no hook

from pytest_qchannel.plugin import taping, unit_tapes
from pytest_qchannel.plugin.keys import FOUND, HAS_MISSED, REFUSED
from pytest_qchannel.plugin.sharing import Unit, unit_of
from pytest_qchannel.settings import Mode

__all__ = ["OnlyStale"]


class _Run(NamedTuple):
    """A test that has run and of which nobody was told, and what was known of it before."""

    item: pytest.Item
    told: list[tuple[str, object]]
    reports: list[pytest.TestReport]

    @classmethod
    def of(cls, item: pytest.Item, nextitem: pytest.Item | None) -> _Run:
        """Runs a test."""
        told = list(item.user_properties)
        return cls(item, told, runtestprotocol(item, log=False, nextitem=nextitem))

    def tell(self) -> None:
        """Tells what came of it."""
        item, hook = self.item, self.item.ihook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in self.reports:
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)

    def forget(self) -> None:
        """Has the test be as if it had not run."""
        self.item.user_properties[:] = self.told
        self.item.stash[FOUND] = []
        if REFUSED in self.item.stash:
            del self.item.stash[REFUSED]


class OnlyStale:
    """Runs the tests of a run that records only what is stale."""

    def __init__(self) -> None:
        self._held: dict[Unit, list[_Run]] = {}
        self._decided: set[Unit] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> object:
        """Runs a test, and once more if it missed something in its cassette."""
        if not taping.has_lane(item):
            return None
        if (unit := unit_of(item)) is not None:
            return self._run_shared(unit, item, nextitem)
        plan, settings = taping.plan_of(item)
        if plan.mode is not Mode.RECORD or not settings.only_stale:
            return None
        run = _Run.of(item, nextitem)
        if item.stash.get(HAS_MISSED, False) or self._may_run_again([run]):
            run.forget()
            return None  # as every test is run, by whoever runs them again where they fail
        run.tell()
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Tells what came of tests that were run when the run was stopped."""
        try:
            return (yield)
        finally:
            for unit in list(self._held):
                self._tell(unit)

    def _run_shared(self, unit: Unit, item: pytest.Item, nextitem: pytest.Item | None) -> object:
        """Runs a test of a unit; after the last one all of them, if one has missed something."""
        is_asked = unit_tapes.plan_of(unit).mode is Mode.RECORD and unit.settings().only_stale
        # A worker of pytest-xdist may tell of the test only that it runs.
        if unit in self._decided or not is_asked or hasattr(item.config, "workerinput"):
            return None
        runs = self._held.setdefault(unit, [])
        runs.append(_Run.of(item, nextitem))
        if not unit.was_recorded and len(runs) < len(unit.items):
            return True
        self._decided.add(unit)
        if unit.tape is not None and not unit.tape.is_recording and unit.tape.has_missed:
            unit.has_missed = True  # its lane goes on behind its last test
        if unit.was_recorded or not (unit.has_missed or self._may_run_again(runs)):
            self._tell(unit)
        else:
            self._run_again(unit, self._held.pop(unit), nextitem)
        return True

    def _run_again(self, unit: Unit, runs: list[_Run], nextitem: pytest.Item | None) -> None:
        session, items = runs[0].item.session, [one.item for one in runs]
        with suppress(Exception):  # it is of the first run, and comes again in the second
            session._setupstate.teardown_exact(items[0] if unit.lane is None else None)
        unit.begin_again()
        for one in runs:
            one.forget()
        for item, following in zip(items, [*items[1:], nextitem], strict=True):
            if session.shouldfail or session.shouldstop:
                break
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)

    def _tell(self, unit: Unit) -> None:
        for run in self._held.pop(unit):
            run.tell()

    def _may_run_again(self, runs: list[_Run]) -> bool:
        """Whether a test has failed, and another plugin may run it more than once."""
        is_red = any(report.failed for run in runs for report in run.reports)
        return is_red and self._is_run_by_others(runs[0].item)

    def _is_run_by_others(self, item: pytest.Item) -> bool:
        """Whether another plugin may run a test more than once, as pytest-rerunfailures."""
        return any(
            not (one.hookwrapper or one.wrapper or one.plugin is self)
            and not one.plugin_name.startswith("runner")
            for one in item.ihook.pytest_runtest_protocol.get_hookimpls()
        )
