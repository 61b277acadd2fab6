"""The client that speaks to either door, and what a good request and a good answer look like."""

from __future__ import annotations

import functools
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.control import EmulatorControl
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.records import Account, Instance
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.ibm.route import Route
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.chain import chained
from pytest_qchannel.lanes.source.emulated import EmulatedSource
from pytest_qchannel.settings import resolve
from pytest_qchannel.wire import Handle, Request, Response
from tests.devices_kit import DEVICE

IAM = "https://iam.cloud.ibm.com/identity/token"
SEARCH = "https://api.global-search-tagging.cloud.ibm.com/v3/resources/search"
RUNTIME = "https://quantum.cloud.ibm.com/api/v1"
GRANT = "urn:ibm:params:oauth:grant-type:apikey"
AUTH = "https://auth.quantum-computing.ibm.com/api"
CLASSIC = "https://api.quantum-computing.ibm.com/runtime"
BACKEND = DEVICE
MORE_INFO = "https://cloud.ibm.com/apidocs/quantum-computing#error-handling"

X_ON_7 = 'OPENQASM 3.0; include "stdgates.inc"; bit[2] c; x $7; c[1] = measure $7;'


@dataclass(frozen=True)
class Answer:
    """What came back, whatever the door."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> Any:
        """The error's code in the runtime's shape."""
        return self.json["errors"][0]["code"]

    @property
    def message(self) -> str:
        return str(self.json["errors"][0]["message"])


Send = Callable[[requests.Request], Answer]


def through_core(handle: Handle) -> Send:
    """Calls the core directly, with what ``requests`` would have put on the wire."""

    def send(asked: requests.Request) -> Answer:
        ready = asked.prepare()
        parts = urlsplit(str(ready.url))
        body = ready.body or b""
        answer = handle(
            Request(
                method=str(ready.method),
                host=parts.hostname or "",
                path=parts.path or "/",
                headers={name.lower(): str(value) for name, value in ready.headers.items()},
                query_string=parts.query,
                body=body.encode() if isinstance(body, str) else body,
            )
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status, headers, answer.body)

    return send


def through_requests(session: requests.Session) -> Send:
    """Goes the way that any code under test goes."""

    def send(asked: requests.Request) -> Answer:
        got = session.send(session.prepare_request(asked), timeout=60)
        headers = {name.lower(): value for name, value in got.headers.items()}
        return Answer(got.status_code, headers, got.content)

    return send


class Door:
    """The emulated services behind one of the doors, and shorthands for common requests."""

    def __init__(self, app: App, send: Send, journal: Journal | None = None) -> None:
        self.app = app
        self.journal = Journal() if journal is None else journal
        self.handle: Handle = app.handle
        self.control = EmulatorControl(app, self.journal)
        self._send = send
        self.platform, self.cloud, self.classic = app.world.accounts

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str | None] | None = None,
        *,
        json: Any = None,
        data: Any = None,
        params: Any = None,
    ) -> Answer:
        sent = {name: value for name, value in (headers or {}).items() if value is not None}
        return self._send(requests.Request(method, url, sent, json=json, data=data, params=params))

    def token(self, account: Account | None = None) -> str:
        """A fresh IAM access token."""
        key = (account or self.platform).credential
        answer = self.request("POST", IAM, data={"grant_type": GRANT, "apikey": key})
        assert answer.status == 200
        return str(answer.json["access_token"])

    def bearer(self, account: Account | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(account)}"}

    def instance(self, number: int = 0, account: Account | None = None) -> Instance:
        return list((account or self.platform).instances.values())[number]

    def runtime(self, number: int = 0, account: Account | None = None) -> dict[str, str]:
        """Headers of a good runtime request: the API key itself, and an instance."""
        account = account or self.platform
        return {
            "Authorization": f"apikey {account.credential}",
            "Service-CRN": self.instance(number, account).id,
        }

    def get(self, path: str, params: Any = None, **headers: str) -> Answer:
        """A good GET of the runtime service in us-east."""
        return self.request("GET", RUNTIME + path, {**self.runtime(), **headers}, params=params)

    def post(self, path: str, json: Any = None, data: Any = None) -> Answer:
        return self.request("POST", RUNTIME + path, self.runtime(), json=json, data=data)

    def submit(self, **changes: Any) -> str:
        """Creates a job and gives its id."""
        answer = self.post("/jobs", json=job(**changes))
        assert answer.status == 200, answer.body
        return str(answer.json["id"])

    def login(self) -> str:
        """A fresh access token of the classic platform."""
        answer = self.request(
            "POST", f"{AUTH}/users/loginWithToken", json={"apiToken": self.classic.credential}
        )
        assert answer.status == 200
        return str(answer.json["id"])


def fresh_door(seed: int = 0) -> Door:
    """The core of a new world, as it is before anything was asked."""
    app, journal, handle = new_services(Clock(lambda: 1_760_000_000.0), seed)
    door = Door(app, through_core(handle), journal)
    door.handle = handle
    return door


def new_services(clock: Clock | None = None, seed: int = 0) -> tuple[App, Journal, Handle]:
    """The services of a new world, what is written about them, and the way to them."""
    settings, journal = resolve({"seed": str(seed)}, {}, {}, {}), Journal()
    source = EmulatedSource(settings, WorldBuilder.default(), journal, [], clock)
    return source.app, journal, chained(source.links, source.handle)


def job(**changes: Any) -> dict[str, Any]:
    """A good body for POST /jobs; ``pubs`` and other params may be given by name."""
    params = {"pubs": changes.pop("pubs", [[X_ON_7, None, 10]])}
    params |= changes.pop("params", {})
    return {"program_id": "sampler", "backend": BACKEND, "params": params, **changes}


@functools.cache
def contract() -> dict[str, Any]:
    """IBM's contract, the part of it that the emulator serves."""
    path = Path(__file__).parent.parent / "data" / "contract.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def require_schema(name: str, data: Any) -> None:
    """Fails where ``data`` is not what the contract's schema says."""
    if name == "object":  # the contract's word for a body that it does not describe
        assert isinstance(data, dict)
        return
    schemas = contract()["schemas"]
    Draft202012Validator({"$ref": f"#/schemas/{name}", "schemas": schemas}).validate(data)


def require_contract(operation: str, answer: Answer) -> None:
    """Fails where a status or body is not what the contract says about an operation."""
    known = contract()["operations"][operation]
    if answer.status == 200:
        require_schema(known["response"], answer.json)
    elif answer.status == 204:
        assert answer.body == b""
    else:
        assert str(answer.status) in known["errors"], f"{operation} knows no {answer.status}"
        require_schema(known["errors"][str(answer.status)], answer.json)
        if known["service"] == "runtime":
            require_runtime_error(answer)


def require_runtime_error(answer: Answer) -> None:
    """Fails where an error is not in today's runtime shape, as the clients and docs describe it."""
    body = answer.json
    assert list(body) == ["errors", "trace"]
    [error] = body["errors"]
    # Terse errors have a word for a code and no advice; observed in 2026.
    is_terse = isinstance(error["code"], str) and "solution" not in error
    advice = [] if is_terse else ["solution"]
    assert list(error) == ["code", "message", *advice, "more_info"]
    assert is_terse or error["solution"]
    assert error["message"]
    assert error["more_info"] == MORE_INFO
    assert str(uuid.UUID(body["trace"])) == body["trace"]


def require_gateway_error(answer: Answer, status: int, code: int) -> None:
    """Fails where an error is not as the classic platform's gateway answered."""
    body = answer.json
    assert list(body) == ["errors"]
    [error] = body["errors"]
    assert (answer.status, error["code"]) == (status, code)
    assert [name for name in error if name != "solution"] == ["message", "code", "more_info"]
    assert error["more_info"] == "https://docs.quantum-computing.ibm.com/errors"


def require_classic_runtime_error(answer: Answer, status: int, code: int | str) -> None:
    """Fails where an error of the classic runtime is not in today's container."""
    require_runtime_error(answer)
    assert (answer.status, answer.code) == (status, code)


def require_classic_error(answer: Answer, status: int, code: str) -> None:
    """Fails where an error of the classic login or network is not in their shape.

    The clients read two fields and a header.
    """
    error = answer.json["error"]
    assert set(answer.json) == {"error"}
    assert answer.status == error["status"] == error["statusCode"] == status
    assert error["code"] == code
    assert error["message"]
    assert error["name"] == error["name"].upper()
    assert len(answer.headers["uber-trace-id"]) == 32


def shape(path: str) -> str:
    """A path with its variables left blank, as routes and contract name them differently."""
    return re.sub(r"[<{][^>}]+[>}]", "<>", path.removeprefix("/v1"))


@functools.cache
def _operations() -> dict[tuple[str, str], dict[str, Any]]:
    """The runtime's operations by method and path."""
    return {
        (known["method"], shape(known["path"])): known
        for known in contract()["operations"].values()
        if known["service"] == "runtime"
    }


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    schemas = contract()["schemas"]
    return Draft202012Validator({"$ref": f"#/schemas/{name}", "schemas": schemas})


def breach(route: Route, answer: Response) -> str | None:
    """How an answer of the runtime service breaks the contract; ``None`` where it fits."""
    known = _operations().get((route.method, shape(route.rule)))
    if route.service != "runtime" or known is None or answer.status in (204, 501):
        return None if answer.status != 204 or not answer.body else "204 with a body"
    name = known["response"] if answer.status == 200 else known["errors"].get(str(answer.status))
    if name in (None, "object", "text"):
        return None
    problem = best_match(_validator(name).iter_errors(json.loads(answer.body)))
    return None if problem is None else f"{problem.json_path}: {problem.message}"
