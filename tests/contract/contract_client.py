"""The client that speaks to either door, and what a good request and a good answer look like."""

from __future__ import annotations

import functools
import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from jsonschema import Draft202012Validator

from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.control import EmulatorControl
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.records import Account, Instance
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.ibm.route import Route
from pytest_qchannel.ibm.table import ROUTES
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.chain import chained
from pytest_qchannel.lanes.source.emulated import EmulatedSource
from pytest_qchannel.settings import resolve
from pytest_qchannel.wire import Handle, Request, Response
from tests.contract.known_differences import DIFFERENCES, difference
from tests.devices_kit import DEVICE

IAM = "https://iam.cloud.ibm.com/identity/token"
SEARCH = "https://api.global-search-tagging.cloud.ibm.com/v3/resources/search"
RUNTIME = "https://quantum.cloud.ibm.com/api/v1"
GRANT = "urn:ibm:params:oauth:grant-type:apikey"
AUTH = "https://auth.quantum-computing.ibm.com/api"
CLASSIC = "https://api.quantum-computing.ibm.com/runtime"
BACKEND = DEVICE
MORE_INFO = "https://cloud.ibm.com/apidocs/quantum-computing#error-handling"

EVERY_ROUTE: Final = [route for rows in ROUTES.values() for route in rows]

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
    key = next(key for key, one in _operations().items() if one is known)
    found = unlisted(key, answer.status, answer.body) if answer.status != 501 else None
    assert found is None, f"{operation} {found}"
    if answer.status >= 400 and known["service"] == "runtime":
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


_SERVICES: Final = {
    "global-catalog": "catalog",
    "global-search": "search",
    "iam": "iam",
    "resource-controller": "controller",
    "runtime": "runtime",
}
"""The contract's word for a service -> ours."""


@functools.cache
def _operations() -> dict[str, dict[str, Any]]:
    """What the contract describes, by the names of our routes."""
    described = {
        (_SERVICES[one["service"]], one["method"], shape(one["path"])): one
        for one in contract()["operations"].values()
    }
    found = {}
    for route in EVERY_ROUTE:
        base = "/api/v1" if route.service == "catalog" else ""
        one = described.get((route.service, route.method, shape(base + route.rule)))
        if one is not None:
            found[route.key] = one
    return found


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    schemas = contract()["schemas"]
    return Draft202012Validator({"$ref": f"#/schemas/{name}", "schemas": schemas})


def differences(key: str, status: int, body: bytes) -> Iterator[tuple[str, str]]:
    """Where an answer is not as described: the place, and what is wrong.

    Args:
        key: The route, as ``GET /jobs/<job_id>``.
        status: The status.
        body: The body.
    """
    known = _operations().get(key)
    described: dict[str, str | None] = {}
    if known is not None:
        plain = "200" if known["response"] else "204"
        described = {**(known.get("success") or {plain: known["response"]}), **known["errors"]}
    if str(status) not in described:
        yield str(status), "a status that is not described"
        # Errors have one shape, whether they are described or not.
        described = {str(status): next(iter((known or {"errors": {}})["errors"].values()), None)}
    name = described[str(status)]
    if status == 204:
        if body:
            yield "204", "a body"
        return
    if name not in contract()["schemas"]:  # not described, or only in words
        return
    if any(row.covers(key, f"{status} anything") for row in DIFFERENCES):
        return  # held to the client
    try:
        data = json.loads(body)
    except ValueError:
        yield f"{status} ", "no JSON"
        return
    for error in _validator(name).iter_errors(data):
        yield f"{status} {_place(error.absolute_path)}", error.message


def _place(path: Iterable[str | int]) -> str:
    """A place in JSON, with the indices of lists left blank."""
    steps = ("[]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


def unlisted(key: str, status: int, body: bytes) -> str | None:
    """The first difference that is no row of the table of known ones."""
    for place, problem in differences(key, status, body):
        if difference(key, place) is None:
            return f"{key} -> {place}: {problem}"
    return None


def breach(route: Route, answer: Response) -> str | None:
    """How an answer breaks the contract; ``None`` where it fits, or differs as it is known to."""
    if route.service not in _SERVICES.values() or answer.status == 501:
        return None
    return unlisted(route.key, answer.status, answer.body)
