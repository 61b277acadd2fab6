"""Nothing real, from a test's first fixture on: what is around the lanes of a run.

In a run that has a test with a lane, IBM's hosts are shut while a test is set up, run or torn down:

* in a test with a lane its own fixtures have a shut network and no credentials until the lane is
  open (``_qchannel_isolation`` is the first of them);
* fixtures that live longer find the person's environment and network, but for IBM's hosts;
* in the other tests IBM's services are shut where the person has a credential to lose.

A run whose command line names a lane has them all, also where none of its tests has one: it is not
to reach IBM by mistake. So has a live run: nothing else holds to its budget.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

import pytest

from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.hosts import is_ibm_host, may_ask_for_credentials
from pytest_qchannel.markers import LENDING
from pytest_qchannel.network.guard import NetworkGuard
from pytest_qchannel.options import names_a_lane
from pytest_qchannel.plugin import forgotten, session_settings, sharing
from pytest_qchannel.plugin.fixture_names import IN_LANE, name_of, short_name_of, way_into_lane
from pytest_qchannel.plugin.keys import (
    APART_FIXTURE,
    FOUND,
    ISOLATION_FIXTURE,
    LANE_FIXTURE,
    LIVE,
    PART_FIXTURE,
)
from pytest_qchannel.plugin.taping import has_lane
from pytest_qchannel.rerun_command import everywhere

if TYPE_CHECKING:
    from pytest_qchannel.errors import NetworkBlocked

__all__ = ["AFTER_LANE", "Precautions", "take"]

_WIDER: Final = (
    "have the fixtures of qchannel live as long (qchannel_scope = {scope} in the ini file) "
    "and {way}"
)

_LIVE: Final = (
    "in a live run nothing reaches IBM that the budget does not hold: ask for qchannel or "
    "qchannel_service, whose lane it holds in; or run it without --qchannel-mode=live"
)

_HOOK: Final = (
    "in a run with emulated tests no credential of yours goes to IBM; ask for what the hook needs "
    "in a run of its own, or {everywhere}"
)

AFTER_LANE: Final = ("a fixture that is torn down after its lane", IN_LANE)
"""Who reaches for a host when a lane is closed, and what to do."""


def take(item: pytest.Item) -> None:
    """Has a test with a lane begin isolated.

    One with a marker of ours gets the lane, as if it asked for ``qchannel``, before all other
    fixtures of that scope: ``setUpClass`` and the like can ask for none.
    """
    if not isinstance(item, pytest.Function):
        return  # as a doctest, which asks for its fixtures one by one
    names = item.fixturenames
    if any(mark.name in LENDING for mark in item.iter_markers()):
        ours = [LANE_FIXTURE, "qchannel"]
        names[:] = [name for name in names if name not in ours]
        # Whatever the test's own fixtures do, they do it in the lane; but pytest-recording's goes
        # first, which opens the cassette of a test.
        scope = sharing.scope_of_lane(item)
        first = _first_in(item, scope)
        if scope == "function" and "vcr" in names:
            first = max(first, names.index("vcr") + 1)
        names[first:first] = ours
    if LANE_FIXTURE not in names:
        return
    if ISOLATION_FIXTURE not in names or names.index(ISOLATION_FIXTURE) > _first_in(
        item, sharing.scope_of_lane(item)
    ):
        names.insert(_first_in(item, sharing.scope_of_lane(item)), ISOLATION_FIXTURE)
    if sharing.unit_of(item) is not None and PART_FIXTURE not in names:
        names.insert(_first_in(item, "function"), PART_FIXTURE)


def _first_in(item: pytest.Function, scope: str) -> int:
    """Where the fixtures of a scope begin: pytest sets wider ones up before them."""
    known, of_lane = item._fixtureinfo.name2fixturedefs, sharing.scope_of_lane(item)

    def scope_of(name: str) -> str:
        if name in known:
            return known[name][-1].scope
        return of_lane if name in (ISOLATION_FIXTURE, LANE_FIXTURE, "qchannel") else "function"

    wider = (sharing.is_wider(scope_of(name), scope) for name in item.fixturenames)
    return next((n for n, is_wider in enumerate(wider) if not is_wider), len(item.fixturenames))


class Precautions:
    """The hooks of a run that has tests with lanes.

    Args:
        config: The run's.
    """

    def __init__(self, config: pytest.Config) -> None:
        allowed = session_settings.session_settings(config).allowed_hosts
        self._guard = NetworkGuard("between tests", allowed, self._found)
        self._guard.lane = ""
        self._guard.refuses = self._refuses
        self._item: pytest.Item | None = None
        self._ours: list[pytest.Item] = []
        self._lent: frozenset[str] = frozenset()
        self._is_wider = False
        self._ending: dict[pytest.FixtureDef[object], ExitStack] = {}
        self._loses = False
        self._is_live = LIVE in config.stash
        self._is_asked_for = self._is_live or names_a_lane(config.option)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Sees which selected tests have a lane, and what fixtures they use; begins with hooks."""
        self._ours = [item for item in session.items if has_lane(item)]
        self._loses = (bool(self._ours) or self._is_asked_for) and _has_something_to_lose()
        self._lent = frozenset().union(*(getattr(item, "fixturenames", ()) for item in self._ours))
        if any(sharing.unit_of(item) is not None for item in self._ours):
            for item in session.items:
                if isinstance(item, pytest.Function) and not has_lane(item):
                    item.fixturenames.insert(_first_in(item, "function"), APART_FIXTURE)
        self._close_to_hooks("before the first test")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Shuts IBM's hosts before the first fixture, and says who reaches for one."""
        if self._ours or self._is_asked_for:
            self._open_again()
            self._item = item
            self._guard.where = item.nodeid
            self._guard.who = "a fixture" if has_lane(item) else "a test that does not use us"
            self._guard.ibm_advice = _LIVE if self._is_live else _advice(item)
            # A unit's lane that is open shuts them already, and may end before this test does.
            is_open = any(unit.isolation is not None for unit in sharing.units_of(item.config))
            if not is_open and (has_lane(item) or _has_something_to_lose()):
                self._guard.close_network()
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Opens them again after the last, but for hooks of others between two tests."""
        try:
            return (yield)
        finally:
            self._open_again()
            self._close_to_hooks("between two tests")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Opens them again after the run, when the fixtures of one interrupted are torn down."""
        try:
            return (yield)
        finally:
            self._open_again()

    def _close_to_hooks(self, when: str) -> None:
        if self._loses:
            self._guard.where, self._guard.who = when, f"a hook {when}"
            advice = _LIVE if self._is_live else _HOOK.format(everywhere=everywhere())
            self._guard.ibm_advice = advice
            self._guard.close_network()

    def _open_again(self) -> None:
        self._item = None
        self._guard.reopen()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Tells what lives longer than a test from the test's own, which is isolated."""
        item = request._pyfuncitem
        if sharing.is_wider(fixturedef.scope, sharing.scope_of_lane(item)):
            self._ending.setdefault(fixturedef, ExitStack())
            try:
                with self._outside_of_lane(item, fixturedef, request):
                    return (yield)
            finally:  # it is the first of its finalizers, as the last one that is added
                fixturedef.addfinalizer(lambda: self._begins_to_end(item, fixturedef, request))
        if fixturedef.argname == ISOLATION_FIXTURE and sharing.unit_of(item) is not None:
            self._guard.reopen()  # what is around a unit stays when this test has ended
        isolation = sharing.isolation_of(item)
        is_before = isolation is not None and sharing.lane_of(item) is None
        if is_before and isolation is not None:
            isolation.happens_in(short_name_of(fixturedef), way_into_lane(fixturedef))
        try:
            return (yield)
        except (Exception, pytest.fail.Exception) as error:
            if is_before and sharing.lane_of(item) is None and _misses_credentials(error):
                error.add_note(
                    f"qchannel: {short_name_of(fixturedef)} was set up before the lane, where no "
                    f"credentials are\n  next: {way_into_lane(fixturedef)}"
                )
            raise

    def _begins_to_end(
        self,
        item: pytest.Item,
        fixturedef: pytest.FixtureDef[object],
        request: pytest.FixtureRequest,
    ) -> None:
        outside = self._outside_of_lane(self._item or item, fixturedef, request, "the teardown of ")
        self._ending[fixturedef].enter_context(outside)

    def pytest_fixture_post_finalizer(self, fixturedef: pytest.FixtureDef[object]) -> None:
        """Ends the teardown of a fixture that lives longer than a test."""
        if (ending := self._ending.pop(fixturedef, None)) is not None:
            ending.close()

    @contextmanager
    def _outside_of_lane(
        self,
        item: pytest.Item,
        fixturedef: pytest.FixtureDef[object],
        request: pytest.FixtureRequest,
        part: str = "",
    ) -> Iterator[None]:
        who, way = f"{part}{name_of(fixturedef, request)}", way_into_lane(fixturedef)
        ways = [_WIDER.format(scope=fixturedef.scope, way=way), everywhere()]
        if way == IN_LANE:
            own, of_lane = f"scope={fixturedef.scope!r}", sharing.scope_of_lane(item)
            mend = f"write scope={of_lane!r} for it instead of {own}"
            ways.insert(0, f"{f'take {own} from it' if of_lane == 'function' else mend} and {way}")
        advice = "; or ".join(ways)
        before = self._is_wider
        with ExitStack() as undo:
            if has_lane(item) or fixturedef.argname in self._lent:
                undo.enter_context(self._guard.naming(who, advice))
                self._is_wider = True
                if (
                    self._ours or self._is_live
                ) and not self._guard.is_closed:  # of a test that is left as it is
                    self._guard.close_network()
                    undo.callback(self._guard.reopen)
            undo.enter_context(sharing.paused(item, who, advice))
            try:
                yield
            finally:
                self._is_wider = before

    def _refuses(self, host: str) -> bool:
        if self._is_wider or (self._item is not None and has_lane(self._item)):
            return is_ibm_host(host)
        return may_ask_for_credentials(host) and _has_something_to_lose()

    def _found(self, problem: NetworkBlocked) -> None:
        """Keeps a refusal for a test with a lane: its fixtures may swallow it."""
        if self._item is not None and has_lane(self._item):
            self._item.stash.setdefault(FOUND, []).append(problem)


def _advice(item: pytest.Item) -> str:
    return (
        f"it uses no fixture of ours: {forgotten.mending(item)}. To reach IBM (in a run "
        f"with emulated tests no credential does) run it apart: pytest '{item.nodeid}'"
    )


def _has_something_to_lose() -> bool:
    return any(one.is_searchable for one in secrets_of_person())


def _misses_credentials(error: BaseException) -> bool:
    """Whether something failed for want of an account: in the client, or for a variable."""
    if forgotten.is_for_want_of_account(error):
        return True
    step, modules = error.__traceback__, set()
    while step is not None:
        modules.add(str(step.tb_frame.f_globals.get("__name__")).partition(".")[0])
        step = step.tb_next
    return "qiskit_ibm_runtime" in modules
