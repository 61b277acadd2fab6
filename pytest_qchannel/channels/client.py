"""The installed qiskit-ibm-runtime: its version and channels, told without importing it."""

from __future__ import annotations

import functools
import importlib.metadata

from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Channel
from pytest_qchannel.errors import ChannelUnavailable
from pytest_qchannel.ibm.releases import NEW_CLASSIC_HOSTS_SINCE, Version, version_of

__all__ = [
    "client_release",
    "client_version",
    "default_channel",
    "login_url",
    "reason_of",
    "require_channel",
]


@functools.cache
def client_version() -> str:
    """The version of qiskit-ibm-runtime, as ``0.51.0``."""
    return importlib.metadata.version("qiskit-ibm-runtime")


def client_release() -> Version:
    """The same as numbers, as ``(0, 51, 0)``."""
    return version_of(client_version())


def default_channel() -> Channel:
    """The channel that the installed client takes when nobody names one."""
    return next(
        channel
        for channel in CHANNEL_BY_NAME.values()
        if channel.is_known_to(client_release()) and not channel.is_classic
    )


def login_url(channel: Channel) -> str:
    """The URL that the installed client logs in at when nobody names one.

    Source: ``accounts/account.py`` of the client.
    """
    if not channel.is_classic:
        return "https://cloud.ibm.com"
    is_old = client_release() < NEW_CLASSIC_HOSTS_SINCE
    return f"https://auth.{'quantum-computing' if is_old else 'quantum'}.ibm.com/api"


def reason_of(missing: ChannelUnavailable) -> str:
    """Why a test that needs the channel is skipped, and what it would run with, in one line."""
    return f"{missing.headline}; or: {missing.next}"


def require_channel(channel: Channel) -> None:
    """Passes a channel that the installed client offers.

    Raises:
        ChannelUnavailable: It does not; says which versions do.
    """
    if channel.is_known_to(client_release()):
        return
    first, until = channel.since, channel.until
    bound = f"<{'.'.join(map(str, until))}" if until else f">={'.'.join(map(str, first))}"
    raise ChannelUnavailable(
        f"qiskit-ibm-runtime {client_version()} has no channel {channel}; "
        f"qchannel_rest serves it over REST",
        next=f'pip install "qiskit-ibm-runtime{bound}"',
    )
