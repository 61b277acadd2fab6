"""One test's lane: its transport, its environment, its accounts; and what the fixtures hand out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_qchannel.channels import credentials
from pytest_qchannel.channels.environment import account_file, isolated_environment
from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Account, Channel, Instance
from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.secret import Secret
from pytest_qchannel.settings import Mode, Settings

if TYPE_CHECKING:
    from qiskit_ibm_runtime import QiskitRuntimeService

    from pytest_qchannel.cassette.accounts import HeldAccount
    from pytest_qchannel.channels.rest import ChannelSession
    from pytest_qchannel.emulator.control import EmulatorControl
    from pytest_qchannel.journal import Journal
    from pytest_qchannel.lanes.emulated import EmulatedTransport
    from pytest_qchannel.lanes.protocol import Transport
    from pytest_qchannel.lanes.tapes import RecordTape, ReplayTape
    from pytest_qchannel.lanes.worlds import WorldBuilder

__all__ = ["Lane", "QChannel", "SavedAccounts"]


class Lane:
    """Opens a lane for one test and closes it again.

    Args:
        settings: The resolved settings.
        test_id: The test, for messages.
        home: An empty directory that is HOME while the lane is open.
        world: What the emulated world is built from; by default what the settings name. A replay
            has none.
        tape: The cassette that is replayed or recorded; without one the lane is emulated.
    """

    def __init__(
        self,
        settings: Settings,
        test_id: str,
        home: Path,
        world: WorldBuilder | None = None,
        tape: ReplayTape | RecordTape | None = None,
    ) -> None:
        self.home = home
        self._test_id = test_id
        self._tape = tape
        self._stack = ExitStack()
        self._variables_are_settled = False
        self._emulated: EmulatedTransport | None = None
        if tape is not None and not tape.is_recording:
            self.settings = settings._replace(mode=Mode.REPLAY)
            self._transport: Transport = _replay(self.settings, test_id, tape)
            return
        self.settings, self._emulated = _emulated(settings, test_id, world, tape)
        self._transport = self._emulated

    @property
    def mode(self) -> Mode:
        """Where answers come from."""
        return self._transport.mode

    @property
    def transport(self) -> EmulatedTransport:
        """What carries the requests of the emulated lane.

        Raises:
            UsageProblem: This is another lane.
        """
        if self.mode is not Mode.EMULATED or self._emulated is None:
            raise UsageProblem(
                f"the emulator's levers are there in the emulated lane only, this is {self.mode}",
                where=self._test_id,
                next="pytest --qchannel-mode=emulated, or take the marker vcr from the test",
            )
        return self._emulated

    @property
    def world(self) -> WorldBuilder:
        """What the emulated world was built from."""
        return self.transport.world

    @property
    def requests(self) -> Journal:
        """What was sent and what was answered."""
        return self._transport.journal

    @property
    def emulator(self) -> EmulatorControl:
        """The levers of the emulated world.

        Raises:
            UsageProblem: This is another lane.
        """
        return self.transport.control

    def unmet_faults(self, where: str, **words: Any) -> list[QChannelError]:
        """What to say of faults that were declared and did not happen; a replay has none."""
        if self._emulated is None:
            return []
        return list(self._emulated.control.unmet_faults(where, **words))

    def revoke_access(self) -> None:
        """Makes what was logged in with invalid: access tokens, or the keys of who has none.

        The emulator's services refuse them from now on. In a replay nothing is to be done: the
        answers that were recorded after it are refusals.
        """
        if self._emulated is not None:
            # Client 0.34 sends its API key with every request and never has an access token.
            control = self._emulated.control
            if not control.revoke_access_tokens():
                control.revoke_credentials()

    def revoke_access_token(self, token: str) -> None:
        """Makes one access token invalid, where there is something that could know it."""
        if self._emulated is not None:
            self._emulated.control.revoke_access_token(token)

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
        """The account for a channel, on its first instance; a recording keeps who it was.

        Raises:
            UsageProblem: The lane has no account for it.
        """
        if self._tape is not None and self._tape.is_recording:
            self._tape.accounts[channel.name] = self._held(channel)
        return self._account(channel)

    def _account(self, channel: Channel) -> Account:
        found = self._held(channel)
        return Account(
            channel,
            Secret(credentials.own_variable(channel, "TOKEN"), found.credential),
            next(iter(self.instances(channel)), None),
        )

    def instances(self, channel: Channel) -> list[Instance]:
        """All instances of the account for a channel."""
        return [Instance(*one) for one in self._held(channel).instances]

    def _held(self, channel: Channel) -> HeldAccount:
        accounts = self._transport.accounts()
        found = accounts.get(channel.name)
        if found is None:
            raise UsageProblem(
                f"{self._lane_words()} no account for the channel {channel}",
                where=self._transport.source,
                next=self._how_to_have(channel, is_empty=not accounts),
            )
        return found

    def _lane_words(self) -> str:
        return "the cassette has" if self.mode is Mode.REPLAY else "the emulated world has"

    def _how_to_have(self, channel: Channel, *, is_empty: bool) -> str:
        if self.mode is Mode.REPLAY:
            return "run the test on the channel that it was recorded on, or record it anew"
        if is_empty:
            return (
                f'describe an account there, with channels = ["{channel}"], and an instance of it'
            )
        return f'add "{channel}" to the channels of an account there, or run on another channel'

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
        named = self._transport.accounts()
        for channel in CHANNEL_BY_NAME.values():
            if channel.name not in named:
                continue
            account = self._account(channel)
            variables[credentials.own_variable(channel, "TOKEN")] = account.secret.reveal()
            if account.instance is not None:
                variables[credentials.own_variable(channel, "INSTANCE")] = account.instance.id
            if channel.is_classic:
                variables[credentials.CLASSIC_TOKEN] = account.secret.reveal()
        return variables


def _replay(settings: Settings, test_id: str, tape: ReplayTape) -> Transport:
    from pytest_qchannel.lanes.replay import ReplayTransport

    return ReplayTransport(settings, test_id, tape)


def _emulated(
    settings: Settings, test_id: str, world: WorldBuilder | None, tape: RecordTape | None
) -> tuple[Settings, EmulatedTransport]:
    # A replay loads nothing of the emulator's world.
    from pytest_qchannel.lanes.emulated import EmulatedTransport
    from pytest_qchannel.lanes.worlds import seeded, world_of

    world = world or world_of(settings)
    mode = Mode.EMULATED if tape is None else Mode.RECORD
    settings = seeded(settings, world)._replace(mode=mode)
    secrets = list(credentials.secrets_in(os.environ))
    if tape is None:
        return settings, EmulatedTransport(settings, test_id, secrets, world)
    from pytest_qchannel.lanes.record import RecordTransport

    return settings, RecordTransport(settings, test_id, secrets, world, tape)


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

    def revoke_access(self) -> None:
        """Makes what the test has logged in with invalid: the next use is a 401.

        In the emulated lane, and where the emulator is recorded, its services refuse it from now
        on. In a replay the answers that were recorded after it are refusals.
        """
        self._lane.revoke_access()

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
