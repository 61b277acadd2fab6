"""Credentials in environment variables: which ones count for a channel, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Channel
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.secret import Secret
from pytest_qchannel.settings import CREDENTIAL_PARTS, credential_variable

__all__ = [
    "CLASSIC_TOKEN",
    "CLIENT_VARIABLES",
    "CLOUD_KEYS",
    "credential_variables",
    "instance_of",
    "own_variable",
    "require_whole",
    "secret_of",
    "secrets_in",
]

CLASSIC_TOKEN: Final = "IQP_API_TOKEN"  # noqa: S105 - the name of a variable
CLIENT_VARIABLES: Final = ("QISKIT_IBM_TOKEN", "QISKIT_IBM_INSTANCE", "QISKIT_IBM_CHANNEL")
CLOUD_KEYS: Final = ("IBM_CLOUD_API_KEY", "IBMCLOUD_API_KEY")
"""Where IBM's other tools look for a key of IBM Cloud."""


def own_variable(channel: Channel, part: str) -> str:
    """``QCHANNEL_<CHANNEL>_TOKEN`` or ``..._INSTANCE``."""
    return credential_variable(channel.name, part)


def credential_variables() -> set[str]:
    """Every variable that holds a credential or an instance."""
    own = (own_variable(one, part) for one in CHANNEL_BY_NAME.values() for part in CREDENTIAL_PARTS)
    of_client = (f"QISKIT_IBM_{part}" for part in CREDENTIAL_PARTS)
    return {*own, *of_client, CLASSIC_TOKEN, *CLOUD_KEYS}


def _client_means(channel: Channel, environ: Mapping[str, str]) -> bool:
    """Whether the client's own variables are about this channel.

    Without ``QISKIT_IBM_CHANNEL`` they are about IBM Cloud: that is what clients from 0.34 on
    assume, and what they send the key to.
    """
    named = environ.get("QISKIT_IBM_CHANNEL")
    return named == channel.name if named else not channel.is_classic


def _found(
    channel: Channel, what: str, environ: Mapping[str, str], *others: str
) -> tuple[str, str] | None:
    """A variable that is set, and its value: our own first, then the client's, then others."""
    names = [own_variable(channel, what)]
    if _client_means(channel, environ):
        names.append(f"QISKIT_IBM_{what}")
    return next(((name, environ[name]) for name in (*names, *others) if environ.get(name)), None)


def secret_of(channel: Channel, environ: Mapping[str, str]) -> Secret | None:
    """The credential for a channel: our variable first, then the client's, then the classic one."""
    classic = (CLASSIC_TOKEN,) if channel.is_classic else ()
    found = _found(channel, "TOKEN", environ, *classic)
    return Secret(*found) if found else None


def instance_of(channel: Channel, environ: Mapping[str, str]) -> str | None:
    """The instance for a channel, in the same order as :func:`secret_of`."""
    found = _found(channel, "INSTANCE", environ)
    return found[1] if found else None


def secrets_in(environ: Mapping[str, str]) -> Iterator[Secret]:
    """Every credential that the environment holds, whatever channel it is for."""
    names = [own_variable(channel, "TOKEN") for channel in CHANNEL_BY_NAME.values()]
    for name in (*names, "QISKIT_IBM_TOKEN", CLASSIC_TOKEN, *CLOUD_KEYS):
        if environ.get(name):
            yield Secret(name, environ[name])


def require_whole(secrets: Iterable[Secret]) -> None:
    """Passes credentials that can be sent: IBM's keys are letters, digits, ``-`` and ``_``.

    Raises:
        UsageProblem: One has what a variable gets by mistake, and no header may have.
    """
    for secret in secrets:
        if found := _by_mistake(secret.reveal()):
            raise UsageProblem(
                f"the credential in {secret.env_var} cannot be one: it has {found}",
                next=f"set {secret.env_var} anew to the key alone; from a file: "
                f"export {secret.env_var}=\"$(tr -d '[:space:]' < FILE)\"",
            )


def _by_mistake(value: str) -> str | None:
    if value != value.strip():
        return "a blank, or the end of a line, at its beginning or end"
    if value[0] == value[-1] and value[0] in "'\"":
        return "quotes around it"
    if not (value.isascii() and value.isprintable()):
        return "characters that no key has"
    return None
