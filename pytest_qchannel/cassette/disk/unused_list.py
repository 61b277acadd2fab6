"""The list of cassettes that no test uses, handed from a collection of pytest to another process.

``qchannel cassettes prune`` runs ``pytest --collect-only -p`` :data:`PLUGIN` with the file that
the list is wanted in in the variable :data:`VARIABLE`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, TypedDict

__all__ = [
    "EVERYWHERE_COMMAND",
    "PLUGIN",
    "VARIABLE",
    "UnusedList",
    "note_refusal",
    "read_list",
    "was_refused",
    "write_list",
]

EVERYWHERE_COMMAND: Final = "QCHANNEL_EVERYWHERE=1 qchannel cassettes prune"
"""What to do where a service is made while tests are imported: the emulator answers then."""

PLUGIN: Final = "pytest_qchannel.plugin.unused_list"
"""What writes it, a plugin of pytest."""

VARIABLE: Final = "PYTEST_QCHANNEL_UNUSED"


class UnusedList(TypedDict):
    """What a collection knows of cassettes.

    ``folder`` is the folder of all cassettes, ``base`` the one that ids of tests are relative to;
    ``failed`` says what could not be collected, ``unused`` has the fields of each
    :class:`.UnusedCassette`.
    """

    folder: str
    base: str
    failed: list[str]
    unused: list[dict[str, str]]


def write_list(target: Path, told: UnusedList) -> None:
    """Writes the list to a file."""
    target.write_text(json.dumps(told), encoding="utf-8")


def read_list(target: Path) -> UnusedList | None:
    """The list in a file; ``None`` where none was written."""
    if not target.exists():
        return None
    told: UnusedList = json.loads(target.read_text(encoding="utf-8"))
    return told


def note_refusal(target: Path) -> None:
    """Remembers beside the file that one of IBM's hosts was reached for, and refused."""
    _refusal(target).touch()


def was_refused(target: Path) -> bool:
    """Whether one was."""
    return _refusal(target).exists()


def _refusal(target: Path) -> Path:
    return target.with_suffix(".refused")
