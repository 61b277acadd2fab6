"""Hooks that see which tests use which cassettes; registered where there is a folder of them."""

from __future__ import annotations

import inspect
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_qchannel.cassette.disk.unused import Seen, UnusedCassette, exists_in, find
from pytest_qchannel.paths import shown
from pytest_qchannel.plugin import selection, session_settings, taping, unused
from pytest_qchannel.plugin.keys import TAPE_OF_RUN
from pytest_qchannel.plugin.unused import Collected
from pytest_qchannel.settings import CHANNELS, OPTION_BY_NAME, Settings
from pytest_qchannel.units import scope_of

if TYPE_CHECKING:
    from pytest_qchannel.cassette.disk.inventory import CassetteFile

__all__ = ["WATCH", "UnusedWatch", "begin"]

WATCH: Final[pytest.StashKey[UnusedWatch]] = pytest.StashKey()
"""Of a run: what it knows of its cassettes, where there is a folder of them."""

_OUTPUT: Final = "qchannel_unused"


def begin(config: pytest.Config, settings: Settings) -> None:
    """Watches a run that has a folder of cassettes."""
    watch = UnusedWatch(config, settings)
    if any(one.is_dir() for one in watch.folders):
        config.stash[WATCH] = watch
        config.pluginmanager.register(watch, "qchannel-unused")


class UnusedWatch:
    """Gathers what is collected, and tells which cassettes no test uses.

    Args:
        config: The run's.
        settings: The settings without any marker.
    """

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self.base = session_settings.base_of(config)
        self.folder = taping.folder_for(config, settings)
        each = [taping.folder_for(config, settings, channel) for channel in CHANNELS]
        self.folders = list(dict.fromkeys([self.folder, *each]))
        self._collected = Collected()
        self._found: list[list[UnusedCassette]] = []

    def found(self) -> list[UnusedCassette]:
        """The cassettes that no test uses, and that are still there."""
        return [one for one in unused.common(self._found) if Path(one.path).exists()]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Sees what a collector has, before it is known which of it was asked for."""
        children = report.result or ()
        self._collected.saw(
            report.nodeid,
            passed=report.passed,
            tests=[one.nodeid for one in children if isinstance(one, pytest.Item)],
            inner=[one.nodeid for one in children if isinstance(one, pytest.Collector)],
        )

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Sees all tests before any is deselected."""
        everyone = list(items)
        yield
        found = self._look(everyone)
        self._found = [found]
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[_OUTPUT] = [tuple(one) for one in found]

    def _look(self, items: list[pytest.Item]) -> list[UnusedCassette]:
        from pytest_qchannel.cassette.disk.inventory import cassettes_in

        kept = [one for folder in self.folders for one in cassettes_in(folder)]
        if not kept:
            return []
        of_run = self._config.stash.get(TAPE_OF_RUN, None)
        used: set[Path] = set() if of_run is None else {of_run.place.path}
        idle: dict[Path, str] = {}
        for item in items:
            if taping.has_lane(item):
                self._sort(item, used, idle)
        others = [item for item in items if not taping.has_lane(item)]
        asking = {taping.test_id(item) for item in others if _may_ask(item)}
        used.update(one.path for one in kept if one.test in asking)
        without = {taping.test_id(item) for item in others}
        idle_here = {taping.test_id(item) for item in items if not self._replays(item)}
        used.update(self._of_whole_runs(kept, idle_here))
        for one in kept:
            if one.test in without:
                idle.setdefault(one.path, "its test uses no fixture of qchannel")
        return find(kept, Seen(used, idle, self._whole(items)), self._exists, _tests_in)

    def _of_whole_runs(self, kept: list[CassetteFile], idle: set[str]) -> Iterator[Path]:
        """What ``--qchannel-everywhere`` records: of tests, too, that this run does not replay."""
        if TAPE_OF_RUN in self._config.stash:
            yield self._config.stash[TAPE_OF_RUN].place.path
        for one in kept:
            if scope_of(one.test) == "session" and not idle.isdisjoint(_tests_in(one)):
                yield one.path

    def _replays(self, item: pytest.Item) -> bool:
        """Whether a test uses a cassette in whatever run."""
        settings = selection.settings_for(self._config, item)
        is_marked = item.get_closest_marker("vcr") is not None
        return taping.has_lane(item) and unused.uses(settings, is_marked=is_marked)

    def _sort(self, item: pytest.Item, used: set[Path], idle: dict[Path, str]) -> None:
        """Puts the cassettes of a test where they belong."""
        settings = selection.settings_for(self._config, item)
        place = taping.place_of(item, settings)
        if not self._replays(item):
            mode = f"mode={settings.mode.value}, {settings.origin['mode']}"
            idle[place.path] = f"{unused.UNMARKED} ({mode})"
            return
        used.add(place.path)
        params = getattr(getattr(item, "callspec", None), "params", {})
        test = taping.test_id(item)
        kin = unused.kin(test, params.get("qchannel_channel"), settings)
        if scope_of(place.test_id) is not None:
            why = f"its test shares the cassette {place.path.relative_to(place.root).as_posix()}"
            each = [(root, one) for root in self.folders for one in (test, *kin)]
            idle.update({type(place).of(root, one).path: why for root, one in each})
        elif place.is_shared:
            own = type(place).of(place.root, place.test_id).path
            idle[own] = f"its test uses the cassette {place.path.name}"
        else:
            used |= {type(place).of(root, one).path for one in kin for root in self.folders}

    def _whole(self, items: list[pytest.Item]) -> set[str]:
        """The modules that were collected as a whole, as test ids name them."""
        if self._config.getoption("lf", False):
            return set()  # --lf leaves out tests and modules before they are collected
        whole = self._collected.whole({item.nodeid for item in items})
        return {taping.test_id_at(self._config, node) for node in whole if node}

    def _exists(self, module: str) -> bool:
        return exists_in(module, self.base, self._config.rootpath)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes over what a pytest-xdist worker found: each of them collects everything."""
        output = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if output is not None:
            self._found.append([UnusedCassette(*one) for one in output])

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Fails a strict run that has unused cassettes."""
        done = yield
        if (
            self._settings.strict_cassettes
            and not hasattr(self._config, "workeroutput")
            and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
            and self.found()
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return done

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tells of them: in one line, or one by one where they fail the run."""
        found = self.found()
        if not found:
            return
        command = unused.COMMAND
        folder = next(one for one in self.folders if Path(found[0].path).is_relative_to(one))
        is_typed = self._settings.origin["cassettes"] == OPTION_BY_NAME["cassettes"].flag
        if is_typed or folder != self.base / self._settings.cassettes:
            command += f" {self._shown(str(folder))}"
        if not self._settings.strict_cassettes:
            told = f"{unused.told(found)}{unused.hint(found)}"
            terminalreporter.write_line(f"qchannel: {told}; {command} lists and removes them")
            return
        for line in unused.message(found, self._shown, command):
            terminalreporter.write_line(line, red=True)

    def _shown(self, path: str) -> str:
        return shown(path, self._config.invocation_params.dir)


def _tests_in(kept: CassetteFile) -> Iterable[str]:
    """The tests that share a cassette, by its index."""
    return taping.recorded_tests(kept.path)


def _may_ask(item: pytest.Item) -> bool:
    """Whether a test can have a fixture of ours by its name, which nobody knows until it runs."""
    function = getattr(item, "function", None)
    return function is not None and "request" in inspect.signature(function).parameters
