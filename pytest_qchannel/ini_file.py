"""The file that configures pytest: where it is looked for, and what it says, as written there."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import iniconfig  # pytest's own: what one of them cannot read, the other cannot

from pytest_qchannel.reading import read_small

__all__ = ["NAMES", "found_from", "problem_in", "values_in"]

Values: TypeAlias = Mapping[str, object]
_Read: TypeAlias = Callable[[str], Values | None]

_UNREADABLE: Final = (OSError, ValueError, RecursionError, iniconfig.ParseError)


def _ini(section: str, *, is_own: bool = False) -> _Read:
    def read(text: str) -> Values | None:
        sections = iniconfig.IniConfig("", text).sections
        if section != "pytest" and section not in sections and "pytest" in sections:
            raise ValueError(f"its section [pytest] is to be called [{section}]")
        return sections.get(section, {} if is_own else None)

    return read


def _toml(*tables: str, is_own: bool = False) -> _Read:
    def read(text: str) -> Values | None:
        data, said = tomllib.loads(text), {}
        for table in tables:
            found: object = data
            for name in table.split("."):
                found = found.get(name) if isinstance(found, dict) else None
            if isinstance(found, dict):
                said[table] = {key: one for key, one in found.items() if key != "ini_options"}
        full = [table for table, values in said.items() if values]
        if len(full) > 1:
            raise ValueError(f"both [{full[0]}] and [{full[1]}] say something")
        if (
            is_own
            and not said
            and (lost := [k for k, v in data.items() if not isinstance(v, dict)])
        ):
            raise ValueError(f"{lost[0]} is to stand below [{tables[0]}]")
        return said[full[0]] if full else {} if is_own or said.keys() - {"tool.pytest"} else None

    return read


_READERS: Final[Mapping[str, _Read]] = {
    "pytest.toml": _toml("pytest", is_own=True),
    ".pytest.toml": _toml("pytest", is_own=True),
    "pytest.ini": _ini("pytest", is_own=True),
    ".pytest.ini": _ini("pytest", is_own=True),
    "pyproject.toml": _toml("tool.pytest.ini_options", "tool.pytest"),
    ".toml": _toml("tool.pytest.ini_options", "tool.pytest", "pytest"),
    "tox.ini": _ini("pytest"),
    "setup.cfg": _ini("tool:pytest"),
}
"""In the order in which pytest looks for them in a folder; those that it is led to, by suffix."""

NAMES: Final = tuple(name for name in _READERS if name != ".toml")
"""The names of the files that may configure pytest, in that order."""

_BY_SUFFIX: Final = {".toml": ".toml", ".cfg": "setup.cfg"}


def _read(path: Path) -> Values | None:
    read = _READERS.get(path.name) or _READERS[_BY_SUFFIX.get(path.suffix, "tox.ini")]
    return read(read_small(path).decode("utf-8"))


def values_in(path: Path) -> Values | None:
    """What a file says of pytest, by key: texts, and in TOML whatever was written.

    ``None`` where it says nothing, or cannot be read.
    """
    try:
        return _read(path)
    except _UNREADABLE:
        return None


def problem_in(path: Path) -> str | None:
    """Why a file cannot be read, in a line; pytest ends with an error where it comes upon it."""
    try:
        _read(path)
    except _UNREADABLE as problem:
        return str(problem).removeprefix(":").partition("\n")[0]
    return None


def found_from(here: Path) -> Iterator[tuple[Path, Values]]:
    """The file that configures pytest in a folder, as pytest looks for it; none or one.

    One that cannot be read says nothing, and pytest looks no further.
    """
    without: Path | None = None
    for folder in (here, *here.parents):
        for name in NAMES:
            path = folder / name
            if not os.access(path, os.F_OK) or not path.is_file():
                continue
            values = values_in(path)
            if values is not None or problem_in(path):
                yield path, values or {}
                return
            if name == "pyproject.toml":
                without = without or path
    if without is not None:  # pytest takes it if there is nothing else
        yield without, {}
