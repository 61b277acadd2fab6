"""The shut network of a lane, and the one door in it that leads to where answers come from."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final, Protocol
from urllib.parse import urlsplit

from pytest_qchannel.errors import QChannelError, RawKeyWarning, nearest
from pytest_qchannel.hosts import TODAY, known_hosts
from pytest_qchannel.network.guard import NetworkGuard
from pytest_qchannel.network.mocks import past_mocks
from pytest_qchannel.network.started import watching
from pytest_qchannel.network.trust_nobody import trusting_nobody
from pytest_qchannel.settings import Door, Mode, Settings
from pytest_qchannel.wire import Handle

__all__ = ["ShutNetwork"]

_OF_A_REPLAY = (
    "speak to it through requests, httpx, aiohttp or urllib3: there the cassette answers; "
    "and take filters of vcr_config and of the marker vcr away that leave the host out"
)

_BEHIND_LOOPBACK: Final = (
    "speak TCP over IPv4 to it (socket.AF_INET): so the loopback door, which is on, serves IBM's "
    "hosts"
)


_open: Final[list[ShutNetwork]] = []
"""Those that are shut now, the innermost last: the doors of the others let pass."""


class _OpenAndClose(Protocol):
    """A front door."""

    def open(self) -> None: ...

    def close(self) -> None: ...


def _none(_where: str) -> list[QChannelError]:
    return []


class ShutNetwork:
    """Refuses the network to this process while it is shut, but for one door.

    Args:
        settings: The lane's mode, for errors; which door, and what hosts may be reached beside it.
        where: The test that errors name.
        problems: Where errors are put: the code under test may swallow them.
        handle: Answers what comes in by the door; without it there is no door.

    Attributes:
        is_aside: Whether the door lets everything pass, which something else answers; the network
            stays shut.
    """

    def __init__(
        self,
        settings: Settings,
        where: str,
        problems: list[QChannelError],
        handle: Handle | None = None,
    ) -> None:
        self._problems = problems
        self._guard = NetworkGuard(where, settings.allowed_hosts, problems.append)
        self._guard.lane = f"the {settings.mode} lane"
        self._stack = ExitStack()
        self._is_paused = False
        self.is_aside = False
        self._is_without_sockets = not settings.allowed_hosts and (
            handle is None or settings.door is Door.IN_PROCESS
        )
        self._door: _OpenAndClose | None = None
        self._of_children: Callable[[str], list[QChannelError]] = _none
        if handle is None:
            self._guard.ibm_advice = _OF_A_REPLAY
        else:
            self._door = self._door_to(handle, settings)

    @property
    def where(self) -> str:
        """The test, or the part of the run, that errors name."""
        return self._guard.where

    def happens_in(self, where: str, *, who: str | None = None, way_out: str | None = None) -> None:
        """Says what errors name from now on.

        Args:
            where: The test, or the part of the run.
            who: What the code under test is, as ``a test`` or ``the program``.
            way_out: How an option is set, with places for ``option`` and ``value``.
        """
        self._guard.where = where
        self._guard.who = who or self._guard.who
        self._guard.way_out = way_out or self._guard.way_out

    def take_door(self, door: _OpenAndClose) -> None:
        """Takes another's loopback door, to be opened and closed with the network."""
        self._door = door
        self._guard.ibm_advice = _BEHIND_LOOPBACK

    def take_problems_of_children(self) -> list[QChannelError]:
        """What child processes that are led to the door reached for in vain."""
        return self._of_children(self.where)

    def open(self) -> None:
        """Shuts the network and opens the door."""
        with ExitStack() as undo:
            self._guard.close_network()
            undo.callback(self._guard.reopen)
            if self._is_without_sockets:
                undo.enter_context(trusting_nobody(lambda: not self._is_paused))
            _open.append(self)
            undo.callback(_open.remove, self)
            if self._door is not None:
                self._door.open()
                undo.callback(self._door.close)
            else:  # a replay answers where mocks do not see it
                undo.enter_context(past_mocks(self.is_served))
            undo.enter_context(watching())
            self._stack = undo.pop_all()

    def close(self) -> None:
        """Puts ``requests`` and ``socket`` back as they were."""
        self._stack.close()

    @contextmanager
    def paused(self, who: str, advice: str) -> Iterator[None]:
        """Refuses IBM's hosts and no other, until the block is left; the door is closed, too."""
        before, self._is_paused = self._is_paused, True
        try:
            with self._guard.only_ibm(who, advice):
                yield
        finally:
            self._is_paused = before

    def is_served(self, name: str) -> bool:
        """Whether a host name leads to the door now."""
        is_ours = _open[-1:] == [self] and not (self._is_paused or self.is_aside)
        return is_ours and name in known_hosts()

    def _door_to(self, handle: Handle, settings: Settings) -> _OpenAndClose:
        # Each loads libraries that the other has no use for.
        if settings.door is Door.IN_PROCESS:
            from pytest_qchannel.emulator.adapters.inprocess import InProcessDoor

            return InProcessDoor(handle, self.is_served, self.refuse_host)
        from pytest_qchannel.network.redirected import RedirectedDoor

        self._guard.ibm_advice = _BEHIND_LOOPBACK
        hosts = ",".join(settings.allowed_hosts)
        door = RedirectedDoor(
            handle,
            self._keep,
            self.is_served,
            self.refuse_host,
            also_public=bool(hosts),
            # What they are answered no cassette would have.
            children=hosts if settings.mode is Mode.EMULATED else None,
        )
        self._of_children = door.take_problems
        return door

    def refuse_host(self, url: str) -> None:
        """Reports and raises the error for an IBM host, or a port of one, that is not served."""
        if self.is_aside or _open[-1:] != [self]:
            return  # the innermost is asked, too
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        if self._is_paused:
            self._guard.refuse(host)
        if host in known_hosts():
            is_plain = parts.scheme == "http" and parts.port not in (None, 80)
            port = parts.port or (80 if parts.scheme == "http" else 443)
            self._guard.refuse(
                f"{'http://' if is_plain else ''}{host}:{port}",
                f"https://{host}",
                "use the address above: what IBM's hosts answer elsewhere is not known, and plain "
                "HTTP shows a key to everybody",
            )
        self._guard.refuse(host, nearest(host, known_hosts()) or TODAY)

    def _keep(self, error: Exception) -> None:
        """Keeps what went wrong in a thread of the server, for the test to be told."""
        if isinstance(error, RawKeyWarning) or error in self._problems:
            return  # who raised it has kept it
        if isinstance(error, QChannelError):
            self._problems.append(error)
            return
        shown = "".join(traceback.format_exception(error)[-3:]).rstrip()
        self._problems.append(
            QChannelError(
                f"the emulator failed: {type(error).__name__}",
                where=self.where,
                facts=[("error", shown)],
                next="report it with this text: the client was answered with 501",
            )
        )
