"""The loopback door, with this process led to it: its look-ups, its trust, its mocks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from pytest_qchannel.emulator.adapters.authority import authority
from pytest_qchannel.emulator.adapters.loopback import LoopbackDoor
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.network.children import Children
from pytest_qchannel.network.mocks import past_mocks
from pytest_qchannel.network.redirect import NameRedirect
from pytest_qchannel.network.trust import trusting
from pytest_qchannel.wire import Handle

__all__ = ["RedirectedDoor"]


class RedirectedDoor:
    """The loopback door, and this process led to it and trusting it.

    Args:
        handle: The emulator's ``App.handle``, or something around it; called from any thread.
        failed: Called with what ``handle`` raised, except for lost connections.
        is_served: Whether a host name is the emulator's.
        refuse: Called with the URL of an IBM host, or port of one, that is not served; raises.
        also_public: Whether hosts beyond loopback may be reached: see :func:`.trust.trusting`.
        children: Which hosts child processes may reach that are led here, too, a comma list;
            ``None`` where they are not.
    """

    def __init__(
        self,
        handle: Handle,
        failed: Callable[[Exception], None],
        is_served: Callable[[str], bool],
        refuse: Callable[[str], None],
        *,
        also_public: bool,
        children: str | None = None,
    ) -> None:
        self._handle = handle
        self._failed = failed
        self._is_served = is_served
        self._refuse = refuse
        self._also_public = also_public
        self._facts: dict[str, object] = {"allowed_hosts": children}
        self._children = Children(self._facts) if children is not None else None
        self._stack = ExitStack()

    def open(self) -> None:
        """Starts the server and leads this process to it."""
        trusted = authority()
        with ExitStack() as undo:
            door = LoopbackDoor(self._handle, self._failed, trusted)
            door.open()
            undo.callback(door.close)
            undo.enter_context(
                trusting(trusted.certificate_pem, self._is_served, also_public=self._also_public)
            )
            undo.enter_context(past_mocks(self._is_served))
            names = NameRedirect(self._is_served, self._refuse, door.port)
            names.open()
            undo.callback(names.close)
            if self._children is not None:
                self._facts.update(port=door.port, certificate_pem=trusted.certificate_pem)
                undo.enter_context(self._children.led())
            self._stack = undo.pop_all()

    def close(self) -> None:
        """Puts the process back as it was, and ends the server."""
        self._stack.close()

    def take_problems(self, where: str) -> list[QChannelError]:
        """What child processes of a test could not reach."""
        return self._children.take_problems(where) if self._children is not None else []
