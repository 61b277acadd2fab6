"""What the fixtures give to a test; :mod:`.fixtures` says their names and their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Channel
from pytest_qchannel.channels.rest import access_token
from pytest_qchannel.errors import ChannelUnavailable
from pytest_qchannel.lanes.assemble import lane_for
from pytest_qchannel.lanes.isolation import Isolation
from pytest_qchannel.lanes.lane import Lane
from pytest_qchannel.lanes.qchannel import QChannel, SavedAccounts
from pytest_qchannel.plugin import faults, precautions, problems, selection, taping
from pytest_qchannel.plugin.keys import FOUND, ISOLATION, LANE, OURS, PROPERTY, WHOLE_RUN
from pytest_qchannel.plugin.our_tests import OurTests

if TYPE_CHECKING:
    from qiskit_ibm_runtime import QiskitRuntimeService

    from pytest_qchannel.lanes.worlds import WorldBuilder

__all__ = ["Lending"]


class Lending:
    """Lends a test what it asks for: each method is the body of a fixture."""

    @staticmethod
    def world(request: pytest.FixtureRequest) -> WorldBuilder:
        """What the settings say of the world."""
        from pytest_qchannel.lanes.worlds import world_of  # a replay has no world

        return world_of(selection.settings_for(request.config, request.node))

    @staticmethod
    def isolation(
        request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Isolation | None]:
        """What is around the test's lane, until the generator is closed; a run's has it already."""
        item: pytest.Item = request.node
        item.stash[OURS] = True  # also of a test that asks for it by name, in its body
        OurTests.of(request.config)
        if WHOLE_RUN in request.config.stash:
            yield None
            return
        settings = selection.settings_for(request.config, item)
        home = tmp_path_factory.mktemp("qchannel-home")  # not in tmp_path: that is the test's own
        found = item.stash.setdefault(FOUND, [])
        isolation = Isolation(item.nodeid, home, settings.allowed_hosts, found.append)
        isolation.open()
        item.stash[ISOLATION] = isolation
        try:
            yield isolation
        finally:
            del item.stash[ISOLATION]
            isolation.close()
        problems.raise_all(problems.take(item))

    @staticmethod
    def lane(request: pytest.FixtureRequest, isolation: Isolation | None) -> Iterator[Lane]:
        """The test's lane, open until the generator is closed."""
        item: pytest.Item = request.node
        tape = taping.tape_of(item)

        def world() -> WorldBuilder:
            from pytest_qchannel.lanes.worlds import require_world  # a replay has no world

            return require_world(request.getfixturevalue("qchannel_world"), item.nodeid)

        if whole := request.config.stash.get(WHOLE_RUN, None):
            from pytest_qchannel.lanes.worlds import require_same_world

            require_same_world(world(), whole.world, item.nodeid)
            yield item.stash[LANE]
            return
        assert isolation is not None
        settings = selection.settings_for(request.config, item)
        lane = lane_for(settings, item.nodeid, isolation.home, world=world, tape=tape).open()
        item.stash[LANE] = lane
        item.user_properties.append((PROPERTY, lane.mode.value))
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
        note = (PROPERTY, lane.mode.value)
        properties = request.node.user_properties
        properties[properties.index(note)] = (PROPERTY, f"{note[1]} on {channel}")
        return QChannel(lane, channel)

    @staticmethod
    def service(lane: Lane, channel: str) -> QiskitRuntimeService:
        """A service that is logged in; the test is skipped where the client lacks the channel."""
        try:
            return lane.connect(CHANNEL_BY_NAME[channel])
        except ChannelUnavailable as missing:
            pytest.skip(missing.headline)

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
