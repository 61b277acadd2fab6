"""The end of a live run: what it leaves is swept, whatever way it ends, and told."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from pytest_qchannel.lanes.live.by_tags import swept_by_tags
from pytest_qchannel.lanes.live.ledger import LedgerLost
from pytest_qchannel.lanes.live.run import LiveRun
from pytest_qchannel.lanes.live.sweep import Line
from pytest_qchannel.plugin.hiding import HIDING
from pytest_qchannel.plugin.keys import ATTRIBUTE
from pytest_qchannel.plugin.live_shown import Shown
from pytest_qchannel.plugin.record.facts import Facts
from pytest_qchannel.plugin.record.shown import visible
from pytest_qchannel.settings import Settings

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["SEEN", "LiveEnd"]

SEEN: Final = "qchannel_live_secret"
"""The user property of a report in which a real credential stood."""

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if os.name == "posix" else []))
"""What tells a run to end: Ctrl-C, CI, and a terminal that is closed."""

_Handler: TypeAlias = "Callable[[int, FrameType | None], object] | int | None"
"""What ``signal.signal`` takes and gives."""

_AFTER_SIGNAL_S: Final = 5.0
"""CI kills 7.5 s after its signal, and again 2.5 s later. Source: GitHub's documentation."""


class LiveEnd:
    """The hooks of a live run's end.

    Args:
        config: The run's.
        settings: The run's.
        run: What the process shares.
        shown: Takes real credentials out of what is shown.

    Attributes:
        live_tests: The tests that ran live.
        skipped: The tests that did not, and why.
    """

    def __init__(
        self, config: pytest.Config, settings: Settings, run: LiveRun, shown: Shown
    ) -> None:
        self._config = config
        self._settings = settings
        self._run = run
        self._shown = shown
        self.live_tests: set[str] = set()
        self.skipped: dict[str, str] = {}
        self._is_worker = hasattr(config, "workerinput")
        self._process = os.getpid()
        self._was_signalled = False
        self._lines: list[str] = []
        self._left: dict[str, str] = {}
        self._before: dict[int, _Handler] = {}
        if not self._is_worker and threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                # One that is ignored stays so, as under nohup.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._told_to_end)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Sweeps what the run left; fails one that was to be live and was not."""
        self._hide_properties()
        if self._was_signalled:  # pytest-xdist waits for its workers longer than CI does
            self._sweep_all()
        try:
            return (yield)
        finally:  # also where a hook of somebody's raises
            if not self._is_worker:
                self._sweep_all()
                self._require_live(session)
            self._require_unseen(session)

    def _hide_properties(self) -> None:
        """Takes real credentials out of what ``record_testsuite_property`` has noted."""
        hiding = self._config.pluginmanager.get_plugin(HIDING)
        if hiding is not None:
            hiding.hide_properties(lambda text: self._shown.hide(text, "a property of the run"))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object | None) -> None:
        """Sweeps at once what a worker that crashed has left: others may wait for its jobs."""
        if error:
            with suppress(LedgerLost):  # it is looked for by its tags at the end
                self._tell(self._run.sweep_owner(node.workerinput["workerid"]))

    def _sweep_all(self) -> None:
        most_s = _AFTER_SIGNAL_S if self._was_signalled else self._settings.sweep_timeout
        try:
            lines = self._run.sweep_all(most_s)
        except LedgerLost as trouble:
            why, run, unasked = visible(str(trouble), 200), self._run.terms.run, list[str]()
            lines = list(swept_by_tags(self._run, run, unasked, seconds=most_s))
            told = f"qchannel: what the run left was looked for by its tags alone: {why}"
            self._lines += [told, *(f"qchannel: not known what is left: {one}" for one in unasked)]
        self._tell(lines)

    def _tell(self, lines: Iterable[Line]) -> None:
        """Notes what was swept: of what is swept again the last word counts."""
        for line in lines:
            self._left.pop(line.name, None)
            if line.is_left:
                self._left[line.name] = (
                    f"qchannel: left behind: {line.kind} {line.name}: {line.why}; next: "
                    f"qchannel cleanup --run {line.run}"
                )
            elif line.did in ("cancelled", "closed"):
                self._lines.append(f"qchannel: {line.did} {line.kind} {line.name}, which was left")

    def _require_live(self, session: pytest.Session) -> None:
        if self._settings.require_live and not self.live_tests:
            self._lines.append("qchannel: no test ran live, and --qchannel-require-live is given:")
            self._lines += [f"  {test}: {why}" for test, why in self.skipped.items()]
            if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _require_unseen(self, session: pytest.Session) -> None:
        """Fails a run that would have shown a real credential."""
        for where in sorted(self._shown.finds):
            self._lines.append(f"qchannel: a real credential stood in {where}, and was taken out")
        if self._shown.finds and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes, in a controller too, which tests ran live and which were skipped, and why."""
        self._shown.finds |= {
            f"the report of {test}" for name, test in report.user_properties if name == SEEN
        }
        if report.skipped and isinstance(report.longrepr, tuple):
            self.skipped.setdefault(report.nodeid, report.longrepr[2].removeprefix("Skipped: "))
        facts: Facts | None = getattr(report, ATTRIBUTE, None)
        if report.when == "call" and facts and facts.get("lane") in ("live", "record"):
            self.live_tests.add(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Says what the run has spent, which the line of ``-q`` has, and what it left."""
        spent = self._run.summary() if self._config.get_verbosity() >= 0 else []
        for line in (*spent, *self._lines, *self._left.values()):
            terminalreporter.write_line(line)

    def close(self) -> None:
        """Closes the connections; a signal does again what it did before."""
        for number, before in self._before.items():
            signal.signal(number, before or signal.SIG_DFL)
        self._before.clear()
        self._run.close()

    def _told_to_end(self, number: int, frame: FrameType | None) -> None:
        """Makes a Ctrl-C of what pytest does not handle, and of a second such signal the end."""
        is_fork = os.getpid() != self._process  # which ends as it would without a live run
        if not is_fork:
            self._run.stop_submitting()
        before = self._before.get(number)
        if number == signal.SIGINT and callable(before):
            before(number, frame)
            return
        if self._was_signalled or is_fork:
            signal.signal(number, (is_fork and before) or signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        self._was_signalled = True
        raise KeyboardInterrupt

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Ends a run that was told to end where an error of its test took the place of that."""
        if self._was_signalled:
            item.session.shouldstop = "a signal told the run to end"

    def pytest_keyboard_interrupt(self) -> None:
        """Hurries the sweep, and what waits at the door: the lane is closed before that."""
        self._was_signalled = True
        self._run.hurry()
