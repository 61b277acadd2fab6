"""Tests that share a lane: those of a class, a module, a package, or of the whole run.

Such a unit is whatever the fixture ``_qchannel_lane`` lives for. Each of its tests has a part of
the lane (:meth:`.Lane.part`) while its own fixtures and its body run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, TypeGuard

import pytest

from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.options import Scope
from pytest_qchannel.plugin import selection, session_settings
from pytest_qchannel.plugin.fixture_names import definitions
from pytest_qchannel.plugin.keys import ISOLATION, LANE, LANE_FIXTURE
from pytest_qchannel.rerun_command import again
from pytest_qchannel.settings import SCOPES, Settings
from pytest_qchannel.units import node_of, unit_id

if TYPE_CHECKING:
    from pytest_qchannel.lanes.isolation import Isolation
    from pytest_qchannel.lanes.lane import Lane
    from pytest_qchannel.lanes.tapes import RecordTape, ReplayTape

__all__ = [
    "UNIT",
    "Unit",
    "channel_of",
    "check",
    "is_wider",
    "isolation_of",
    "lane_of",
    "paused",
    "require_own_classes",
    "require_wide_world",
    "scope_of_lane",
    "unit_of",
    "units_of",
]

UNIT: Final[pytest.StashKey[Unit]] = pytest.StashKey()
"""Of a test: what it shares its lane with, where it has none of its own."""

_UNITS: Final[pytest.StashKey[dict[str, Unit]]] = pytest.StashKey()
"""Of a run: its units by id."""

_AGREED: Final = ("mode", "seed", "door", "instance")
"""The settings that a marker may have for a test, and that its lane has for all of them."""


class Unit:
    """Tests that share a lane.

    Args:
        node: What the lane lives for.
        scope: How long that is.
        name: The unit's id.

    Attributes:
        everyone: Its tests.
        items: Those that were selected.
        has_tape: Whether it is replayed or recorded.
        tape: Its cassette, until it is known what becomes of it.
        was_recorded: Whether its recording has begun in this run.
        has_missed: Whether its tests asked for something else than its cassette has, or for less.
        is_stale: Whether that was so when they were replayed, and they run once more.
        is_over: Whether its lane was closed, and nobody has asked for its cassette yet.
        ran: The tests that used its lane, and whether each passed.
        done: The tests that are over, those that were skipped included.
        idle: What of its cassette nobody has asked for so far, by its places.
        isolation: What is around its lane, while it is open.
        lane: Its lane, while it is open.
        found: What its isolation complained about and nobody was told yet.
    """

    def __init__(self, node: pytest.Item | pytest.Collector, scope: str, name: str) -> None:
        self.node = node
        self.scope = scope
        self.id = name
        self.everyone: list[pytest.Item] = []
        self.items: list[pytest.Item] = []
        self.has_tape = False
        self.tape: ReplayTape | RecordTape | None = None
        self.was_recorded = False
        self.has_missed = False
        self.is_stale = False
        self.is_over = False
        self.ran: dict[str, bool] = {}
        self.done: set[str] = set()
        self.idle: set[int] | None = None
        self.isolation: Isolation | None = None
        self.lane: Lane | None = None
        self.found: list[QChannelError] = []

    @property
    def where(self) -> str:
        """The unit, as errors name it."""
        return node_of(self.id) or "the whole run"

    def settings(self) -> Settings:
        """Its settings: markers of its tests have no say, those of the class or module have."""
        return selection.settings_for(self.node.config, self.node)

    def begin_again(self) -> None:
        """Forgets what its tests have done: all of them are going to run once more."""
        self.is_stale = self.has_missed
        self.tape, self.was_recorded, self.is_over, self.idle = None, False, False, None
        for known in (self.ran, self.done, self.found):
            known.clear()

    def passed(self, test: str, report: pytest.TestReport) -> None:
        """Remembers of a test whether it passed."""
        self.done.add(test)
        if report.failed:
            self.ran[test] = False
        elif report.skipped:  # or it failed as expected: what it has left undone is no matter
            self.ran.pop(test, None)

    def take_problems(self) -> list[QChannelError]:
        """What came up and was not told yet."""
        taken = [*self.found, *(self.lane.take_problems() if self.lane is not None else ())]
        self.found.clear()  # the same list all the time: an open isolation reports into it
        return taken


def scope_of_lane(item: pytest.Item) -> Scope:
    """How long the lane of a test lives; ``function`` where it has none."""
    found = _definition(item)
    return found.scope if found is not None else "function"


def is_wider(scope: str, other: str) -> bool:
    """Whether something lives longer than something else."""
    return SCOPES.index(scope) > SCOPES.index(other)


def unit_of(item: pytest.Item) -> Unit | None:
    """What a test shares its lane with; ``None`` where it has one of its own."""
    if UNIT in item.stash:
        return item.stash[UNIT]
    found = _definition(item)
    if found is None or found.scope == "function":
        return None
    node = _node_of(item, found)
    if node is item:  # class-scoped, and in no class
        return None
    # A conftest.py may have the fixtures for its folder only.
    at = node.nodeid if node is not item.session else found.baseid
    name = unit_id(session_settings.id_of(item.config, at), found.scope)
    units = item.config.stash.setdefault(_UNITS, {})
    unit = item.stash[UNIT] = units.setdefault(name, Unit(node, found.scope, name))
    return unit


def units_of(config: pytest.Config) -> Iterable[Unit]:
    """All units of a run."""
    return config.stash.get(_UNITS, {}).values()


def channel_of(item: pytest.Item) -> str | None:
    """The channel among the parameters of a test."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    channel: str | None = params.get("qchannel_channel")
    return channel


def lane_of(item: pytest.Item) -> Lane | None:
    """The lane that is open for a test: its own, its part, or that of its unit."""
    if LANE in item.stash:
        return item.stash[LANE]
    unit = item.stash.get(UNIT, None)
    return unit.lane if unit is not None else None


def isolation_of(item: pytest.Item) -> Isolation | None:
    """What is around the lane of a test, while it is open."""
    if ISOLATION in item.stash:
        return item.stash[ISOLATION]
    unit = item.stash.get(UNIT, None)
    return unit.isolation if unit is not None else None


@contextmanager
def paused(item: pytest.Item, who: str, advice: str) -> Iterator[None]:
    """The person's own environment, and a network without IBM's hosts only, in the block.

    All that is open is paused: the test's own lane, and those that live longer.
    """
    with ExitStack() as undo:
        for isolation in (
            *(unit.isolation for unit in units_of(item.config)),
            item.stash.get(ISOLATION, None),
        ):
            if isolation is not None:
                undo.enter_context(isolation.paused(who, advice))
        for lane in (*(unit.lane for unit in units_of(item.config)), item.stash.get(LANE, None)):
            if lane is not None:
                undo.enter_context(lane.paused(who, advice))
        yield


def check(item: pytest.Item) -> None:
    """Passes a test whose marker asks for nothing that its lane has not got.

    Raises:
        UsageProblem: It asks for another mode, seed, door or instance.
    """
    unit = unit_of(item)
    if unit is None:
        return
    ours, asked = unit.settings(), selection.settings_for(item.config, item)
    for name in _AGREED:
        mine, its = getattr(ours, name), getattr(asked, name)
        if mine != its:
            raise UsageProblem(
                f"marker qchannel: {name}={its}, but the lane is of all tests of {unit.where}, "
                f"with {name}={mine if mine != '' else 'none'}",
                where=f"{item.nodeid}, qchannel_scope={unit.scope}",
                next=f"{_for_all(unit, name, its)}, or take {name} from the marker",
            )


def _for_all(unit: Unit, name: str, value: object) -> str:
    """What gives all tests of a unit a setting: markers of single tests have no say in that."""
    if unit.scope not in ("class", "module"):
        return again(f"--qchannel-{name}={value}")
    said = value if isinstance(value, int) else f'"{value}"'
    return f"write pytestmark = pytest.mark.qchannel({name}={said}) in {unit.where}"


def require_own_classes(config: pytest.Config, selected: Iterable[pytest.Item]) -> None:
    """Passes classes each of which has a lane of its own.

    A class in another one is set up while that is: where the outer one's tests have made a
    class-scoped fixture already, pytest gives the same to the tests of the inner one.

    Raises:
        UsageProblem: Tests of a class come before those of one in it, and all use us.
    """
    order = {item: at for at, item in enumerate(selected)}
    units = [one for one in units_of(config) if one.scope == "class" and one.items]
    classes: dict[object, Unit] = {one.node: one for one in units}
    for unit in units:
        for outer in filter(None, map(classes.get, unit.node.listchain()[:-1])):
            if min(map(order.__getitem__, outer.items)) < max(map(order.__getitem__, unit.items)):
                raise UsageProblem(
                    f"{unit.where} has no lane of its own: the class around it has tests, too, "
                    "and pytest keeps what is class-scoped for the classes in it",
                    where=f"{outer.items[0].nodeid}, qchannel_scope=class",
                    next=f"move {unit.node.name} out of {outer.node.name}, beside it, or let the "
                    "module share a lane: qchannel_scope=module",
                )


def require_wide_world(item: pytest.Item) -> None:
    """Passes a test whose ``qchannel_world`` lives as long as its lane.

    Raises:
        UsageProblem: It does not: pytest would call that a ScopeMismatch.
    """
    known = definitions("qchannel_world", item)
    scope = scope_of_lane(item)
    if known and is_wider(scope, known[-1].scope):
        raise UsageProblem(
            f"the fixture qchannel_world is {known[-1].scope}-scoped, and the lane of its world "
            f"lives longer: qchannel_scope={scope}",
            where=f"{item.nodeid}, the fixture is from {known[-1].func.__code__.co_filename}",
            next=f'write it as @pytest.fixture(scope="{scope}"), or "session"',
        )


def _definition(item: pytest.Item) -> pytest.FixtureDef[object] | None:
    """The definition of the lane that a test gets, if it can have one."""
    if not _is_function(item):
        return None
    known = item._fixtureinfo.name2fixturedefs.get(LANE_FIXTURE)
    # Without one it has a marker of ours only, or asks by name.
    return next(reversed(known or definitions(LANE_FIXTURE, item)), None)


def _is_function(item: pytest.Item) -> TypeGuard[pytest.Function]:
    return isinstance(item, pytest.Function)


def _node_of(item: pytest.Item, found: pytest.FixtureDef[object]) -> pytest.Item | pytest.Collector:
    """What a fixture lives for, as pytest has it."""
    if found.scope == "class":
        return item.getparent(pytest.Class) or item
    if found.scope == "module":
        return item.getparent(pytest.Module) or item
    if found.scope == "package":
        own = getattr(found, "node", None)  # since pytest 9
        for parent in reversed(item.listchain()):
            if isinstance(parent, pytest.Package) and (
                parent is own if own is not None else parent.nodeid == found.baseid
            ):
                return parent
    return item.session
