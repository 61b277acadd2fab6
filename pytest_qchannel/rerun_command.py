"""Commands that can be pasted: a test as the shell that started this run finds it again.

Errors name tests relative to the folder that cassettes are relative to; a command needs the path
from the folder that pytest was started in, and the options without which no test has the id.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import NamedTuple

from pytest_qchannel.units import node_of

__all__ = ["Start", "again", "ended", "everywhere", "quoted", "started", "words_of"]


class Start(NamedTuple):
    """How a run of pytest was started.

    Attributes:
        base: The folder that test ids are relative to.
        folder: The folder it was started in.
        options: What of the command line the ids of tests depend on.
        typed: All options of ours on the command line, but for the files that a run writes.
    """

    base: Path
    folder: Path
    options: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()


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
    base, folder, options, _ = _starts[-1]
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
    kept = [one for one in typed if one.partition("=")[0] not in given]
    return " ".join(["pytest", *map(shlex.quote, [*kept, *options])])


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
