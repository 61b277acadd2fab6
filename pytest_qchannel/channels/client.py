"""The installed qiskit-ibm-runtime: its version and channels, told without importing it."""

from __future__ import annotations

import functools
import importlib.metadata

from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Channel
from pytest_qchannel.errors import ChannelUnavailable

__all__ = ["client_version", "default_channel", "login_url", "require_channel"]


@functools.cache
def client_version() -> str:
    """The version of qiskit-ibm-runtime, as ``0.51.0``."""
    return importlib.metadata.version("qiskit-ibm-runtime")


def _major_minor() -> tuple[int, int]:
    major, minor = client_version().split(".")[:2]
    return int(major), int(minor)


def default_channel() -> Channel:
    """The channel that the installed client takes when nobody names one."""
    return next(
        channel
        for channel in CHANNEL_BY_NAME.values()
        if channel.is_known_to(_major_minor()) and not channel.is_classic
    )


def login_url(channel: Channel) -> str:
    """The URL that the installed client logs in at when nobody names one.

    Source: ``accounts/account.py`` of the client, 0.34 to 0.51.
    """
    if not channel.is_classic:
        return "https://cloud.ibm.com"
    host = "auth.quantum-computing.ibm.com" if _major_minor() < (0, 35) else "auth.quantum.ibm.com"
    return f"https://{host}/api"


def require_channel(channel: Channel) -> None:
    """Passes a channel that the installed client offers.

    Raises:
        ChannelUnavailable: It does not; says which versions do.
    """
    if channel.is_known_to(_major_minor()):
        return
    since = ".".join(map(str, channel.since))
    bounds = (
        f"older than {'.'.join(map(str, channel.until))}" if channel.until else f"{since} or newer"
    )
    raise ChannelUnavailable(
        f"qiskit-ibm-runtime {client_version()} has no channel {channel}; "
        f"qchannel_rest serves it over REST",
        next=f"pip install a qiskit-ibm-runtime {bounds}",
    )
