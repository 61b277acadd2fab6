"""What one process shares of a live run: credentials, connections, and which test runs now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pytest_qchannel.cassette.accounts import HeldAccount, HeldInstance
from pytest_qchannel.channels import credentials
from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Channel
from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.lanes.live.caller import Caller
from pytest_qchannel.lanes.live.clock import MACHINE, Clock
from pytest_qchannel.lanes.live.forwarder import Forwarder
from pytest_qchannel.lanes.live.standins import StandIns
from pytest_qchannel.secret import Secret
from pytest_qchannel.settings import Settings
from pytest_qchannel.wire import Handle, Link

__all__ = ["CHANNELS", "ENDED", "LiveRun", "held_in", "missing"]

CHANNELS: Final = tuple(one for one in CHANNEL_BY_NAME.values() if not one.is_classic)
"""The channels that there are."""

ENDED: Final = "the classic platform ended on 2025-07-01"
"""Why there is no live lane on the channel ``ibm_quantum``."""


def held_in(environ: Mapping[str, str]) -> dict[Channel, Secret]:
    """The credentials of an environment, by channel; an empty variable is an unset one."""
    found = {one: credentials.secret_of(one, environ) for one in CHANNELS}
    return {channel: secret for channel, secret in found.items() if secret is not None}


def missing(channel: Channel) -> str:
    """Why a test cannot run live on a channel, with the variables that would let it."""
    if channel.is_classic:
        return f"{channel}: {ENDED}; use ibm_quantum_platform"
    own = credentials.own_variable(channel, "TOKEN")
    return f"live: no credential for {channel}: set {own}, or QISKIT_IBM_TOKEN"


class LiveRun:
    """One live run, as one process has it.

    Args:
        settings: The run's.
        environ: Where the credentials are; read once.
        learned: Called with each real access token.
        clock: The time.
        send: Sends a request to the real services; by default over the network.
    """

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        *,
        learned: Callable[[Secret], None] = lambda _: None,
        clock: Clock = MACHINE,
        send: Handle | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.held = held_in(environ)
        """The real credentials, by channel."""
        if not self.held:
            raise UsageProblem(
                "the live lane has no credential of any channel",
                where=f"mode={settings.mode} ({settings.origin['mode']})",
                next="; or ".join(
                    f"set {credentials.own_variable(one, 'TOKEN')}" for one in CHANNELS
                )
                + "; or QISKIT_IBM_TOKEN; or name a dotenv file: --qchannel-secrets=FILE",
            )
        self.standins = StandIns(self.held, learned)
        self._forwarder = Forwarder()
        self.send: Handle = send or self._forwarder.handle
        self.callers = {
            channel: Caller(channel, secret, self.send, clock.now)
            for channel, secret in self.held.items()
        }
        self._named = {one: credentials.instance_of(one, environ) for one in self.held}
        self._accounts: dict[str, HeldAccount] = {}

    def accounts(self) -> Mapping[str, HeldAccount]:
        """By channel, who code under test logs in as: stand-ins, and the real instances.

        Raises:
            LiveLoginFailed: An instance is named by its name, or not at all, and the account's
                could not be listed.
        """
        for channel in self.held:
            if channel.name not in self._accounts:
                key = self.standins.keys[channel.name]
                self._accounts[channel.name] = HeldAccount(key, self._instances(channel))
        return self._accounts

    def rules(self, where: Callable[[], str], problems: list[QChannelError]) -> Sequence[Link]:
        return ()

    def close(self) -> None:
        """Closes the connections."""
        self._forwarder.close()

    def _instances(self, channel: Channel) -> tuple[HeldInstance, ...]:
        named = self.settings.instance or self._named[channel]
        if named and named.startswith("crn:"):
            return (HeldInstance(named, named, ""),)
        found = self.callers[channel].instances()
        if not named:
            return found
        chosen = tuple(one for one in found if named == one.name)
        return chosen + tuple(one for one in found if one not in chosen)
