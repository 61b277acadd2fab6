"""The pytest plugin: hooks of a line or two, and nothing imported that a run may not need.

Installed and unused it must cost milliseconds, so this module and those it imports know neither
qiskit nor vcr nor responses nor the emulator; a test holds that true.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pytest_qchannel import incompatible_plugins
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.plugin import (
    everywhere,
    faults,
    markers,
    orphan_watch,
    problems,
    report,
    selection,
    taping,
)
from pytest_qchannel.plugin.everywhere import EVERYWHERE
from pytest_qchannel.plugin.fixtures import (
    _qchannel_lane,
    ibm_cloud_service,
    ibm_quantum_platform_service,
    ibm_quantum_service,
    qchannel,
    qchannel_access_token,
    qchannel_accounts,
    qchannel_backend,
    qchannel_channel,
    qchannel_emulator,
    qchannel_rest,
    qchannel_service,
    qchannel_world,
)
from pytest_qchannel.plugin.keys import LANE, REFUSED
from pytest_qchannel.rerun_command import ended, started
from pytest_qchannel.settings import OPTIONS, Settings

__all__ = [
    "_qchannel_lane",
    "ibm_cloud_service",
    "ibm_quantum_platform_service",
    "ibm_quantum_service",
    "qchannel",
    "qchannel_access_token",
    "qchannel_accounts",
    "qchannel_backend",
    "qchannel_channel",
    "qchannel_emulator",
    "qchannel_rest",
    "qchannel_service",
    "qchannel_world",
]

_SETTINGS = pytest.StashKey[Settings]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Adds an option and an ini key for every setting."""
    with _usage_errors():
        incompatible_plugins.refuse_installed(pluginmanager)
    group = parser.getgroup("qchannel", "IBM Quantum channels (pytest-qchannel)")
    for option in OPTIONS:
        help_text = f"{option.help} (default: {option.default or 'none'})"
        shape: dict[str, Any] = {"metavar": option.metavar}
        if option.is_switch:
            shape = {"action": "store_const", "const": "1"}
        group.addoption(option.flag, dest=option.ini_key, help=help_text, **shape)
        parser.addini(option.ini_key, help_text, default="")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Refuses mistyped options before pytest does, to name the nearest one; begins early."""
    with _usage_errors():
        incompatible_plugins.refuse_loaded(early_config.pluginmanager)
        selection.check_arguments(args)
        everywhere.begin(early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Registers the markers and checks the settings once."""
    for marker in markers.MARKERS:
        config.addinivalue_line("markers", f"{marker.usage}: {marker.help}")
    config.pluginmanager.register(taping.Warnings(config))
    started(taping.start_of(config))
    config.add_cleanup(ended)
    with _usage_errors():
        config.stash[_SETTINGS] = selection.session_settings(config)
        everywhere.begin(config)  # too late for a conftest.py that loads this plugin itself
    orphan_watch.begin(config, config.stash[_SETTINGS])


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Says which lane was chosen, and why."""
    lines = [report.header(config.stash[_SETTINGS])]
    if whole := config.stash.get(EVERYWHERE, None):
        lines.append(whole.header())
    return lines


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test that uses a channel once per chosen channel."""
    if "qchannel_channel" in metafunc.fixturenames:
        try:
            names, reason = selection.channels_for(metafunc.config, metafunc.definition)
        except UsageProblem:
            return  # pytest_collection_modifyitems refuses the marker, as a usage error
        skip = [pytest.mark.skip(reason=reason)] if reason else []
        params = [pytest.param(name, marks=skip, id=name) for name in names]
        metafunc.parametrize("qchannel_channel", params, indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuses wrong markers; skips what needs a real QPU."""
    with _usage_errors(config):
        for item in items:
            selection.check_markers(config, item)
            if whole := config.stash.get(EVERYWHERE, None):
                whole.check(item)
            taping.prepare(item)
            if item.get_closest_marker("live_qpu"):
                reason = "live_qpu: needs the live lane, which does not exist yet"
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fails a test whose lane has something to complain about, even if the test swallowed it."""
    __tracebackhide__ = True
    with problems.noted(item), faults.expected(item, LANE) as unmet:
        outcome = yield
    problems.raise_all(problems.take(item) + unmet)
    return outcome


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Tells of a fixture that failed what its lane has to complain about."""
    with problems.noted(item), taping.running(item):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Decides about a test's cassette when nothing of the test is left."""
    __tracebackhide__ = True
    is_torn_down = False
    try:
        done = yield
        is_torn_down = True
    finally:
        taping.finish(item, is_torn_down=is_torn_down)
    return done


@pytest.hookimpl(optionalhook=True)
def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    """Puts our cassette in the place of pytest-recording's, for tests with our fixtures."""
    taping.takes_over(config, vcr)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows problems where a unittest test failed by itself; hides the traceback of a secret."""
    problems.gather(item)  # a subtest is reported before the test has ended
    ours = call.excinfo.value if call.excinfo else None
    made = yield
    taping.passed(item, made)
    if problems.replaced(item, call, ours) and made.failed:
        made.longrepr = pytest.TestReport.from_item_and_call(item, call).longrepr
    if REFUSED in item.stash and not isinstance(made.longrepr, tuple | None):
        made.longrepr = report.without_traceback(item.stash[REFUSED])
    if isinstance(ours, Exception) and call.when != "call" and report.is_about_cassettes(ours):
        made.longrepr = report.without_traceback(ours)
    taping.hide(item, made)
    return made


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Ends the run with the usage error of a pytest-xdist worker, which cannot show it."""
    if said := getattr(node, "workeroutput", {}).get(report.PROPERTY):
        raise pytest.UsageError(said)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Says how many tests ran in which lane."""
    line = report.summary(terminalreporter.stats)
    if whole := config.stash.get(EVERYWHERE, None):
        line = f"{line or 'qchannel: no test'}; {whole.counts()}"
    lines = [line] if line else []
    for told in (*lines, *report.cassette_lines(terminalreporter.stats)):
        terminalreporter.write_line(told)


@contextmanager
def _usage_errors(config: pytest.Config | None = None) -> Iterator[None]:
    """Turns our usage problems into pytest's: exit 4, no traceback."""
    try:
        yield
    except UsageProblem as problem:
        if config is not None and hasattr(config, "workeroutput"):
            config.workeroutput[report.PROPERTY] = str(problem)
        raise pytest.UsageError(str(problem)) from None
