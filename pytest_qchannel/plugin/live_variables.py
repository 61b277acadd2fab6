"""The variables of a live run: what is loaded, and runs, before and between tests has stand-ins.

The controller of pytest-xdist tells its workers what is real; they inherit its environment.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_qchannel.channels.hidden_keys import HiddenKeys

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["KEYS", "hidden_keys_of", "take_early"]

KEYS: Final = "qchannel_live_keys"
"""Of a pytest-xdist worker's input: what was taken out of the variables."""

_HIDDEN: Final[pytest.StashKey[HiddenKeys]] = pytest.StashKey()
_WORKER: Final = "PYTEST_XDIST_WORKER"


def take_early(config: pytest.Config) -> None:
    """Takes real credentials out of the environment before a conftest.py is loaded."""
    # Of a worker its controller has, and tells it later. What that starts has the variable, too.
    if _WORKER not in os.environ or _is_whole_program():
        hidden_keys_of(config)


def hidden_keys_of(config: pytest.Config) -> HiddenKeys:
    """What was taken, by now, out of the environment until the run, or its process, is over."""
    worker: dict[str, Any] = getattr(config, "workerinput", {})
    if _HIDDEN not in config.stash:
        made = config.stash[_HIDDEN] = HiddenKeys(worker.pop(KEYS, None))
        # What tests leave runs on: a thread, or what they have registered to be called at exit.
        if not _is_whole_program():
            config.add_cleanup(made.end)
    found = config.stash[_HIDDEN]
    found.take()
    return found


def _is_whole_program() -> bool:
    """Whether the process ends with this run: it is no part of another one, nor of a program."""
    callers = list[str]()
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_globals.get("__name__") == "_pytest.config":
            callers.append(frame.f_code.co_name.lstrip("_"))  # without, before pytest 9.1
        frame = frame.f_back
    return "console_main" in callers and callers.count("main") == 1
