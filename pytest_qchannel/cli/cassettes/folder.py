"""Which folder of cassettes a command is about: the one that pytest uses here."""

from __future__ import annotations

import configparser
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sized
from pathlib import Path
from typing import Final

import click

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.options import OPTIONS

__all__ = [
    "Damaged",
    "Failed",
    "argument",
    "counted",
    "folder_of",
    "shown",
    "size_words",
    "told",
]

DEFAULT: Final = "cassettes"

_OPTION: Final = next(option for option in OPTIONS if option.name == "cassettes")

argument: Final = click.argument(
    "folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]"
)
"""The folder, of the commands that take it as an argument."""


class Failed(click.ClickException):
    """The command could not do its work: what happened, where, what to do next."""

    exit_code = 2


class Damaged(Failed):
    """The command did its work, and found a cassette that cannot be replayed."""

    exit_code = 1


def folder_of(named: Path | None, command: str) -> Path:
    """The folder of all cassettes.

    Args:
        named: What the command line says; without it the variable, then the ini file that pytest
            would find from here, then ``cassettes``.
        command: The command, for the error.

    Raises:
        Failed: There is no such folder.
    """
    folder, source = named, "the command line"
    if folder is None:
        folder, source = _of_project()
    if not folder.is_dir():
        problem = UsageProblem(
            f"there is no folder {shown(folder)} of cassettes",
            where=f"{Path.cwd()} (the folder is from {source})",
            next=f"qchannel cassettes {command}, or record some: "
            "pytest --qchannel-mode=record --qchannel-record-from=emulator",
        )
        raise Failed(str(problem))
    return folder


def _of_project() -> tuple[Path, str]:
    if said := os.environ.get(_OPTION.env_var):
        return _base() / said, _OPTION.env_var
    for path, values in _ini_files():
        if written := values.get(_OPTION.ini_key):
            return path.parent / str(written), str(path)
        return path.parent / DEFAULT, "the default"
    return Path(DEFAULT), "the default"


def _base() -> Path:
    return next((path.parent for path, _ in _ini_files()), Path())


def _ini_files() -> Iterator[tuple[Path, Mapping[str, object]]]:
    """The file that configures pytest here, as pytest looks for it; none or one."""
    here = Path.cwd()
    without: Path | None = None
    for folder in (here, *here.parents):
        for name, read in _READERS.items():
            path = folder / name
            if not path.is_file():
                continue
            try:
                values = read(path.read_text(encoding="utf-8"))
            except (OSError, ValueError, configparser.Error):
                continue
            if values is not None:
                yield path, values
                return
            if name == "pyproject.toml":
                without = without or path
    if without is not None:  # pytest takes it if there is nothing else
        yield without, {}


def _ini(section: str, *, is_own: bool = False) -> Callable[[str], Mapping[str, object] | None]:
    def read(text: str) -> Mapping[str, object] | None:
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        parser.read_string(text)
        return parser[section] if parser.has_section(section) else ({} if is_own else None)

    return read


def _toml(*tables: str, is_own: bool = False) -> Callable[[str], Mapping[str, object] | None]:
    def read(text: str) -> Mapping[str, object] | None:
        data = tomllib.loads(text)
        for table in tables:
            found: object = data
            for name in table.split("."):
                found = found.get(name) if isinstance(found, dict) else None
            if isinstance(found, dict):
                return found
        return {} if is_own else None

    return read


_READERS: Final[Mapping[str, Callable[[str], Mapping[str, object] | None]]] = {
    "pytest.toml": _toml("pytest", is_own=True),
    ".pytest.toml": _toml("pytest", is_own=True),
    "pytest.ini": _ini("pytest", is_own=True),
    ".pytest.ini": _ini("pytest", is_own=True),
    "pyproject.toml": _toml("tool.pytest.ini_options", "tool.pytest"),
    "tox.ini": _ini("pytest"),
    "setup.cfg": _ini("tool:pytest"),
}


def shown(path: Path) -> str:
    """A path from here on, where it is below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def counted(things: Sized, noun: str) -> str:
    """How many there are of something."""
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def size_words(size: int) -> str:
    """A number of bytes, for people."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def told(text: str) -> str:
    """A text that was recorded, without what would steer a terminal."""
    return "".join(one if one.isprintable() or one in "\n\t" else repr(one)[1:-1] for one in text)
