"""The emulated lane: an emulator of the test's own, behind one of its doors."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from pytest_qchannel import journals
from pytest_qchannel.cassette.accounts import HeldAccount, HeldInstance
from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.control import EmulatorControl
from pytest_qchannel.emulator.faults import RawKeyWarning
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.errors import QChannelError, RealSecretRefused, nearest
from pytest_qchannel.hosts import known_hosts
from pytest_qchannel.network.guard import NetworkGuard
from pytest_qchannel.network.real_secrets import require_no_real_secret
from pytest_qchannel.settings import Door, Mode, Settings
from pytest_qchannel.wire import Request, Response

if TYPE_CHECKING:
    from pytest_qchannel.journal import Journal
    from pytest_qchannel.secret import Secret

__all__ = ["EmulatedTransport"]


class _OpenAndClose(Protocol):
    """A front door."""

    def open(self) -> None: ...

    def close(self) -> None: ...


class EmulatedTransport:
    """Everything that a test in the emulated lane sends stays in the process.

    Args:
        settings: The seed and the hosts that may be reached.
        test_id: The test that errors name.
        secrets: The person's real credentials; a request that holds one is refused.
        world: What the emulated world is built from; by default the default one.
    """

    mode = Mode.EMULATED

    def __init__(
        self,
        settings: Settings,
        test_id: str,
        secrets: Iterable[Secret] = (),
        world: WorldBuilder | None = None,
    ) -> None:
        self.world = world or WorldBuilder.default()
        built = self.world.build(Clock(time.time), settings.seed)
        self.app = App(built, faults=self.world.new_faults())
        self.control = EmulatorControl(self.app)
        emulated = {account.credential for account in self.app.world.accounts}
        self._secrets = [
            one for one in secrets if one.reveal() not in emulated and one.is_searchable
        ]
        self._problems: list[QChannelError] = []
        self._guard = NetworkGuard(test_id, settings.allowed_hosts, self._problems.append)
        self._door = self._door_of(settings)

    @property
    def journal(self) -> Journal:
        """What was sent and answered so far."""
        return self.app.journal

    @property
    def source(self) -> str:
        """The world's name, for messages."""
        return f"the emulated world, {self.world.source}"

    def accounts(self) -> dict[str, HeldAccount]:
        """The first account of the world for each channel."""
        found: dict[str, HeldAccount] = {}
        for account in self.app.world.accounts:
            held = HeldAccount(
                account.credential,
                tuple(
                    HeldInstance(one.id, one.name, one.plan.display_name)
                    for one in account.instances.values()
                ),
            )
            for channel in account.channels:
                found.setdefault(channel, held)
        return found

    def open(self) -> None:
        """Opens the door and shuts the network."""
        self._guard.close_network()
        self._door.open()
        journals.opened(self.app.journal)

    def close(self) -> None:
        """Puts ``requests`` and ``socket`` back as they were."""
        journals.closed(self.app.journal)
        self._door.close()
        self._guard.reopen()
        self.app.close()

    def happens_in(self, where: str, *, who: str | None = None, way_out: str | None = None) -> None:
        """Tells a transport that lives longer than a test what errors shall name from now on.

        Args:
            where: The test, or the part of the run.
            who: What the code under test is, as ``a test`` or ``the program``.
            way_out: The option that allows a host.
        """
        self._guard.where = where
        self._guard.who = who or self._guard.who
        self._guard.way_out = way_out or self._guard.way_out

    def take_problems(self) -> list[QChannelError]:
        """Gaps of the emulator, blocked hosts and refused secrets since the last call."""
        found = [*self._problems, *self.app.gaps]
        self._problems.clear()
        self.app.gaps.clear()
        return found

    def _door_of(self, settings: Settings) -> _OpenAndClose:
        is_served = known_hosts().__contains__
        if settings.door is Door.IN_PROCESS:
            from pytest_qchannel.emulator.adapters.inprocess import InProcessDoor

            return InProcessDoor(self._handle, is_served, self._refuse_host)
        from pytest_qchannel.network.redirect import RedirectedDoor

        also_public = bool(settings.allowed_hosts)
        return RedirectedDoor(
            self._handle, self._keep, is_served, self._refuse_host, also_public=also_public
        )

    def _keep(self, error: Exception) -> None:
        """Keeps what went wrong in a thread of the server, for the test to be told."""
        if isinstance(error, RawKeyWarning) or error in (*self._problems, *self.app.gaps):
            return  # who raised it has kept it
        if isinstance(error, QChannelError):
            self._problems.append(error)
            return
        shown = "".join(traceback.format_exception(error)[-3:]).rstrip()
        self._problems.append(
            QChannelError(
                f"the emulator failed: {type(error).__name__}",
                where=self._guard.where,
                facts=[("error", shown)],
                next="report it with this text: the client was answered with 501",
            )
        )

    def _handle(self, request: Request) -> Response:
        try:
            require_no_real_secret(request, self._secrets, self._guard.where)
        except RealSecretRefused as refused:
            self._problems.append(refused)
            raise
        return self.app.handle(request)

    def _refuse_host(self, url: str) -> None:
        host = urlsplit(url).hostname or ""
        self._guard.refuse(host, nearest(host, known_hosts()) or "quantum.cloud.ibm.com")
