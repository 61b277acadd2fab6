"""Which folder of cassettes a command is about: the one that pytest uses here."""

from __future__ import annotations

import os
from collections.abc import Sized
from pathlib import Path
from typing import Final

import click

from pytest_qchannel import ini_file
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
    "written",
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
    for path, values in ini_file.found_from(Path.cwd()):
        if written := values.get(_OPTION.ini_key):
            return path.parent / str(written), str(path)
        return path.parent / DEFAULT, "the default"
    return Path(DEFAULT), "the default"


def _base() -> Path:
    return next((path.parent for path, _ in ini_file.found_from(Path.cwd())), Path())


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


def written(path: Path, text: str) -> None:
    """Writes a file that a command was asked for.

    Raises:
        Failed: It cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as problem:
        why = f"cannot write {shown(path)}: {problem.strerror or problem}"
        raise Failed(str(UsageProblem(why, next=f"name another file, say {path.name}"))) from None
