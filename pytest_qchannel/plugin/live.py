"""Live tests in a run: who may run, what each may spend, and what becomes of it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import suppress
from typing import Any, Final

import pytest

from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.channels.secrets_file import environ_with
from pytest_qchannel.errors import ExpectationFailed, QChannelError, UsageProblem
from pytest_qchannel.lanes.live.allowance import Allowance
from pytest_qchannel.lanes.live.caller import LiveLoginFailed
from pytest_qchannel.lanes.live.clock import MACHINE, Clock
from pytest_qchannel.lanes.live.ledger import LedgerLost
from pytest_qchannel.lanes.live.outcome import Told, outcome_of
from pytest_qchannel.lanes.live.problems import LiveProblem, NotLive
from pytest_qchannel.lanes.live.run import LiveRun, missing
from pytest_qchannel.lanes.live.run_id import RunId, run_id
from pytest_qchannel.plugin import our_tests, selection, session_settings, sharing
from pytest_qchannel.plugin.keys import ATTRIBUTE, LANE, LIVE, OURS, REFUSAL
from pytest_qchannel.plugin.live_end import SEEN, LiveEnd
from pytest_qchannel.plugin.live_shown import Shown
from pytest_qchannel.plugin.live_variables import KEYS, hidden_keys_of
from pytest_qchannel.plugin.record.facts import SPENT, Facts, Spent
from pytest_qchannel.plugin.record.shown import visible
from pytest_qchannel.plugin.taping import has_lane, test_id
from pytest_qchannel.plugin.wait_line import WaitLine
from pytest_qchannel.settings import Settings

__all__ = ["begin"]

_RUN_KEY: Final = "qchannel_live_run"
"""Of a pytest-xdist worker's input: the name of the run."""

CLOCK: Clock = MACHINE
"""The time that live runs wait by; tests have one that goes faster."""


def begin(config: pytest.Config, settings: Settings) -> list[str]:
    """Begins a live run; gives the lines that the header has of it.

    Raises:
        UsageProblem: There is no credential, or one that IAM refuses, or a secret is where it
            must not be.
    """
    hidden = hidden_keys_of(config)
    file = settings.secrets
    if file is not None:
        file = session_settings.file_of(config, settings, "secrets", file)
    environ = environ_with(file, hidden.environ())
    worker: Mapping[str, Any] = getattr(config, "workerinput", {})
    of_run = RunId(worker[_RUN_KEY], "pytest-xdist") if _RUN_KEY in worker else run_id(environ)
    try:
        run = LiveRun(
            settings,
            environ,
            of_run.text,
            session_settings.base_of(config),
            owner=worker.get("workerid", "main"),
            clock=CLOCK,
            standins=hidden.standins(),
        )
    except LiveLoginFailed as failed:  # to know an instance by its name it has to log in
        raise UsageProblem(failed.headline, facts=failed.facts, next=failed.next) from None
    try:
        _require_hidden(config)
        # Before a worker starts, which makes none.
        held = run.ledger.held() if run.terms.budget.tier != "read" else 0.0
    except QChannelError:
        run.close()
        raise
    shown = Shown(lambda: run.real)
    end = LiveEnd(config, settings, run, shown)
    config.add_cleanup(end.close)
    config.stash[LIVE] = run
    our_tests.OurTests.of(config)  # which shuts IBM's hosts to whatever has no lane
    config.pluginmanager.register(shown, "qchannel-live-shown")
    config.pluginmanager.register(end, "qchannel-live-end")
    config.pluginmanager.register(Live(config, settings, run, shown, end), "qchannel-live")
    config.stash[SPENT] = lambda: _spent(run)
    line = f"qchannel: live run {of_run.text} ({of_run.origin}), budget {run.terms.budget}"
    return [line + (f", {held:g} s of it held by an earlier run of that name" if held else "")]


def _spent(run: LiveRun) -> Spent | None:
    with suppress(LedgerLost):
        return Spent(*run.spent())
    return None


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
    """The hooks of a live run, but for its end.

    Args:
        config: The run's.
        settings: The run's.
        run: What the process shares.
        shown: Takes real credentials out of what is shown.
        end: Its end, which is told what ran live and what was skipped.
    """

    def __init__(
        self,
        config: pytest.Config,
        settings: Settings,
        run: LiveRun,
        shown: Shown,
        end: LiveEnd,
    ) -> None:
        self._config = config
        self._settings = settings
        self._run = run
        self._is_worker = hasattr(config, "workerinput")
        self._passed: set[str] = set()
        self._shown, self._end = shown, end
        if not self._is_worker and run.terms.budget.tier != "read":
            line = WaitLine(config, run.clock, self._waits)
            config.pluginmanager.register(line, "qchannel-wait-line")

    def _waits(self) -> str | None:
        line = self._run.wait_line()
        return self._shown.hide(visible(line, 400), "what the run waits for") if line else None

    # Before a test.

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tells a worker the name of the run, and what it does not find in its variables."""
        node.workerinput[_RUN_KEY] = self._run.terms.run
        node.workerinput[KEYS] = hidden_keys_of(self._config).taken

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
        """Says which test runs, until it has been torn down."""
        self._run.begin(self._allowance(item))
        self._passed.discard(item.nodeid)
        try:
            return (yield)
        finally:
            self._run.begin(Allowance("between tests"))

    # After it.

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[object]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Makes a skip of what says nothing of the code; names what a test ended as."""
        if LANE in item.stash:
            self._end.live_tests.add(item.nodeid)
        made = self._judged(item, call, (yield))
        if made.when == "call" and made.passed:
            self._passed.add(item.nodeid)
        if self._shown.of_report(made):
            made.user_properties.append((SEEN, item.nodeid))
        return made

    def _judged(
        self, item: pytest.Item, call: pytest.CallInfo[object], made: pytest.TestReport
    ) -> pytest.TestReport:
        if not made.failed or OURS not in item.stash or call.excinfo is None:
            return made
        error = call.excinfo.value
        if isinstance(error, NotLive):
            return _skipped(item, made, _with_next(error.headline, error.next))
        told = self._told(error)
        facts: Facts = getattr(made, ATTRIBUTE)
        facts["ended_as"] = told.outcome.value
        said = f"live, {told.outcome}: {told.why}"
        # What has passed would stay that, beside a skip, with exit status 0.
        has_passed = made.when == "teardown" and item.nodeid in self._passed
        if told.outcome.is_skip and not (self._settings.live_strict or has_passed):
            reason = self._end.skipped[item.nodeid] = _with_next(said, told.next)
            return _skipped(item, made, reason)
        made.sections.append(("qchannel: what the live test ended as", said))
        return made

    def _told(self, error: BaseException) -> Told:
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


def _with_next(why: str, mend: str | None) -> str:
    """The reason of a skip, which is all that is shown of the problem behind it."""
    return f"{why}; next: {' '.join(mend.split())}" if mend else why


def _skipped(item: pytest.Item, made: pytest.TestReport, reason: str) -> pytest.TestReport:
    """A report of a failed test as that of a skipped one."""
    path, line, _ = item.reportinfo()
    made.outcome = "skipped"
    made.longrepr = (str(path), (line or 0) + 1, f"Skipped: {reason}")
    return made
