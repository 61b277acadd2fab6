"""The cassettes of units, which several tests share: recorded and replayed as one.

A unit is recorded whole, or added to; it is saved if all of its tests passed. In a replay each
test gets what was recorded of it, and what was recorded of tests that did not run is not unused.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_qchannel.cassette.problems import record_command
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.lanes.decide import Plan, decide, require_source
from pytest_qchannel.plugin import selection, session_settings, sharing, taping, unused
from pytest_qchannel.plugin.fixture_names import definitions
from pytest_qchannel.plugin.keys import WHOLE_RUN
from pytest_qchannel.plugin.record import facts
from pytest_qchannel.plugin.sharing import Unit
from pytest_qchannel.rerun_command import words_of
from pytest_qchannel.settings import Mode, Source
from pytest_qchannel.units import is_grouped, node_of

if TYPE_CHECKING:
    from pytest_qchannel.lanes.tapes import Place

__all__ = [
    "allows_unused",
    "finish",
    "gone",
    "open_tape",
    "open_tape_of_one",
    "place_of",
    "plan_of",
    "prepare",
    "require_whole",
    "why",
    "worker_group",
]

DIST: Final = "qchannel_dist"
"""What a worker of pytest-xdist is told: how tests are distributed."""

_MOST_NAMED: Final = 5


def place_of(unit: Unit) -> Place:
    """Where the cassette of a unit lies."""
    channel = next(iter(_channels(unit)), None)
    return taping.place_for(unit.node.config, unit.settings(), channel, unit.id)


def _channels(unit: Unit) -> list[str]:
    """The channels that its tests run on."""
    return list(dict.fromkeys(filter(None, map(sharing.channel_of, unit.everyone))))


def plan_of(unit: Unit, of_config: str | None = None) -> Plan:
    """What is done with a unit.

    Args:
        unit: The unit.
        of_config: The record mode of the fixture ``vcr_config``, if it has one.

    Raises:
        UsageProblem: Settings contradict each other, or tests do.
    """
    config, settings = unit.node.config, unit.settings()
    if selection.is_of_whole(config, settings):
        return Plan(config.stash[WHOLE_RUN].mode)
    asked = [taping.asked(one, of_config) for one in unit.everyone]
    marked = [one for one in asked if one.is_marked]
    if settings.mode is Mode.AUTO and len(marked) not in (0, len(asked)):
        bare = next(i for i, one in zip(unit.everyone, asked, strict=True) if not one.is_marked)
        raise UsageProblem(
            f"{len(marked)} of the {len(asked)} tests that share the lane of {unit.where} are "
            f"marked vcr: all of them replay, or none",
            where=f"{bare.nodeid} is not marked, qchannel_scope={unit.scope}",
            next=_mark_all(unit),
        )
    modes = {one.record_mode: one for one in marked or asked}
    if len(modes) > 1:
        raise UsageProblem(
            f"the tests that share the lane of {unit.where} have several record modes: "
            + ", ".join(sorted(map(str, modes))),
            where=f"qchannel_scope={unit.scope}",
            next="take record_mode from the markers, or write one into all of them: "
            f'@pytest.mark.vcr(record_mode="{next(filter(None, modes))}")',
        )
    (one,) = modes.values()
    whole = one._replace(is_marked=len(marked) == len(asked))
    return decide(settings, whole, unit.where, lambda: place_of(unit).exists())


def prepare(unit: Unit) -> None:
    """Looks at a unit when it is known which of its tests run.

    Raises:
        UsageProblem: What is asked of it is not possible.
    """
    config = unit.node.config
    for item in unit.items:
        sharing.check(item)
    plan = plan_of(unit)
    unit.has_tape = plan.has_tape
    if plan.mode is not Mode.REPLAY and unit.items:
        sharing.require_wide_world(unit.items[0])
    for item in unit.items:
        taping.prepare_shared(item, plan, unit.where)
    settings, channels = unit.settings(), _channels(unit)
    if plan.has_tape and len(channels) > 1 and "{channel}" in str(settings.cassettes):
        raise UsageProblem(
            f"the tests that share the lane of {unit.where} share a cassette on "
            f"{' and '.join(channels)}, and {{channel}} in its folder is one of them",
            where=f"cassettes={settings.cassettes} ({settings.origin['cassettes']})",
            next=f"run one at a time, as --qchannel-channel={channels[0]}, or take it away there",
        )
    if plan.mode is not Mode.RECORD or config.option.collectonly:
        return
    if settings.mode is Mode.RECORD:
        require_source(
            settings, unit.id if settings.origin["mode"] == "the qchannel marker" else None
        )
    if plan.record_mode != "new_episodes":
        require_whole(unit)
    _require_one_worker(unit)


def open_tape(unit: Unit, request: pytest.FixtureRequest) -> AbstractContextManager[object]:
    """Makes the tape of a unit, and opens it; a lane without a cassette has none.

    Raises:
        QChannelError: The cassette cannot be used.
    """
    options = dict(_vcr_config(unit.where, request)) if unit.has_tape else {}
    plan = plan_of(unit, options.pop("record_mode", None))
    if not plan.has_tape:
        return nullcontext()
    from pytest_qchannel.lanes.tapes import tape_for

    tape = tape_for(plan, place_of(unit), unit.settings(), has_missed=unit.is_stale)
    if tape.is_recording and unit.was_recorded:
        raise UsageProblem(
            f"the recording of {unit.where} was over, and its tests go on",
            where=f"qchannel_scope={unit.scope}",
            next="let its tests run one after the other, in no order across it: "
            f"{record_command(unit.id, _source(unit))}",
        )
    unit.tape, unit.was_recorded = tape, tape.is_recording
    return tape.opened(None, **options)


def open_tape_of_one(request: pytest.FixtureRequest) -> AbstractContextManager[object]:
    """Opens the tape of a test in no class before pytest-recording does, if its lane comes first.

    That of a class-scoped lane does: pytest-recording's fixture lives as long as a test.

    Raises:
        QChannelError: The cassette cannot be used.
    """
    item: pytest.Item = request._pyfuncitem
    marks = list(item.iter_markers("vcr"))
    if request.scope == "function" or not marks or not taping.plan_of(item)[0].has_tape:
        return nullcontext()
    options = dict(_vcr_config(item.nodeid, request))
    of_config = options.pop("record_mode", None)
    for mark in reversed(marks):
        options.update(mark.kwargs)
    options.pop("record_mode", None)
    tape = taping.tape_of(item, of_config)
    if tape is None or tape.is_open:  # the lane was asked for in the middle of the test
        return nullcontext()
    return tape.opened(None, **options)


def finish(unit: Unit, item: pytest.Item, *, is_torn_down: bool) -> None:
    """Ends a unit's use of its cassette, when nothing of it is left.

    Args:
        unit: The unit.
        item: The test that ran last.
        is_torn_down: Whether nothing failed on the way.

    Raises:
        QChannelError: The test that ran last shall fail for it.
    """
    tape, unit.is_over = unit.tape, False
    if tape is None:
        return
    failed = [test for test, has_passed in unit.ran.items() if not has_passed]
    left = len({taping.test_id(one) for one in unit.items} - unit.done)
    has_passed = is_torn_down and not failed
    done: dict[str, Any] = {"path": str(tape.place.path), "test": unit.id}
    if left:
        source = tape.source if tape.is_recording else tape.cassette.provenance.recorded_from
        done["next"] = record_command(unit.id, source)
    try:
        if tape.is_recording:
            done.update(tape.finish(has_passed=has_passed and not left, why=_why(failed, left)))
            return
        idle, so_far = set(tape.player.idle()), unit.idle
        unit.idle = idle if so_far is None else so_far & idle
        done.update(did="replayed", **tape.cassette.provenance.to_plain())
        done["part"] = {
            "root": str(tape.place.root),
            "idle": sorted(unit.idle),
            "ran": [test for test, has_passed in unit.ran.items() if has_passed],
            "gone": gone(unit, tape.cassette.tests),
            "counts": has_passed and not allows_unused(unit),
        }
        part = done["part"]
        if not left and part["counts"] and not hasattr(item.config, "workerinput"):
            tape.require_used(unit.idle, part["ran"], part["gone"])
    except BaseException as problem:
        if tape.is_recording:
            said = str(problem).strip() or f"{type(problem).__name__} while it was written"
            done.update(did="refused", why=said.splitlines()[0])
        raise
    finally:
        facts.of(item).setdefault("deeds", []).append(done)
        if not tape.is_recording and tape.has_missed:
            unit.has_missed = True


def _why(failed: list[str], left: int) -> str:
    """Why a recording is not saved, if it is not."""
    if left and not failed:
        return f"{left} of its tests had not run when it ended"
    return why(failed) or "the teardown of the last test failed"


def why(failed: list[str]) -> str:
    """Why a recording is not saved whose tests failed; empty where none did."""
    if not failed:
        return ""
    more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
    return f"{failed[0]} did not pass{more}"


def gone(unit: Unit, tests: tuple[str, ...]) -> list[str]:
    """Tests that a cassette was recorded with, and that do not exist any more."""
    config = unit.node.config
    # Which parameters there are may depend on the run, as channels do.
    here = {taping.test_id(one).partition("[")[0] for one in unit.everyone}
    base = Path(session_settings.base_of(config))
    whole = {taping.test_id(one).partition("::")[0] for one in unit.everyone}
    found = []
    for test in tests:
        module = test.partition("::")[0]
        is_known = module in whole and not _is_narrowed(unit, module)
        if test.partition("[")[0] not in here and (is_known or not (base / module).is_file()):
            found.append(test)
    return found


def allows_unused(unit: Unit) -> bool:
    """Whether recorded interactions of a unit may be left alone."""
    return any(selection.allows_unused(one) for one in (unit.node, *unit.items))


def _mark_all(unit: Unit) -> str:
    line = "pytestmark = pytest.mark.vcr"
    if unit.scope == "class":
        return f"write {line} in the class, or take the marks away"
    modules = dict.fromkeys(item.nodeid.partition("::")[0] for item in unit.everyone)
    return f"write {line} in {', '.join(modules)}, or take the marks away"


def _is_narrowed(unit: Unit, module: str) -> bool:
    """Whether the command line asks for a part of a module only, or for what failed last."""
    config = unit.node.config
    if config.getoption("lf", False) and getattr(
        config.pluginmanager.get_plugin("lfplugin"), "lastfailed", None
    ):
        return True
    file = (Path(session_settings.base_of(config)) / module).resolve()
    inner = []
    for arg in config.args:
        path, colons, rest = arg.partition("::")
        if (config.invocation_params.dir / path).resolve() != file:
            continue
        if not colons:
            return False
        inner.append(rest)
    own = node_of(unit.id).partition("::")[2]
    return bool(inner) and not (
        own and any(own == one or own.startswith(one + "::") for one in inner)
    )


def require_whole(unit: Unit) -> None:
    """Passes a unit all tests of which are going to run.

    Raises:
        UsageProblem: The recording would be without some.
    """
    selected = {taping.test_id(one) for one in unit.items}
    left = [taping.test_id(one) for one in unit.everyone if taping.test_id(one) not in selected]
    left += _not_asked_for(unit)
    modules = dict.fromkeys(test.partition("::")[0] for test in selected)
    narrowed = [one for one in modules if _is_narrowed(unit, one)]
    if not left and not narrowed:
        return
    is_lf = unit.node.config.getoption("lf", False)
    by = ["--lf"] if is_lf else [f"{one}::..." for one in narrowed]
    named = [*left[:_MOST_NAMED], *(["and more"] if len(left) > _MOST_NAMED else [])]
    raise UsageProblem(
        f"a recording of {unit.where} is one of all its tests, and a part of them was asked for",
        where=f"qchannel_scope={unit.scope}, without {', '.join(named)}"
        if left
        else f"qchannel_scope={unit.scope}, asked for by {by[0]}",
        next=f"{record_command(unit.id, _source(unit))}; or add to it: pytest "
        f"{' '.join(words_of(unit.id))} --qchannel-mode=auto --record-mode=new_episodes "
        f"--qchannel-record-from={_source(unit)}",
    )


def _source(unit: Unit) -> Source:
    """Where a unit is to be recorded from."""
    return unit.settings().record_from or Source.EMULATOR


def _not_asked_for(unit: Unit) -> list[str]:
    """Tests that the unit was recorded with, that exist, and that this run knows nothing of."""
    base = session_settings.base_of(unit.node.config)
    here = {taping.test_id(one): one for one in unit.everyone}
    known = {module for test in here if not _is_narrowed(unit, module := test.partition("::")[0])}
    kin = {
        other
        for test, item in here.items()
        for other in unused.kin(test, sharing.channel_of(item), unit.settings())
    }

    def exists(test: str) -> bool:
        module = test.partition("::")[0]
        return test in kin or (module not in known and (base / module).is_file())

    recorded = taping.recorded_tests(place_of(unit).path)
    return [test for test in recorded if test not in here and exists(test)]


def _require_one_worker(unit: Unit) -> None:
    """Passes a unit that one process records.

    Raises:
        UsageProblem: Workers of pytest-xdist would share it.
    """
    told: Mapping[str, Any] = getattr(unit.node.config, "workerinput", {})
    if told.get("workercount", 1) == 1:
        return
    groups = {worker_group(item.nodeid, str(told.get(DIST))) for item in unit.items}
    if len(groups) == 1 and told.get(DIST) != "each":
        return
    is_of_file = unit.scope in ("class", "module")
    raise UsageProblem(
        f"{told['workercount']} workers would share the recording of {unit.where}, and each would "
        "have a part of it",
        where=f"qchannel_scope={unit.scope}, --dist {told.get(DIST)}",
        next="record it with --dist loadfile: all tests of a file go to one worker"
        if is_of_file
        else f"record it in one process: {record_command(unit.id, _source(unit))} -n 0",
    )


def worker_group(node: str, dist: str) -> str:
    """What pytest-xdist keeps together in one worker, by the id of a test."""
    if dist == "loadfile":
        return node.partition("::")[0]
    if dist == "loadscope":
        return node.partition("[")[0].rpartition("::")[0]
    if dist == "loadgroup" and is_grouped(node):
        return node.rpartition("@")[2]
    return node


def _vcr_config(where: str, request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """What the fixture ``vcr_config`` says, where the project has one.

    Raises:
        UsageProblem: It does not live as long as the lane.
    """
    item = request._pyfuncitem
    known = definitions("vcr_config", item)
    if len(known) < 2:  # pytest-recording's own says nothing
        return {}
    scope = sharing.scope_of_lane(item)
    if sharing.is_wider(scope, known[-1].scope):
        raise UsageProblem(
            f"the fixture vcr_config is {known[-1].scope}-scoped, and the cassette that it is "
            f"about is of {where}",
            where=f"{item.nodeid}, qchannel_scope={scope}",
            next=f'write it as @pytest.fixture(scope="{scope}"), or "session"',
        )
    config: Mapping[str, Any] = request.getfixturevalue("vcr_config")
    return config
