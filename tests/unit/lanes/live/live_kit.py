"""A live run over an emulated service, without a socket and on a clock that jumps."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.jobs import Job
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.hosts import find_host
from pytest_qchannel.lanes.chain import chained
from pytest_qchannel.lanes.live.access import Access, Accesses
from pytest_qchannel.lanes.live.allowance import Allowance
from pytest_qchannel.lanes.live.budget import Budget
from pytest_qchannel.lanes.live.entry import Entry
from pytest_qchannel.lanes.live.ledger import Ledger
from pytest_qchannel.lanes.live.policy import Policy
from pytest_qchannel.lanes.live.settling import Settling
from pytest_qchannel.lanes.live.submission import Submissions
from pytest_qchannel.lanes.live.terms import LiveTest, Terms
from pytest_qchannel.lanes.live.watching import Usages, Watching
from pytest_qchannel.wire import Handle, Request, Response
from tests.devices_kit import DEVICE

__all__ = ["BASE", "DEVICES", "HOST", "JumpingClock", "Run", "Wire", "job_body"]

HOST: Final = "quantum.cloud.ibm.com"
BASE: Final = "/api/v1"
DEVICES: Final = ("ibm_first", "ibm_second")
X_ON_0: Final = 'OPENQASM 3.0; include "stdgates.inc"; bit[1] c; x $0; c[0] = measure $0;'


class JumpingClock:
    """Whoever waits has waited already."""

    def __init__(self, start: float = 1_760_000_000.0) -> None:
        self.time = start
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def job_body(**changes: Any) -> dict[str, Any]:
    """A good body for POST /jobs, but for its backend."""
    params = {"pubs": [[X_ON_0, None, 10]]}
    return {"program_id": "sampler", "params": params, **changes}


Bend = Callable[[Request, Handle], Response]
"""What happens to one request on its way to the service."""


class Wire:
    """The way to the service: bends what a test says, and writes down what passes."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self.sent: list[Request] = []
        self.bends: dict[str, list[Bend | None]] = {}

    def __call__(self, request: Request) -> Response:
        self.sent.append(request)
        waiting = self.bends.get(f"{request.method} {request.path.removeprefix(BASE)}")
        bend = waiting.pop(0) if waiting else None
        return self._handle(request) if bend is None else bend(request, self._handle)

    def bend(self, key: str, *bends: Bend | None) -> None:
        """What happens to the next requests of a kind, as ``POST /jobs``."""
        self.bends.setdefault(key, []).extend(bends)

    def of(self, key: str) -> list[Request]:
        """What was sent of a kind."""
        return [
            one
            for one in self.sent
            if f"{one.method} {one.path.removeprefix(BASE)}".startswith(key)
        ]


class Run:
    """A run over a world, and shorthands for what the code under test sends."""

    def __init__(
        self,
        folder: Path,
        *,
        budget: str = "1000",
        seconds: float | None = 10,
        jobs: int = 5,
        backend: str | None = None,
        rules: Mapping[str, Any] | None = None,
        plan: str = "Premium",
        progression: str = "polls(1)",
        limit_s: int | None = None,
        **terms: Any,
    ) -> None:
        self.clock = JumpingClock()
        builder = WorldBuilder().rules(**(rules or {}))
        for name in DEVICES:
            builder = builder.device(name, source=DEVICE, progression=progression)
        builder = builder.account("tester", channels=["ibm_quantum_platform"])
        builder = builder.instance("own", plan=plan, usage_limit_s=limit_s)
        builder = builder.instance("other", plan=plan)
        self.world = builder.build(Clock(self.clock.now), 1)
        self.app = App(self.world)
        self.account = self.world.accounts[-1]
        self.instance, self.other = self.account.instances.values()
        self.wire = Wire(self.app.handle)
        self.terms = Terms("a-run", Budget.of("dry" if budget == "dry" else float(budget)), **terms)
        self.ledger = Ledger(folder / "ledger.sqlite", "a-run", self.clock.now)
        self.settling = Settling(self.ledger, self.clock)
        self.usages, self.accesses = Usages(), Accesses()
        self.test = LiveTest(Allowance("test_it.py::test_it", seconds, jobs, backend))
        self.links = (
            Policy(self.terms, self.ledger, lambda: self.test),
            Watching(self.terms, self.settling, self.usages, self.accesses, lambda: self.test),
            Submissions(self.terms, self.settling, self.usages, lambda: self.test),
        )
        self.handle = chained(self.links, self.wire)

    @property
    def headers(self) -> dict[str, str]:
        return {
            "authorization": f"apikey {self.account.credential}",
            "service-crn": self.instance.id,
            "ibm-api-version": "2026-04-15",
        }

    @property
    def access(self) -> Access:
        host = find_host(HOST, f"{BASE}/jobs")
        assert host is not None
        return Access(host, self.headers)

    def request(
        self, method: str, path: str, body: Any = None, query: str = "", **headers: str
    ) -> Request:
        content = b"" if body is None else json.dumps(body).encode()
        sent = {**self.headers, **headers, "content-length": str(len(content))}
        return Request(method, HOST, BASE + path, sent, query, content)

    def ask(self, method: str, path: str, body: Any = None, query: str = "") -> Response:
        """An answer to the code under test."""
        return self.handle(self.request(method, path, body, query))

    def submit(self, **changes: Any) -> Response:
        return self.ask("POST", "/jobs", job_body(**{"backend": DEVICES[0], **changes}))

    def submitted(self, **changes: Any) -> str:
        """The id of a job that was taken."""
        answer = self.submit(**changes)
        assert answer.status == 200, answer.body
        return str(json.loads(answer.body)["id"])

    def job(self, remote: str) -> Any:
        return json.loads(self.ask("GET", f"/jobs/{remote}").body)

    @property
    def jobs(self) -> list[Job]:
        """What the service has of this account."""
        return [one for one in self.world.jobs.values() if one.account is self.account]

    @property
    def alive(self) -> list[Job]:
        return [one for one in self.jobs if not one.is_final]

    @property
    def entry(self) -> Entry:
        """The one entry of the ledger."""
        [entry] = self.ledger.entries()
        return entry
