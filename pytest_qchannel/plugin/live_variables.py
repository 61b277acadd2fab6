"""The variables of a live run: what is loaded, and runs, before and between tests has stand-ins.

The controller of pytest-xdist tells its workers what is real; they inherit its environment.
"""

from __future__ import annotations

import os
from typing import Any, Final

import pytest

from pytest_qchannel.channels.hidden_keys import HiddenKeys

__all__ = ["KEYS", "hidden_keys_of", "take_early"]

KEYS: Final = "qchannel_live_keys"
"""Of a pytest-xdist worker's input: what was taken out of the variables."""

_HIDDEN: Final[pytest.StashKey[HiddenKeys]] = pytest.StashKey()
_WORKER: Final = "PYTEST_XDIST_WORKER"


def take_early(config: pytest.Config) -> None:
    """Takes real credentials out of the environment before a conftest.py is loaded."""
    if _WORKER not in os.environ:  # its controller has, and tells it later
        hidden_keys_of(config)


def hidden_keys_of(config: pytest.Config) -> HiddenKeys:
    """What was taken, by now, out of the environment until the run is over."""
    worker: dict[str, Any] = getattr(config, "workerinput", {})
    if _HIDDEN not in config.stash:
        made = config.stash[_HIDDEN] = HiddenKeys(worker.pop(KEYS, None))
        config.add_cleanup(made.end)
    found = config.stash[_HIDDEN]
    found.take()
    return found
