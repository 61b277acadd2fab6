"""One test's lane: its transport, its environment, its accounts; and what the fixtures hand out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_qchannel.channels import credentials
from pytest_qchannel.channels.environment import account_file, isolated_environment
from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Account, Channel, Instance, Secret
from pytest_qchannel.channels.worlds import WorldBuilder, seeded, world_of
from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.settings import Mode, Settings
from pytest_qchannel.transports.protocol import choose

if TYPE_CHECKING:
    from qiskit_ibm_runtime import QiskitRuntimeService

    from pytest_qchannel.channels.rest import ChannelSession
    from pytest_qchannel.emulator.control import EmulatorControl
    from pytest_qchannel.emulator.journal import Journal
    from pytest_qchannel.emulator.world import Account as EmulatedAccount
    from pytest_qchannel.transports.emulated import EmulatedTransport

__all__ = ["Lane", "QChannel", "SavedAccounts"]


class Lane:
    """Opens a lane for one test and closes it again.

    Args:
        settings: The resolved settings.
        test_id: The test, for messages.
        home: An empty directory that is HOME while the lane is open.
        world: What the emulated world is built from; by default what the settings name.
    """

    def __init__(
        self, settings: Settings, test_id: str, home: Path, world: WorldBuilder | None = None
    ) -> None:
        world = world or world_of(settings)
        self.settings = seeded(settings, world)
        self.home = home
        secrets = list(credentials.secrets_in(os.environ))
        self._transport = choose(self.settings, test_id, secrets, world)
        self._stack = ExitStack()
        self._variables_are_settled = False

    @property
    def mode(self) -> Mode:
        """Where answers come from."""
        return self._transport.mode

    @property
    def transport(self) -> EmulatedTransport:
        """What carries the requests."""
        return self._transport

    @property
    def world(self) -> WorldBuilder:
        """What the emulated world was built from."""
        return self._transport.world

    @property
    def requests(self) -> Journal:
        """What was sent and what was answered."""
        return self._transport.journal

    @property
    def emulator(self) -> EmulatorControl:
        """The levers of the emulated world."""
        return self._transport.control

    def open(self) -> Lane:
        """Shuts the network, opens the door, isolates environment and account file."""
        with ExitStack() as undo:
            self._transport.open()
            undo.callback(self._transport.close)
            variables = self._every_channel()
            undo.enter_context(isolated_environment(self.home, variables))
            # What the world has no account or instance for is not left to the person's own.
            for name in credentials.channel_variables() - variables.keys():
                os.environ.pop(name, None)
            self._stack = undo.pop_all()
        return self

    def close(self) -> None:
        """Undoes all of it."""
        self._stack.close()

    def take_problems(self) -> list[QChannelError]:
        """What went wrong since the last call, even where the code under test swallowed it."""
        return self._transport.take_problems()

    def account(self, channel: Channel) -> Account:
        """The emulated account for a channel, on its first instance.

        Raises:
            UsageProblem: The world has no account for it.
        """
        found = self._emulated(channel)
        return Account(
            channel,
            Secret(credentials.own_variable(channel, "TOKEN"), found.credential),
            next(iter(self.instances(channel)), None),
        )

    def instances(self, channel: Channel) -> list[Instance]:
        """All instances of the emulated account for a channel."""
        found = self._emulated(channel)
        return [
            Instance(one.id, one.name, one.plan.display_name) for one in found.instances.values()
        ]

    def _emulated(self, channel: Channel) -> EmulatedAccount:
        for account in self._transport.app.world.accounts:
            if channel.name in account.channels:
                return account
        raise UsageProblem(
            f"the emulated world has no account for the channel {channel}",
            where=self._transport.world.source,
            next=f'add "{channel}" to the channels of an account there, or run on another channel'
            if self._transport.app.world.accounts
            else f'describe an account there, with channels = ["{channel}"], and an instance of it',
        )

    def use(self, channel: Channel) -> Account:
        """Makes a channel the one that the client's own variables are about."""
        account = self.account(channel)
        self._variables_are_settled = True
        os.environ.update(
            QISKIT_IBM_CHANNEL=channel.name,
            QISKIT_IBM_TOKEN=account.secret.reveal(),
            QISKIT_IBM_INSTANCE=account.instance.id if account.instance else "",
        )
        return account

    def forget_client_variables(self) -> None:
        """Unsets the client's own variables, so that its account file decides."""
        self._variables_are_settled = True
        for name in credentials.CLIENT_VARIABLES:
            os.environ.pop(name, None)

    def connect(self, channel: Channel) -> QiskitRuntimeService:
        """A service of the installed client on a channel."""
        from pytest_qchannel.channels.service import connect

        if not self._variables_are_settled:
            self.use(channel)
        return connect(self.account(channel))

    def _every_channel(self) -> Mapping[str, str]:
        variables: dict[str, str] = {}
        named = {name for one in self._transport.app.world.accounts for name in one.channels}
        for channel in CHANNEL_BY_NAME.values():
            if channel.name not in named:
                continue
            account = self.account(channel)
            variables[credentials.own_variable(channel, "TOKEN")] = account.secret.reveal()
            if account.instance is not None:
                variables[credentials.own_variable(channel, "INSTANCE")] = account.instance.id
            if channel.is_classic:
                variables[credentials.CLASSIC_TOKEN] = account.secret.reveal()
        return variables


class QChannel:
    """What the ``qchannel`` fixture gives: the channel in use and all that happens on it."""

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
        """The instances of the account in use; the first one is the default."""
        return self._lane.instances(self.channel)

    @property
    def requests(self) -> Journal:
        """What was sent and what was answered, oldest first, without the secrets."""
        return self._lane.requests

    @property
    def emulator(self) -> EmulatorControl:
        """The levers of the emulated world."""
        return self._lane.emulator

    def connect(self) -> QiskitRuntimeService:
        """Another service on this channel, logged in."""
        return self._lane.connect(self.channel)

    def open_session(self) -> ChannelSession:
        """Another REST session on this channel, with a fresh access token."""
        from pytest_qchannel.channels.rest import open_session

        return open_session(self.account)

    def __repr__(self) -> str:
        return f"<QChannel {self.channel} {self.lane}, {len(self.requests)} requests>"


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
        import json

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
        from pytest_qchannel.channels.client import require_channel
        from pytest_qchannel.channels.service import service_class

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
