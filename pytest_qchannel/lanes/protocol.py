"""What every lane offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from pytest_qchannel.errors import QChannelError
from pytest_qchannel.settings import Mode

if TYPE_CHECKING:
    from pytest_qchannel.cassette.accounts import HeldAccount
    from pytest_qchannel.journal import Journal

__all__ = ["Transport"]


class Transport(Protocol):
    """A lane, open for the length of one test."""

    mode: Mode

    @property
    def journal(self) -> Journal:
        """What was sent and what was answered so far."""

    @property
    def source(self) -> str:
        """Where its accounts come from, for messages: a world file, a cassette."""

    def open(self) -> None:
        """Starts carrying the test's requests."""

    def close(self) -> None:
        """Stops, and leaves nothing of it behind."""

    def accounts(self) -> Mapping[str, HeldAccount]:
        """Who can log in here, by channel."""

    def take_problems(self) -> list[QChannelError]:
        """What went wrong since the last call, even where the code under test swallowed it."""
