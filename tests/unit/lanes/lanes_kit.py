"""A source of a test's own, which answers what it is told to."""

from __future__ import annotations

import threading

from pytest_qchannel.cassette.accounts import HeldAccount, HeldInstance
from pytest_qchannel.channels.model import Channel
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.accounts import Accounts
from pytest_qchannel.lanes.chain import in_turn
from pytest_qchannel.lanes.controls import NoLevers
from pytest_qchannel.lanes.journaling import journaled
from pytest_qchannel.lanes.source.protocol import Making
from pytest_qchannel.settings import Mode
from pytest_qchannel.wire import Request, Response

CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/0123456789abcdef:0123-4567::"
KEY = "the-key-of-a-source-of-its-own"


class ToySource:
    """One account, and one answer to everything."""

    is_live = False

    def __init__(self, of: Making) -> None:
        self.settings = of.settings
        held = HeldAccount(KEY, (HeldInstance(CRN, "toys", "Toy"),))
        self.accounts = Accounts(
            {"ibm_cloud": held}, "the toy shop", "the shop", "ask for {channel}", "open it"
        )
        self.own_credentials = {KEY}
        self.public_names: set[str] = set()
        self.controls = NoLevers(Mode.EMULATED, "a toy")
        self.links = (in_turn(threading.RLock()), journaled(of.journal))
        self.problems = of.problems
        self.answer = Response.json({"devices": []})
        self.is_closed = self.has_stopped = False

    def hints(self, error: BaseException, channel: Channel | None, requests: Journal) -> list[str]:
        return []

    def handle(self, request: Request) -> Response:
        if request.path.endswith("/broken"):
            raise ZeroDivisionError
        if request.path.endswith("/gap"):
            self.problems.append(QChannelError("a gap of the toy"))
        return self.answer

    def stop_waiting(self) -> None:
        self.has_stopped = True

    def close(self, where: str) -> None:
        self.is_closed = True
