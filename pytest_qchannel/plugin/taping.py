"""Tests with cassettes in a run: which there are, their tapes, and what became of them.

pytest-recording opens the cassette of a test that has its marker; for a test with our fixtures we
take its place at its hook, and leave every other test to it.
"""

from __future__ import annotations

import inspect
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_qchannel.cassette.naming import root_of
from pytest_qchannel.channels.client import (
    client_version,
    default_channel,
    reason_of,
    require_channel,
)
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.errors import ChannelUnavailable, UsageProblem, nearest
from pytest_qchannel.lanes.decide import Asked, Plan, decide, require_source
from pytest_qchannel.markers import FAULT
from pytest_qchannel.plugin import selection, session_settings
from pytest_qchannel.plugin.command_line import typed_options
from pytest_qchannel.plugin.keys import (
    HAS_MISSED,
    IS_FINISHED,
    LANE_FIXTURE,
    PASSED,
    TAPE,
    TAPE_OF_RUN,
    WHOLE_RUN,
)
from pytest_qchannel.plugin.record import facts
from pytest_qchannel.plugin.sharing import channel_of, unit_of
from pytest_qchannel.settings import Door, Mode, Settings
from pytest_qchannel.units import is_grouped

if TYPE_CHECKING:
    from pytest_qchannel.lanes.tapes import Place, RecordTape, ReplayTape

__all__ = [
    "asked",
    "finish",
    "folder_for",
    "has_lane",
    "passed",
    "place_for",
    "place_of",
    "plan_of",
    "prepare",
    "prepare_shared",
    "recorded_tests",
    "takes_over",
    "tape_of",
    "test_id",
    "test_id_at",
]

_NOT_TAPED = ("qchannel_emulator",)
_DEFAULT_NAME = "default_cassette"


def has_lane(item: pytest.Item) -> bool:
    """Whether a test uses our fixtures."""
    return LANE_FIXTURE in getattr(item, "fixturenames", ())


def test_id(item: pytest.Item) -> str:
    """The id of a test, relative to :func:`.session_settings.base_of`."""
    node, has_group = item.nodeid, getattr(item.config.option, "loadgroup", False)
    if has_group and item.get_closest_marker("xdist_group") and is_grouped(node):
        node = node.rpartition("@")[0]
    return session_settings.id_of(item.config, node, item.path)


def test_id_at(config: pytest.Config, node: str) -> str:
    """A node's id, relative to :func:`.session_settings.base_of`."""
    return session_settings.id_of(config, node)


def place_of(item: pytest.Item, settings: Settings) -> Place:
    """Where a test's cassette lies."""
    unit, channel = unit_of(item), channel_of(item)
    if unit is not None:
        return place_for(item.config, settings, channel, unit.id)
    named = item.stash.get(_OWN_NAME, None)
    return place_for(item.config, settings, channel, test_id(item), named)


def place_for(
    config: pytest.Config,
    settings: Settings,
    channel: str | None,
    test: str,
    named: str | None = None,
) -> Place:
    """Where the cassette of a test, or of a unit, lies on a channel."""
    from pytest_qchannel.lanes.tapes import Place

    return Place.of(folder_for(config, settings, channel), test, named)


def recorded_tests(index: Path) -> tuple[str, ...]:
    """The tests that share a cassette, by its index."""
    from pytest_qchannel.lanes import tapes

    return tapes.recorded_tests(index)


def folder_for(config: pytest.Config, settings: Settings, channel: str | None = None) -> Path:
    """The folder of the cassettes of a channel; by default of the first that tests run on."""
    first = settings.channel[0] if settings.channel else default_channel().name
    folder = root_of(settings.cassettes, client_version(), channel or first)
    return session_settings.base_of(config) / folder


_OWN_NAME = pytest.StashKey[str]()


def asked(item: pytest.Item, of_config: str | None) -> Asked:
    """What pytest-recording is asked to do with a test; ``vcr_config`` is known in its setup."""
    marks = list(item.iter_markers("vcr"))
    options = item.config.option
    of_line = getattr(options, "record_mode", None)
    of_marks = next((m.kwargs["record_mode"] for m in marks if "record_mode" in m.kwargs), None)
    # As pytest-recording has it: the marker wins over its fixture, that over the command line.
    said = (("the marker vcr", of_marks), ("vcr_config", of_config), ("--record-mode", of_line))
    source, record_mode = next((one for one in said if one[1]), ("--record-mode", None))
    return Asked(
        is_marked=bool(marks),
        record_mode=record_mode,
        source=source,
        is_disabled=bool(getattr(options, "disable_recording", False)),
        typed=typed_options(item.config),
    )


def plan_of(item: pytest.Item, of_config: str | None = None) -> tuple[Plan, Settings]:
    """What is done with a test that uses our fixtures, and its settings.

    Args:
        item: The test.
        of_config: The record mode of the fixture ``vcr_config``, if it has one.

    Raises:
        UsageProblem: Settings contradict each other.
    """
    settings = selection.settings_for(item.config, item)
    if selection.is_of_whole(item.config, settings):
        return Plan(item.config.stash[WHOLE_RUN].mode), settings
    said = asked(item, of_config)
    plan = decide(settings, said, item.nodeid, lambda: place_of(item, settings).exists())
    return plan, settings


def prepare(item: pytest.Item) -> None:
    """Looks at a collected test: what it asks for must be possible.

    Raises:
        UsageProblem: It is not.
    """
    if not has_lane(item):
        return
    marks = list(item.iter_markers("vcr"))
    for mark in marks:
        _check_mark(mark, item.nodeid)
    named = item.get_closest_marker(_DEFAULT_NAME)
    if named is not None and named.args:
        item.stash[_OWN_NAME] = str(named.args[0])
    if unit_of(item) is not None:
        return  # what is done with all of them is known when all are
    plan, settings = plan_of(item)
    if plan.mode is Mode.RECORD and settings.mode is Mode.RECORD:
        is_own = settings.origin["mode"] == "the qchannel marker"
        require_source(settings, test_id(item) if is_own else None)
    _fit(item, plan, settings)


def prepare_shared(item: pytest.Item, plan: Plan, where: str) -> None:
    """Looks at a test that shares its cassette, by what is done with all of ``where``.

    Raises:
        UsageProblem: It asks for a cassette of its own.
    """
    if plan.has_tape and _OWN_NAME in item.stash:
        raise UsageProblem(
            f"a test with the marker {_DEFAULT_NAME} has a cassette of its own, and this one "
            f"shares that of {where}",
            where=item.nodeid,
            next=f"take the marker {_DEFAULT_NAME} from the test",
        )
    said = [name for mark in item.iter_markers("vcr") for name in mark.kwargs]
    if plan.has_tape and (others := [name for name in said if name != "record_mode"]):
        raise UsageProblem(
            f"marker vcr: {others[0]} is of one test, and the cassette is of {where}",
            where=item.nodeid,
            next="say it in the fixture vcr_config, with a scope as wide",
        )
    _fit(item, plan, selection.settings_for(item.config, item))


def _fit(item: pytest.Item, plan: Plan, settings: Settings) -> None:
    """Makes a test fit what is going to be done with it."""
    marks = list(item.iter_markers("vcr"))
    if plan.mode is Mode.EMULATED:
        _open_loopback(item, plan, settings)
        return
    if reason := _needs_emulator(item):
        if marks:
            raise UsageProblem(
                f"a test with the marker vcr {reason}, which is there in the emulated lane only",
                where=item.nodeid,
                next="take the marker vcr from the test, or run it with --qchannel-mode=emulated",
            )
        item.add_marker(pytest.mark.skip(reason=f"{plan.mode}: {reason} (emulated lane only)"))
    _open_loopback(item, plan, settings)
    if reason := _missing_channel(item):
        item.add_marker(pytest.mark.skip(reason=reason))  # before a cassette is looked for
    if marks:
        # With --record-mode=rewrite pytest-recording removes the file of this name: it is nobody's.
        item.add_marker(getattr(pytest.mark, _DEFAULT_NAME)("qchannel-has-its-own"), append=False)


def _open_loopback(item: pytest.Item, plan: Plan, settings: Settings) -> None:
    """Lets pytest-recording's ``block_network`` leave the door on 127.0.0.1 alone."""
    name = "block_network"
    mark = item.get_closest_marker(name)
    is_blocked = mark is not None or getattr(item.config.option, name, False)
    if is_blocked and (plan.mode is Mode.RECORD or settings.door is Door.LOOPBACK):
        before = mark.kwargs.get("allowed_hosts") if mark is not None else None
        more = [before] if isinstance(before, str) else list(before or ())
        allowed = [*more, r"127\.0\.0\.1"]
        item.add_marker(getattr(pytest.mark, name)(allowed_hosts=allowed), append=False)


def _needs_emulator(item: pytest.Item) -> str | None:
    """What of a test there is in the emulated lane only."""
    names = getattr(item, "fixturenames", ())
    used = next((name for name in _NOT_TAPED if name in names), None)
    if used:
        return f"uses the fixture {used}"
    return "has a fault" if item.get_closest_marker(FAULT) else None


def _missing_channel(item: pytest.Item) -> str | None:
    """Why a test cannot have its service: the installed client lacks the channel."""
    names = getattr(item, "fixturenames", ())
    needed = [name for name in CHANNEL_BY_NAME if f"{name}_service" in names]
    if "qchannel_service" in names and hasattr(item, "callspec"):
        needed += [one for one in [item.callspec.params.get("qchannel_channel")] if one]
    try:
        for name in needed:
            require_channel(CHANNEL_BY_NAME[name])
    except ChannelUnavailable as missing:
        return reason_of(missing)
    return None


def _check_mark(mark: pytest.Mark, where: str) -> None:
    """Refuses what pytest-recording would ignore or we cannot do."""
    from vcr import VCR

    if mark.args:
        raise UsageProblem(
            f"marker vcr: a test with our fixtures has one cassette, not {mark.args[0]!r}, too",
            where=where,
            next="take the argument away, or name the cassette: "
            f"@pytest.mark.{_DEFAULT_NAME}({mark.args[0]!r})",
        )
    known = {
        *(name for name in inspect.signature(VCR.__init__).parameters if name != "self"),
        "additional_matchers",
        "allow_playback_repeats",
    }
    for name in mark.kwargs:
        if name not in known:
            close = nearest(name, known)
            hint = f", did you mean {close!r}?" if close else ""
            raise UsageProblem(
                f"marker vcr: unknown argument {name!r}{hint}",
                where=where,
                next=f"use one of {', '.join(sorted(known))}",
            )


def tape_of(item: pytest.Item, of_config: str | None = None) -> ReplayTape | RecordTape | None:
    """The tape of a test, made when it is first asked for; ``None`` in the emulated lane.

    Args:
        item: The test.
        of_config: The record mode of the fixture ``vcr_config``, if it has one.

    Raises:
        QChannelError: The cassette cannot be used.
    """
    if TAPE not in item.stash:
        plan, settings = plan_of(item, of_config)
        if not plan.has_tape:
            return None
        from pytest_qchannel.lanes.tapes import tape_for

        allow_unused = selection.allows_unused(item)
        item.stash[TAPE] = tape_for(
            plan,
            place_of(item, settings),
            settings,
            allow_unused=allow_unused,
            has_missed=item.stash.get(HAS_MISSED, False),
        )
    return item.stash[TAPE]


def takes_over(item: pytest.Item, vcr: Any) -> None:
    """pytest-recording is about to open the cassette of a test with our fixtures: it gets ours."""
    unit = unit_of(item)

    def use_cassette(_path: Any = None, **options: Any) -> Any:
        if (of_run := item.config.stash.get(TAPE_OF_RUN, None)) is not None:
            return nullcontext(of_run.cassette_of_vcr)
        if unit is not None:
            return nullcontext(unit.tape.cassette_of_vcr if unit.tape is not None else None)
        tape = tape_of(item, options.get("record_mode"))
        if tape is not None and tape.is_open:  # by a lane that begins before the test's fixtures
            return nullcontext(tape.cassette_of_vcr)
        return tape.opened(vcr, **options) if tape is not None else nullcontext()

    vcr.use_cassette = use_cassette


def passed(item: pytest.Item, report: pytest.TestReport) -> None:
    """Remembers whether a test passed."""
    if (unit := unit_of(item)) is not None:
        unit.passed(test_id(item), report)
    if report.when == "call":
        item.stash[PASSED] = report.passed and not hasattr(report, "wasxfail")


def finish(item: pytest.Item, *, is_torn_down: bool) -> None:
    """Ends a test's use of its cassette, when nothing of the test is left.

    Raises:
        QChannelError: The test shall fail for it.
    """
    tape = item.stash.get(TAPE, None)
    if tape is None or item.stash.get(IS_FINISHED, False):
        return
    item.stash[IS_FINISHED] = True
    has_passed = is_torn_down and item.stash.get(PASSED, False)
    done = {"path": str(tape.place.path), "test": item.nodeid}
    try:
        done.update(tape.finish(has_passed=has_passed))
    except BaseException as problem:  # pytest-timeout's and Ctrl-C are no exceptions of a test
        if tape.is_recording:
            said = str(problem).strip() or f"{type(problem).__name__} while it was written"
            done.update(did="refused", why=said.splitlines()[0])
        else:
            done.update(did="replayed", **tape.cassette.provenance.to_plain())
        raise
    finally:
        facts.of(item).setdefault("deeds", []).append(done)
        if not tape.is_recording and tape.has_missed:
            item.stash[HAS_MISSED] = True
