"""The fixtures; each one calls one function of the core."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_qchannel.errors import ChannelUnavailable
from pytest_qchannel.plugin import faults, problems, selection, taping
from pytest_qchannel.plugin.keys import LANE, WHOLE_RUN
from pytest_qchannel.plugin.report import PROPERTY

if TYPE_CHECKING:
    from qiskit_ibm_runtime import IBMBackend, QiskitRuntimeService

    from pytest_qchannel.channels.model import Channel
    from pytest_qchannel.channels.rest import ChannelSession
    from pytest_qchannel.emulator.control import EmulatorControl
    from pytest_qchannel.lanes.lane import Lane
    from pytest_qchannel.lanes.qchannel import QChannel, SavedAccounts
    from pytest_qchannel.lanes.worlds import WorldBuilder


@pytest.fixture
def qchannel_world(request: pytest.FixtureRequest) -> WorldBuilder:
    """What this test's emulated world is built from; override it to have another world."""
    from pytest_qchannel.lanes.worlds import world_of

    return world_of(selection.settings_for(request.config, request.node))


@pytest.fixture
def _qchannel_lane(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lane]:
    from pytest_qchannel.lanes.assemble import lane_for

    item = request.node
    tape = taping.tape_of(item)
    world = None
    if tape is None or tape.is_recording:
        from pytest_qchannel.lanes.worlds import require_world  # a replay has no world

        world = require_world(request.getfixturevalue("qchannel_world"), item.nodeid)
    if whole := request.config.stash.get(WHOLE_RUN, None):
        from pytest_qchannel.lanes.worlds import require_same_world

        assert world is not None
        require_same_world(world, whole.world, item.nodeid)
        yield item.stash[LANE]
        return
    settings = selection.settings_for(request.config, item)
    home = tmp_path_factory.mktemp("qchannel-home")  # not in tmp_path: that is the test's own
    lane = lane_for(settings, item.nodeid, home, world=world, tape=tape).open()
    item.stash[LANE] = lane
    item.user_properties.append((PROPERTY, lane.mode.value))
    try:
        faults.declare(lane, item)
        yield lane
    finally:
        lane.close()
        # What fixtures of the test did before or after its body; the body's own is raised there.
        found = problems.take(item)
        del item.stash[LANE]
    problems.raise_all(found)


@pytest.fixture
def qchannel_channel(request: pytest.FixtureRequest) -> Channel:
    """The channel of this test; tests that use it run once per chosen channel."""
    from pytest_qchannel.channels.model import CHANNEL_BY_NAME

    # Without parametrization (unittest classes, getfixturevalue) the first chosen channel.
    name = getattr(request, "param", None)
    if name is None:
        names, reason = selection.channels_for(request.config, request.node)
        if reason:
            pytest.skip(reason)
        name = names[0]
    return CHANNEL_BY_NAME[name]


@pytest.fixture
def qchannel(
    request: pytest.FixtureRequest, _qchannel_lane: Lane, qchannel_channel: Channel
) -> QChannel:
    """The lane and channel in use: ``requests`` (journal), ``emulator``, ``account``, ``lane``."""
    from pytest_qchannel.lanes.qchannel import QChannel

    note = (PROPERTY, _qchannel_lane.mode.value)
    properties = request.node.user_properties
    properties[properties.index(note)] = (PROPERTY, f"{note[1]} on {qchannel_channel}")
    return QChannel(_qchannel_lane, qchannel_channel)


def _connect(lane: Lane, channel: Channel) -> Any:
    try:
        return lane.connect(channel)
    except ChannelUnavailable as missing:
        pytest.skip(missing.headline)


@pytest.fixture
def qchannel_service(qchannel: QChannel, _qchannel_lane: Lane) -> QiskitRuntimeService:
    """A ``QiskitRuntimeService`` of the installed client, logged in on the channel in use."""
    return _connect(_qchannel_lane, qchannel.channel)


def _service_on(name: str) -> Any:
    @pytest.fixture(name=f"{name}_service")
    def service(_qchannel_lane: Lane) -> QiskitRuntimeService:
        from pytest_qchannel.channels.model import CHANNEL_BY_NAME

        return _connect(_qchannel_lane, CHANNEL_BY_NAME[name])

    service.__doc__ = f"A ``QiskitRuntimeService`` logged in on the channel {name}."
    return service


ibm_quantum_platform_service = _service_on("ibm_quantum_platform")
ibm_cloud_service = _service_on("ibm_cloud")
ibm_quantum_service = _service_on("ibm_quantum")


@pytest.fixture
def qchannel_backend(qchannel_service: QiskitRuntimeService) -> IBMBackend:
    """The least busy QPU of the service in use."""
    return qchannel_service.least_busy(operational=True, simulator=False)


@pytest.fixture
def qchannel_rest(qchannel: QChannel) -> Iterator[ChannelSession]:
    """A ``requests.Session`` with the channel's base URL and credentials: ``get("/jobs")``."""
    with qchannel.open_session() as session:
        yield session


@pytest.fixture
def qchannel_access_token(qchannel: QChannel, _qchannel_lane: Lane) -> Iterator[str]:
    """A temporary access token of the channel in use; invalid after the test."""
    from pytest_qchannel.channels.rest import access_token

    token = access_token(qchannel.account)
    yield token
    _qchannel_lane.revoke_access_token(token)


@pytest.fixture
def qchannel_accounts(request: pytest.FixtureRequest, _qchannel_lane: Lane) -> SavedAccounts:
    """Saved accounts of the test's own: none at first, and no credentials in the environment."""
    from pytest_qchannel.lanes.qchannel import SavedAccounts

    # It sets the client's variables: whatever the order of arguments, that must come before.
    if "qchannel" in request.fixturenames:
        request.getfixturevalue("qchannel")
    return SavedAccounts(_qchannel_lane)


@pytest.fixture
def qchannel_emulator(_qchannel_lane: Lane) -> EmulatorControl:
    """The levers of the emulated world: revoke tokens, queues, backends, the clock."""
    return _qchannel_lane.emulator
