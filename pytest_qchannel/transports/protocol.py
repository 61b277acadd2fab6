"""What every lane offers, and the one place where a lane is chosen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from pytest_qchannel.errors import QChannelError
from pytest_qchannel.settings import Mode, Settings

if TYPE_CHECKING:
    from pytest_qchannel.channels.model import Secret
    from pytest_qchannel.emulator.worlds.builder import WorldBuilder
    from pytest_qchannel.transports.emulated import EmulatedTransport

__all__ = ["Transport", "choose"]


class Transport(Protocol):
    """A lane, open for the length of one test."""

    mode: Mode

    def open(self) -> None:
        """Starts carrying the test's requests."""

    def close(self) -> None:
        """Stops, and leaves nothing of it behind."""

    def take_problems(self) -> list[QChannelError]:
        """What went wrong since the last call, even where the code under test swallowed it."""


def choose(
    settings: Settings, test_id: str, secrets: Iterable[Secret], world: WorldBuilder
) -> EmulatedTransport:
    """The transport for the settings' mode; so far there is the emulated one."""
    assert settings.mode is Mode.EMULATED, settings.mode
    from pytest_qchannel.transports.emulated import EmulatedTransport

    return EmulatedTransport(settings, test_id, secrets, world)
