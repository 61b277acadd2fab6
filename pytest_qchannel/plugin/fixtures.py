"""The fixtures: their names, and what each builds on; what they give is in :mod:`.lending`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from qiskit_ibm_runtime import IBMBackend, QiskitRuntimeService

    from pytest_qchannel.channels.model import Channel
    from pytest_qchannel.channels.rest import ChannelSession
    from pytest_qchannel.emulator.control import EmulatorControl
    from pytest_qchannel.lanes.isolation import Isolation
    from pytest_qchannel.lanes.lane import Lane
    from pytest_qchannel.lanes.qchannel import QChannel, SavedAccounts
    from pytest_qchannel.lanes.worlds import WorldBuilder
    from pytest_qchannel.plugin.lending import Lending


def _lending() -> type[Lending]:
    """What gives a test what it asks for; loaded with the first fixture that a test uses."""
    from pytest_qchannel.plugin.lending import Lending

    return Lending


@pytest.fixture
def qchannel_world(request: pytest.FixtureRequest) -> WorldBuilder:
    """What this test's emulated world is built from; override it to have another world."""
    return _lending().world(request)


@pytest.fixture
def _qchannel_isolation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Isolation | None]:
    yield from _lending().isolation(request, tmp_path_factory)


@pytest.fixture
def _qchannel_lane(
    request: pytest.FixtureRequest, _qchannel_isolation: Isolation | None
) -> Iterator[Lane]:
    yield from _lending().lane(request, _qchannel_isolation)


@pytest.fixture
def qchannel_channel(request: pytest.FixtureRequest) -> Channel:
    """The channel of this test; tests that use it run once per chosen channel."""
    return _lending().channel(request)


@pytest.fixture
def qchannel(
    request: pytest.FixtureRequest, _qchannel_lane: Lane, qchannel_channel: Channel
) -> QChannel:
    """The lane and channel in use: ``requests`` (journal), ``emulator``, ``account``, ``lane``."""
    return _lending().qchannel(request, _qchannel_lane, qchannel_channel)


@pytest.fixture
def qchannel_service(qchannel: QChannel, _qchannel_lane: Lane) -> QiskitRuntimeService:
    """A ``QiskitRuntimeService`` of the installed client, logged in on the channel in use."""
    return _lending().service(_qchannel_lane, qchannel.channel.name)


def _service_on(name: str) -> Any:
    def service(_qchannel_lane: Lane) -> QiskitRuntimeService:
        return _lending().service(_qchannel_lane, name)

    service.__doc__ = f"A ``QiskitRuntimeService`` logged in on the channel {name}."
    return pytest.fixture(name=f"{name}_service")(service)


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
    yield from _lending().access_token(_qchannel_lane, qchannel)


@pytest.fixture
def qchannel_accounts(request: pytest.FixtureRequest, _qchannel_lane: Lane) -> SavedAccounts:
    """Saved accounts of the test's own: none at first, and no credentials in the environment."""
    return _lending().accounts(request, _qchannel_lane)


@pytest.fixture
def qchannel_emulator(_qchannel_lane: Lane) -> EmulatorControl:
    """The levers of the emulated world: revoke tokens, queues, backends, the clock."""
    return _qchannel_lane.emulator
