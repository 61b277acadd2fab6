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
    """A way to log in to IBM Quantum.

    ``since`` and ``until`` bound the releases of qiskit-ibm-runtime that know the channel
    (``until`` is the first that does not). Source: the client's git tags.
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
    """What a job is charged to: a CRN, or ``hub/group/project`` on the classic platform."""

    id: str
    name: str
    plan: str


@dataclass(frozen=True, slots=True)
class Account:
    """A credential and an instance for one channel."""

    channel: Channel
    secret: Secret
    instance: Instance | None = None
