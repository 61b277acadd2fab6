"""Nothing real, from a test's first fixture on: what is around the lanes of a run.

In a run that has a test with a lane, IBM's hosts are shut while a test is set up, run or torn down:

* in a test with a lane its own fixtures have a shut network and no credentials until the lane is
  open (``_qchannel_isolation`` is the first of them);
* fixtures that live longer find the person's environment and network, but for IBM's hosts;
* in the other tests IBM's services are shut where the person has a credential to lose.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

import pytest

from pytest_qchannel.channels.credentials import credential_variables
from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.hosts import is_ibm_host, may_ask_for_credentials
from pytest_qchannel.network.guard import NetworkGuard
from pytest_qchannel.plugin import session_settings
from pytest_qchannel.plugin.fixture_names import name_of, short_name_of
from pytest_qchannel.plugin.keys import FOUND, ISOLATION, ISOLATION_FIXTURE, LANE, LANE_FIXTURE
from pytest_qchannel.plugin.markers import LENDING

if TYPE_CHECKING:
    from pytest_qchannel.errors import NetworkBlocked

__all__ = ["AFTER_LANE", "Precautions", "take"]

_WAYS_OUT: Final = ("put the whole run on the emulator: pytest --qchannel-everywhere",)
"""What lets a fixture that lives longer than a lane reach the emulator."""

_IN_LANE: Final = "let it ask for the fixture qchannel: it is in the lane then"

AFTER_LANE: Final = ("a fixture that is torn down after its lane", _IN_LANE)
"""Who reaches for a host when a lane is closed, and what to do."""


def take(item: pytest.Item) -> None:
    """Has a test with a lane begin isolated.

    One that has a marker of ours only gets the lane, as if it asked for ``qchannel``.
    """
    if not isinstance(item, pytest.Function):
        return  # as a doctest, which asks for its fixtures one by one
    names = item.fixturenames
    if LANE_FIXTURE not in names and any(mark.name in LENDING for mark in item.iter_markers()):
        # Whatever the test's own fixtures do, they do it in the lane; but pytest-recording's goes
        # first, which opens the cassette.
        first = max(_first_of_test(item), names.index("vcr") + 1 if "vcr" in names else 0)
        names[first:first] = [LANE_FIXTURE, "qchannel"]
    if LANE_FIXTURE in names:
        first = _first_of_test(item)
        if names[first] != ISOLATION_FIXTURE:
            names.insert(first, ISOLATION_FIXTURE)


def _first_of_test(item: pytest.Function) -> int:
    """Where the fixtures of a test's own scope begin: pytest sets wider ones up before them."""
    known = item._fixtureinfo.name2fixturedefs
    scopes = [known[name][-1].scope if name in known else "function" for name in item.fixturenames]
    return scopes.index("function") if "function" in scopes else len(scopes)


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

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Sees whether a selected test has a lane, and what fixtures such tests use."""
        self._ours = [item for item in session.items if _has_lane(item)]
        self._lent = frozenset().union(*(getattr(item, "fixturenames", ()) for item in self._ours))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Shuts IBM's hosts before the first fixture, and says who reaches for one."""
        if self._ours:
            self._open_again()
            self._item = item
            self._guard.where = item.nodeid
            self._guard.who = "a fixture" if _has_lane(item) else "a test that does not use us"
            self._guard.ibm_advice = (
                "in a run with emulated tests no credential goes to IBM: "
                f"run this one apart: pytest '{item.nodeid}'"
            )
            if _has_lane(item) or _has_something_to_lose():
                self._guard.close_network()
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Opens them again after the last."""
        try:
            return (yield)
        finally:
            self._open_again()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Opens them again after a run that was interrupted, when its fixtures are torn down."""
        try:
            return (yield)
        finally:
            self._open_again()

    def _open_again(self) -> None:
        self._item = None
        self._guard.reopen()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Tells what lives longer than a test from the test's own, which is isolated."""
        item = request._pyfuncitem
        if fixturedef.scope != "function":
            with self._outside_of_lane(item, fixturedef, request):
                return (yield)
        is_before = ISOLATION in item.stash and LANE not in item.stash
        if is_before:
            item.stash[ISOLATION].happens_in(short_name_of(fixturedef), _IN_LANE)
        try:
            return (yield)
        except (Exception, pytest.fail.Exception) as error:
            if is_before and LANE not in item.stash and _misses_credentials(error):
                error.add_note(
                    f"qchannel: {short_name_of(fixturedef)} was set up before the lane, where no "
                    f"credentials are\n  next: {_IN_LANE}"
                )
            raise

    @contextmanager
    def _outside_of_lane(
        self,
        item: pytest.Item,
        fixturedef: pytest.FixtureDef[object],
        request: pytest.FixtureRequest,
    ) -> Iterator[None]:
        who = name_of(fixturedef, request)
        advice = "; or ".join(
            (f"take scope={fixturedef.scope!r} from it and {_IN_LANE}", *_WAYS_OUT)
        )
        before = self._is_wider
        with ExitStack() as undo:
            if _has_lane(item) or fixturedef.argname in self._lent:
                undo.enter_context(self._guard.naming(who, advice))
                self._is_wider = True
                if self._ours and not self._guard.is_closed:  # of a test that is left as it is
                    self._guard.close_network()
                    undo.callback(self._guard.reopen)
            if ISOLATION in item.stash:
                undo.enter_context(item.stash[ISOLATION].paused(who, advice))
            if LANE in item.stash:
                undo.enter_context(item.stash[LANE].paused(who, advice))
            try:
                yield
            finally:
                self._is_wider = before

    def _refuses(self, host: str) -> bool:
        if self._is_wider or (self._item is not None and _has_lane(self._item)):
            return is_ibm_host(host)
        return may_ask_for_credentials(host) and _has_something_to_lose()

    def _found(self, problem: NetworkBlocked) -> None:
        """Keeps a refusal for a test with a lane: its fixtures may swallow it."""
        if self._item is not None and _has_lane(self._item):
            self._item.stash.setdefault(FOUND, []).append(problem)


def _has_lane(item: pytest.Item) -> bool:
    return LANE_FIXTURE in getattr(item, "fixturenames", ())


def _has_something_to_lose() -> bool:
    return any(one.is_searchable for one in secrets_of_person())


def _misses_credentials(error: BaseException) -> bool:
    """Whether something failed for want of an account: in the client, or for a variable."""
    if isinstance(error, KeyError) and error.args and error.args[0] in credential_variables():
        return True
    step, modules = error.__traceback__, set()
    while step is not None:
        modules.add(str(step.tb_frame.f_globals.get("__name__")).partition(".")[0])
        step = step.tb_next
    return "qiskit_ibm_runtime" in modules
