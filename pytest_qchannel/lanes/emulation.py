"""The emulated lane outside of fixtures: a block or a function, in whatever program."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextvars import ContextVar
from types import FrameType, TracebackType
from typing import Any, Final, TypeVar, cast

from pytest_qchannel.channels.client import default_channel
from pytest_qchannel.channels.environment import is_given_back
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.errors import QChannelError, RealSecretRefused, UsageProblem
from pytest_qchannel.lanes.assemble import lane_for
from pytest_qchannel.lanes.complaints import leaves_lane, note, raise_all
from pytest_qchannel.lanes.lane import Lane, open_lanes
from pytest_qchannel.lanes.qchannel import QChannel
from pytest_qchannel.lanes.worlds import WorldBuilder, require_world
from pytest_qchannel.paths import shown
from pytest_qchannel.settings import Mode, Settings, check_variables, resolve

__all__ = ["emulated", "end_left"]

Function = TypeVar("Function", bound=Callable[..., object])

_SKIPS: Final = ("Skipped", "SkipTest")
"""What pytest and ``unittest`` raise to skip a test: it does not hide what went wrong before."""


class _Emulation:
    """One block: its lane, what part of which test began it, if one did, and whether it is left."""

    def __init__(self, lane: Lane, where: str, begun_in: str | None) -> None:
        self.lane = lane
        self.where = where
        self.begun_in = begun_in
        self.is_over = False


_open: Final[list[_Emulation]] = []
_around: Final[ContextVar[tuple[_Emulation, ...]]] = ContextVar("emulated", default=())
"""The blocks that the code which runs is in: those of other threads and tasks are not."""


def end_left(begun_in: str, error: BaseException | None = None) -> None:
    """Ends the blocks that a part of a test has begun, and that nobody is going to leave.

    Args:
        begun_in: The part, as pytest has it in ``PYTEST_CURRENT_TEST``.
        error: What the test ended with already: it is told so in a note.

    Raises:
        UsageProblem: There are some; a generator that is not finished never leaves its own.
    """
    left = [one for one in _open if one.begun_in == begun_in and not one.is_over]
    found: list[QChannelError] = []
    for one in left:
        one.is_over = True
        found.append(
            UsageProblem(
                "emulated() was not left when its test had ended: the next ones would be emulated",
                where=one.where,
                next="finish the generator that it is in, or close() it; what is to live longer "
                "than a test is a fixture's",
            )
        )
    while left and _open and _open[-1].is_over:
        _open.pop().lane.close()
    if error is not None:
        note(error, found)
    else:
        raise_all(found)


def _part_of_test() -> str | None:
    """The part of a test that runs, as pytest tells it; a fixture ends what it has begun itself."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "pytest_fixture_setup":
            return None
        frame = frame.f_back
    return os.environ.get("PYTEST_CURRENT_TEST")


class emulated:  # noqa: N801 - it is written as contextlib's are
    """The emulated lane, for a ``with`` block or, as a decorator, for each call of a function.

    While it is open the whole process is on the emulator, as in a test with the fixture
    ``qchannel``, which is what ``as`` gives: a world of its own, emulated credentials in the
    environment, an empty HOME, a shut network. What went wrong (a gap of the emulator, a blocked
    host, a refused secret, a fault that never happened) is raised at the end, even where the code
    swallowed it; if the block raises, it is added to the error as a note.

    What is not given comes from the ``QCHANNEL_...`` variables, or is the default.
    In an emulated lane, or in another ``emulated``, the innermost world answers.

    Args:
        channel: The channel that the environment is about; by default the installed client's.
        instance: The instance in use, its name or CRN; by default the account's first.
        world: What the world is built from, or the path of a world file.
        seed: Fixes ids and counts.
        door: ``in-process``, for what speaks through ``requests``, or ``loopback``, for httpx,
            aiohttp and others, too.
        allowed_hosts: Hosts beside loopback that may be reached, a comma list.

    Raises:
        UsageProblem: An argument is wrong; at once, or when the block begins.
    """

    def __init__(
        self,
        *,
        channel: str | None = None,
        instance: str | None = None,
        world: WorldBuilder | str | os.PathLike[str] | None = None,
        seed: int | None = None,
        door: str | None = None,
        allowed_hosts: str | None = None,
    ) -> None:
        is_file = isinstance(world, str | os.PathLike)
        self._given = {
            "mode": Mode.EMULATED.value,
            "channel": channel,
            "instance": instance,
            "world": os.fspath(world) if is_file else None,  # type: ignore[arg-type]
            "seed": None if seed is None else str(seed),
            "door": door,
            "allowed_hosts": allowed_hosts,
        }
        self._world = None if is_file else world
        caller = sys._getframe(1)
        self._where = f"emulated() at {shown(caller.f_code.co_filename)}:{caller.f_lineno}"
        self._entered: list[_Emulation] = []
        self._settings({})

    def __enter__(self) -> QChannel:
        """Begins."""
        __tracebackhide__ = True
        check_variables(os.environ)
        settings, begun_in = self._settings(os.environ), _part_of_test()
        self._require_room()
        world = None if self._world is None else self._builder
        lane = lane_for(settings, self._where, world=world)
        lane.happens_in(self._where, who="code", way_out='emulated({name}="{value}")')
        lane.open()
        try:
            names = settings.channel
            given = QChannel(lane, CHANNEL_BY_NAME[names[0]] if names else default_channel())
        except BaseException:
            lane.close()
            raise
        this = _Emulation(lane, self._where, begun_in)
        _open.append(this)
        self._entered.append(this)
        _around.set((*_around.get(), this))
        return given

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Puts the process back as it was, then tells what went wrong."""
        __tracebackhide__ = True
        this = self._entered.pop()
        if this.is_over:
            return  # with its test
        lane = this.lane
        is_whole = error is None or isinstance(error, Exception)
        found: list[QChannelError] = lane.unmet_faults(self._where) if is_whole else []
        if error is not None and not isinstance(error, QChannelError):
            leaves_lane(error)
            for hint in self._hints(lane, error):
                error.add_note(hint)
        _around.set(tuple(one for one in _around.get() if one is not this))
        this.is_over, is_last = True, _open[-1] is this
        while _open and _open[-1].is_over:  # never another than the innermost
            _open.pop().lane.close()
        found = lane.take_problems() + found
        if not is_last:
            found.insert(0, _out_of_order(self._where))
        refused = [one for one in (error, *found) if isinstance(one, RealSecretRefused)]
        if refused and isinstance(error, Exception):
            # Its own traceback has the secret, in whatever frame: it is told without.
            raise_all([refused[0], *(one for one in found if one is not refused[0])])
        if error is None or type(error).__name__ in _SKIPS:
            raise_all(found)
        else:
            note(error, found)

    def __call__(self, function: Function) -> Function:
        """The function, with a lane of its own around each call.

        Raises:
            UsageProblem: It is a class, a fixture or an asynchronous generator.
        """
        self._require_function(function)
        run: Any = function
        if inspect.iscoroutinefunction(function):

            @functools.wraps(run)
            async def in_lane(*args: object, **kwargs: object) -> object:
                __tracebackhide__ = True
                with self:
                    return await run(*args, **kwargs)

        elif inspect.isgeneratorfunction(function):

            @functools.wraps(run)
            def in_lane(*args: object, **kwargs: object) -> Generator[object, object, object]:
                __tracebackhide__ = True
                with self:
                    return (yield from run(*args, **kwargs))

        else:

            @functools.wraps(run)
            def in_lane(*args: object, **kwargs: object) -> object:
                __tracebackhide__ = True
                with self:
                    return run(*args, **kwargs)

        return cast("Function", in_lane)

    def _hints(self, lane: Lane, error: BaseException) -> list[str]:
        hints, around = lane.hints(error), open_lanes()
        if not hints or around[0] is lane:
            return hints
        of_two = QChannelError(
            "emulated() has a world of its own, where nobody knows what was made outside of it",
            where=f"{self._where}, in {around[around.index(lane) - 1].where}",
            next="make the service in it; or take emulated() away: a test with a fixture of "
            "qchannel is emulated already, and so are its fixtures",
        )
        return [str(of_two), *hints]

    def _settings(self, environ: Mapping[str, str]) -> Settings:
        return resolve({}, self._given, environ, {}, marked_by=self._where)

    def _builder(self) -> WorldBuilder:
        return require_world(self._world, self._where, "the argument world")

    def _require_room(self) -> None:
        """Passes where a lane can be opened and closed again before the one around it."""
        if _open and _open[-1] not in _around.get():
            raise UsageProblem(
                "another thread or task is in emulated(), which holds for the whole process",
                where=self._where,
                closest=_open[-1].lane.where,
                next="let one emulated() be around both, or let one wait for the other",
            )
        around = open_lanes()
        if around and around[-1].mode is not Mode.EMULATED:
            raise UsageProblem(
                f"emulated() in a test that has a cassette (the {around[-1].mode} lane)",
                where=f"{self._where}, in {around[-1].where}",
                next="take emulated() away: the test's own lane answers; or take the marker vcr "
                "from the test, and run it with --qchannel-mode=emulated",
            )
        if is_given_back():
            raise UsageProblem(
                "emulated() in a fixture that lives longer than the lane in which it is set up",
                where=self._where,
                next="name the fixture in the arguments of the test; pytest sets it up before "
                "the lane then",
            )

    def _require_function(self, function: object) -> None:
        is_fixture = type(function).__module__ == "_pytest.fixtures"
        if is_fixture or hasattr(function, "_pytestfixturefunction"):  # of pytest before 8.4
            what, mend = "a fixture", "write @emulated(...) below @pytest.fixture"
        elif inspect.isclass(function):
            what, mend = (
                "a class",
                "in a unittest.TestCase: self.qchannel = self.enterContext(emulated(...)) in "
                "setUp; in another one: an autouse fixture with a with block",
            )
        elif inspect.isasyncgenfunction(function):
            what, mend = "an asynchronous generator", "write with emulated(...): in its body"
        elif isinstance(function, classmethod | staticmethod):
            what = f"a {type(function).__name__}"
            mend = f"write @emulated(...) below @{type(function).__name__}"
        elif not (inspect.isroutine(function) or isinstance(function, functools.partial)):
            what, mend = f"a {type(function).__name__}", "decorate the function itself"
        else:
            return
        raise UsageProblem(
            f"emulated() decorates functions, and this is {what}", where=self._where, next=mend
        )


def _out_of_order(where: str) -> UsageProblem:
    return UsageProblem(
        "emulated() was left before another one that began in it",
        where=where,
        next="leave the one that was entered last first: nest the with blocks, or take one "
        "contextlib.ExitStack for both",
    )
