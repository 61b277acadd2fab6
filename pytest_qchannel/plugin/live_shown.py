"""The search for real credentials in all that a live run shows: nothing holds one, by construction.

The code under test has stand-ins, so a find means that it came by a real one in another way. It is
taken out of the report, and the run fails.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Generator, Sequence

import pytest

from pytest_qchannel.cassette.gate.gate import Gate
from pytest_qchannel.plugin.hiding import hidden, hide_facts, hide_outcome, hide_warning
from pytest_qchannel.secret import Secret, hide_all

__all__ = ["Shown"]


class Shown:
    """The hooks that see what is told of tests.

    Args:
        real: Gives the real credentials, those of logins included.
    """

    def __init__(self, real: Callable[[], Sequence[Secret]]) -> None:
        self._real = real
        self._gate: tuple[int, Gate] | None = None
        self.finds: set[str] = set()
        """Where real credentials stood."""

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Log records that are shown, or written to a file, while the run goes on."""
        logs = session.config.pluginmanager.get_plugin("logging-plugin")
        for name in ("log_cli_handler", "log_file_handler"):
            handler: logging.Handler | None = getattr(logs, name, None)
            if handler is not None and handler.formatter is not None:
                handler.setFormatter(_Hiding(handler.formatter, self.hide))

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(
        self, warning_message: warnings.WarningMessage, nodeid: str
    ) -> None:
        """A warning's text and file."""
        hide_warning(warning_message, lambda text: self.hide(text, f"a warning of {nodeid}"))
        warning_message.filename = self.hide(str(warning_message.filename), f"a file of {nodeid}")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """The error of a module that cannot be imported: the key is in its environment."""
        made = yield
        self.of_report(made)
        return made

    def of_report(self, report: pytest.TestReport | pytest.CollectReport) -> bool:
        """Takes them out of everything that a report says; whether there was one."""
        before, self.finds = self.finds, set()
        self._take_out_of(report)
        was_found, self.finds = bool(self.finds), before | self.finds
        return was_found

    def _take_out_of(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        where = f"the report of {self.hide(report.nodeid, 'the id of a test')}"

        def hide(text: str) -> str:
            return self.hide(text, where)

        hide_outcome(report, hide)
        if not isinstance(report, pytest.CollectReport):
            report.user_properties = [
                (hide(name), hidden(value, hide)) for name, value in report.user_properties
            ]
            hide_facts(report, hide)

    def hide(self, text: str, where: str) -> str:
        """A text without real credentials; one that hides them in a mixture of ways is withheld."""
        if not text or not self._searched(text):
            return text
        self.finds.add(where)
        told = hide_all(text, self._real())
        return "<withheld: a real credential stood here>" if self._searched(told) else told

    def _searched(self, text: str) -> bool:
        secrets = self._real()
        if self._gate is None or self._gate[0] != len(secrets):
            self._gate = len(secrets), Gate(secrets, patterns=())
        return bool(self._gate[1].hits(text.encode("utf-8", "surrogateescape")))


class _Hiding(logging.Formatter):
    """Another formatter's text without real credentials, tracebacks included."""

    def __init__(self, formatter: logging.Formatter, hide: Callable[[str, str], str]) -> None:
        super().__init__()
        self._formatter = formatter
        self._hide = hide

    def format(self, record: logging.LogRecord) -> str:
        return self._hide(self._formatter.format(record), "a log record")
