"""What the fixtures give to a test; :mod:`.fixtures` says their names and their order."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from pytest_qchannel.channels.client import reason_of
from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Channel
from pytest_qchannel.channels.rest import access_token
from pytest_qchannel.errors import ChannelUnavailable
from pytest_qchannel.lanes.assemble import lane_for
from pytest_qchannel.lanes.isolation import Isolation
from pytest_qchannel.lanes.lane import Lane
from pytest_qchannel.lanes.qchannel import QChannel, SavedAccounts
from pytest_qchannel.plugin import (
    faults,
    precautions,
    problems,
    selection,
    sharing,
    taping,
    unit_tapes,
)
from pytest_qchannel.plugin.keys import FOUND, ISOLATION, LANE, LIVE, OURS, SHARED
from pytest_qchannel.plugin.our_tests import OurTests
from pytest_qchannel.plugin.record import facts
from pytest_qchannel.plugin.whole_run import whole_of
from pytest_qchannel.settings import Mode

if TYPE_CHECKING:
    from qiskit_ibm_runtime import QiskitRuntimeService

    from pytest_qchannel.lanes.live.run import LiveRun
    from pytest_qchannel.lanes.worlds import WorldBuilder
    from pytest_qchannel.plugin.sharing import Unit

__all__ = ["Lending"]

_HOME: Final = pytest.StashKey[Path]()
"""Of a run: the HOME of its last test."""


class Lending:
    """Lends a test what it asks for: each method is the body of a fixture."""

    @staticmethod
    def world(request: pytest.FixtureRequest) -> WorldBuilder:
        """What the settings say of the world."""
        from pytest_qchannel.lanes.worlds import world_of  # a replay has no world

        return world_of(selection.settings_for(request.config, request.node))

    @staticmethod
    def isolation(request: pytest.FixtureRequest) -> Iterator[Isolation | None]:
        """What is around the lane, until the generator is closed; a run's has it already."""
        item: pytest.Item = request._pyfuncitem
        item.stash[OURS] = True  # also of a test that asks for it by name, in its body
        ours = OurTests.of(request.config)
        if whole_of(item) is not None:
            yield None
            return
        unit = sharing.unit_of(item)
        if unit is None:
            ours.collecting.rarely()
        settings = selection.settings_for(request.config, item) if unit is None else unit.settings()
        home = _new_home(request, is_shared=unit is not None)
        found = item.stash.setdefault(FOUND, []) if unit is None else unit.found
        where = item.nodeid if unit is None else unit.where
        isolation = Isolation(where, home, settings.allowed_hosts, found.append)
        isolation.open()
        if unit is None:
            item.stash[ISOLATION] = isolation
        else:
            unit.isolation = isolation
        try:
            yield isolation
        finally:
            if unit is None:
                del item.stash[ISOLATION]
            else:
                unit.isolation = None
            isolation.close()
        problems.raise_all(problems.take(item) if unit is None else unit.take_problems())

    @staticmethod
    def lane(request: pytest.FixtureRequest, isolation: Isolation | None) -> Iterator[Lane]:
        """The lane of a test or of its unit, open until the generator is closed."""
        item: pytest.Item = request._pyfuncitem
        unit = sharing.unit_of(item)

        def world() -> WorldBuilder:
            from pytest_qchannel.lanes.worlds import require_world  # a replay has no world

            return require_world(request.getfixturevalue("qchannel_world"), item.nodeid)

        if whole := whole_of(item):
            if whole.mode is Mode.EMULATED:
                from pytest_qchannel.lanes.worlds import require_same_world

                require_same_world(world(), whole.world, item.nodeid)
            yield whole if unit is not None else item.stash[LANE]
            return
        assert isolation is not None
        if unit is not None:
            with unit_tapes.open_tape(unit, request):
                yield from Lending._lane_of_unit(unit, isolation, world)
            return
        with unit_tapes.open_tape_of_one(request):
            yield from Lending._lane_of_one(item, isolation, world)

    @staticmethod
    def _lane_of_one(
        item: pytest.Item, isolation: Isolation, world: Callable[[], WorldBuilder]
    ) -> Iterator[Lane]:
        tape = taping.tape_of(item)
        settings = selection.settings_for(item.config, item)
        live = Lending._live(item)
        lane = lane_for(
            settings, item.nodeid, isolation.home, world=world, live=live, tape=tape
        ).open()
        item.stash[LANE] = lane
        facts.opened(item, lane)
        try:
            faults.declare(lane, item)
            yield lane
        finally:
            lane.close()
            isolation.happens_in(*precautions.AFTER_LANE)
            # What fixtures of the test did before or after its body; the body's is raised there.
            found = problems.take(item)
            del item.stash[LANE]
        problems.raise_all(found)

    @staticmethod
    def _lane_of_unit(
        unit: Unit, isolation: Isolation, world: Callable[[], WorldBuilder]
    ) -> Iterator[Lane]:
        live = Lending._live(unit.node)
        lane = lane_for(
            unit.settings(), unit.where, isolation.home, world=world, live=live, tape=unit.tape
        )
        unit.lane = lane.open()
        try:
            yield lane
            found = lane.unmet_faults(unit.where)
        finally:
            lane.close()
            isolation.happens_in(*precautions.AFTER_LANE)
            late = unit.take_problems()
            unit.lane, unit.is_over = None, True
        problems.raise_all(late + found)

    @staticmethod
    def _live(node: pytest.Item | pytest.Collector) -> LiveRun | None:
        return node.config.stash.get(LIVE, None)

    @staticmethod
    def part(request: pytest.FixtureRequest) -> Iterator[Lane]:
        """A test's part of the lane of its unit, from before its own fixtures until after them."""
        item: pytest.Item = request.node
        unit, whole = sharing.unit_of(item), whole_of(item)
        assert unit is not None
        if whole is not None:  # the test has its part already, from its first fixture on
            item.stash[LANE].close()
            item.stash[LANE] = whole.part(item.stash[LANE].settings).open()
            facts.opened(item, item.stash[LANE])
            Lending._tell(item, whole)
            yield item.stash[LANE]
            return
        assert unit.lane is not None
        part = unit.lane.part(selection.settings_for(request.config, item)).open()
        item.stash[LANE] = part
        part.happens_in(item.nodeid)
        test, tape = taping.test_id(item), unit.tape
        unit.ran[test] = True
        if tape is not None:
            tape.begin(test)
        if part.mode is Mode.EMULATED:
            item.stash[SHARED] = part, part.emulator.faults
        facts.opened(item, part)
        Lending._tell(item, part)
        try:
            faults.declare(part, item)
            yield part
        finally:
            part.close()
            part.happens_in(unit.where)
            if tape is not None:
                tape.begin("")
            found = problems.take(item)
            del item.stash[LANE]
        problems.raise_all(found)

    @staticmethod
    def apart(request: pytest.FixtureRequest) -> Iterator[None]:
        """Pauses all lanes while a test that uses none of our fixtures has its own and its body."""
        who, advice = "a test that does not use us", "let it ask for the fixture qchannel"
        with sharing.paused(request.node, who, advice):
            yield

    @staticmethod
    def channel(request: pytest.FixtureRequest) -> Channel:
        """The channel that the test is run on."""
        # Without parametrization (unittest classes, getfixturevalue) the first chosen channel.
        name = getattr(request, "param", None)
        if name is None:
            names, reason = selection.channels_for(request.config, request.node)
            if reason:
                pytest.skip(reason)
            name = names[0]
        return CHANNEL_BY_NAME[name]

    @staticmethod
    def qchannel(request: pytest.FixtureRequest, lane: Lane, channel: Channel) -> QChannel:
        """The lane on a channel, which the summary tells."""
        made = QChannel(lane, channel)
        if sharing.unit_of(request._pyfuncitem) is None:
            Lending._tell(request.node, lane)
        return made

    @staticmethod
    def _tell(item: pytest.Item, lane: Lane) -> None:
        """Tells the summary which channel a test is on."""
        if "qchannel" in getattr(item, "fixturenames", ()) and lane.whole.channel is not None:
            facts.of(item)["channel"] = lane.whole.channel.name

    @staticmethod
    def service(lane: Lane, channel: str) -> QiskitRuntimeService:
        """A service that is logged in; the test is skipped where the client lacks the channel."""
        try:
            return lane.connect(CHANNEL_BY_NAME[channel])
        except ChannelUnavailable as missing:
            pytest.skip(reason_of(missing))

    @staticmethod
    def access_token(lane: Lane, channel: QChannel) -> Iterator[str]:
        """An access token, valid until the generator is closed."""
        token = access_token(channel.account)
        yield token
        lane.revoke_access_token(token)

    @staticmethod
    def accounts(request: pytest.FixtureRequest, lane: Lane) -> SavedAccounts:
        """Saved accounts in the lane's home."""
        # It sets the client's variables: whatever the order of arguments, that must come before.
        if "qchannel" in request.fixturenames:
            request.getfixturevalue("qchannel")
        return SavedAccounts(lane)


def _new_home(request: pytest.FixtureRequest, *, is_shared: bool) -> Path:
    """An empty folder in one of all tests; not in ``tmp_path``, which is the test's own.

    A test's is the last test's, if that left nothing behind, which most do: making and removing
    folders is a good part of what a lane costs. A lane that tests share is open while others are,
    so its folder is its own.
    """
    last = request.config.stash.get(_HOME, None)
    if last is not None and not is_shared and _is_as_new(last):
        return last
    temporary: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    folder = temporary.getbasetemp() / "qchannel-homes"
    folder.mkdir(mode=0o700, exist_ok=True)
    home = Path(tempfile.mkdtemp(dir=folder))
    if not is_shared:
        request.config.stash[_HOME] = home
    return home


def _is_as_new(home: Path) -> bool:
    try:
        with os.scandir(home) as found:
            return not any(found) and stat.S_IMODE(home.stat().st_mode) == 0o700
    except OSError:
        return False
