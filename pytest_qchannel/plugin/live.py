"""Live tests in a run: who may run, what each may spend, what becomes of it, and the end of all."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Generator, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.channels.secrets_file import secrets_file
from pytest_qchannel.errors import ExpectationFailed, LiveProblem, NotLive, UsageProblem
from pytest_qchannel.lanes.live.allowance import Allowance
from pytest_qchannel.lanes.live.clock import MACHINE, Clock
from pytest_qchannel.lanes.live.outcome import Told, outcome_of
from pytest_qchannel.lanes.live.run import LiveRun, missing
from pytest_qchannel.lanes.live.run_id import RunId, run_id
from pytest_qchannel.lanes.live.sweep import Line
from pytest_qchannel.plugin import our_tests, selection, session_settings, sharing
from pytest_qchannel.plugin.hiding import HIDING
from pytest_qchannel.plugin.keys import ATTRIBUTE, LANE, LIVE, OURS, REFUSAL
from pytest_qchannel.plugin.live_shown import Shown
from pytest_qchannel.plugin.live_variables import KEYS, exchange_of
from pytest_qchannel.plugin.record.facts import SPENT, Facts, Spent
from pytest_qchannel.plugin.taping import has_lane, test_id
from pytest_qchannel.settings import Settings

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["begin"]

_RUN_KEY: Final = "qchannel_live_run"
"""Of a pytest-xdist worker's input: the name of the run."""

_SEEN: Final = "qchannel_live_secret"
"""The user property of a report in which a real credential stood."""

_AFTER_SIGNAL_S: Final = 5.0
"""CI kills 7.5 s after its signal, and again 2.5 s later. Source: GitHub's documentation."""


CLOCK: Clock = MACHINE
"""The time that live runs wait by; tests have one that goes faster."""


def begin(config: pytest.Config, settings: Settings) -> list[str]:
    """Begins a live run; gives the lines that the header has of it.

    Raises:
        UsageProblem: There is no credential, or a secret is where it must not be.
    """
    exchange = exchange_of(config)
    environ = exchange.environ()
    if settings.secrets is not None:
        is_ini = settings.origin["secrets"].startswith(("qchannel_", "-o "))
        base = config.rootpath if is_ini else config.invocation_params.dir
        environ = {**secrets_file(base / settings.secrets), **environ}
    worker: Mapping[str, Any] = getattr(config, "workerinput", {})
    of_run = RunId(worker[_RUN_KEY], "pytest-xdist") if _RUN_KEY in worker else run_id(environ)
    run = LiveRun(
        settings,
        environ,
        of_run.text,
        session_settings.base_of(config),
        owner=worker.get("workerid", "main"),
        clock=CLOCK,
        standins=exchange.standins(),
    )
    try:
        _require_hidden(config)
    except UsageProblem:
        run.close()
        raise
    live = Live(config, settings, run)
    config.stash[LIVE] = run
    our_tests.OurTests.of(config)  # which shuts IBM's hosts to whatever has no lane
    config.add_cleanup(live.end)
    config.pluginmanager.register(live, "qchannel-live")
    config.stash[SPENT] = lambda: Spent(*run.spent())
    return [f"qchannel: live run {of_run.text} ({of_run.origin}), budget {run.terms.budget}"]


def _require_hidden(config: pytest.Config) -> None:
    """Passes a run whose command line and ini file have no secret."""
    ini = config.inipath.read_text("utf-8", "replace") if config.inipath else ""
    places = {
        "the command line": "\n".join(map(str, config.invocation_params.args)),
        str(config.inipath): ini,
    }
    for secret in secrets_of_person():
        for place, text in places.items():
            if secret.is_searchable and secret.hide(text) != text:
                raise UsageProblem(
                    f"the credential of {secret.env_var} stands in {place}, where others read it",
                    next="take it away, and leave it in the variable alone",
                )


class Live:
    """The hooks of a live run.

    Args:
        config: The run's.
        settings: The run's.
        run: What the process shares.
    """

    def __init__(self, config: pytest.Config, settings: Settings, run: LiveRun) -> None:
        self._config = config
        self._settings = settings
        self._run = run
        self._is_worker = hasattr(config, "workerinput")
        self._was_signalled = False
        self._live_tests: set[str] = set()
        self._passed: set[str] = set()
        self._skipped: dict[str, str] = {}
        self._lines: list[str] = []
        self._before: Any = None
        self._shown = Shown(lambda: run.real)
        config.pluginmanager.register(self._shown, "qchannel-live-shown")
        if not self._is_worker and threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._terminated)

    # Before a test.

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tells a worker the name of the run, and what it does not find in its variables."""
        node.workerinput[_RUN_KEY] = self._run.terms.run
        node.workerinput[KEYS] = exchange_of(self._config).taken

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: Any) -> None:
        """Forgets what the worker knows by now."""
        node.workerinput.pop(KEYS, None)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Skips tests on channels without credentials; refuses what no budget could pay.

        Raises:
            UsageError: A test that is selected needs more than the run has.
        """
        try:
            for item in items:
                if OURS in item.stash:
                    self._prepare(item)
        except UsageProblem as problem:
            if self._is_worker:
                vars(self._config)["workeroutput"][REFUSAL] = str(problem)
            raise pytest.UsageError(str(problem)) from None

    def _prepare(self, item: pytest.Item) -> None:
        name = sharing.channel_of(item)
        channel = CHANNEL_BY_NAME[name] if name is not None else None
        if channel is not None and channel.is_classic:
            raise UsageProblem(
                missing(channel).partition("; ")[0],
                where=item.nodeid,
                next="run it on ibm_quantum_platform, or emulated: --qchannel-mode=emulated",
            )
        if channel is not None and channel not in self._run.held:
            item.add_marker(pytest.mark.skip(reason=missing(channel)))
        elif self._run.terms.budget.tier == "paid":
            self._run.require_enough(self._allowance(item))

    def _allowance(self, item: pytest.Item) -> Allowance:
        asked = selection.live_qpu(item)
        test = test_id(item)
        if asked is None:
            return Allowance(test)
        return Allowance(test, asked.max_qpu_seconds, asked.max_jobs, asked.backend)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Says which test runs, until it has been torn down, and sweeps what it leaves."""
        self._run.begin(self._allowance(item))
        self._passed.discard(item.nodeid)
        try:
            return (yield)
        finally:
            self._run.begin(Allowance("between tests"))

    # After it.

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Makes a skip of what says nothing of the code; names what a test ended as."""
        if LANE in item.stash:
            self._live_tests.add(item.nodeid)
        made = self._judged(item, call, (yield))
        if made.when == "call" and made.passed:
            self._passed.add(item.nodeid)
        if self._shown.of_report(made):
            made.user_properties.append((_SEEN, item.nodeid))
        return made

    def _judged(
        self, item: pytest.Item, call: pytest.CallInfo[Any], made: pytest.TestReport
    ) -> pytest.TestReport:
        if not made.failed or OURS not in item.stash or call.excinfo is None:
            return made
        error = call.excinfo.value
        if isinstance(error, NotLive):
            return _skipped(item, made, str(error.headline))
        told = self._told(error)
        if told is None:
            return made
        facts: Facts = getattr(made, ATTRIBUTE)
        facts["ended_as"] = told.outcome.value
        said = f"live, {told.outcome}: {told.why}"
        # What has passed would stay that, beside a skip, with exit status 0.
        has_passed = made.when == "teardown" and item.nodeid in self._passed
        if told.outcome.is_skip and not (self._settings.live_strict or has_passed):
            self._skipped[item.nodeid] = said
            return _skipped(item, made, said)
        made.sections.append(("qchannel: what the live test ended as", said))
        return made

    def _told(self, error: BaseException) -> Told | None:
        test = self._run.current()
        is_fit = isinstance(error, ExpectationFailed) and error.headline.startswith(
            "assert_sampler_run"
        )
        told = [error] if isinstance(error, LiveProblem) else []
        return outcome_of(test.facts, [*test.complained, *told], is_statistics=is_fit)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Cancels and closes what a test left, when nothing of it is left here."""
        try:
            return (yield)
        finally:
            if has_lane(item):
                self._sweep_after(item)

    def _sweep_after(self, item: pytest.Item) -> None:
        unit = sharing.unit_of(item)
        if unit is None:
            self._run.sweep_test(test_id(item))
        elif unit.lane is None:  # what tests share is open until the last of them has ended
            for one in unit.items:
                self._run.sweep_test(test_id(one))

    # At the end of the run.

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
            self._tell(self._run.sweep_owner(node.workerinput["workerid"]))

    def _sweep_all(self) -> None:
        most_s = _AFTER_SIGNAL_S if self._was_signalled else self._settings.sweep_timeout
        self._tell(self._run.sweep_all(most_s))

    def _tell(self, lines: Iterable[Line]) -> None:
        for line in lines:
            if line.is_left:
                self._lines.append(
                    f"qchannel: left behind: {line.kind} {line.name}: {line.why}; next: "
                    f"qchannel cleanup --run {line.run}"
                )
            elif line.did in ("cancelled", "closed"):
                self._lines.append(f"qchannel: {line.did} {line.kind} {line.name}, which was left")

    def _require_live(self, session: pytest.Session) -> None:
        if self._settings.require_live and not self._live_tests:
            self._lines.append("qchannel: no test ran live, and --qchannel-require-live is given:")
            self._lines += [f"  {test}: {why}" for test, why in self._skipped.items()]
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
            f"the report of {test}" for name, test in report.user_properties if name == _SEEN
        }
        if report.skipped and isinstance(report.longrepr, tuple):
            self._skipped.setdefault(report.nodeid, report.longrepr[2].removeprefix("Skipped: "))
        facts: Facts | None = getattr(report, ATTRIBUTE, None)
        if report.when == "call" and facts and facts.get("lane") in ("live", "record"):
            self._live_tests.add(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Says what the run has spent, and what it left."""
        for line in (*self._run.summary(), *self._lines):
            terminalreporter.write_line(line)

    def end(self) -> None:
        """Closes the connections; a signal does again what it did before."""
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)
            self._before = None
        self._run.close()

    def _terminated(self, number: int, _frame: FrameType | None) -> None:
        """Makes of SIGTERM, which pytest does not handle, a Ctrl-C; of a second one the end."""
        if self._was_signalled:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self._was_signalled = True
        raise KeyboardInterrupt

    def pytest_keyboard_interrupt(self) -> None:
        """Hurries the sweep, and what waits at the door: the lane is closed before that."""
        self._was_signalled = True
        self._run.hurry()


def _skipped(item: pytest.Item, made: pytest.TestReport, reason: str) -> pytest.TestReport:
    """A report of a failed test as that of a skipped one."""
    path, line, _ = item.reportinfo()
    made.outcome = "skipped"
    made.longrepr = (str(path), (line or 0) + 1, f"Skipped: {reason}")
    return made
