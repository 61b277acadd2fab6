"""The record of a run, and who shows it at the end."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.plugin.everywhere import EVERYWHERE
from pytest_qchannel.plugin.keys import RECORD
from pytest_qchannel.plugin.record import lines
from pytest_qchannel.plugin.record.run import Run

__all__ = ["RunRecord"]


class RunRecord:
    """The record of a run, in the process that shows it.

    Args:
        config: The run's.

    Attributes:
        run: What is known of its tests.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.run = Run()

    @classmethod
    def of(cls, config: pytest.Config) -> RunRecord:
        """That of a run."""
        made = config.stash.get(RECORD, None)
        if not isinstance(made, cls):
            made = config.stash[RECORD] = cls(config)
        return made

    def show(self, terminalreporter: Any) -> None:
        """Says in the terminal how many tests ran in which lane, and what became of cassettes."""
        line = lines.lane_line(self.run)
        whole = self._config.stash.get(EVERYWHERE, None)
        if whole is not None:
            line = f"{line or 'qchannel: no test'}; {whole.counts()}"
        told = [line] if line else []
        told += lines.child_lines(self.run)
        told += lines.cassette_lines(self.run.deeds(whole.cassettes if whole is not None else ()))
        for one in told:
            terminalreporter.write_line(one)
