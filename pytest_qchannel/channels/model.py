"""Channels, accounts and instances, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pytest_qchannel.ibm.releases import Version
from pytest_qchannel.options import CHANNELS
from pytest_qchannel.secret import Secret

__all__ = ["CHANNEL_BY_NAME", "Account", "Channel", "Instance"]


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to log in to IBM Quantum; its releases are those of the client's git tags.

    Attributes:
        name: As the client spells it.
        credential: What its credential is called, as ``API key``.
        is_classic: Whether it is of the classic platform.
        since: The first release of qiskit-ibm-runtime that knows it.
        until: The first one that does not know it any more, or ``None``.
    """

    name: str
    credential: str
    is_classic: bool
    since: Version
    until: Version | None

    def is_known_to(self, client: Version) -> bool:
        """Whether a client of that release offers the channel."""
        return self.since <= client and (self.until is None or client < self.until)

    def __str__(self) -> str:
        """The channel's name, as the client spells it."""
        return self.name


CHANNEL_BY_NAME: Final[Mapping[str, Channel]] = MappingProxyType(
    {
        channel.name: channel
        for channel in (
            Channel("ibm_quantum_platform", "API key", False, (0, 40), None),
            Channel("ibm_cloud", "API key", False, (0, 0), None),
            Channel("ibm_quantum", "API token", True, (0, 0), (0, 41)),
        )
    }
)
assert tuple(CHANNEL_BY_NAME) == CHANNELS


@dataclass(frozen=True, slots=True)
class Instance:
    """What a job is charged to.

    Attributes:
        id: Its CRN, or ``hub/group/project`` on the classic platform.
        name: Its name.
        plan: Its plan, as ``Open`` or ``Premium``.
    """

    id: str
    name: str
    plan: str


@dataclass(frozen=True, slots=True)
class Account:
    """A credential and an instance for one channel.

    Attributes:
        channel: The channel.
        secret: The credential, which does not show itself.
        instance: The instance in use, or ``None``.
    """

    channel: Channel
    secret: Secret
    instance: Instance | None = None
