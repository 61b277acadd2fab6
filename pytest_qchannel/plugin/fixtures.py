"""The fixtures: their names, and what each builds on; what they give is in :mod:`.lending`.

They are plain functions here. :func:`fixtures` makes the family of them at a scope: the plugin has
it at the scope of the settings, and a module or ``conftest.py`` may have it at another one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.options import OPTION_BY_NAME, SCOPES, Scope

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


@pytest.fixture(scope="session")
def qchannel_world(request: pytest.FixtureRequest) -> WorldBuilder:
    """What the emulated world is built from; override it to have another world."""
    return _lending().world(request)


@pytest.fixture
def _qchannel_part(request: pytest.FixtureRequest, _qchannel_lane: Lane) -> Iterator[Lane]:
    yield from _lending().part(request)


@pytest.fixture
def _qchannel_apart(request: pytest.FixtureRequest) -> Iterator[None]:
    yield from _lending().apart(request)


def _qchannel_isolation(request: pytest.FixtureRequest) -> Iterator[Isolation | None]:
    yield from _lending().isolation(request)


def _qchannel_lane(
    request: pytest.FixtureRequest, _qchannel_isolation: Isolation | None
) -> Iterator[Lane]:
    yield from _lending().lane(request, _qchannel_isolation)


def qchannel_channel(request: pytest.FixtureRequest) -> Channel:
    """The channel in use; tests that use it run once per chosen channel."""
    return _lending().channel(request)


def qchannel(
    request: pytest.FixtureRequest, _qchannel_lane: Lane, qchannel_channel: Channel
) -> QChannel:
    """The lane in use: ``requests`` (its journal), ``emulator``, ``account``."""
    return _lending().qchannel(request, _qchannel_lane, qchannel_channel)


def qchannel_service(qchannel: QChannel, _qchannel_lane: Lane) -> QiskitRuntimeService:
    """A ``QiskitRuntimeService``, logged in on the channel in use."""
    return _lending().service(_qchannel_lane, qchannel.channel.name)


def _service_on(name: str) -> Callable[..., QiskitRuntimeService]:
    def service(_qchannel_lane: Lane) -> QiskitRuntimeService:
        return _lending().service(_qchannel_lane, name)

    service.__name__ = f"{name}_service"
    service.__doc__ = f"A ``QiskitRuntimeService`` logged in on the channel {name}."
    return service


def qchannel_backend(qchannel_service: QiskitRuntimeService) -> IBMBackend:
    """The least busy QPU of the service in use."""
    return qchannel_service.least_busy(operational=True, simulator=False)


def qchannel_rest(qchannel: QChannel) -> Iterator[ChannelSession]:
    """A ``requests.Session`` with URL and credentials: ``get("/jobs")``."""
    with qchannel.open_session() as session:
        yield session


def qchannel_access_token(qchannel: QChannel, _qchannel_lane: Lane) -> Iterator[str]:
    """A temporary access token of the channel in use; invalid after the test."""
    yield from _lending().access_token(_qchannel_lane, qchannel)


def qchannel_accounts(request: pytest.FixtureRequest, _qchannel_lane: Lane) -> SavedAccounts:
    """Saved accounts of the test's own: none at first, and no credentials."""
    return _lending().accounts(request, _qchannel_lane)


def qchannel_emulator(_qchannel_lane: Lane) -> EmulatorControl:
    """The levers of the world: revoke tokens, queues, backends, the clock."""
    return _qchannel_lane.emulator


FAMILY: Final[tuple[Callable[..., Any], ...]] = (
    _qchannel_isolation,
    _qchannel_lane,
    qchannel_channel,
    qchannel,
    qchannel_service,
    _service_on("ibm_quantum_platform"),
    _service_on("ibm_cloud"),
    _service_on("ibm_quantum"),
    qchannel_backend,
    qchannel_rest,
    qchannel_access_token,
    qchannel_accounts,
    qchannel_emulator,
)


def scope_of_settings(*, fixture_name: str, config: pytest.Config) -> Scope:  # noqa: ARG001
    """The scope that the settings say, as pytest asks for it; a wrong word is refused elsewhere."""
    option = OPTION_BY_NAME["scope"]
    said = (
        config.getoption(option.ini_key)
        or os.environ.get(option.env_var)
        or config.getini(option.ini_key)
    )
    return next((one for one in SCOPES if one == said), "function")


def fixtures(scope: Scope | Callable[..., Scope]) -> dict[str, Any]:
    """All fixtures but ``qchannel_world``, by name, living as long as a scope says.

    For a part of a suite, in its module or ``conftest.py``::

        globals().update(fixtures(scope="module"))

    Args:
        scope: One of pytest's, or a function that says it to pytest.

    Raises:
        UsageProblem: There is no such scope.
    """
    if not callable(scope) and scope not in SCOPES:
        raise UsageProblem(
            f"fixtures(scope={scope!r}): there is no such scope",
            closest=nearest(str(scope), SCOPES),
            next=f"use one of {', '.join(SCOPES)}",
        )
    return {one.__name__: pytest.fixture(scope=scope)(one) for one in FAMILY}
