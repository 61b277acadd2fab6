"""Everywhere mode: the whole process is on the emulator, from before collection to the end.

There is one lane and one world for the run. What goes wrong in it (a gap, a blocked host, a
refused secret) is taken from one list, so these hooks empty it at every seam of the run: what
came up in a test's own fixtures and body fails that test, what came up in a collector fails the
collection of that file, and the rest, as a class's fixture or a thread between two tests, fails
the run, under the name of the part of the run that it came up in.

The plugin object is registered only when the mode is on.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_qchannel.errors import QChannelError, RealSecretRefused, UsageProblem
from pytest_qchannel.plugin import faults, problems, report, selection, session_settings
from pytest_qchannel.plugin.fixture_names import name_of
from pytest_qchannel.plugin.keys import LANE, PROPERTY, REFUSED, SHARED, WHOLE_RUN
from pytest_qchannel.settings import OPTIONS, Mode, Settings

if TYPE_CHECKING:
    from pytest_qchannel.lanes.lane import Lane

__all__ = ["EVERYWHERE", "Everywhere", "begin"]

EVERYWHERE: Final[pytest.StashKey[Everywhere]] = pytest.StashKey()
"""Of a run: everywhere mode, where it is on."""

_OPTION: Final = next(option for option in OPTIONS if option.name == "everywhere")
_OUTPUT = "qchannel_everywhere"


class _EarlyConfig:
    """A configuration before its command line was parsed for good, as the settings read it."""

    def __init__(self, config: Any) -> None:
        self.inipath = config.inipath
        self.getini = config.getini
        self.rootpath = config.rootpath
        self.invocation_params = config.invocation_params
        self._known = config.known_args_namespace

    def getoption(self, name: str) -> Any:
        return getattr(self._known, name, None)


def begin(config: pytest.Config) -> None:
    """Puts the process on the emulator where the settings ask for it; harmless a second time.

    Raises:
        UsageProblem: A setting is wrong, or contradicts the mode.
    """
    early = _EarlyConfig(config)
    if EVERYWHERE in config.stash or not session_settings.is_set(early, _OPTION):
        return
    settings = session_settings.session_settings(early)
    if not settings.everywhere:
        return
    if settings.mode not in (Mode.AUTO, Mode.EMULATED):
        raise UsageProblem(
            f"{settings.origin['everywhere']}: only the emulated lane can be everywhere",
            where=f"mode={settings.mode.value} (from {settings.origin['mode']})",
            next=f"pytest --qchannel-mode=emulated {_OPTION.flag}",
        )
    whole = Everywhere(config, settings._replace(mode=Mode.EMULATED))
    config.stash[EVERYWHERE], config.stash[WHOLE_RUN] = whole, whole.lane
    config.add_cleanup(whole.end)
    config.pluginmanager.register(whole, "qchannel-everywhere")


class Everywhere:
    """The hooks of the mode, and what they remember of one run.

    Args:
        config: The run's.
        settings: The settings without any marker.
    """

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        from pytest_qchannel.lanes.assemble import lane_of_process

        self._config = config
        self._item: pytest.Item | None = None
        self._outside: list[tuple[str, str]] = []
        self._told = 0
        self._is_over = False
        self._tainted: list[tuple[BaseException, RealSecretRefused]] = []
        self._counts = [0, 0]
        self._unmet: list[dict[int, str]] = []
        self.lane: Lane = lane_of_process(settings, "before collection (a plugin or conftest.py)")

    # What other parts of the plugin ask.

    def header(self) -> str:
        """One line for the terminal: what is emulated, and who asked for it."""
        asked = self.lane.settings.origin["everywhere"]
        return (
            f"qchannel: everywhere (from {asked}): this whole process is on the emulator, "
            f"its environment has an emulated account of {self.lane.channel}"
        )

    def check(self, item: pytest.Item) -> None:
        """Passes a test whose settings hold in the world of the run.

        Raises:
            UsageProblem: Its marker asks for a world of its own.
        """
        ours, settings = self.lane.settings, selection.settings_for(self._config, item)
        if settings.mode not in (Mode.AUTO, ours.mode):
            raise UsageProblem(
                f"marker qchannel: mode={settings.mode.value}, but the whole run is in one lane, "
                f"{ours.mode.value}",
                where=item.nodeid,
                next=f"take mode={settings.mode.value!r} from the marker, "
                f"or run without {_OPTION.flag}",
            )
        if settings.seed != ours.seed:
            raise UsageProblem(
                f"marker qchannel: seed={settings.seed}, but the whole run is in one world "
                f"with seed={ours.seed}",
                where=item.nodeid,
                next=f"pytest --qchannel-seed={settings.seed}, or run without {_OPTION.flag}",
            )
        if settings.door != ours.door:
            raise UsageProblem(
                f"marker qchannel: door={settings.door.value}, but the whole run is behind one "
                f"door, {ours.door.value}",
                where=item.nodeid,
                next=f"pytest --qchannel-door={settings.door.value}, or run without {_OPTION.flag}",
            )

    def counts(self) -> str:
        """How much of the emulator the whole process used, pytest-xdist's workers included."""
        requests, jobs = (a + b for a, b in zip(self._counts, self._own_counts(), strict=True))
        return f"the whole process: {requests} requests, {jobs} jobs"

    # The seams of the run.

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Fails the collection of what reached beyond the emulator, even if it swallowed that."""
        self._keep_as_outside()
        with self._inside(f"collection of {collector.nodeid or 'the session'}"):
            made = yield
            found = self.lane.take_problems()
        if found:
            _fail(made, found)
        return made

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Begins a test: from here on what comes up is its own."""
        self._keep_as_outside()
        self._item = item
        self.lane.happens_in(item.nodeid)
        others = [(name, value) for name, value in item.user_properties if name != PROPERTY]
        item.user_properties[:] = [*others, (PROPERTY, self.lane.mode.value)]
        item.stash[LANE] = self.lane.part(selection.settings_for(self._config, item)).open()
        try:
            return (yield)
        except BaseException as error:
            self._remember_secret(item, error)
            raise

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Has a test's faults in everybody's world while its body runs."""
        lane = self.lane.part(self.lane.settings)
        others = lane.emulator.faults
        item.stash[SHARED] = lane, others
        try:
            faults.declare(lane, item)
            return (yield)
        finally:
            lane.emulator.end_faults(besides=others)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Tells what a class, module or session sets up from what the test does."""
        if fixturedef.scope == "function":
            return (yield)
        self._keep_for_item()
        with self._inside(f"setup of {name_of(fixturedef, request)}"):
            # Where it fails the error is shown at the test, with the problems as notes.
            made = yield
            self._keep_as_outside()
        return made

    def pytest_fixture_post_finalizer(
        self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
    ) -> None:
        """Tells what a class, module or session tears down from what the test does."""
        if fixturedef.scope == "function":
            self._keep_for_item()
        else:
            self._keep_as_outside(f"teardown of {name_of(fixturedef, request)}")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Ends a test: what its own fixtures tore down fails it."""
        try:
            done = yield
            found = problems.take(item)
        finally:
            self._keep_as_outside()
            if LANE in item.stash:  # it is not where another plugin stopped the setup before us
                item.stash[LANE].close()
                del item.stash[LANE]
            self._item = None
            self.lane.happens_in(f"between tests, after {item.nodeid}")
        problems.raise_all(found)
        return done

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Fails the run for what no test is to blame for."""
        done = yield
        self._keep_as_outside()
        self._is_over = True
        self._ask_for_faults(session)
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[_OUTPUT] = {
                "outside": self._outside,
                "counts": self._own_counts(),
                "unmet": self.lane.unmet_faults_of_world(),
            }
            self._told = len(self._outside)
        elif self._outside and session.exitstatus in (
            pytest.ExitCode.OK,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return done

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes over what a pytest-xdist worker found."""
        output = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if output:
            gateway = node.gateway.id
            self._outside += [(f"{where} [{gateway}]", said) for where, said in output["outside"]]
            self._counts = [a + b for a, b in zip(self._counts, output["counts"], strict=True)]
            self._unmet.append(output["unmet"])

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Shows what no test is to blame for."""
        if not self._outside:
            return
        terminalreporter.section("qchannel: problems outside tests", red=True, bold=True)
        for where, said in self._outside:
            terminalreporter.write_line(f"{where}:", red=True, bold=True)
            terminalreporter.write_line(said)
            made = pytest.CollectReport(where, "failed", said, None)
            terminalreporter.stats.setdefault("error", []).append(made)
        self._told = len(self._outside)

    def end(self) -> None:
        """Puts the process back as it was; tells what was not told yet.

        Raises:
            QChannelError: Something came up after the run was over.
        """
        late = self.lane.take_problems()
        self.lane.close()
        for where, said in self._outside[self._told :]:
            sys.stderr.write(f"qchannel: {where}:\n{said}\n")
        if late and not self._is_over:
            sys.stderr.writelines(f"qchannel: {problem}\n" for problem in late)
        else:
            problems.raise_all(late)

    # One list, emptied at the seams.

    @contextmanager
    def _inside(self, where: str) -> Iterator[None]:
        before = self.lane.where
        self.lane.happens_in(where)
        try:
            yield
        finally:
            self.lane.happens_in(before)

    def _keep_for_item(self) -> None:
        if self._item is not None:
            problems.gather(self._item)

    def _keep_as_outside(self, where: str | None = None) -> None:
        for problem in self.lane.take_problems():
            if isinstance(problem, RealSecretRefused) and self._item is not None:
                self._item.stash[REFUSED] = problem
            self._outside.append((where or self.lane.where, str(problem)))

    def _own_counts(self) -> list[int]:
        """How many requests were answered, and how many jobs the world has now."""
        return [len(self.lane.requests), len(self.lane.emulator.jobs)]

    def _ask_for_faults(self, session: pytest.Session) -> None:
        """Complains of what a world file declares and what happened nowhere in a whole run."""
        is_whole = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if (
            not is_whole
            or session.shouldstop
            or session.shouldfail
            or self._config.option.collectonly
            or hasattr(self._config, "workeroutput")  # the controller knows of all workers
        ):
            return
        unmet = self.lane.unmet_faults_of_world()
        for other in self._unmet:
            unmet = {number: other[number] for number in unmet if number in other}
        self._outside += [("the whole run", said) for said in unmet.values()]

    def _remember_secret(self, item: pytest.Item, error: BaseException) -> None:
        """A class's fixture fails every test with the same error: hide its traceback each time."""
        if REFUSED in item.stash:
            self._tainted.append((error, item.stash[REFUSED]))
        for tainted, problem in self._tainted:
            if tainted is error:
                item.stash[REFUSED] = problem


def _fail(made: pytest.CollectReport, problems: list[QChannelError]) -> None:
    shown = str(made.longrepr) if made.longrepr else ""
    for problem in problems:
        if isinstance(problem, RealSecretRefused):
            shown = str(report.without_traceback(problem))
            break
    missing = [str(problem) for problem in problems if problem.headline not in shown]
    if missing or made.outcome != "failed" or shown != str(made.longrepr):
        made.outcome = "failed"
        made.longrepr = "\n".join([shown, *missing]).strip()
