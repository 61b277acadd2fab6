"""Which child processes were started in a lane that no emulator answers, as far as python tells.

An audit hook sees what goes through ``subprocess`` (and so asyncio's), ``os.posix_spawn``,
``os.spawn...`` of Windows and ``os.system``. It does not see processes of ``multiprocessing``, of
``os.fork`` with ``os.exec...``, of C code, and what a child starts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from pytest_qchannel.channels.credentials import credential_variables
from pytest_qchannel.network.children import leads

__all__ = ["take_unled", "watching"]

_EVENTS: Final = {"subprocess.Popen": (1, 3), "os.posix_spawn": (1, 2), "os.spawn": (2, 3)}
"""Where in what python tells of an event the words are, and the environment."""

_NOT_LED: Final = ("-I", "-E", "-S", "-IS", "-ES", "-Es", "-Is")
"""Options of python with which it does not read our part of the environment."""

_STARTERS: Final = ("platform", "ctypes.util", "uuid", "webbrowser", "execnet", "pytest_qchannel")
"""Who starts children that send nothing, or that have a lane of their own."""

_unled: Final[list[str]] = []
_lanes: Final[list[object]] = []
_installed: Final[list[bool]] = []


@contextmanager
def watching() -> Iterator[None]:
    """Notes the children that are started in the block."""
    if not _installed:
        sys.addaudithook(_hear)  # there is no way to take it away
        _installed.append(True)
    this = object()
    _lanes.append(this)
    try:
        yield
    finally:
        _lanes.remove(this)


def take_unled() -> list[str]:
    """The programs that were started since the last call and that no emulator answers."""
    taken = list(_unled)
    _unled.clear()
    return taken


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if not _lanes or (event not in _EVENTS and event != "os.system"):
        return
    try:
        if event == "os.system":
            words, environ = ["sh"], None
        else:
            words, environ = (args[place] for place in _EVENTS[event])
        name = _unled_program(_texts(words), environ)
    except (TypeError, ValueError, LookupError):
        return  # what is no command python refuses itself
    if name and not _is_of_tools(sys._getframe(1)):
        _unled.append(name)


def _texts(words: object) -> list[str]:
    if isinstance(words, str | bytes | os.PathLike):
        words = [words]
    assert isinstance(words, list | tuple)
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
    if leads(given) and (name in ("sh", "bash", "env") or _is_led_python(name, words)):
        return None  # of a shell it is not known what it starts
    return f"{name} -m {words[2]}" if words[1:2] == ["-m"] and len(words) > 2 else name


def _is_led_python(name: str, words: list[str]) -> bool:
    return _runs_python(name, words[0]) and not any(word in _NOT_LED for word in words[1:3])


def _runs_python(name: str, path: str) -> bool:
    if name.lower().startswith(("python", "pypy")):
        return True
    try:
        with Path(path).open("rb") as file:
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
