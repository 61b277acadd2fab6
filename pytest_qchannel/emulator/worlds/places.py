"""On which line of a TOML text each key and each table stands.

``tomllib`` tells no positions, so it is asked differently. A statement (a header, or a key with its
value) always starts on a line of its own, and the lines from there are valid TOML by themselves
exactly when the statement is complete. So the text is cut into statements by ``tomllib`` itself,
and quoting, escapes and comments need not be understood a second time here.

That is slower than parsing, and done only once something is wrong.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Final

from pytest_qchannel.emulator.tables import Where

__all__ = ["Places"]


class Places:
    """The lines of everything in a TOML text.

    Args:
        text: A text that ``tomllib`` accepts.
    """

    def __init__(self, text: str) -> None:
        self.lines: dict[Where, int] = {}
        self._arrays: dict[Where, int] = {}
        table: Where = ()
        for number, statement, parsed in _statements(text):
            if statement.lstrip().startswith("["):
                table = self._open(parsed, is_array="[[" in statement.lstrip()[:2], line=number)
            else:
                self._note_elements(statement, parsed, table, number)
                self._note(parsed, table, number)

    def line(self, where: Where) -> int | None:
        """The line of a value, from 1; of the nearest thing around it where it is not there."""
        for length in range(len(where), 0, -1):
            if where[:length] in self.lines:
                return self.lines[where[:length]]
        return None

    def _open(self, parsed: object, *, is_array: bool, line: int) -> Where:
        """The table that a header opens; its keys count from the last element of each array."""
        where: Where = ()
        keys = _keys(parsed)
        for depth, key in enumerate(keys, 1):
            where = (*where, key)
            self.lines.setdefault(where, line)
            if is_array and depth == len(keys):
                count = self._arrays[where] = self._arrays.get(where, 0) + 1
                where = (*where, count - 1)
                self.lines[where] = line
            elif where in self._arrays:
                where = (*where, self._arrays[where] - 1)
        # A table may be opened after its sub-tables were: its own header is its place.
        self.lines[where] = line
        return where

    def _note(self, value: object, where: Where, line: int) -> None:
        if where:
            self.lines.setdefault(where, line)
        if isinstance(value, list):
            value = dict(enumerate(value))
        if isinstance(value, dict):
            for key, inner in value.items():
                self._note(inner, (*where, key), line)

    def _note_elements(self, statement: str, parsed: object, table: Where, number: int) -> None:
        """Notes the elements of an array that is written over several lines.

        The lines so far, with the bracket closed, are the array so far: an element stands on the
        line that completes it.
        """
        value = parsed
        keys: list[str] = []
        while isinstance(value, dict) and len(value) == 1:
            key, value = next(iter(value.items()))
            keys.append(key)
        lines = statement.split("\n")
        if not isinstance(value, list) or len(lines) == 1:
            return
        where = (*table, *keys)
        known = 0
        for count in range(1, len(lines) + 1):
            part = "\n".join(lines[:count])
            found = _loads(part if count == len(lines) else f"{part}\n]")
            array = _inside(found, keys)
            for index in range(known, len(array)):
                self._note(value[index], (*where, index), number + count - 1)
            known = max(known, len(array))


_CLOSES: Final = re.compile(r"""[]}]|\"{3}|'{3}""")


def _loads(text: str) -> dict[str, object] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _inside(parsed: object, keys: list[str]) -> list[object]:
    """The array below some keys; an empty one where there is none (yet)."""
    for key in keys:
        parsed = parsed.get(key) if isinstance(parsed, dict) else None
    return parsed if isinstance(parsed, list) else []


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, object]]]:
    """Each statement: the number of its first line, its text, and what it says by itself."""
    lines = text.replace("\r\n", "\n").split("\n")
    start = 0
    while start < len(lines):
        end = start + 1
        if lines[start].strip(" \t") and not lines[start].lstrip(" \t").startswith("#"):
            while (parsed := _loads("\n".join(lines[start:end]))) is None:
                end += 1
                # What goes on over several lines ends with the line that closes it.
                while end < len(lines) and not _CLOSES.search(lines[end - 1]):
                    end += 1
                assert end <= len(lines), "the text is valid TOML"
            yield start + 1, "\n".join(lines[start:end]), parsed
        start = end


def _keys(parsed: object) -> list[str]:
    """The keys of a header, from what it says by itself: ``{"a": {"b": [{}]}}`` is ``a.b``."""
    keys = []
    while isinstance(parsed, dict) and parsed:
        key, parsed = next(iter(parsed.items()))
        keys.append(key)
    return keys
