"""Every runtime route with every bad credential and every bad instance, and all host names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import jwt
import pytest

from pytest_qchannel.ibm.route import Route
from pytest_qchannel.ibm.table import ROUTES
from tests.contract.contract_client import BACKEND, RUNTIME, Door, job, require_runtime_error

# All but the one that needs no credential.
RUNTIME_ROUTES: Final = [route for route in ROUTES["runtime"] if route.credential != "none"]


def route_id(route: Route) -> str:
    return f"{route.method} {route.rule}"


def path_of(route: Route, door: Door, job_id: str, session_id: str) -> str:
    """The route's path about things that there are, with the query that it cannot do without."""
    query = QUERIES.get(route.rule, "")
    values = {"account": door.platform.id, "backend": BACKEND}
    return route.path({**values, "job_id": job_id, "session_id": session_id}) + query


def session_of(door: Door) -> str:
    answer = door.post("/sessions", json={"mode": "batch", "backend": BACKEND})
    return str(answer.json["id"])


def body_of(route: Route) -> object:
    """A good body for the route; the routes that want none get none."""
    return BODIES.get((route.method, route.rule))


QUERIES: Final = {
    "/tags": "?type=job&search=bell",
    "/analytics/usage_grouped": "?group_by=plan",
    "/analytics/usage_grouped_by_date": "?group_by=instance",
}
BODIES: Final[dict[tuple[str, str], object]] = {
    ("POST", "/jobs"): job(),
    ("PUT", "/jobs/<job_id>/tags"): {"tags": ["a"]},
    ("POST", "/sessions"): {"mode": "batch", "backend": BACKEND},
    ("PATCH", "/sessions/<session_id>"): {"accepting_jobs": False},
    ("PUT", "/instances/configuration"): {"instance_limit": 500},
}


def revoked(door: Door) -> str:
    token = door.token()
    door.control.revoke_access_token(token)
    return f"Bearer {token}"


def expired(door: Door) -> str:
    token = door.token()
    door.control.advance_clock(3_601)
    return f"Bearer {token}"


def foreign(door: Door) -> str:
    """A token with the right claims that somebody else signed."""
    claims = jwt.decode(door.token(), options={"verify_signature": False})
    return f"Bearer {jwt.encode(claims, 'somebody-else' * 4, algorithm='HS256')}"


def revoked_key(door: Door) -> str:
    door.control.revoke_credentials()
    return f"apikey {door.platform.credential}"


CREDENTIALS: Final[dict[str, Callable[[Door], str | None]]] = {
    "missing": lambda door: None,
    "empty": lambda door: "",
    "scheme only": lambda door: "Bearer",
    "malformed token": lambda door: "Bearer not.a.jwt",
    "foreign token": foreign,
    "expired token": expired,
    "revoked token": revoked,
    "token without scheme": lambda door: door.token(),
    "wrong scheme": lambda door: f"Token {door.token()}",
    "key as bearer": lambda door: f"Bearer {door.platform.credential}",
    "token as key": lambda door: f"apikey {door.token()}",
    "wrong key": lambda door: "apikey " + "x" * 44,
    "revoked key": revoked_key,
    "classic API token": lambda door: f"apikey {door.classic.credential}",
    "classic access token": lambda door: f"Bearer {door.login()}",
}


@pytest.mark.parametrize("credential", list(CREDENTIALS))
def test_no_runtime_route_takes_a_bad_credential(door: Door, credential: str) -> None:
    job_id, session_id = door.submit(), session_of(door)
    authorization = CREDENTIALS[credential](door)
    for route in RUNTIME_ROUTES:
        headers = {**door.runtime(), "Authorization": authorization}
        answer = door.request(
            route.method,
            RUNTIME + path_of(route, door, job_id, session_id),
            headers,
            json=body_of(route),
        )
        assert answer.status == 401, f"{route_id(route)} with {credential}"
        require_runtime_error(answer)
        assert answer.code == 1201
        assert answer.message == "Invalid credentials."
        assert door.platform.credential.encode() not in answer.body
    assert len(door.control.jobs) == 1
    assert not door.control.jobs[0].is_final


@pytest.mark.parametrize("scheme", ["bearer", "apikey"])
def test_every_runtime_route_takes_both_good_credentials(door: Door, scheme: str) -> None:
    """Otherwise the test above could pass for a wrong reason."""
    for route in RUNTIME_ROUTES:
        job_id, session_id = door.submit(log_level="INFO"), session_of(door)
        headers = door.runtime()
        if scheme == "bearer":
            headers["Authorization"] = f"bEaReR {door.token()}"
        if route.method == "DELETE":
            door.get(f"/jobs/{job_id}")
        answer = door.request(
            route.method,
            RUNTIME + path_of(route, door, job_id, session_id),
            headers,
            json=body_of(route),
        )
        assert answer.status in (200, 204), f"{route_id(route)} {answer.body!r}"
    assert door.app.gaps == []


def crn_with(door: Door, index: int, value: str) -> str:
    fields = door.instance().id.split(":")
    fields[index] = value
    return ":".join(fields)


INSTANCES: Final[dict[str, tuple[int, object, Callable[[Door], str | None]]]] = {
    "missing": (403, 1200, lambda door: None),
    "empty": (403, 1200, lambda door: ""),
    "a name": (403, 1200, lambda door: "open-instance"),
    "cut": (403, 1200, lambda door: door.instance().id[:-1]),
    "wrong service": (403, 1200, lambda door: crn_with(door, 4, "databases")),
    "other account": (403, 1200, lambda door: door.instance(0, door.cloud).id),
    "unknown account": (403, 1200, lambda door: crn_with(door, 6, "a/" + "0" * 32)),
    "other region": (404, 1279, lambda door: door.instance(2).id),
    "region changed": (404, 1279, lambda door: crn_with(door, 5, "eu-de")),
    "unknown guid": (
        404,
        1279,
        lambda door: crn_with(door, 7, "00000000-0000-4000-8000-000000000000"),
    ),
}


@pytest.mark.parametrize("case", list(INSTANCES))
def test_no_runtime_route_takes_a_bad_instance(door: Door, case: str) -> None:
    status, code, crn_of = INSTANCES[case]
    job_id, session_id = door.submit(), session_of(door)
    for route in RUNTIME_ROUTES:
        if case == "missing" and "account" in route.variables:
            continue  # the path names the account
        headers = {**door.runtime(), "Service-CRN": crn_of(door)}
        path = RUNTIME + path_of(route, door, job_id, session_id)
        answer = door.request(route.method, path, headers, json=body_of(route))
        assert (answer.status, answer.code) == (status, code), f"{route_id(route)} with {case}"
        require_runtime_error(answer)
    assert len(door.control.jobs) == 1


@pytest.mark.parametrize(
    ("base", "instance"),
    [
        ("https://quantum.cloud.ibm.com/api/v1", 0),
        ("https://eu-de.quantum.cloud.ibm.com/api/v1", 2),
        ("https://private.us-east.quantum.cloud.ibm.com/api/v1", 0),
        ("https://private.eu-de.quantum.cloud.ibm.com/api/v1", 2),
        ("https://us-east.quantum-computing.cloud.ibm.com", 0),
        ("https://eu-de.quantum-computing.cloud.ibm.com", 2),
        ("https://private.us-east.quantum-computing.cloud.ibm.com", 0),
        ("https://private.eu-de.quantum-computing.cloud.ibm.com", 2),
    ],
)
def test_every_host_serves_its_region_and_refuses_the_other(
    door: Door, base: str, instance: int
) -> None:
    answer = door.request("GET", f"{base}/backends", door.runtime(instance))
    assert answer.status == 200
    assert answer.json["devices"] == list(door.instance(instance).devices)

    other = door.request("GET", f"{base}/backends", door.runtime(2 - instance))
    assert (other.status, other.code) == (404, 1279)
    assert f"Instance {door.instance(2 - instance).id} not found" in other.message
    [error] = other.json["errors"]
    assert "eu-de" in error["solution"]
    assert "us-east" in error["solution"]


def test_a_crn_with_blanks_around_it_is_the_same_crn(door: Door) -> None:
    """HTTP allows blanks around a header's value."""
    headers = {**door.runtime(), "Service-CRN": door.instance().id + " "}
    assert door.request("GET", f"{RUNTIME}/backends", headers).status == 200


@pytest.mark.parametrize(
    ("method", "url", "closest"),
    [
        ("GET", f"{RUNTIME}/backend", f"GET {RUNTIME}/backends"),
        ("DELETE", f"{RUNTIME}/backends", f"GET {RUNTIME}/backends"),
        ("PUT", f"{RUNTIME}/jobs", f"POST {RUNTIME}/jobs"),
        ("GET", f"{RUNTIME}/job/x/results", f"GET {RUNTIME}/jobs/<job_id>/results"),
        ("GET", "https://quantum.cloud.ibm.com/backends", "/api/v1"),
    ],
)
def test_an_unknown_route_or_method_is_501_and_names_the_closest(
    door: Door, method: str, url: str, closest: str
) -> None:
    answer = door.request(method, url, door.runtime())
    assert answer.status == 501
    require_runtime_error(answer)
    assert answer.code == "emulator_gap"
    first, *rest = answer.message.splitlines()
    assert f"{method} {url}" in first
    assert any(line.strip().startswith("closest:") and closest in line for line in rest)
    assert any("qchannel docs emulator" in line for line in rest)
    [gap] = door.app.gaps
    assert str(gap) == answer.message


@pytest.mark.parametrize(
    ("url", "shape"),
    [
        ("https://iam.cloud.ibm.com/identity/introspect", {"errorCode", "errorMessage", "context"}),
        ("https://globalcatalog.cloud.ibm.com/api/v1/a/b", {"errors", "trace", "status_code"}),
        ("https://auth.quantum.ibm.com/api/users", {"error"}),
        ("https://api.quantum.ibm.com/runtime/programs", {"errors", "trace"}),
        (f"{RUNTIME}/programs", {"errors", "trace"}),
    ],
)
def test_a_gap_is_told_in_the_shape_of_its_service(door: Door, url: str, shape: set[str]) -> None:
    answer = door.request("GET", url)
    assert answer.status == 501
    assert set(answer.json) == shape


def test_the_journal_names_the_job_of_a_refused_request_too(door: Door) -> None:
    job_id = door.submit()
    door.get(f"/jobs/{job_id}/results")
    assert door.post(f"/jobs/{job_id}/cancel").status == 409
    assert [one.job_id for one in door.journal] == [job_id] * 3
