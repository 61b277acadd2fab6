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
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_qchannel import rerun_command
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import RealSecretRefused, UsageProblem
from pytest_qchannel.lanes.assemble import lane_of_process
from pytest_qchannel.lanes.lane import Lane
from pytest_qchannel.plugin import faults, problems, report, selection, session_settings
from pytest_qchannel.plugin.command_line import start_of
from pytest_qchannel.plugin.early_config import EarlyConfig
from pytest_qchannel.plugin.fixture_names import name_of
from pytest_qchannel.plugin.keys import LANE, REFUSED, SHARED, TAPE_OF_RUN, WHOLE_RUN
from pytest_qchannel.plugin.record import facts
from pytest_qchannel.plugin.whole_run import is_left_to_others, whole_of
from pytest_qchannel.settings import OPTION_BY_NAME, Mode, Settings

if TYPE_CHECKING:
    from pytest_qchannel.cassette.playback.tape import Done
    from pytest_qchannel.plugin.whole_tape import Part, WholeTape

__all__ = ["EVERYWHERE", "Everywhere", "begin"]

EVERYWHERE: Final[pytest.StashKey[Everywhere]] = pytest.StashKey()
"""Of a run: everywhere mode, where it is on."""

_OPTION: Final = OPTION_BY_NAME["everywhere"]
_OUTPUT = "qchannel_everywhere"
_BEFORE: Final = "before collection (a plugin or conftest.py)"
_WORDS: Final[Mapping[str, str]] = {
    Mode.EMULATED: "on the emulator, its environment has an emulated account",
    Mode.RECORD: "on the emulator and recorded, its environment has an emulated account",
    Mode.REPLAY: "a replay, its environment has the account of the cassette",
}
"""What the header says of each mode that a whole process can have."""


def begin(config: pytest.Config) -> None:
    """Puts the process on the emulator where the settings ask for it; harmless a second time.

    Raises:
        UsageProblem: A setting is wrong, or contradicts the mode.
    """
    early = EarlyConfig(config)
    if EVERYWHERE in config.stash or not session_settings.is_set(early, _OPTION):
        return
    settings = session_settings.session_settings(early)
    if not settings.everywhere:
        return
    mode = Mode.EMULATED if settings.mode is Mode.AUTO else settings.mode
    if settings.is_live or mode not in _WORDS:
        raise UsageProblem(
            f"a whole process cannot be {'live' if settings.is_live else mode}, only tests",
            where=f"--qchannel-everywhere, mode={settings.mode} ({settings.origin['mode']})",
            next="take one of the two away",
        )
    tape = None
    if settings.mode in (Mode.RECORD, Mode.REPLAY):
        from pytest_qchannel.plugin.whole_tape import WholeTape

        tape = WholeTape(config, config.known_args_namespace, settings)
    else:
        settings = settings._replace(mode=Mode.EMULATED)
    whole = Everywhere(config, settings, tape)
    config.stash[EVERYWHERE], config.stash[WHOLE_RUN] = whole, whole.lane
    if whole.tape is not None:
        config.stash[TAPE_OF_RUN] = whole.tape
        config.pluginmanager.register(tape)
    config.add_cleanup(whole.end)
    config.pluginmanager.register(whole, "qchannel-everywhere")


class Everywhere:
    """The hooks of the mode, and what they remember of one run.

    Args:
        config: The run's.
        settings: The settings without any marker.
        tape: The cassette of the run, where it is recorded or replayed.
    """

    def __init__(
        self, config: pytest.Config, settings: Settings, tape: WholeTape | None = None
    ) -> None:
        self._config = config
        self._item: pytest.Item | None = None
        self._outside: list[tuple[str, str]] = []
        self._told = 0
        self._is_over = False
        self._tainted: list[tuple[BaseException, RealSecretRefused]] = []
        self._counts = [0, 0]
        self._unmet: list[dict[int, str]] = []
        self._parts: list[Part] = []
        self._part: Lane | None = None
        self._tape = tape
        self.cassettes: list[Done] = []
        """What was done with the cassette of the run."""
        self.tape = tape.tape if tape is not None else None
        rerun_command.started(start_of(config))
        try:
            self.lane: Lane = lane_of_process(settings, _BEFORE, self.tape)
        except BaseException:
            rerun_command.ended()
            if tape is not None:
                tape.close()
            raise

    def header(self) -> str:
        """One line for the terminal: what is emulated, and who asked for it."""
        asked = self.lane.settings.origin["everywhere"]
        return (
            f"qchannel: everywhere (from {asked}): this whole process is "
            f"{_WORDS[self.lane.mode]} of {self.lane.channel}"
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
        for name, shared in (("seed", "in one world with seed="), ("door", "behind one door, ")):
            mine, its = getattr(ours, name), getattr(settings, name)
            if mine != its:
                raise UsageProblem(
                    f"marker qchannel: {name}={its}, but the whole run is {shared}{mine}",
                    where=item.nodeid,
                    next=f"{rerun_command.again(f'--qchannel-{name}={its}')}, "
                    f"or run without {_OPTION.flag}",
                )

    def counts(self) -> str:
        """How much of the emulator the whole process used, pytest-xdist's workers included."""
        requests, jobs = (a + b for a, b in zip(self._counts, self._own_counts(), strict=True))
        has_world = self.lane.mode is Mode.EMULATED
        of_world = f", {counted(jobs, 'job')}" if has_world else ""
        return f"the whole process: {counted(requests, 'request')}{of_world}"

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
            # Of a module that is imported the client's errors are none of a test's.
            ended = getattr(made, "call", None) if made.failed else None
            hints = self.lane.hints(ended.excinfo.value) if ended and ended.excinfo else []
        if found or hints:
            report.fail_collection(made, found, hints)
        return made

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Begins a test: from here on what comes up is its own."""
        self._keep_as_outside()
        self._item = item
        self.lane.happens_in(item.nodeid)
        is_of_others = is_left_to_others(item, self.lane)
        self.lane.step_aside(is_of_others)
        if whole_of(item) is not None:
            settings = selection.settings_for(self._config, item)
            self._part = item.stash[LANE] = self.lane.part(settings).open()
            facts.opened(item, self._part)
            if is_of_others:
                facts.of(item)["lane"] = "pytest-recording"
        try:
            return (yield)
        except BaseException as error:
            self._remember_secret(item, error)
            raise

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Has a test's faults in everybody's world while its body runs."""
        if self.lane.mode is not Mode.EMULATED or whole_of(item) is None:
            return (yield)
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
        is_aside = self.lane.step_aside(False)
        with self._inside(f"setup of {name_of(fixturedef, request)}"):
            # Where it fails the error is shown at the test, with the problems as notes.
            try:
                made = yield
            finally:
                self.lane.step_aside(is_aside)
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
            self.lane.step_aside(False)
            if self._part is not None:  # it is not where another plugin stopped the setup before us
                self._part.close()
                if LANE in item.stash:
                    del item.stash[LANE]
                self._part = None
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
        self._ask_for_faults(session)  # what did not happen is in no recording
        self._finish_tape(session)
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[_OUTPUT] = {
                "outside": self._outside,
                "counts": self._own_counts(),
                "unmet": self.lane.unmet_faults_of_world(),
                "parts": self._parts,
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
            self._parts += output["parts"]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
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
        rerun_command.ended()
        self.lane.close()
        if self._tape is not None:
            self._tape.close()
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

    def _finish_tape(self, session: pytest.Session) -> None:
        """Saves the recording of the run, or asks for what of its cassette was not used."""
        if self._tape is None:
            return
        green = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        is_green = session.exitstatus in green and not self._outside
        done, problem = self._tape.finish(self.lane, is_green=is_green)
        self._parts += [done["part"]] if "part" in done else []
        self.cassettes.append(done)
        if problem is None and not hasattr(self._config, "workeroutput"):
            problem = self._tape.unused(self._parts)
        if problem is not None:
            said = "\n".join([str(problem), *getattr(problem, "__notes__", ())])
            self._outside.append(("the cassette of the whole run", said))

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
        has_world = self.lane.mode is Mode.EMULATED
        return [len(self.lane.requests), len(self.lane.emulator.jobs) if has_world else 0]

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
