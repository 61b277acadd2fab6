"""The real services as a source: a chain of rules, and the forwarder behind them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from pytest_qchannel.channels.model import Channel
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.accounts import Accounts
from pytest_qchannel.lanes.controls import NoLevers
from pytest_qchannel.lanes.journaling import journaled
from pytest_qchannel.lanes.live.problems import NotLive
from pytest_qchannel.lanes.live.run import LiveRun
from pytest_qchannel.rerun_command import again
from pytest_qchannel.settings import Mode, Settings
from pytest_qchannel.wire import Link, Request, Response

__all__ = ["LiveSource"]


class LiveSource:
    """Answers with what the real services answer.

    Args:
        run: What the process shares of a live run.
        settings: The lane's.
        journal: Where requests and answers are written, with stand-ins for credentials.
        problems: Where refusals are put.
        where: Gives the test, for errors.
    """

    is_live = True
    public_names: Collection[str] = ()

    def __init__(
        self,
        run: LiveRun,
        settings: Settings,
        journal: Journal,
        problems: list[QChannelError],
        where: Callable[[], str],
    ) -> None:
        self._run = run
        self.settings = settings
        self._loan = run.standins.lend()
        self.accounts = Accounts(
            run.accounts(self._loan.keys),
            where="the environment, as it was when pytest started",
            owner="the environment",
            advice="set {token}, or run on another channel",
            if_empty="set {token} to the key of an account that has an instance",
        )
        self.own_credentials = {*self._loan.keys.values(), *run.standins.keys.values()}
        self.controls = _Controls(where)
        self.links: Sequence[Link] = (
            journaled(journal),
            self._loan.link(where, problems),
            *run.rules(),
        )
        run.reports_to(problems)

    def hints(
        self,
        error: BaseException,  # noqa: ARG002
        channel: Channel | None,  # noqa: ARG002
        requests: Journal,  # noqa: ARG002
    ) -> list[str]:
        """Nothing: what the door saw is told as an outcome of the test."""
        return []

    def handle(self, request: Request) -> Response:
        """The answer of the real service."""
        return self._run.send(request)

    def stop_waiting(self) -> None:
        """Ends what waits at the door: nobody is there any more to take its answer."""
        self._run.stop_waiting()

    def close(self, where: str = "") -> None:
        """Ends the stand-ins; what still runs is swept when the test has ended."""
        self._loan.end(where)


class _Controls(NoLevers):
    """The controls of the real services: nobody ends an access token there."""

    def __init__(self, where: Callable[[], str]) -> None:
        super().__init__(Mode.LIVE, "")
        self._in = where

    def revoke_access(self) -> None:
        """IAM has no call that ends an access token."""
        raise NotLive(
            "revoke_access() is not there live: IAM has no call that ends an access token",
            where=self._in(),
            next=f"{again('--qchannel-mode=emulated')}, or {again('--qchannel-mode=replay')}",
        )
