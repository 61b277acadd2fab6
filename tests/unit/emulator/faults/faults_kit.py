"""An emulator of one account, and requests to it; no HTTP library, no client."""

from __future__ import annotations

import json
from typing import Any

from pytest_qchannel.emulator.faults import Fault
from pytest_qchannel.emulator.faults.parse import parse_fault
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.chain import chained
from pytest_qchannel.lanes.source.emulated import EmulatedSource
from pytest_qchannel.settings import resolve
from pytest_qchannel.wire import Request, Response

HOST = "quantum.cloud.ibm.com"
QASM = 'OPENQASM 3.0; include "stdgates.inc"; bit[1] c; c[0] = measure $0;'


class Desk:
    """Sends requests as the platform account, with an access token."""

    def __init__(self, *tables: dict[str, Any]) -> None:
        self.journal, self.gaps = Journal(), list[QChannelError]()
        source = EmulatedSource(
            resolve({}, {}, {}, {}),
            WorldBuilder.default(),
            self.journal,
            self.gaps,
            Clock(lambda: 1_800_000_000.0),
        )
        self.handle = chained(source.links, source.handle)
        self.app, self.world = source.app, source.app.world
        self.account = next(one for one in self.world.accounts if one.platform == "cloud")
        self.instance = next(
            one for one in self.account.instances.values() if ":us-east:" in one.id
        )
        self.token = self.log_in()
        self.faults = [self.declare(**table) for table in tables]

    def declare(self, **table: Any) -> Fault:
        fault = parse_fault(table)
        self.app.faults.append(fault)
        return fault

    def log_in(self) -> str:
        body = (
            "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey"
            f"&apikey={self.account.credential}"
        ).encode()
        answer = self.handle(Request("POST", "iam.cloud.ibm.com", "/identity/token", body=body))
        return str(json.loads(answer.body)["access_token"]) if answer.status == 200 else ""

    def send(
        self, method: str, path: str, body: Any = None, authorization: str = "", **headers: str
    ) -> Response:
        given = {
            "authorization": authorization or f"Bearer {self.token}",
            "service-crn": self.instance.id,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        sent = json.dumps(body).encode() if body is not None else b""
        return self.handle(Request(method, HOST, f"/api/v1{path}", given, "", sent))

    def submit(self, backend: str = "") -> Response:
        return self.send(
            "POST",
            "/jobs",
            {
                "program_id": "sampler",
                "backend": backend or self.instance.devices[0],
                "params": {"pubs": [[QASM, None, 10]], "version": 2},
            },
        )


def code_of(response: Response) -> Any:
    return json.loads(response.body)["errors"][0]["code"]
