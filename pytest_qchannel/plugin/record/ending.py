"""The record of a run, and who shows it at the end."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.plugin.everywhere import EVERYWHERE
from pytest_qchannel.plugin.keys import RECORD
from pytest_qchannel.plugin.record import lines
from pytest_qchannel.plugin.record.facts import SPENT
from pytest_qchannel.plugin.record.run import Run
from pytest_qchannel.plugin.record.shown import Shown

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
        lanes = ", ".join(f"{n} {lane}" for lane, n in sorted(lines.lane_counts(self.run).items()))
        cost = lines.Cost.of(self.run)
        whole = self._config.stash.get(EVERYWHERE, None)
        if whole is not None:
            lanes = f"{lanes or 'no test'}; {whole.counts()}"
            cost = cost._replace(requests=0)  # they are counted with those of no test
        deeds = self.run.deeds(whole.cassettes if whole is not None else ())
        spent = self._config.stash[SPENT]() if SPENT in self._config.stash else None
        verbosity = self._config.get_verbosity()
        if verbosity < 0:
            phrases = lines.phrases_of(self.run, deeds, cost.words(spent))
            said = "; ".join(one for one in (lanes, *phrases) if one)
            told = [f"qchannel: {said}"] if said else []
        else:
            more = lines.lines_of(self.run, deeds, cost.words(spent), Shown())
            told = [f"qchannel: {one}" for one in (lanes, *more) if one]
            if not verbosity:
                told = lines.fitted(told, terminalreporter._tw.fullwidth)
        for one in told:
            terminalreporter.write_line(one)
