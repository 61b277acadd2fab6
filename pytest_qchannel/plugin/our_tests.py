"""What is done with the tests that use us, from their collection to their reports.

The hooks of the plugin are in every run; this module, and all that it needs, is loaded by the
first test that has one of our fixtures or markers.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from pytest_qchannel import rerun_command
from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.network.started import take_unled
from pytest_qchannel.plugin import (
    faults,
    frames,
    hiding,
    precautions,
    problems,
    report,
    selection,
    sent,
    session_settings,
    sharing,
    taping,
    unit_tapes,
)
from pytest_qchannel.plugin.collecting import Collecting
from pytest_qchannel.plugin.command_line import start_of
from pytest_qchannel.plugin.everywhere import EVERYWHERE
from pytest_qchannel.plugin.fixture_names import mismatch_of, name_nearest
from pytest_qchannel.plugin.keys import LIVE, OUR_TESTS, OURS, REFUSED, WHOLE_RUN
from pytest_qchannel.plugin.only_stale import OnlyStale
from pytest_qchannel.plugin.record import facts
from pytest_qchannel.plugin.stopped import Stopped
from pytest_qchannel.plugin.whole_run import is_left_to_others
from pytest_qchannel.settings import Mode

__all__ = ["OurTests"]


class OurTests:
    """The tests of one run that use us.

    Args:
        config: The run's.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._hiding = hiding.Hiding(config)
        self.collecting = Collecting(config)
        self._of_units: list[QChannelError] = []
        config.pluginmanager.register(self._hiding, hiding.HIDING)
        if EVERYWHERE not in config.stash:  # which needs none
            config.pluginmanager.register(precautions.Precautions(config))
            config.pluginmanager.register(Stopped())
        if session_settings.session_settings(config).only_stale:
            config.pluginmanager.register(OnlyStale())
        rerun_command.started(start_of(config))
        config.add_cleanup(rerun_command.ended)

    @classmethod
    def of(cls, config: pytest.Config) -> OurTests:
        """Those of a run."""
        made = config.stash.get(OUR_TESTS, None)
        if not isinstance(made, cls):
            made = config.stash[OUR_TESTS] = cls(config)
        return made

    def watch_ids(self, metafunc: pytest.Metafunc) -> None:
        """Keeps credentials out of the ids that a test's parameters make."""
        self._hiding.watch_ids(metafunc)

    def choose_channels(self, metafunc: pytest.Metafunc) -> None:
        """Runs a test once per chosen channel."""
        self.watch_ids(metafunc)
        try:
            names, reason = selection.channels_for(self._config, metafunc.definition)
        except UsageProblem:
            return  # the collected test is refused with the marker, as a usage error
        skip = [pytest.mark.skip(reason=reason)] if reason else []
        scope = None
        if "qchannel_channel" not in metafunc.fixturenames:  # it has a marker of ours only
            metafunc.fixturenames.append("qchannel_channel")
            scope = sharing.scope_of_lane(metafunc.definition)
        params = [pytest.param(name, marks=skip, id=name) for name in names]
        metafunc.parametrize("qchannel_channel", params, indirect=True, scope=scope)

    def prepare(self, item: pytest.Item) -> None:
        """Looks at a collected test; skips what needs a real QPU.

        Raises:
            UsageProblem: A marker is wrong, or what the test asks for is not possible.
        """
        item.stash[OURS] = True
        selection.check_markers(self._config, item)
        precautions.take(item)
        if whole := self._config.stash.get(EVERYWHERE, None):
            whole.check(item)
        else:
            sharing.unit_of(item)
        taping.prepare(item)
        asked = selection.live_qpu(item)
        if LIVE not in self._config.stash and asked is not None and asked.only_live:
            reason = "live_qpu(only_live=True): runs with --qchannel-mode=live alone"
            item.add_marker(pytest.mark.skip(reason=reason))

    def prepare_units(self, everyone: list[pytest.Item], selected: list[pytest.Item]) -> None:
        """Looks at what shares a lane, when it is known which tests there are and which run.

        Raises:
            UsageProblem: What is asked of it is not possible.
        """
        chosen = set(selected)
        for item in dict.fromkeys((*everyone, *selected)):
            unit = sharing.unit_of(item) if OURS in item.stash and taping.has_lane(item) else None
            if unit is not None:
                unit.everyone.append(item)
                if item in chosen:
                    unit.items.append(item)
        if EVERYWHERE not in self._config.stash:
            sharing.require_own_classes(self._config, selected)
        for unit in sharing.units_of(self._config):
            unit_tapes.prepare(unit)

    def take_over(self, item: pytest.Item, vcr: Any) -> None:
        """Puts our cassette in the place of pytest-recording's, for a test with our fixtures.

        Where the whole run is emulated a test without them has none: the emulator answers.
        """
        whole = self._config.stash.get(WHOLE_RUN, None)
        if taping.has_lane(item) or (
            whole is not None and whole.mode is Mode.EMULATED and not is_left_to_others(item, whole)
        ):
            taping.takes_over(item, vcr)

    def setup_failed(self, item: pytest.Item, error: BaseException) -> None:
        """Tells of a fixture that failed what its lane has to complain about."""
        problems.note(error, problems.take(item))

    def body_failed(self, item: pytest.Item, error: BaseException) -> None:
        """Tells of a test that failed what its lane has to complain about."""
        for problem in faults.unmet(item):
            error.add_note(str(problem))
        problems.note(error, problems.take(item))

    def body_passed(self, item: pytest.Item) -> None:
        """Fails a test whose lane has something to complain about.

        Raises:
            QChannelError: It has.
        """
        __tracebackhide__ = True
        unmet = faults.unmet(item)
        problems.raise_all(problems.take(item) + unmet)

    def torn_down(self, item: pytest.Item, *, is_torn_down: bool) -> None:
        """Decides about a test's cassette when nothing of the test is left.

        Raises:
            QChannelError: The test shall fail for it.
        """
        __tracebackhide__ = True
        if unled := take_unled():
            facts.of(item)["children"] = unled
        own: list[QChannelError] = []
        try:
            taping.finish(item, is_torn_down=is_torn_down)
        except QChannelError as problem:  # those that are over with it are none the worse for it
            own.append(problem)
        found = []
        for unit in sharing.units_of(self._config):
            if unit.is_over:
                try:
                    unit_tapes.finish(unit, item, is_torn_down=is_torn_down)
                except QChannelError as problem:
                    found.append(problem)
        self._of_units = found
        problems.raise_all(found + own)

    def report_of_other(self, item: pytest.Item, made: pytest.TestReport) -> None:
        """Tells with the report of a test that does not use us what ended with it."""
        facts.attach_noted(item, made)

    def report(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Shows problems where a unittest test failed by itself; hides the traceback of a secret.

        It is a hook wrapper: it yields once, for the report of the others.
        """
        problems.gather(item)  # a subtest is reported before the test has ended
        ours = call.excinfo.value if call.excinfo else None
        frames.leave_out(item, call)
        made = yield
        taping.passed(item, made)
        is_told_more = problems.replaced(item, call, ours)
        if made.failed:
            is_trimmed = frames.leave_out(item, call)  # unittest has put another error there
            if problems.hinted(item, call) or is_told_more or is_trimmed:
                made.longrepr = pytest.TestReport.from_item_and_call(item, call).longrepr
        name_nearest(made)
        if call.when == "setup" and (hint := mismatch_of(ours, item)):
            made.longrepr = f"{made.longrepr}\n{hint}"
        if REFUSED in item.stash and not isinstance(made.longrepr, tuple | None):
            made.longrepr = report.without_traceback(item.stash[REFUSED])
        if isinstance(ours, Exception) and call.when != "call" and report.is_about_cassettes(ours):
            made.longrepr = report.without_traceback(ours)
            if ours in self._of_units:  # that the last test was to fail hides nothing of the others
                made.outcome = "failed"
                vars(made).pop("wasxfail", None)
        elif made.failed and REFUSED not in item.stash and (told := frames.nobody_elses(call)):
            made.longrepr = report.without_traceback(told)
        if made.failed and call.excinfo:
            frames.keep_headline(made, call.excinfo.value)
        facts.attach(item, made, call.excinfo.value if call.excinfo else None)
        sent.show(item, made)
        hiding.hide(item, made)
        return made
