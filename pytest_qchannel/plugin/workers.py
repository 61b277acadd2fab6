"""Runs with several workers of pytest-xdist, as their controller has them.

A cassette that tests share may be replayed by several workers, each its part. Nobody but the
controller can know then what of it was not used.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pytest_qchannel.plugin import report
from pytest_qchannel.plugin.keys import ATTRIBUTE, STOPPED
from pytest_qchannel.plugin.record.facts import Facts
from pytest_qchannel.plugin.stopped import OUTPUT
from pytest_qchannel.plugin.unit_tapes import DIST

__all__ = ["Workers", "begin"]


class _Part(NamedTuple):
    """What is known of the replay of a unit by all workers together."""

    path: str
    root: str
    idle: set[int]
    ran: set[str]
    gone: set[str]
    counts: bool


def begin(config: pytest.Config) -> None:
    """Looks after the workers of a run, if it has some."""
    is_worker = hasattr(config, "workerinput")
    if not is_worker and getattr(config.option, "dist", "no") != "no":
        config.pluginmanager.register(Workers(config))


class Workers:
    """The hooks of a controller.

    Args:
        config: The run's.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._parts: dict[str, _Part] = {}
        self._unused: list[tuple[str, Exception]] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tells a worker how tests are distributed: it is told that they are not."""
        node.workerinput[DIST] = self._config.getvalue("dist")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes what a worker has to tell of recordings that it did not end."""
        output = getattr(node, "workeroutput", {})
        self._config.stash.setdefault(STOPPED, []).extend(output.get(OUTPUT, ()))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes what a worker has to tell of a unit."""
        facts: Facts | None = getattr(report, ATTRIBUTE, None)
        for done in (facts or {}).get("deeds", ()):
            if report.when == "teardown" and (part := done.get("part")):
                self._add(done["test"], done["path"], part)

    def _add(self, unit: str, path: str, part: dict[str, Any]) -> None:
        known = self._parts.get(unit)
        idle, ran, gone = set(part["idle"]), set(part["ran"]), set(part["gone"])
        self._parts[unit] = _Part(
            path,
            part["root"],
            idle if known is None else idle & known.idle,
            ran if known is None else ran | known.ran,
            gone if known is None else gone | known.gone,
            part["counts"] and (known is None or known.counts),
        )

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Fails a run that has not used a cassette up."""
        done = yield
        if session.exitstatus == pytest.ExitCode.OK:
            for unit, part in self._parts.items():
                if part.counts and (problem := _unused(unit, part)) is not None:
                    self._unused.append((unit, problem))
            if self._unused:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return done

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Shows what no single worker is to blame for."""
        if not self._unused:
            return
        terminalreporter.section("qchannel: cassettes that workers share", red=True, bold=True)
        for unit, problem in self._unused:
            said = str(report.without_traceback(problem))
            terminalreporter.write_line(said)
            made = pytest.CollectReport(unit, "failed", said, None)
            terminalreporter.stats.setdefault("error", []).append(made)


def _unused(unit: str, part: _Part) -> Exception | None:
    from pytest_qchannel.lanes.tapes import Place, unused_of

    place = Place(Path(part.root), Path(part.path), unit)
    return unused_of(place, part.idle, part.ran, part.gone)
