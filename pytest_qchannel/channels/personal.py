"""The person's own credentials, wherever they are kept: variables and the client's account file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pytest_qchannel.channels.credentials import secrets_in
from pytest_qchannel.channels.environment import outside
from pytest_qchannel.reading import read_small
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import json_object

__all__ = ["ACCOUNT_FILE", "forget", "remember", "secrets_of_person"]

ACCOUNT_FILE: Final = "~/.qiskit/qiskit-ibm.json"
"""What a credential from the account file is called."""

_remembered: Final[list[Secret]] = []
"""Those that stand in no variable and no account file: of a secrets file, of logins."""


def remember(secret: Secret) -> None:
    """Has a credential counted among the person's own, until it is forgotten as often."""
    _remembered.append(secret)


def forget(secret: Secret) -> None:
    """Takes one :func:`remember` back."""
    _remembered.remove(secret)


def secrets_of_person() -> tuple[Secret, ...]:
    """Every credential that is there, each once, also while an isolated environment hides it."""
    environ, file = outside()
    found: dict[str, Secret] = {}
    for one in (*secrets_in(environ), *_saved_in(file), *secrets_in(os.environ), *_remembered):
        found.setdefault(one.reveal(), one)
    return tuple(found.values())


def _saved_in(file: Path) -> Iterator[Secret]:
    """The tokens of saved accounts; a file that cannot be read has none: the client says so."""
    try:
        saved = json_object(read_small(file))
    except OSError:
        return
    for account in saved.values():
        token = account.get("token") if isinstance(account, dict) else None
        if isinstance(token, str) and token:
            yield Secret(ACCOUNT_FILE, token)
