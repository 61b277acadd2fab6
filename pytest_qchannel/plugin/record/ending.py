"""The record of a run, and its end: what the terminal shows, and what is written."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from types import ModuleType
from typing import Final

import pytest

from pytest_qchannel.plugin.everywhere import EVERYWHERE
from pytest_qchannel.plugin.keys import ATTRIBUTE, PAGES, RECORD, REPORTS, STOPPED
from pytest_qchannel.plugin.record import lines
from pytest_qchannel.plugin.record.facts import SPENT, Deed, Spent
from pytest_qchannel.plugin.record.run import Run
from pytest_qchannel.plugin.record.shown import Shown
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import Json

__all__ = ["RunRecord"]

_CASSETTE: Final = f"{ATTRIBUTE}.cassette"


class RunRecord:
    """The record of a run, in the process that shows it.

    Args:
        config: The run's.

    Attributes:
        run: What is known of its tests.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._began = datetime.now(UTC)
        self._has_junit = bool(getattr(config.option, "xmlpath", None))
        self.run = Run()

    @classmethod
    def of(cls, config: pytest.Config) -> RunRecord:
        """That of a run."""
        made = config.stash.get(RECORD, None)
        if not isinstance(made, cls):
            made = config.stash[RECORD] = cls(config)
            config.pluginmanager.register(made, "qchannel-record")
        return made

    def add(self, report: pytest.TestReport) -> None:
        """Takes a report of a test; the name of a cassette, in JUnit's, may be a parameter's."""
        self.run.add(report)
        if self._has_junit and report.when == "teardown":
            for number, (name, value) in enumerate(report.user_properties):
                if name == _CASSETTE:
                    report.user_properties[number] = name, self._shown.text(str(value))

    @cached_property
    def _shown(self) -> Shown:
        return Shown(_clean)

    def show(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Says in the terminal how many tests ran in which lane, and what became of cassettes."""
        verbosity = self._config.get_verbosity()
        # What a live run has spent is told by the run itself, beside what it left behind.
        told = self._quiet_line() if verbosity < 0 else self._lines(None)
        if verbosity == 0:
            told = lines.fitted(told, terminalreporter._tw.fullwidth)
        for one in told:
            terminalreporter.write_line(one)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Writes the reports and pages, when nothing can change the end of the run any more."""
        done = yield
        stash = self._config.stash
        reports, pages = stash.get(REPORTS, []), stash.get(PAGES, [])
        if not reports and not pages:
            return done
        writing = _writing()
        told = writing.Told(self._began, int(session.exitstatus), self._deeds(), self._spent())
        said = self._lines(told.spent)
        failed = writing.write(self._config, self.run, told, said, reports, pages)
        for file, problem in failed:
            sys.stderr.write(f"qchannel: {file} was not written: {problem}\n")
        if failed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return done

    def _lines(self, spent: Spent | None) -> list[str]:
        cost = self._cost().words(spent)
        more = lines.lines_of(self.run, self._deeds(), cost, self._shown)
        return [f"qchannel: {one}" for one in (self._lanes(), *more) if one]

    def _quiet_line(self) -> list[str]:
        cost = self._cost().words(self._spent())
        told = (self._lanes(), *lines.phrases_of(self.run, self._deeds(), cost, self._shown))
        said = "; ".join(one for one in told if one)
        return [f"qchannel: {said}"] if said else []

    def _cost(self) -> lines.Cost:
        cost = lines.Cost.of(self.run)
        if self._config.stash.get(EVERYWHERE, None) is not None:
            cost = cost._replace(requests=0)  # they are counted with those of no test
        return cost

    def _lanes(self) -> str:
        counts = sorted(lines.lane_counts(self.run).items())
        said = ", ".join(f"{count} {lane}" for lane, count in counts)
        whole = self._config.stash.get(EVERYWHERE, None)
        return said if whole is None else f"{said or 'no test'}; {whole.counts()}"

    def _deeds(self) -> list[Deed]:
        whole = self._config.stash.get(EVERYWHERE, None)
        of_run = whole.cassettes if whole is not None else ()
        return self.run.deeds([*of_run, *self._config.stash.get(STOPPED, ())])

    def _spent(self) -> Spent | None:
        return self._config.stash[SPENT]() if SPENT in self._config.stash else None


def _clean(text: str, secrets: Sequence[Secret]) -> Json:
    told: Json = _writing().cleaned(text, secrets)
    return told


def _writing() -> ModuleType:
    """What writes: it loads the gate."""
    from pytest_qchannel.plugin.record import writing

    return writing
