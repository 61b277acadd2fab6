"""The cassette of a whole run, in everywhere mode: recorded and replayed as that of a unit is.

It is opened before anything is collected, and it is known what becomes of it when the session has
finished. What is sent while no test runs is of nobody, as what fixtures of wider scopes send.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TypedDict

import pytest

from pytest_qchannel import rerun_command
from pytest_qchannel.cassette.playback.tape import Done
from pytest_qchannel.cassette.problems import CassetteProblem, record_command
from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.lanes.decide import Asked, Plan, decide, require_source
from pytest_qchannel.lanes.lane import Lane
from pytest_qchannel.lanes.tapes import Place, tape_for
from pytest_qchannel.plugin import command_line, taping, unit_tapes
from pytest_qchannel.plugin.sharing import Unit
from pytest_qchannel.settings import Mode, Settings
from pytest_qchannel.units import unit_id

__all__ = ["Part", "WholeTape"]


class Part(TypedDict):
    """What is known of a replay, or of one worker's part of it."""

    idle: list[int]
    ran: list[str]
    done: list[str]
    selected: list[str]
    gone: list[str]
    counts: bool


class WholeTape:
    """What the requests of a whole run are recorded in, or answered from.

    Args:
        config: The run's, early.
        options: What the command line says so far.
        settings: The run's.

    Raises:
        UsageProblem: It cannot be recorded or replayed.
    """

    def __init__(self, config: pytest.Config, options: Namespace, settings: Settings) -> None:
        self._id = unit_id("", "session")
        self._config = config
        self._unit: Unit | None = None
        self._now = ""
        place = Place.of(taping.folder_for(config, settings), self._id)
        with command_line.known(config):
            try:
                self._command = record_command(self._id)
                self.plan = _plan(config, options, settings, place, self._command)
                self.tape = tape_for(self.plan, place, settings)
            except CassetteProblem as problem:
                age = (
                    "" if settings.max_age is None else f" --qchannel-max-age={settings.max_age:g}"
                )
                raise UsageProblem(
                    problem.headline,
                    where=f"{place.path}, the cassette of the whole run",
                    next=f"{self._command}{age}; or let tests marked vcr replay their own: "
                    f"{' '.join(['pytest', *rerun_command.words_of(self._id)])}",
                ) from None
        self._stack = ExitStack()
        self._stack.enter_context(self.tape.opened())

    def close(self) -> None:
        """Takes vcrpy out of the process again."""
        self._stack.close()

    # The seams of the run.

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Looks at the tests of the run, when it is known which there are and which run."""
        everyone = list(items)
        yield
        try:
            self._look_at(session, everyone, items)
        except UsageProblem as problem:
            raise pytest.UsageError(str(problem)) from None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Takes what comes as of a test."""
        with self._of(taping.test_id(item)):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        """Begins a test, each time that it is run; its fixtures go on with it."""
        test = taping.test_id(item)
        self.tape.begin(test)
        if self._unit is not None:
            self._unit.ran[test] = True
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object]
    ) -> Generator[None, object, object]:
        """Takes what is sent for longer than a test as of nobody."""
        with self._of(self._now if fixturedef.scope == "function" else ""):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Remembers whether a test passed."""
        made = yield
        if self._unit is not None:
            self._unit.passed(taping.test_id(item), made)
        return made

    def _look_at(
        self, session: pytest.Session, everyone: list[pytest.Item], selected: list[pytest.Item]
    ) -> None:
        unit = self._unit = Unit(session, "session", self._id)
        unit.everyone, unit.items = list(dict.fromkeys((*everyone, *selected))), list(selected)
        for item in unit.items:
            if taping.has_lane(item):
                taping.prepare_shared(item, self.plan, "the whole run")
        is_new = self.plan.mode is Mode.RECORD and self.plan.record_mode != "new_episodes"
        if is_new and not self._config.option.collectonly:
            try:
                unit_tapes.require_whole(unit)
            except UsageProblem as problem:
                raise UsageProblem(
                    problem.headline,
                    where=str(problem.where).partition(", ")[2],  # nobody said qchannel_scope
                    next=f"{self._command}; a test that cannot be recorded is skipped by a mark, "
                    "not by -k (qchannel docs existing-suite)",
                ) from None

    @contextmanager
    def _of(self, test: str) -> Iterator[None]:
        """Takes what comes in the block as of a test, or with an empty name as of nobody."""
        before, self._now = self._now, test
        self.tape.begin(test, afresh=False)
        try:
            yield
        finally:
            self._now = before
            self.tape.begin(before, afresh=False)

    # What everywhere mode asks.

    def finish(self, lane: Lane, *, is_green: bool) -> tuple[Done, QChannelError | None]:
        """Ends the use of the cassette: what was done, and what is wrong with it.

        Args:
            lane: The lane of the run.
            is_green: Whether nothing failed, what no test is to blame for included.
        """
        lane.settle()
        self._stack.close()
        tape, unit = self.tape, self._unit
        done: dict[str, object] = {"path": str(tape.place.path), "test": "the whole run"}
        ran = unit.ran if unit is not None else {}
        failed = [test for test, has_passed in ran.items() if not has_passed]
        try:
            if tape.is_recording:
                has_passed = is_green and not failed and bool(ran)
                done.update(
                    tape.finish(
                        has_passed=has_passed, why=unit_tapes.why(failed) or "the run did not pass"
                    )
                )
                return done, None
            done.update(did="replayed", **tape.cassette.provenance.to_plain())
            if unit is not None:
                done["part"] = self._part(unit, is_green=is_green and not failed)
        except QChannelError as problem:
            done.update(did="refused", why=problem.headline)
            return done, problem
        return done, None

    def unused(self, parts: Sequence[Part]) -> QChannelError | None:
        """What all processes together did not use of a cassette that is replayed.

        Args:
            parts: What is known of each process; none where it ran no test.
        """
        if self.tape.is_recording or not parts or not all(one["counts"] for one in parts):
            return None
        idle = set.intersection(*(set(one["idle"]) for one in parts), self.tape.player.idle())
        selected = set().union(*(one["selected"] for one in parts))
        if not selected <= set().union(*(one["done"] for one in parts)):
            return None  # the run was stopped
        try:
            self.tape.require_used(
                idle,
                [test for one in parts for test in one["ran"]],
                [test for one in parts for test in one["gone"]],
            )
        except QChannelError as problem:
            return problem
        return None

    def _part(self, unit: Unit, *, is_green: bool) -> Part:
        assert not self.tape.is_recording
        return {
            "idle": sorted(self.tape.player.idle()),
            "ran": [test for test, has_passed in unit.ran.items() if has_passed],
            "done": sorted(unit.done),
            "selected": [taping.test_id(item) for item in unit.items],
            "gone": unit_tapes.gone(unit, self.tape.cassette.tests),
            "counts": is_green and not unit_tapes.allows_unused(unit),
        }


def _plan(
    config: pytest.Config, options: Namespace, settings: Settings, place: Place, command: str
) -> Plan:
    asked = Asked(
        record_mode=getattr(options, "record_mode", None),
        is_disabled=bool(getattr(options, "disable_recording", False)),
        typed=command_line.typed_options(config),
    )
    plan = decide(settings, asked, "the whole run", place.exists)
    if plan.mode is not Mode.RECORD:
        return plan
    require_source(settings)
    how = "--qchannel-everywhere has one cassette for the whole run"
    if settings.only_stale:
        raise UsageProblem(
            f"{how}, and --qchannel-only-stale is about those of tests",
            where=f"mode=record (from {settings.origin['mode']})",
            next=command
            if settings.origin["only_stale"].startswith("--")
            else f"take {settings.origin['only_stale']} away, then: {command}",
        )
    has_workers = getattr(options, "numprocesses", None) or getattr(options, "tx", None)
    if has_workers or hasattr(config, "workerinput"):
        raise UsageProblem(
            f"{how}, and several workers would each record a part of it",
            where="pytest-xdist",
            next=f"record it in one process: {command} -n 0",
        )
    return plan
