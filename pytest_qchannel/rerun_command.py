"""Commands that can be pasted: a test as the shell that started this run finds it again.

Errors name tests relative to the folder that cassettes are relative to; a command needs the path
from the folder that pytest was started in, and the options without which no test has the id.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Final, NamedTuple

from pytest_qchannel.units import node_of

__all__ = [
    "Program",
    "Start",
    "again",
    "ended",
    "everywhere",
    "quoted",
    "said_to",
    "started",
    "words_of",
]

_PREFIX: Final = "--qchannel-"


class Program(NamedTuple):
    """What ``qchannel run`` runs.

    Attributes:
        words: The program and its arguments.
        takes: The settings that the command has an option for; others are variables.
    """

    words: tuple[str, ...]
    takes: frozenset[str]


class Start(NamedTuple):
    """How a run of pytest, or of a program, was started.

    Attributes:
        base: The folder that test ids are relative to.
        folder: The folder it was started in.
        options: What of the command line the ids of tests depend on.
        typed: All options of ours on the command line, but for the files that a run writes.
        program: The program, where pytest is not what was started.
    """

    base: Path
    folder: Path
    options: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()
    program: Program | None = None


_starts: list[Start] = []
"""Of the runs in this process, the innermost last: a test may run pytest itself."""


def started(start: Start) -> None:
    """Remembers how a run was started."""
    _starts.append(start)


def ended() -> None:
    """Forgets the run that was started last."""
    _starts.pop()


def words_of(test_id: str) -> list[str]:
    """The words of a command that choose a test, or all that share a lane."""
    test_id = node_of(test_id)
    if not _starts:
        return [quoted(test_id)] if test_id else []
    base, folder, options, *_ = _starts[-1]
    if not test_id and base == folder:
        return [*map(quoted, options)]
    path, colons, rest = test_id.partition("::")
    try:
        path = Path(os.path.relpath(base / path, folder)).as_posix()
    except ValueError:  # on another drive
        path = (base / path).as_posix()
    return [quoted(path + colons + rest), *map(quoted, options)]


def again(*options: str) -> str:
    """The command that starts this run once more with other options: its own stay as they were."""
    typed = _starts[-1].typed if _starts else ()
    given = {one.partition("=")[0] for one in options}
    words = [*(one for one in typed if one.partition("=")[0] not in given), *options]
    program = _starts[-1].program if _starts else None
    if program is None:
        return " ".join(["pytest", *map(shlex.quote, words)])
    variables, own = [], []
    for word in words:
        name, _, value = word.removeprefix(_PREFIX).partition("=")
        if name in program.takes:
            own.append(f"--{name}={value}")
        else:
            variables.append(f"QCHANNEL_{name.upper().replace('-', '_')}={shlex.quote(value)}")
    return " ".join([*variables, "qchannel run", *map(shlex.quote, (*own, *program.words))])


def said_to(*, tests: str, program: str) -> str:
    """What is said to who runs tests, or, by ``qchannel run``, a program."""
    return program if _starts and _starts[-1].program is not None else tests


def everywhere() -> str:
    """What puts a whole run on the emulator, this one with its own options."""
    has_mode = _starts and any(one.startswith("--qchannel-mode=") for one in _starts[-1].typed)
    mode = ("--qchannel-mode=emulated",) if has_mode else ()
    return f"put the whole run on the emulator: {again(*mode, '--qchannel-everywhere')}"


def quoted(test_id: str) -> str:
    """A test's id as a shell takes it."""
    if set(test_id) & set('"$`\\!'):
        return shlex.quote(test_id)
    # Double quotes are quotes for every shell, on Windows, too.
    is_plain = not set(test_id) & set(" []()'*?<>|&;#~{}")
    return test_id if is_plain else f'"{test_id}"'
