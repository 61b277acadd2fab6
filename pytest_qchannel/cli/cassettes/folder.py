"""Which folder of cassettes a command is about: the one that pytest uses here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from pytest_qchannel.cassette.naming import roots_of
from pytest_qchannel.channels.client import client_version, default_channel
from pytest_qchannel.cli.project_settings import settings_here
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.paths import shown
from pytest_qchannel.rerun_command import quoted

__all__ = [
    "Damaged",
    "Failed",
    "argument",
    "folder_of",
    "folders_of",
    "shown",
    "size_words",
    "told",
    "written",
]

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
    """The folder of all cassettes; of several that a project has, the first.

    Args:
        named: What the command line says; without it, what pytest would use here.
        command: The command, for the error, as ``list DIR``.

    Raises:
        Failed: There is no such folder.
    """
    first, *others = folders_of(named, command)
    for other in others:
        words = command.replace("DIR", quoted(shown(other)))
        click.echo(f"not looked at: {shown(other)}; qchannel cassettes {words}", err=True)
    return first


def folders_of(named: Path | None, command: str) -> list[Path]:
    """The folders of cassettes: more than one where the setting has ``{channel}``.

    Args:
        named: As above.
        command: As above.

    Raises:
        Failed: There is none, or the setting is not valid.
    """
    folders, source = [named] if named else [], "the command line"
    if not named:
        try:
            folders, source = _of_project()
        except UsageProblem as refused:
            raise Failed(str(refused)) from None
    found = [one for one in folders if one.is_dir()]
    if not found:
        problem = UsageProblem(
            f"there is no folder {shown(folders[0])} of cassettes",
            where=f"{Path.cwd()} (the folder is from {source})",
            next=f"qchannel cassettes {command}, or record some: "
            "pytest --qchannel-mode=record --qchannel-record-from=emulator",
        )
        raise Failed(str(problem))
    return found


def _of_project() -> tuple[list[Path], str]:
    settings, base = settings_here("cassettes", "channel")
    text, origin = str(settings.cassettes), settings.origin["cassettes"]
    client = client_version() if "{client}" in text else ""
    own = settings.channel or (default_channel().name,) if "{channel}" in text else ()
    folders = [base / one for one in roots_of(settings.cassettes, client, own)]
    return folders, "the default" if origin == "default" else origin


def size_words(size: int) -> str:
    """A number of bytes, for people."""
    if size < 1000:
        return counted(size, "byte")
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
