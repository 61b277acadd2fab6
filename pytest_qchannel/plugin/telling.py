"""Listens to the reports of tests: a plugin of its own, for a run of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pytest

from pytest_qchannel.plugin.keys import ATTRIBUTE, RECORD

if TYPE_CHECKING:
    from pytest_qchannel.plugin.record.ending import RunRecord

__all__ = ["Telling"]

_NAME: Final = "qchannel-telling"


class Telling:
    """Takes what reports tell of tests that used us, in the process that shows them.

    Args:
        config: The run's: the hook of reports does not tell.
        record_of: What begins the record of a run, which takes a while to load.
    """

    def __init__(
        self, config: pytest.Config, record_of: Callable[[pytest.Config], RunRecord]
    ) -> None:
        self._config = config
        self._record_of = record_of
        self._record: RunRecord | None = None

    @classmethod
    def begin(cls, config: pytest.Config, record_of: Callable[[pytest.Config], RunRecord]) -> None:
        """Listens from now on, unless it does so already."""
        if not config.pluginmanager.has_plugin(_NAME):
            config.pluginmanager.register(cls(config, record_of), _NAME)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Adds a report to the record of the run."""
        # (That of a test that crashed has nothing of ours.)
        if self._record is None and (hasattr(report, ATTRIBUTE) or RECORD in self._config.stash):
            self._record = self._record_of(self._config)
        if self._record is not None:
            self._record.add(report)
