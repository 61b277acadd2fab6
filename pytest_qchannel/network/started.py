"""Which child processes were started in a lane that no emulator answers.

What starts them is replaced while a lane is open: ``subprocess.Popen`` (and so asyncio's),
``os.posix_spawn``, ``os.spawn...`` of Windows and ``os.system``. That does not see processes of
``multiprocessing``, of ``os.fork`` with ``os.exec...``, of C code, and what a child starts. An
audit hook would see functions that were captured before, too. But python calls it at each
``id()``, for which the client's deep copies ask 56,000 times a test, until the process ends.
"""

from __future__ import annotations

import functools
import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which
from types import FrameType
from typing import Any, Final

from pytest_qchannel.channels.credentials import credential_variables
from pytest_qchannel.network.children import leads
from pytest_qchannel.uses import replace

__all__ = ["take_unled", "watching"]

_ARGV: Final = {"posix_spawn": 1, "posix_spawnp": 1, "spawnv": 2, "spawnve": 2}
"""Where those of ``os`` take the words; the environment follows. Nobody can name them there."""

_STARTS: Final = (
    (subprocess.Popen, "__init__"),
    *((os, name) for name in ("system", "posix_spawn", "posix_spawnp")),
    *((os, name) for name in ("spawnv", "spawnve") if sys.platform == "win32"),  # others fork
)
"""What starts a child, where the system has it."""

_NOT_LED: Final = ("-I", "-E", "-S", "-IS", "-ES", "-Es", "-Is")
"""Options of python with which it does not read our part of the environment."""

_STARTERS: Final = ("platform", "ctypes.util", "uuid", "webbrowser", "execnet", "pytest_qchannel")
"""Who starts children that send nothing, or that have a lane of their own."""

_unled: Final[list[str]] = []
_lanes: Final[list[object]] = []
_undo: Final = ExitStack()


@contextmanager
def watching() -> Iterator[None]:
    """Notes the children that are started in the block."""
    if not _lanes:
        for owner, name in _STARTS:
            if hasattr(owner, name):
                _undo.callback(replace(owner, name, _noting(getattr(owner, name))))
    this = object()
    _lanes.append(this)
    try:
        yield
    finally:
        _lanes.remove(this)
        if not _lanes:
            _undo.close()


def take_unled() -> list[str]:
    """The programs that were started since the last call and that no emulator answers."""
    taken = list(_unled)
    _unled.clear()
    return taken


def _noting(real: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(real)
    def start(*args: object, **kwargs: object) -> object:
        __tracebackhide__ = True
        if _lanes:
            _note(real, args, kwargs)
        return real(*args, **kwargs)

    return start


def _note(real: Callable[..., object], args: Sequence[object], named: Mapping[str, object]) -> None:
    try:
        words, env = _asked(real, args, named)
        name = _unled_program(_texts(words), env)
    except (TypeError, ValueError, LookupError):
        return  # what is no command python refuses itself
    if name and not _is_of_tools(sys._getframe(2)):
        _unled.append(name)


def _asked(
    real: Callable[..., object], args: Sequence[Any], named: Mapping[str, object]
) -> tuple[object, Mapping[str | bytes, str | bytes] | None]:
    """The words of a command, and the environment that it is given."""
    if place := _ARGV.get(real.__name__):
        return args[place], next(iter(args[place + 1 :]), None)
    if real.__name__ == "system":
        return "sh", None
    given = inspect.signature(real).bind(*args, **named).arguments
    return "sh" if given.get("shell") else given["args"], given.get("env")


def _texts(words: object) -> list[str]:
    if isinstance(words, str | bytes | os.PathLike):
        words = [words]
    if not isinstance(words, Sequence):
        raise TypeError(words)
    return [os.fsdecode(word) for word in words]


def _unled_program(
    words: list[str], environ: Mapping[str | bytes, str | bytes] | None
) -> str | None:
    """What a child is called that has credentials and no door."""
    given = {
        os.fsdecode(name): os.fsdecode(value)
        for name, value in (os.environ if environ is None else environ).items()
    }
    if not any(given.get(name) for name in credential_variables()):
        return None
    name = Path(words[0]).name
    if leads(given) and (
        name in ("sh", "bash", "env") or _is_led_python(name, words, given.get("PATH"))
    ):
        return None  # of a shell it is not known what it starts
    return f"{name} -m {words[2]}" if words[1:2] == ["-m"] and len(words) > 2 else name


def _is_led_python(name: str, words: list[str], folders: str | None) -> bool:
    is_python = name.lower().startswith(("python", "pypy")) or _is_script(words[0], folders)
    return is_python and not any(word in _NOT_LED for word in words[1:3])


def _is_script(program: str, folders: str | None) -> bool:
    """Whether a program, which is looked for on ``PATH`` where it is a name alone, is Python's."""
    try:
        with Path(which(program, path=folders) or program).open("rb") as file:
            return b"python" in file.readline(200)
    except OSError:
        return False


def _is_of_tools(frame: FrameType | None) -> bool:
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        if name != "subprocess":
            return name in _STARTERS or name.partition(".")[0] in ("execnet", "pytest_qchannel")
        frame = frame.f_back
    return False
