"""Known secrets are taken out of what pytest tells of a test: ids, warnings, properties."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import pytest
from _pytest.junitxml import xml_key

from pytest_qchannel.cassette.standin_shapes import is_standin
from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.plugin.keys import ATTRIBUTE, IS_FINISHED, LIVE, TAPE, TAPE_OF_RUN
from pytest_qchannel.plugin.sharing import Unit, unit_of
from pytest_qchannel.secret import hide_all

if TYPE_CHECKING:
    from pytest_qchannel.lanes.tapes import RecordTape, ReplayTape

__all__ = [
    "HIDER",
    "HIDING",
    "Hiding",
    "hidden",
    "hide",
    "hide_facts",
    "hide_outcome",
    "hide_warning",
    "tape_in_use",
]

HIDING: Final = "qchannel-hiding"
"""The name of :class:`Hiding` among the plugins."""

Hide = Callable[[str], str]

_SET: Final = type(pytest.param())

HIDER: Final[pytest.StashKey[Hide]] = pytest.StashKey()
"""Of a run: takes secrets out of what is told of the test with a cassette that ran last."""


def hidden(value: object, hide: Hide) -> object:
    """A value as it was, or without the secrets: as text where it is no list and no mapping."""
    shown = str(value)
    if hide(shown) == shown:
        return value
    if isinstance(value, Mapping):
        return {hidden(name, hide): hidden(one, hide) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [hidden(one, hide) for one in value]
    return hide(shown)


def hide_facts(report: pytest.TestReport, hide: Hide) -> None:
    """Takes secrets out of the facts of a test: in place, for its reports before have the same."""
    facts = getattr(report, ATTRIBUTE, None)
    if facts is not None:
        facts.update(hidden(facts, hide))


def tape_in_use(item: pytest.Item) -> ReplayTape | RecordTape | None:
    """The tape of a test, of its unit, or of the whole run, until the test's last report."""
    return _tape_of(item, unit_of(item))


def _tape_of(item: pytest.Item, unit: Unit | None) -> ReplayTape | RecordTape | None:
    tape = item.stash.get(TAPE, None) if unit is None else unit.tape
    return tape if tape is not None else item.config.stash.get(TAPE_OF_RUN, None)


def hide(item: pytest.Item, report: pytest.TestReport) -> None:
    """Takes the secrets that are known out of a test's report, before anybody shows it.

    Those of the person in any case; where there is a cassette, those that it saw, too.
    """
    unit = unit_of(item)
    tape = _tape_of(item, unit)
    hiding = item.config.pluginmanager.get_plugin(HIDING)
    if tape is None:
        if hiding is not None and LIVE not in item.config.stash:  # which looks for itself
            _take_out(report, hiding.hide)
        return
    item.config.stash[HIDER] = tape.hide
    hide = tape.hider()
    if report.when == "teardown":  # the last report: of the traffic nothing stays in memory
        if TAPE in item.stash:
            del item.stash[TAPE]
            item.stash[IS_FINISHED] = False
        elif unit is not None and unit.lane is None:
            unit.tape = None
        item.config.stash[HIDER] = hide
        if hiding is not None:
            hiding.hide_properties(hide)
    _take_out(report, hide)


def _take_out(report: pytest.TestReport, hide: Hide) -> None:
    hide_outcome(report, hide)
    if _has_secret((text for pair in report.user_properties for text in pair), hide):
        report.user_properties = [
            (hide(name), hidden(value, hide)) for name, value in report.user_properties
        ]
    if report.failed or report.when == "teardown":  # no other has a word of the test's in its facts
        hide_facts(report, hide)
    if _has_secret(report.keywords, hide):
        report.keywords = {hide(name): one for name, one in report.keywords.items()}


def hide_outcome(report: pytest.TestReport | pytest.CollectReport, hide: Hide) -> None:
    """Takes secrets out of what was printed, and out of why a report is not green."""
    report.sections = [(hide(title), hide(text)) for title, text in report.sections]
    if reason := getattr(report, "wasxfail", ""):
        report.wasxfail = hide(reason)  # type: ignore[union-attr]  # pytest adds it
    if isinstance(report.longrepr, tuple):  # of a skip: file, line and reason
        report.longrepr = (*report.longrepr[:2], hide(report.longrepr[2]))
    elif report.longrepr is not None:
        shown = str(report.longrepr)
        if (told := hide(shown)) != shown:
            report.longrepr = told


def hide_warning(warning: warnings.WarningMessage, hide: Hide) -> None:
    """Takes secrets out of what a warning says."""
    shown = str(warning.message)
    if (told := hide(shown)) != shown:
        warning.message = UserWarning(told)
        warning.category = UserWarning


def _has_secret(values: Iterable[object], hide: Hide) -> bool:
    """Whether something is to be taken out of many values; mostly there is nothing."""
    text = "\n".join(map(str, values))
    return text != "" and hide(text) != text


def _shown_in_id(value: object) -> str:
    """What pytest makes an id of, or nothing where it counts instead."""
    if isinstance(value, bytes):
        return value.decode("ascii", "backslashreplace")
    if isinstance(value, re.Pattern):
        return _shown_in_id(value.pattern)
    if isinstance(value, str | int | float | complex | Enum):
        return str(value)
    name = getattr(value, "__name__", "")
    return name if isinstance(name, str) else ""


class Hiding:
    """What has no report of its own: the ids of tests, their warnings, properties of the run.

    Args:
        config: The run's: the hooks do not tell.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._known = [
            one for one in secrets_of_person() if one.is_searchable and not is_standin(one.reveal())
        ]

    def watch_ids(self, metafunc: pytest.Metafunc) -> None:
        """Takes credentials out of the ids that a test's parameters are given by hand.

        An id goes far: to the terminal, into JUnit's report and pytest's cache.
        """
        if not self._known:
            return
        parametrize = metafunc.parametrize

        def watched(
            argnames: Any, argvalues: Iterable[Any], *args: Any, ids: Any = None, **kwargs: Any
        ) -> None:
            sets = [self._without_id(one) for one in argvalues]
            parametrize(argnames, sets, *args, ids=self._ids(ids), **kwargs)

        metafunc.parametrize = watched  # type: ignore[method-assign]  # there is no hook for them

    def _without_id(self, values: object) -> object:
        if isinstance(values, _SET) and isinstance(values.id, str):
            return values._replace(id=self.hide(values.id))
        return values

    def _ids(self, ids: Any) -> Any:
        if ids is None:
            return None
        if callable(ids):
            return lambda value: self._told(ids(value))
        told = map(self._told, ids)
        return list(told) if hasattr(ids, "__len__") else told

    def _told(self, name: object) -> object:
        return self.hide(name) if isinstance(name, str) else name

    def hide(self, text: str) -> str:
        """A text without the person's own credentials."""
        return hide_all(text, self._known)

    @pytest.hookimpl(tryfirst=True)
    def pytest_make_parametrize_id(self, val: object) -> str | None:
        """The id of a parameter that is a credential, or has one in it."""
        shown = _shown_in_id(val)
        told = self.hide(shown)
        return told if told != shown else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, when: str) -> None:
        """Pytest tells a test's warnings after its last report."""
        if when != "runtest":
            return
        hide = self._config.stash.get(HIDER, self.hide)
        warning_message.filename = hide(str(warning_message.filename))
        hide_warning(warning_message, hide)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """A subtest's report: its title, and what was printed in it, come after it was made."""
        context, hide = getattr(report, "context", None), self._config.stash.get(HIDER, self.hide)
        if context is None:
            return
        report.sections = [(hide(title), hide(text)) for title, text in report.sections]
        told = {"msg": context.msg, "kwargs": dict(context.kwargs)}
        for name, value in told.items():  # it is frozen, of whichever class
            object.__setattr__(context, name, hidden(value, hide))

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """What ``pytest.exit`` was given stands at the end of the run, in no report."""
        if isinstance(excinfo.value, pytest.exit.Exception):
            hide = self._config.stash.get(HIDER, self.hide)
            excinfo.value.args = tuple(hide(str(one)) for one in excinfo.value.args)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """What a fixture of the session has written at its end."""
        self.hide_properties(self._config.stash.get(HIDER, self.hide))

    def hide_properties(self, hide: Hide) -> None:
        """Takes secrets out of what ``record_testsuite_property`` has noted until now."""
        xml = self._config.stash.get(xml_key, None)
        if xml is not None:
            noted = xml.global_properties
            noted[:] = [(hide(name), hide(str(value))) for name, value in noted]
