"""What pytest says of markers that nobody registered, where one of ours is meant."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from pytest_qchannel.errors import nearest
from pytest_qchannel.markers import HELP, QCHANNEL, is_mistyped

__all__ = ["leave_out", "name_nearest"]

_WARNED: Final = re.compile(r"Unknown pytest\.mark\.(\w+) - ")
_FAILED: Final = re.compile(rf"'(\w+)' not found in `markers`|{_WARNED.pattern}")


def leave_out(config: pytest.Config) -> None:
    """Takes pytest's warnings of mistyped markers of ours out of what the run shows at its end.

    There is one for each place that has such a marker, beside the error of ours that ends the run:
    that names the nearest, or the next run's does.
    """
    if not config.pluginmanager.has_plugin(__name__):
        config.pluginmanager.register(_LeavesOut(), __name__)


class _LeavesOut:
    """Does it when pytest has noted them, which it does where the collection has ended."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Changes what the terminal is going to show."""
        terminal = session.config.pluginmanager.get_plugin("terminalreporter")
        stats: dict[str, list[Any]] = getattr(terminal, "stats", {})
        told = stats.pop("warnings", [])
        if kept := [one for one in told if not _mistyped_in(_WARNED, one.message, session.config)]:
            stats["warnings"] = kept


def name_nearest(config: pytest.Config, report: pytest.CollectReport) -> None:
    """Adds the nearest marker to a collection that failed for a mistyped one of ours.

    With ``--strict-markers``, or where warnings are errors, pytest is first to refuse it.
    """
    if name := _mistyped_in(_FAILED, said := str(report.longrepr), config):
        report.longrepr = f"{said}\n  closest: {nearest(name, HELP) or QCHANNEL}"


def _mistyped_in(pattern: re.Pattern[str], text: str, config: pytest.Config) -> str | None:
    if found := pattern.search(text):
        name = next(filter(None, found.groups()))
        return name if is_mistyped(name, config.getini("markers")) else None
    return None
