"""The rows of a ledger's file: written from entries, and read as entries, if that is what they are.

sqlite keeps any value in any column, and the file is one that anybody may open: a row that no run
has written is an error of the file, like a page that is damaged.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from typing import Any, Final

from pytest_qchannel.counted import counted
from pytest_qchannel.lanes.live.entry import Entry, Kind, State

__all__ = ["TABLE", "all_of", "of_remote", "one_of", "write"]

TABLE: Final = """
CREATE TABLE IF NOT EXISTS entries (
    n INTEGER PRIMARY KEY, kind TEXT NOT NULL, test TEXT NOT NULL, owner TEXT NOT NULL,
    instance TEXT NOT NULL, backend TEXT NOT NULL, tag TEXT NOT NULL UNIQUE, session TEXT,
    cost INTEGER NOT NULL, is_capped INTEGER NOT NULL, reserved INTEGER NOT NULL, used REAL,
    remote TEXT, state TEXT NOT NULL, ended TEXT, changed_at REAL NOT NULL, note TEXT
)
"""

_NAMES: Final = tuple(field.name for field in fields(Entry))

_MADE_OF: Final[dict[str, Callable[[Any], object]]] = {
    "kind": Kind,
    "state": State,
    "is_capped": {0: False, 1: True}.__getitem__,
}
"""The columns that sqlite has no type for."""

_NUMBERS: Final = frozenset({"n", "cost", "reserved", "used", "changed_at"})
_MAY_BE_EMPTY: Final = frozenset({"session", "used", "remote", "ended", "note"})


def all_of(db: sqlite3.Connection) -> list[Entry]:
    """All entries, oldest first.

    Raises:
        sqlite3.Error: The file cannot be read, or has something else.
    """
    return _read(db.execute("SELECT * FROM entries ORDER BY n"))


def one_of(db: sqlite3.Connection, n: int) -> Entry:
    """The entry of a number; raises as :func:`all_of` does, also where it is gone."""
    for entry in _read(db.execute("SELECT * FROM entries WHERE n = ?", (n,))):
        return entry
    raise sqlite3.DataError(f"row {n} is gone")


def of_remote(db: sqlite3.Connection, remote: str) -> Entry | None:
    """The first entry of the job or session with that id at the service, if there is one."""
    return next(iter(_read(db.execute("SELECT * FROM entries WHERE remote = ?", (remote,)))), None)


def write(db: sqlite3.Connection, entry: Entry) -> None:
    """Writes an entry, in the place of the one that has its number."""
    db.execute(
        "REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [getattr(entry, name) for name in _NAMES],
    )


def _read(rows: sqlite3.Cursor) -> list[Entry]:
    """Rows, whose columns are in the order of an entry's fields."""
    found = []
    for row in rows.fetchall():
        if len(row) != len(_NAMES):
            raise sqlite3.DataError(f"a row has {counted(row, 'column')}, not {len(_NAMES)}")
        said = dict(zip(_NAMES, row, strict=True))
        found.append(Entry(*(_value(name, value, row[0]) for name, value in said.items())))
    return found


def _value(name: str, value: object, n: object) -> Any:
    """What an entry has of a column."""
    if made_of := _MADE_OF.get(name):
        with suppress(ValueError, KeyError):
            return made_of(value)
    elif isinstance(value, int | float):
        if name in _NUMBERS and 0 <= value < math.inf:
            return value
    elif isinstance(value, str):
        if name not in _NUMBERS:
            return value
    elif value is None and name in _MAY_BE_EMPTY:
        return value
    shown = value if isinstance(value, int | float) else repr(value)[:40]
    raise sqlite3.DataError(f"row {n}: {name} is {shown}, which no run has written")
