"""The pytest plugin: hooks of a line or two, and nothing imported that a run may not need.

Installed and unused it must cost milliseconds, also where there is no bytecode and pytest compiles
our modules at every start. So this module and those it imports are small; :mod:`.start` is loaded
where something of ours is set, :mod:`.our_tests` by the first test that uses us. A test holds that
true.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_qchannel import markers
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.options import OPTIONS, may_be_meant, names_a_lane
from pytest_qchannel.plugin import keys
from pytest_qchannel.plugin.fixtures import (
    _qchannel_apart,
    _qchannel_part,
    fixtures,
    qchannel_world,
    scope_of_settings,
)
from pytest_qchannel.uses import Uses

if TYPE_CHECKING:  # each name here is one that pytest looks at for a fixture
    from collections.abc import Generator, Iterable, Iterator
    from typing import Any

    from pytest_qchannel.plugin.hints import Hints
    from pytest_qchannel.plugin.our_tests import OurTests
    from pytest_qchannel.plugin.record.ending import RunRecord

__all__ = ["_qchannel_apart", "_qchannel_part", "qchannel_world"]

globals().update(fixtures(scope_of_settings))

_FOR_WANT_OF_US = (
    "CannotOverwriteExistingRequestException",
    "ConnectionError",
    "FixtureLookupError",
    "HTTPError",
    "KeyError",
    "TypeError",
)
"""Errors that a test may end with because it has no fixture of ours, where no client is loaded."""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Adds an option and an ini key for every setting."""
    with _usage_errors():
        _refuse_incompatible(pluginmanager)
    group = parser.getgroup("qchannel", "IBM Quantum channels (pytest-qchannel)")
    for option in OPTIONS:
        default = "off" if option.is_switch else option.default or "none"
        help_text = f"{option.help} (default: {default})"
        shape: dict[str, Any] = {"metavar": option.metavar}
        if option.is_switch:
            shape = {"action": "store_const", "const": "1"}
        group.addoption(option.flag, dest=option.ini_key, help=help_text, **shape)
        parser.addini(option.ini_key, help_text, default="")


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, args: list[str]
) -> Generator[None, None, None]:
    """Refuses mistyped options before pytest does, naming the nearest; begins what is set."""
    with _usage_errors():
        _refuse_incompatible(early_config.pluginmanager)
        _begin(early_config, args)
    _watch_network(early_config)
    try:
        yield
    except Exception as error:
        _hints().conftest_failed(early_config, error)
        raise
    finally:
        _tell_too_early(early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Registers the markers and checks the settings once."""
    for shown in markers.HELP.values():
        config.addinivalue_line("markers", shown)
    with _usage_errors():
        _begin(config)
    _watch_network(config)  # where a conftest.py loads this plugin itself
    _begin_record(config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Says which client there is, which lane was chosen, and why."""
    told = (f"{option.name}={option.default} (default)" for option in OPTIONS if option.is_told)
    first, *more = config.stash.get(keys.HEADER, [f"qchannel: {', '.join(told)}"])
    client = metadata.version("qiskit-ibm-runtime")
    return [first.replace("qchannel: ", f"qchannel: client {client}, ", 1), *more]


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test that uses a channel once per chosen channel."""
    names = metafunc.fixturenames
    if "qchannel_channel" in names or (
        keys.LANE_FIXTURE not in names
        and any(mark.name in markers.LENDING for mark in metafunc.definition.iter_markers())
    ):
        _our_tests(metafunc.config).choose_channels(metafunc)
    elif keys.WHOLE_RUN in metafunc.config.stash:
        _our_tests(metafunc.config).watch_ids(metafunc)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fails the collection of a module that reaches for IBM before it is known who uses us."""
    _tell_too_early(collector.config)
    made = yield
    if found := collector.config.stash.get(keys.TOO_EARLY, None):
        made.outcome, made.longrepr = "failed", "\n".join(map(str, found))
        found.clear()
    elif made.failed:
        _hints().collection_failed(collector, made)
    return made


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    """Finds the tests that use us, also by a marker of a conftest.py; refuses wrong markers."""
    everyone = list(items)
    _prepare(config, items)
    yield
    _prepare(config, items)
    if keys.OUR_TESTS in config.stash or names_a_lane(config.option):
        with _usage_errors(config):
            _our_tests(config).prepare_units(everyone, items)


def _prepare(config: pytest.Config, items: list[pytest.Item]) -> None:
    with _usage_errors(config):
        for item in items:
            if keys.OURS not in item.stash and (keys.WHOLE_RUN in config.stash or _has_ours(item)):
                _our_tests(config).prepare(item)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Leaves the network to the tests, which are known now but to pytest-xdist's controller."""
    _tell_too_early(session.config)
    if session.items and (uses := session.config.stash.get(keys.EARLY, None)):
        uses.end()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Tells of a fixture that failed what its lane has to complain about."""
    item.config.stash[keys.RUNNING] = item  # pytest-recording's hook does not tell
    try:
        return (yield)
    except (Exception, pytest.fail.Exception) as error:
        if keys.OURS in item.stash:
            _our_tests(item.config).setup_failed(item, error)
        raise
    finally:
        del item.config.stash[keys.RUNNING]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fails a test whose lane has something to complain about, even if the test swallowed it."""
    __tracebackhide__ = True
    try:
        outcome = yield
    except (Exception, pytest.fail.Exception) as error:
        # (Only now: the body may have asked for a fixture of ours by name.)
        if keys.OURS in item.stash:
            _our_tests(item.config).body_failed(item, error)
        raise
    if keys.OURS in item.stash:
        _our_tests(item.config).body_passed(item)
    return outcome


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Decides about a test's cassette when nothing of the test is left."""
    __tracebackhide__ = True
    is_torn_down, error = False, None
    try:
        try:
            done = yield
            is_torn_down = True
        finally:
            if keys.OUR_TESTS in item.config.stash:  # it may be the last of those that share a lane
                _our_tests(item.config).torn_down(item, is_torn_down=is_torn_down)
    except BaseException as failed:
        error = failed
        raise
    finally:
        emulation = sys.modules.get("pytest_qchannel.lanes.emulation")
        if emulation is not None and keys.LANE_FIXTURE not in getattr(item, "fixturenames", ()):
            emulation.end_left(f"{item.nodeid} (call)", error)
    return done


@pytest.hookimpl(optionalhook=True)
def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    """Puts our cassette in the place of pytest-recording's, for tests with our fixtures."""
    item = config.stash.get(keys.RUNNING, None)
    if item is not None and keys.OURS in item.stash:
        _our_tests(config).take_over(item, vcr)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows what a failed test sent, and problems; hides the traceback of a secret."""
    if keys.OURS in item.stash:
        return (yield from _our_tests(item.config).report(item, call))
    made = yield
    if keys.OUR_TESTS in item.config.stash:
        _our_tests(item.config).report_of_other(item, made)
    failed = call.excinfo.typename if made.failed and call.excinfo else ""
    if failed in _FOR_WANT_OF_US or (failed and "qiskit_ibm_runtime" in sys.modules):
        _hints().test_failed(item, call, made)
    return made


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Ends the run with the usage error of a pytest-xdist worker, which cannot show it."""
    if said := getattr(node, "workeroutput", {}).get(keys.REFUSAL):
        _hints().run_ends(node.config)
        raise pytest.UsageError(said)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Says how many tests ran in which lane, and what became of cassettes."""
    stash = config.stash
    if keys.RECORD in stash or keys.WHOLE_RUN in stash or keys.STOPPED in stash:
        _record(config).show(terminalreporter)


def _our_tests(config: pytest.Config) -> OurTests:
    """What is done with the tests that use us; most runs have none."""
    from pytest_qchannel.plugin.our_tests import OurTests

    if not hasattr(config, "workerinput"):
        _listen(config)  # a test may ask for a fixture by name, when it runs
    return OurTests.of(config)


def _hints() -> type[Hints]:
    """What tests that need not use us are told of mistakes."""
    from pytest_qchannel.plugin.hints import Hints

    return Hints


def _begin_record(config: pytest.Config) -> None:
    """Begins the record of a run that writes something anyway, or whose tests run elsewhere."""
    if hasattr(config, "workerinput"):
        return
    is_written = keys.REPORTS in config.stash or keys.PAGES in config.stash
    if is_written or getattr(config.option, "dist", "no") != "no":
        _listen(config)
    if is_written:
        _record(config)
    step = os.environ.get("GITHUB_STEP_SUMMARY")
    if step and "PYTEST_CURRENT_TEST" not in os.environ:  # no run that a test has started
        config.stash.setdefault(keys.PAGES, []).append((Path(step), "a"))


def _listen(config: pytest.Config) -> None:
    """Listens to reports from now on."""
    from pytest_qchannel.plugin.telling import Telling

    Telling.begin(config, _record)


def _record(config: pytest.Config) -> RunRecord:
    """What is known of the tests that used us, in the process that shows it."""
    from pytest_qchannel.plugin.record.ending import RunRecord

    return RunRecord.of(config)


def _refuse_incompatible(pluginmanager: pytest.PytestPluginManager) -> None:
    """Refuses plugins that cannot stand beside pytest-recording, where one of them is there."""
    if find_spec("cassetter") or pluginmanager.has_plugin("vcr"):
        from pytest_qchannel import incompatible_plugins

        incompatible_plugins.refuse(pluginmanager)


def _begin(config: pytest.Config, args: list[str] | None = None) -> None:
    """Checks what is set, and begins what it asks for: before conftest.py is loaded, and after."""
    if _is_anything_set(config, args or ()):
        from pytest_qchannel.plugin import start

        start.begin(config, args)


def _watch_network(config: pytest.Config) -> None:
    """Has whoever uses the network looked at until it is known which tests there are."""
    if keys.EARLY in config.stash or keys.WHOLE_RUN in config.stash:
        return

    def told(name: str, given: object) -> None:
        from pytest_qchannel.plugin import before_tests

        before_tests.check(config, name, given)

    uses = config.stash[keys.EARLY] = Uses(told)
    config.stash[keys.TOO_EARLY] = []
    config.add_cleanup(uses.end)
    uses.begin()


def _tell_too_early(config: pytest.Config) -> None:
    """Raises what came up before it was known which tests there are, though it was swallowed."""
    for problem in config.stash.get(keys.TOO_EARLY, ()):
        with _usage_errors(config):
            raise UsageProblem(str(problem))


def _is_anything_set(config: pytest.Config, args: Iterable[str] = ()) -> bool:
    """Whether there may be a setting, a mistyped one included, or a folder of cassettes.

    Without any, all settings have their defaults and nothing can be wrong with them.
    """
    ini = config.inipath.read_text(encoding="utf-8", errors="replace") if config.inipath else ""
    overrides = getattr(config.option, "override_ini", None) or ()
    folders = (config.rootpath, config.invocation_params.dir)
    return (
        may_be_meant(os.environ, args, (ini, *overrides))
        or any(getattr(config.option, option.ini_key, None) is not None for option in OPTIONS)
        or any((one / "cassettes").is_dir() for one in folders)
    )


def _has_ours(item: pytest.Item) -> bool:
    """Whether a test has a fixture or marker of ours, or a marker that may be meant so."""
    return keys.LANE_FIXTURE in getattr(item, "fixturenames", ()) or any(
        mark.name in markers.HELP or markers.is_mistyped(mark.name, item.config.getini("markers"))
        for mark in item.iter_markers()
    )


@contextmanager
def _usage_errors(config: pytest.Config | None = None) -> Iterator[None]:
    """Turns our usage problems into pytest's: exit 4, no traceback."""
    try:
        yield
    except UsageProblem as problem:
        if config is not None:
            _hints().run_ends(config)
            if hasattr(config, "workeroutput"):
                config.workeroutput[keys.REFUSAL] = str(problem)
        raise pytest.UsageError(str(problem)) from None
