"""What a source offers: one file beside this one for each, and a line in ``lanes/assemble.py``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from pytest_qchannel.channels.model import Channel
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.accounts import Accounts
from pytest_qchannel.lanes.controls import Controls
from pytest_qchannel.settings import Settings
from pytest_qchannel.wire import Link, Request, Response

if TYPE_CHECKING:  # a replay loads nothing of the world, and most runs are not live
    from pytest_qchannel.emulator.worlds.builder import WorldBuilder
    from pytest_qchannel.lanes.live.run import LiveRun

__all__ = ["LaneSource", "Making", "World"]

World: TypeAlias = "Callable[[], WorldBuilder]"
"""Gives what an emulated world is built from."""


class Making(NamedTuple):
    """What a source is made of."""

    settings: Settings
    world: World | None
    live: LiveRun | None
    journal: Journal
    problems: list[QChannelError]
    where: Callable[[], str]


class LaneSource(Protocol):
    """Gives answers, for as long as its lane is open.

    It is made of a :class:`Making`, with the lane's journal, which one of its handlers writes, and
    with the lane's list of problems: what it puts there fails the test, even where the code under
    test swallowed it. It answers whatever is sent to one of IBM's hosts
    (:data:`pytest_qchannel.hosts.HOSTS`), logins included, by the door that the settings name or,
    while it is recorded, by the loopback door.
    """

    @property
    def is_live(self) -> bool:
        """Whether what is sent to it goes on to IBM: the client then tells who it is."""

    @property
    def settings(self) -> Settings:
        """The lane's settings, as the source has them: a world may fix the seed."""

    @property
    def accounts(self) -> Accounts:
        """Who can log in here."""

    @property
    def own_credentials(self) -> Collection[str]:
        """The credentials that are its own: they are no secrets of the person's."""

    @property
    def public_names(self) -> Collection[str]:
        """The names of its instances, where they are no secret: a recording keeps them."""

    @property
    def controls(self) -> Controls:
        """What can be done to it beside asking it."""

    @property
    def links(self) -> Sequence[Link]:
        """The handlers that stand before it, the outermost first."""

    def hints(self, error: BaseException, channel: Channel | None, requests: Journal) -> list[str]:
        """What it knows of an error that the code under test ended with, on a channel.

        Args:
            error: The error.
            channel: The channel in use, if one is.
            requests: What the code under test sent.
        """

    def handle(self, request: Request) -> Response:
        """The answer; called from any thread, behind its handlers."""

    def stop_waiting(self) -> None:
        """Lets what waits for something else than the source go: the door is about to close."""

    def close(self, where: str = "") -> None:
        """Ends what still runs; ``where`` is the test that is over."""
