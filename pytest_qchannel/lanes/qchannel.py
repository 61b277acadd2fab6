"""What the fixtures hand out: the channel in use, and the client's saved accounts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_qchannel.channels.client import require_channel
from pytest_qchannel.channels.environment import account_file
from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Channel, Instance
from pytest_qchannel.channels.rest import ChannelSession, open_session
from pytest_qchannel.channels.service import service_class
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.lane import Lane
from pytest_qchannel.settings import Settings

if TYPE_CHECKING:  # they take long to be imported, and not every test needs one of them
    from qiskit_ibm_runtime import QiskitRuntimeService

    from pytest_qchannel.emulator.control import EmulatorControl

__all__ = ["QChannel", "SavedAccounts"]


class QChannel:
    """What the ``qchannel`` fixture gives: the channel in use and all that happens on it.

    Attributes:
        channel: The channel in use.
        account: The account in use: its credential and its instance.
    """

    def __init__(self, lane: Lane, channel: Channel) -> None:
        self._lane = lane
        self.channel = channel
        self.account = lane.use(channel)

    @property
    def lane(self) -> str:
        """Which lane the test runs in, as ``emulated``."""
        return self._lane.mode.value

    @property
    def settings(self) -> Settings:
        """The resolved settings."""
        return self._lane.settings

    @property
    def instances(self) -> list[Instance]:
        """The instances of the account in use; without the setting the first one is the default."""
        return self._lane.instances(self.channel)

    @property
    def requests(self) -> Journal:
        """What the test sent and what was answered, oldest first, without the secrets.

        In a lane that several tests share, ``requests.of_lane`` is all of it.
        """
        return self._lane.of_test.requests

    @property
    def emulator(self) -> EmulatorControl:
        """The levers of the emulated world."""
        return self._lane.emulator

    def revoke_access(self) -> None:
        """Makes what the test has logged in with invalid: the next use is a 401.

        In the emulated lane, and where the emulator is recorded, its services refuse it from now
        on. In a replay the answers that were recorded after it are refusals.
        """
        self._lane.revoke_access()

    def connect(self, *, instance: str | None = None) -> QiskitRuntimeService:
        """Another service on this channel, logged in.

        Args:
            instance: The name or id of an instance of the account; by default the one in use.

        Raises:
            UsageProblem: The account has no such instance.
        """
        return self._lane.connect(self.channel, instance)

    def open_session(self) -> ChannelSession:
        """Another REST session on this channel, with a fresh access token."""
        return open_session(self.account)

    def __repr__(self) -> str:
        return f"<QChannel {self.channel} {self.lane}, {counted(self.requests, 'request')}>"


class SavedAccounts:
    """The client's saved accounts, in a HOME of the test's own; the client's variables are unset.

    At first there are none: save some with :meth:`save`, or let the code under test do it.
    """

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        lane.forget_client_variables()

    @property
    def path(self) -> Path:
        """The account file; it exists once something was saved."""
        return account_file(self._lane.home)

    def saved(self) -> dict[str, Any]:
        """The file's accounts by name, as the client wrote them; empty where there is no file."""
        if not self.path.exists():
            return {}
        accounts: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        return accounts

    def save(
        self,
        channel: str,
        *,
        name: str | None = None,
        instance: str | None = None,
        set_as_default: bool = False,
    ) -> None:
        """Saves the emulated account of a channel with the client's own ``save_account``.

        Args:
            channel: The channel's name.
            name: The account's name; without one the client uses its default name.
            instance: An instance of the account; by default its first one.
            set_as_default: Whether ``QiskitRuntimeService()`` shall prefer it.

        Raises:
            UsageProblem: There is no such channel.
            ChannelUnavailable: The installed client does not know the channel.
        """
        if channel not in CHANNEL_BY_NAME:
            raise UsageProblem(
                f"{channel!r} is no channel", next=f"use one of {', '.join(CHANNEL_BY_NAME)}"
            )
        require_channel(CHANNEL_BY_NAME[channel])
        account = self._lane.account(CHANNEL_BY_NAME[channel])
        first = account.instance.id if account.instance else None
        service_class().save_account(
            channel=channel,
            token=account.secret.reveal(),
            instance=instance or first,
            name=name,
            set_as_default=set_as_default,
            overwrite=True,
        )
