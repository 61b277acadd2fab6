"""Credentials in environment variables: which ones count for a channel, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Channel
from pytest_qchannel.options import ENV_PREFIX
from pytest_qchannel.secret import Secret

__all__ = [
    "CLASSIC_TOKEN",
    "CLIENT_VARIABLES",
    "CLOUD_KEYS",
    "credential_variables",
    "instance_of",
    "own_variable",
    "secret_of",
    "secrets_in",
]

CLASSIC_TOKEN: Final = "IQP_API_TOKEN"  # noqa: S105 - the name of a variable
CLIENT_VARIABLES: Final = ("QISKIT_IBM_TOKEN", "QISKIT_IBM_INSTANCE", "QISKIT_IBM_CHANNEL")
_PARTS: Final = ("TOKEN", "INSTANCE")
CLOUD_KEYS: Final = ("IBM_CLOUD_API_KEY", "IBMCLOUD_API_KEY")
"""Where IBM's other tools look for a key of IBM Cloud."""


def own_variable(channel: Channel, part: str) -> str:
    """``QCHANNEL_<CHANNEL>_TOKEN`` or ``..._INSTANCE``."""
    return f"{ENV_PREFIX}{channel.name.upper()}_{part}"


def credential_variables() -> set[str]:
    """Every variable that holds a credential or an instance."""
    own = (own_variable(one, part) for one in CHANNEL_BY_NAME.values() for part in _PARTS)
    of_client = (f"QISKIT_IBM_{part}" for part in _PARTS)
    return {*own, *of_client, CLASSIC_TOKEN, *CLOUD_KEYS}


def _client_means(channel: Channel, environ: Mapping[str, str]) -> bool:
    """Whether the client's own variables are about this channel.

    Without ``QISKIT_IBM_CHANNEL`` they are about IBM Cloud: that is what clients from 0.34 on
    assume, and what they send the key to.
    """
    named = environ.get("QISKIT_IBM_CHANNEL")
    return named == channel.name if named else not channel.is_classic


def _first(names: list[str], environ: Mapping[str, str]) -> tuple[str, str] | None:
    return next(((name, environ[name]) for name in names if environ.get(name)), None)


def secret_of(channel: Channel, environ: Mapping[str, str]) -> Secret | None:
    """The credential for a channel: our variable first, then the client's, then the classic one."""
    names = [own_variable(channel, "TOKEN")]
    if _client_means(channel, environ):
        names.append("QISKIT_IBM_TOKEN")
    if channel.is_classic:
        names.append(CLASSIC_TOKEN)
    found = _first(names, environ)
    return Secret(*found) if found else None


def instance_of(channel: Channel, environ: Mapping[str, str]) -> str | None:
    """The instance for a channel, in the same order as :func:`secret_of`."""
    names = [own_variable(channel, "INSTANCE")]
    if _client_means(channel, environ):
        names.append("QISKIT_IBM_INSTANCE")
    found = _first(names, environ)
    return found[1] if found else None


def secrets_in(environ: Mapping[str, str]) -> Iterator[Secret]:
    """Every credential that the environment holds, whatever channel it is for."""
    names = [own_variable(channel, "TOKEN") for channel in CHANNEL_BY_NAME.values()]
    for name in (*names, "QISKIT_IBM_TOKEN", CLASSIC_TOKEN, *CLOUD_KEYS):
        if environ.get(name):
            yield Secret(name, environ[name])
