"""The end of a live run sweeps, whatever others do at it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from pytest_qchannel.plugin.live import Live
from pytest_qchannel.plugin.live_shown import Shown


class Ending(Live):
    """A live run that begins with nothing, and notes what is done at its end."""

    def __init__(self) -> None:
        config = SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=lambda _: None))
        self._config = cast("pytest.Config", config)
        self._is_worker, self._was_signalled = False, False
        self._shown = Shown(list)
        self._settings = cast("Any", SimpleNamespace(require_live=False))
        self.swept = 0

    def _sweep_all(self) -> None:
        self.swept += 1


def test_a_hook_that_raises_keeps_nothing_from_being_swept() -> None:
    """A project's own hook raised at the end: jobs of workers that had died stayed alive."""
    live = Ending()
    ending = live.pytest_sessionfinish(cast("pytest.Session", SimpleNamespace(exitstatus=0)))
    next(ending)
    with pytest.raises(ZeroDivisionError):
        ending.throw(ZeroDivisionError())
    assert live.swept == 1
