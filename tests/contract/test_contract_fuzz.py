"""Malformed requests never crash the core: always a status and a shape that the service uses."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pytest_qchannel.hosts import HOSTS, Host
from pytest_qchannel.ibm.route import Route
from pytest_qchannel.ibm.table import ROUTES
from pytest_qchannel.wire import Request
from tests.contract.contract_client import BACKEND, RUNTIME, X_ON_7, Answer, Door, fresh_door, job

STATUSES: Final = {200, 204, 400, 401, 403, 404, 409, 422, 500, 501}
KEYS: Final = {
    "iam": {"errorCode", "errorMessage", "context"},
    "search": {"errors", "trace", "status_code"},
    "catalog": {"errors", "trace", "status_code"},
    "controller": {"errors", "trace", "status_code"},
    "runtime": {"errors", "trace"},
    "classic_auth": {"error"},
    "classic_network": {"error"},
    "classic_runtime": {"errors", "trace"},
    "transpiler": {"detail"},
}
FIRST_HOST: Final = {host.service: host for host in reversed(HOSTS)}
EVERY_ROUTE: Final = [
    (FIRST_HOST[service], route) for service in ROUTES for route in ROUTES[service]
]

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=12),
    st.sampled_from([10**400, 1e308, -1, 0, "\ud800", "ndarray", "QuantumCircuit", X_ON_7]),
)  # fmt: skip
NAMES = st.text(max_size=8) | st.sampled_from(
    ["query", "fields", "search_cursor", "apiToken", "program_id", "backend", "params", "pubs",
     "__type__", "__value__", "options", "tags", "shots"]
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda part: st.lists(part, max_size=4) | st.dictionaries(NAMES, part, max_size=4),
    max_leaves=12,
)
BODIES = st.one_of(
    st.just(b""),
    st.binary(max_size=60),
    JSON.map(lambda data: json.dumps(data).encode()),
    st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b"apikey=%zz&grant_type", b"NaN"]),
)
QUERY_NAMES = st.sampled_from(
    ["limit", "offset", "sort", "tags", "pending", "created_after", "created_before", "backend",
     "provider", "exclude_params", "calibration_id", "updated_before", "access_token", "name", "x",
     "interval_start", "interval_end", "group_by", "instance", "plan", "user_id", "simulators",
     "status", "mode", "previous", "next", "search", "type", "user", "plan_id", "include_mocks",
     "program", "session_id"]
)  # fmt: skip
ODD_VALUES = st.sampled_from(
    ["%zz", "+", "9" * 5_000, "²", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00",
     "2025-10-09", "2025-W41", "-0", "job", "true", "MTc2MC4wIGQw", "bmFuIHg%3D", "aW5mIHg%3D",
     "MWU5OTkgeA%3D%3D"]
)  # fmt: skip
QUERIES = st.lists(
    st.tuples(QUERY_NAMES, st.text(max_size=10) | ODD_VALUES),
    max_size=3,
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))
HEADERS = st.dictionaries(
    st.sampled_from(["ibm-api-version", "content-type", "accept", "x-other", "service-crn"]),
    st.text(max_size=12),
    max_size=2,
)
IDS = st.sampled_from(["x", BACKEND, "%2F", "%zz", "\ud800", "a" * 3_000, "d0", "..", "é"])


def credentials(door: Door, service: str) -> dict[str, str]:
    if service == "runtime":
        return {name.lower(): value for name, value in door.runtime().items()}
    if service.startswith("classic"):
        return {"x-access-token": door.login()}
    if service == "transpiler":
        return {"authorization": f"Bearer {door.classic.credential}"}
    return {"authorization": f"Bearer {door.token()}"}


def require_shape(service: str, answer: Answer) -> None:
    assert answer.status in STATUSES
    if answer.status >= 400:
        # The classic gateway's have no trace.
        is_gateway = service == "classic_runtime" and answer.code == 1208
        found = set(answer.json) - {"errorDetails"}
        assert found == ({"errors"} if is_gateway else KEYS[service])
    if answer.status == 204:
        assert answer.body == b""
    if service in ("classic_auth", "classic_network") and answer.status >= 400:
        assert answer.headers["uber-trace-id"]
        assert answer.json["error"]["status"] == answer.status


@pytest.mark.parametrize(
    ("host", "route"), EVERY_ROUTE, ids=[f"{h.service} {r.method} {r.rule}" for h, r in EVERY_ROUTE]
)
@settings(derandomize=True, deadline=None, max_examples=6)
@given(body=BODIES, query=QUERIES, headers=HEADERS, name=IDS)
def test_malformed_requests(
    host: Host, route: Route, body: bytes, query: str, headers: dict[str, str], name: str
) -> None:
    door = fresh_door()
    path = route.path(dict.fromkeys(route.variables, name))
    sent = {**credentials(door, host.service), **headers}
    response = door.handle(Request(route.method, host.name, host.base + path, sent, query, body))
    lower = {key.lower(): value for key, value in response.headers.items()}
    require_shape(host.service, Answer(response.status, lower, response.body))
    last = door.journal[-1]
    assert (last.status, last.body is None) == (response.status, body in (b"", b"null"))


def places(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every part of some JSON."""
    if isinstance(data, dict | list):
        for step, part in data.items() if isinstance(data, dict) else enumerate(data):
            yield (*path, step)
            yield from places(part, (*path, step))


SESSION: Final = {
    "backend": BACKEND, "max_ttl": 600, "interactive_ttl": 60, "active_ttl": 90
}  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=80)
@given(
    mode=st.sampled_from(["dedicated", "batch"]),
    changes=st.dictionaries(st.sampled_from(["x", "mode", "instance", *SESSION]), JSON, max_size=1),
    patch=st.dictionaries(st.sampled_from(["accepting_jobs", "x"]), st.booleans() | JSON),
    ahead_s=st.sampled_from([0, 61, 1_801, 30_000]),
)
def test_sessions_of_any_body_are_refused_or_can_be_looked_at(
    mode: str, changes: dict[str, Any], patch: dict[str, Any], ahead_s: int
) -> None:
    body = {"mode": mode, **SESSION, **changes}
    door = fresh_door()
    headers = door.runtime(1)  # the Open plan has no dedicated sessions

    def ask(method: str, path: str, data: Any = None) -> Answer:
        sent = None if data is None else json.dumps(data).encode()
        answer = door.request(method, RUNTIME + path, headers, data=sent)
        require_shape("runtime", answer)
        return answer

    created = ask("POST", "/sessions", body)
    if created.status != 200:
        return
    event("created")
    path = f"/sessions/{created.json['id']}"
    ask("POST", "/jobs", job(session_id=created.json["id"]))
    door.app.world.clock.advance(ahead_s)
    ask("PATCH", path, patch)
    assert ask("GET", path).json["state"] in ("open", "active", "inactive", "closed")
    assert ask("GET", "/workloads").json["total_count"] >= 1
    assert ask("GET", "/analytics/usage").status == 200
    assert ask("DELETE", f"{path}/close").status == 204


ANGLED: Final = (
    'OPENQASM 3.0; include "stdgates.inc"; input float a; bit[1] c; rz(a) $3; c[0] = measure $3;'
)
VALID: Final = job(
    tags=["a"],
    cost=300,
    log_level="INFO",
    pubs=[
        [ANGLED, [[0.5], [1.5]], 3],
        [X_ON_7, {"__type__": "ndarray", "__value__": []}, 2],
    ],
    params={
        "options": {
            "default_shots": 3,
            "execution": {"rep_delay": 0.0001},
            "simulator": {"seed_simulator": 1},
            "twirling": {"num_randomizations": "auto"},
        },
        "support_qiskit": True,
        "shots": 4,
    },
)


@settings(derandomize=True, deadline=None, max_examples=120)
@given(place=st.sampled_from(list(places(VALID))), value=JSON)
def test_jobs_with_one_part_replaced_are_refused_or_come_to_an_end(
    place: tuple[str | int, ...], value: Any
) -> None:
    body: Any = copy.deepcopy(VALID)
    part = body
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    door = fresh_door()
    created = door.post("/jobs", data=json.dumps(body).encode())
    require_shape("runtime", created)
    if created.status == 200:
        seen = door.get(f"/jobs/{created.json['id']}")
        assert seen.json["state"]["status"] in ("Completed", "Failed")
        results = door.get(f"/jobs/{created.json['id']}/results")
        assert results.status == 200
        if seen.json["state"]["status"] == "Failed":
            assert seen.json["state"]["reason"]
        else:
            assert results.json["__type__" if body["params"].get("support_qiskit") else "results"]
        assert door.request("GET", f"{RUNTIME}/instances/usage", door.runtime()).status == 200


def test_the_job_that_the_test_above_varies_completes() -> None:
    door = fresh_door()
    job_id = door.post("/jobs", json=VALID).json["id"]
    assert door.get(f"/jobs/{job_id}").json["state"] == {"status": "Completed"}
