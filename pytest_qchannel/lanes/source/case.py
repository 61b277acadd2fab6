"""What a test ended with: the facts that the hints in this folder are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pytest_qchannel.channels.model import Channel
from pytest_qchannel.crn import CRN_HEADER
from pytest_qchannel.emulator.faults import Fault
from pytest_qchannel.emulator.world.records import Account, Instance
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds.adding import BUILDER, adding
from pytest_qchannel.journal import Exchange, Journal

__all__ = ["Case"]


class Case(NamedTuple):
    """What a test ended with.

    Attributes:
        world: The emulated world.
        faults: What was to go wrong in it.
        error: What the code under test ended with.
        channel: The channel in use, if one is.
        requests: What the test sent.
        source: What the world was read from.
        saved: The names that the account is saved under.
        instance: What QISKIT_IBM_INSTANCE said, an id or a name.
    """

    world: World
    faults: Iterable[Fault]
    error: BaseException
    channel: Channel | None
    requests: Journal
    source: str = BUILDER
    saved: tuple[str, ...] = ()
    instance: str = ""

    @property
    def account(self) -> Account | None:
        """The account that the fixtures log in with."""
        if self.channel is None:
            return None
        accounts = self.world.accounts
        return next((one for one in accounts if self.channel.name in one.channels), None)

    @property
    def last(self) -> Exchange | None:
        """The last request of the test."""
        return next(reversed(self.requests), None)

    @property
    def instances(self) -> list[Instance]:
        """Those of the account."""
        return list(self.account.instances.values()) if self.account is not None else []

    @property
    def chosen(self) -> str:
        """The name of the one that QISKIT_IBM_INSTANCE chooses; empty where it chooses none."""
        named = (one.name for one in self.instances if self.instance in (one.id, one.name))
        return next(named, "")

    @property
    def asked(self) -> list[Instance]:
        """Those of them that the test asked; all, where it named none."""
        used = {one.headers.get(CRN_HEADER, "") for one in self.requests}
        return [one for one in self.instances if one.id in used] or self.instances

    @property
    def offered(self) -> list[str]:
        """The devices of those that it asked."""
        return list(dict.fromkeys(name for one in self.asked for name in one.devices))

    def adding(self, table: str, keys: Mapping[str, str], *options: str) -> str:
        """The step that adds a table to the world; empty where no account could have it."""
        if self.account is None:
            return ""
        return adding(self.world, self.source, self.account, table, keys, options)
