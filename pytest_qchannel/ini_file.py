"""The file that configures pytest: where it is looked for, and what it says, as written there."""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from pytest_qchannel.reading import read_small

__all__ = ["NAMES", "found_from", "values_in"]

Values: TypeAlias = Mapping[str, object]
_Read: TypeAlias = Callable[[str], Values | None]


def _ini(section: str, *, is_own: bool = False) -> _Read:
    def read(text: str) -> Values | None:
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        parser.optionxform = str  # type: ignore[assignment,method-assign]  # as it is written
        parser.read_string(text)
        return parser[section] if parser.has_section(section) else ({} if is_own else None)

    return read


def _toml(*tables: str, is_own: bool = False) -> _Read:
    def read(text: str) -> Values | None:
        data = tomllib.loads(text)
        for table in tables:
            found: object = data
            for name in table.split("."):
                found = found.get(name) if isinstance(found, dict) else None
            if isinstance(found, dict):
                return found
        return {} if is_own else None

    return read


_READERS: Final[Mapping[str, _Read]] = {
    "pytest.toml": _toml("pytest", is_own=True),
    ".pytest.toml": _toml("pytest", is_own=True),
    "pytest.ini": _ini("pytest", is_own=True),
    ".pytest.ini": _ini("pytest", is_own=True),
    "pyproject.toml": _toml("tool.pytest.ini_options", "tool.pytest"),
    "tox.ini": _ini("pytest"),
    "setup.cfg": _ini("tool:pytest"),
}
"""In the order in which pytest looks for them in a folder."""

NAMES: Final = tuple(_READERS)
"""The names of the files that may configure pytest, in that order."""

_BY_SUFFIX: Final = {".toml": "pyproject.toml", ".cfg": "setup.cfg"}


def values_in(path: Path) -> Values | None:
    """What a file says of pytest, by key: texts, and in TOML whatever was written.

    ``None`` where it says nothing, or cannot be read.
    """
    read = _READERS.get(path.name) or _READERS[_BY_SUFFIX.get(path.suffix, "tox.ini")]
    try:
        return read(read_small(path).decode("utf-8"))
    except (OSError, ValueError, configparser.Error):
        return None


def found_from(here: Path) -> Iterator[tuple[Path, Values]]:
    """The file that configures pytest in a folder, as pytest looks for it; none or one."""
    without: Path | None = None
    for folder in (here, *here.parents):
        for name in _READERS:
            path = folder / name
            values = values_in(path) if path.is_file() else None
            if values is not None:
                yield path, values
                return
            if name == "pyproject.toml" and path.is_file():
                without = without or path
    if without is not None:  # pytest takes it if there is nothing else
        yield without, {}
