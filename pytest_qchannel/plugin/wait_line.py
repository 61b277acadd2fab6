"""Shows what a live run waits for: one line that is rewritten, or one a minute without a terminal.

Nothing of it stands in a test's captured output: what is written here goes to what pytest itself
writes to, as it was before a test's output was led away from there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any, Final, TextIO

import pytest
from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from pytest_qchannel.errors import QChannelError
from pytest_qchannel.lanes.live.clock import Clock

__all__ = ["WaitLine"]

_EACH_S: Final = 60.0
"""How often a line is written where it cannot be rewritten."""

_EMPTIED: Final = (ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2))


class WaitLine:
    """The line, in the process that shows the run.

    Args:
        config: The run's.
        clock: The run's.
        told: Gives what is waited for, in words.
    """

    def __init__(self, config: pytest.Config, clock: Clock, told: Callable[[], str | None]) -> None:
        self._config = config
        self._clock = clock
        self._told = told
        self._lock = threading.Lock()  # dots of results are written by another thread
        self._is_over = False
        self._is_shown = False
        self._said_at: float | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Looks, beside the tests, what is waited for, until the last of them has ended."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None:
            return (yield)
        stream, is_own = _before_capture(reporter._tw._file)
        show = self._rewrite if self._can_rewrite(stream) else self._write
        console = Console(file=stream, force_terminal=show == self._rewrite, color_system=None)
        self._console, self._reporter = console, reporter
        threading.Thread(
            target=self._look, args=(show, console), name="qchannel wait line", daemon=True
        ).start()
        try:
            return (yield)
        finally:
            with self._lock:
                self._is_over = True
                self._take_away()
                if is_own:
                    stream.close()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        """Makes room for the name of a test."""
        with self._lock:
            self._take_away()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self) -> None:
        """Makes room for a result."""
        with self._lock:
            self._take_away()

    def _can_rewrite(self, stream: TextIO) -> bool:
        """Whether nobody else writes to the terminal, which is one, while a test runs."""
        option = self._config.option
        has_log = hasattr(option, "log_cli_level") and (  # not with -p no:logging
            self._config.getini("log_cli") or option.log_cli_level is not None
        )
        is_dumb = os.environ.get("TERM") == "dumb" or "CI" in os.environ
        return stream.isatty() and not (is_dumb or has_log or self._is_uncaptured())

    def _is_uncaptured(self) -> bool:
        return getattr(self._config.option, "capture", "no") == "no"

    def _look(self, show: Callable[[Console, str | None], None], console: Console) -> None:
        while not self._is_over:
            # A ledger may be gone, or be of another version; an answer may be anything.
            with suppress(OSError, QChannelError):
                told = self._told()
                with self._lock:
                    if not self._is_over:
                        show(console, told)
            self._clock.sleep(1)

    def _write(self, console: Console, told: str | None) -> None:
        """A line more, once a minute."""
        now = self._clock.now()
        if told is None or (self._said_at is not None and now - self._said_at < _EACH_S):
            return
        self._said_at = now
        console.file.write(f"\n{told}\n")
        console.file.flush()

    def _rewrite(self, console: Console, told: str | None) -> None:
        """The line below that of the results, over what it was before."""
        if told is None:
            self._take_away()
            return
        line = Text(told)
        line.truncate(os.get_terminal_size(console.file.fileno()).columns - 1, overflow="ellipsis")
        if self._is_shown:
            console.control(Control(*_EMPTIED))
        else:
            console.file.write("\n")
        console.print(line, end="", soft_wrap=True)
        console.file.flush()
        self._is_shown = True

    def _take_away(self) -> None:
        """Leaves the terminal as it was, for whoever writes next."""
        if not self._is_shown:
            return
        self._is_shown = False
        column = self._reporter._tw.width_of_current_line
        up = (ControlType.CURSOR_UP, 1), (ControlType.CURSOR_MOVE_TO_COLUMN, column)
        self._console.control(Control(*_EMPTIED, *up))
        self._console.file.flush()


def _before_capture(file: Any) -> tuple[TextIO, bool]:
    """Where pytest writes to, which stays that while a test's output is captured.

    Returns:
        It, and whether it must be closed.
    """
    try:
        number = os.dup(file.fileno())
    except (AttributeError, OSError, ValueError):  # it is none of the system's
        return file, False
    return os.fdopen(number, "w", encoding=file.encoding, errors="replace"), True
