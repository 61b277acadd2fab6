"""How the line of what a live run waits for is shown."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from pytest_qchannel.plugin.wait_line import WaitLine
from tests.unit.lanes.live.live_kit import JumpingClock


class Waiting(WaitLine):
    """The line of a run in which whoever looks has looked."""

    def __init__(self, clock: JumpingClock, capture: str = "fd") -> None:
        option = SimpleNamespace(capture=capture, log_cli_level=None)
        config: Any = SimpleNamespace(option=option, getini=lambda _: False)
        super().__init__(cast("pytest.Config", config), clock, lambda: "waiting")

    def looks(self, console: Console, times: int) -> None:
        """So many seconds in which it looks once."""
        for _ in range(times):
            self._write(console, "waiting")
            self._clock.sleep(1)

    def rewrites(self, is_terminal: bool) -> bool:
        """Whether it would be one line."""
        return self._can_rewrite(cast("Any", SimpleNamespace(isatty=lambda: is_terminal)))


def test_without_a_terminal_there_is_one_line_a_minute() -> None:
    out = io.StringIO()
    Waiting(JumpingClock()).looks(Console(file=out), 119)
    assert out.getvalue() == "\nwaiting\n" * 2


def test_it_is_rewritten_where_nobody_else_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    line = Waiting(JumpingClock())
    assert line.rewrites(is_terminal=True)
    assert not line.rewrites(is_terminal=False)
    assert not Waiting(JumpingClock(), capture="no").rewrites(is_terminal=True)
    del vars(line._config.option)["log_cli_level"]  # -p no:logging
    assert line.rewrites(is_terminal=True)
    monkeypatch.setenv("CI", "true")
    assert not line.rewrites(is_terminal=True)
