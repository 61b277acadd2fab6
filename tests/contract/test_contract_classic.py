"""The classic platform: login, user, network, runtime with each credential, logout."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.contract_client import (
    AUTH,
    BACKEND,
    CLASSIC,
    Answer,
    Door,
    job,
    require_classic_error,
    require_classic_runtime_error,
    require_gateway_error,
)

GENERATIONS = ("quantum-computing.ibm.com", "quantum.ibm.com")
RUNTIMES = (
    "https://api.quantum-computing.ibm.com/runtime",
    "https://api.quantum.ibm.com/runtime",
    "https://runtime-us-east.quantum-computing.ibm.com",
)
OPEN, PREMIUM = "ibm-q/open/main", "ibm-q-emulated/premium/main"


def login(door: Door, domain: str = GENERATIONS[0], **body: Any) -> Answer:
    body = body or {"apiToken": door.classic.credential}
    return door.request("POST", f"https://auth.{domain}/api/users/loginWithToken", json=body)


@pytest.mark.parametrize("domain", GENERATIONS)
def test_the_version_tells_the_client_that_this_is_the_right_service(
    door: Door, domain: str
) -> None:
    for base in (f"https://auth.{domain}/api", f"https://api.{domain}/api"):
        answer = door.request("GET", f"{base}/version")
        assert answer.status == 200
        assert "api-auth" in answer.json


@pytest.mark.parametrize("domain", GENERATIONS)
def test_login_user_and_network(door: Door, domain: str) -> None:
    """The start-up of the old clients, each URL taken from the answer before."""
    answer = login(door, domain)
    assert answer.status == 200
    assert set(answer.json) == {"id", "ttl", "created", "userId"}
    assert answer.json["ttl"] == 1_209_600
    assert len(answer.json["id"]) == 64
    headers = {"X-Access-Token": answer.json["id"]}

    me = door.request("GET", f"https://auth.{domain}/api/users/me", headers)
    assert me.status == 200
    assert me.json["id"] == answer.json["userId"] == door.classic.user_id
    urls = me.json["urls"]
    assert urls["http"] == f"https://api.{domain}/api"
    assert urls["services"]["runtime"] == f"https://api.{domain}/runtime"
    assert urls["ws"].startswith("wss://")

    network = door.request("GET", urls["http"] + "/Network", headers)
    assert network.status == 200
    found = [
        (f"{hub['name']}/{group}/{project}", details["isDefault"])
        for hub in network.json
        for group, groups in hub["groups"].items()
        for project, details in groups["projects"].items()
    ]
    assert found == [(OPEN, True), (PREMIUM, False)]

    backends = door.request("GET", urls["services"]["runtime"] + "/backends", headers)
    assert backends.status == 200


def test_a_wrong_or_revoked_api_token(door: Door) -> None:
    require_classic_error(login(door, apiToken="wrong"), 401, "3446")
    require_classic_error(login(door, apiToken=door.platform.credential), 401, "3446")
    door.control.revoke_credentials()
    require_classic_error(login(door), 401, "3446")


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b'"x"', b"{}", b'{"apiToken": 5}', b'{"apiToken": ""}', b'{"apitoken": "x"}',
     b"[" * 100_000, b"\xff"],
    ids=lambda data: repr(data[:20]),
)  # fmt: skip
def test_a_login_body_that_has_no_api_token(door: Door, data: bytes) -> None:
    answer = door.request("POST", f"{AUTH}/users/loginWithToken", data=data)
    require_classic_error(answer, 400, "1208")


def credentials(door: Door) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Each good way to say who is asking: headers and query."""
    return {
        "access token": ({"x-access-token": door.login()}, {}),
        "API token as bearer": ({"Authorization": f"Bearer {door.classic.credential}"}, {}),
        "access token in the query": ({}, {"access_token": door.login()}),
    }


@pytest.mark.parametrize("base", RUNTIMES)
@pytest.mark.parametrize(
    "way", ["access token", "API token as bearer", "access token in the query"]
)
def test_three_credentials_open_the_runtime(door: Door, base: str, way: str) -> None:
    headers, query = credentials(door)[way]
    answer = door.request("GET", f"{base}/backends", headers, params=query)
    assert answer.status == 200
    assert answer.json["devices"] == list(door.instance(1, door.classic).devices)
    assert door.classic.credential not in repr(door.journal)
    assert "access_token=***" in repr(door.journal) or not query


@pytest.mark.parametrize(
    ("way", "code"),
    [
        ("nothing", "3446"),
        ("wrong access token", "2408"),
        ("wrong query", "2408"),
        ("wrong bearer", "3446"),
        ("access token as bearer", "3446"),
        ("API token as access token", "2408"),
        ("API token as apikey", "3446"),
        ("IAM token", "2408"),
        ("IAM bearer", "3446"),
        ("cloud key", "3446"),
        ("expired", "2408"),
        ("revoked", "2408"),
    ],
)
def test_bad_credentials_open_nothing(door: Door, way: str, code: str) -> None:
    access_token, iam = door.login(), door.token()
    if way == "expired":
        door.control.advance_clock(14 * 24 * 3_600 + 1)
    if way == "revoked":
        door.control.revoke_access_token(access_token)
    headers = {
        "wrong access token": {"x-access-token": "x"},
        "wrong bearer": {"Authorization": "Bearer x"},
        "access token as bearer": {"Authorization": f"Bearer {access_token}"},
        "API token as access token": {"x-access-token": door.classic.credential},
        "API token as apikey": {"Authorization": f"apikey {door.classic.credential}"},
        "IAM token": {"x-access-token": iam},
        "IAM bearer": {"Authorization": f"Bearer {iam}"},
        "cloud key": {"Authorization": f"Bearer {door.platform.credential}"},
        "expired": {"x-access-token": access_token},
        "revoked": {"x-access-token": access_token},
    }.get(way, {})
    query = {"access_token": "x"} if way == "wrong query" else {}
    for url in (f"{AUTH}/users/me", "https://api.quantum.ibm.com/api/Network"):
        require_classic_error(door.request("GET", url, headers, params=query), 401, code)
    for path in ("backends", "jobs", "usage"):
        answer = door.request("GET", f"{CLASSIC}/{path}", headers, params=query)
        require_classic_runtime_error(answer, 401, 1201)


def test_a_token_is_valid_for_fourteen_days(door: Door) -> None:
    headers = {"x-access-token": door.login()}
    door.control.advance_clock(14 * 24 * 3_600 - 60)
    assert door.request("GET", f"{CLASSIC}/backends", headers).status == 200


def test_logout_works_once_and_ends_the_token_everywhere(door: Door) -> None:
    other = {"x-access-token": door.login()}
    headers = {"x-access-token": door.login()}
    assert door.request("POST", f"{AUTH}/users/logout", headers).status == 200
    again = door.request("POST", f"{AUTH}/users/logout", headers)
    require_classic_error(again, 401, "2408")
    refused = door.request("GET", f"{CLASSIC}/backends", headers)
    require_classic_runtime_error(refused, 401, 1201)
    assert door.request("GET", f"{CLASSIC}/backends", other).status == 200


def test_an_api_token_cannot_be_logged_out(door: Door) -> None:
    bearer = {"Authorization": f"Bearer {door.classic.credential}"}
    require_classic_error(door.request("POST", f"{AUTH}/users/logout", bearer), 401, "2408")
    assert door.request("GET", f"{CLASSIC}/backends", bearer).status == 200


@pytest.fixture
def headers(door: Door) -> dict[str, str]:
    return {"x-access-token": door.login()}


@pytest.mark.parametrize("version", [None, "2026-04-15"])
def test_backends_are_names_whatever_the_version(
    door: Door, headers: dict[str, str], version: str | None
) -> None:
    extra = {"IBM-API-Version": version} if version else {}
    answer = door.request("GET", f"{CLASSIC}/backends", {**headers, **extra})
    assert all(isinstance(name, str) for name in answer.json["devices"])


def test_a_provider_narrows_and_backends_of_a_foreign_one_are_forbidden(
    door: Door, headers: dict[str, str]
) -> None:
    for provider, count in ((OPEN, 5), (PREMIUM, 7)):
        answer = door.request("GET", f"{CLASSIC}/backends", headers, params={"provider": provider})
        assert len(answer.json["devices"]) == count
    for url in (f"{CLASSIC}/backends", f"{CLASSIC}/backends/{BACKEND}/status"):
        answer = door.request("GET", url, headers, params={"provider": "ibm-q/other/main"})
        require_classic_runtime_error(answer, 403, 1200)


def test_jobs_of_a_foreign_provider_are_an_empty_list(door: Door, headers: dict[str, str]) -> None:
    """``service.jobs(instance="nobody/has/this")`` gave [] in clients 0.34 and 0.40, not a 403."""
    door.request("POST", f"{CLASSIC}/jobs", headers, json=job())
    query = {"provider": "nobody/has/this"}
    answer = door.request("GET", f"{CLASSIC}/jobs", headers, params=query)
    assert (answer.status, answer.json["jobs"], answer.json["count"]) == (200, [], 0)


@pytest.mark.parametrize("part", ["configuration", "properties", "defaults", "status"])
def test_one_backend(door: Door, headers: dict[str, str], part: str) -> None:
    assert door.request("GET", f"{CLASSIC}/backends/{BACKEND}/{part}", headers).status == 200
    unknown = door.request("GET", f"{CLASSIC}/backends/ibm_atlantis/{part}", headers)
    require_classic_runtime_error(unknown, 404, "not_found")
    assert unknown.message == "device not found"


@pytest.mark.parametrize("hgp", [OPEN, PREMIUM])
def test_a_job_of_a_hub_group_and_project(door: Door, headers: dict[str, str], hgp: str) -> None:
    place = dict(zip(("hub", "group", "project"), hgp.split("/"), strict=True))
    created = door.request("POST", f"{CLASSIC}/jobs", headers, json=job(**place))
    assert created.status == 200
    job_id = created.json["id"]
    seen = door.request("GET", f"{CLASSIC}/jobs/{job_id}", headers).json
    assert seen["state"] == {"status": "Completed"}
    assert {name: seen[name] for name in place} == place
    results = door.request("GET", f"{CLASSIC}/jobs/{job_id}/results", headers).json
    assert results["results"][0]["data"]["c"]["samples"] == ["0x2"] * 10
    for provider in (OPEN, PREMIUM):
        listed = door.request("GET", f"{CLASSIC}/jobs", headers, params={"provider": provider}).json
        assert listed["count"] == (provider == hgp)


@pytest.mark.parametrize(
    "place", [{"hub": "ibm-q"}, {"hub": "ibm-q", "group": "open", "project": "other"}]
)
def test_a_job_of_a_foreign_or_partial_place(
    door: Door, headers: dict[str, str], place: dict[str, str]
) -> None:
    answer = door.request("POST", f"{CLASSIC}/jobs", headers, json=job(**place))
    require_classic_runtime_error(answer, 403, 1200)


def test_a_job_without_a_place_goes_where_its_backend_is(
    door: Door, headers: dict[str, str]
) -> None:
    hidden = door.instance(1, door.classic).devices[-1]
    for backend, hub in ((BACKEND, "ibm-q"), (hidden, "ibm-q-emulated")):
        answer = door.request("POST", f"{CLASSIC}/jobs", headers, json=job(backend=backend))
        job_id = answer.json["id"]
        assert door.request("GET", f"{CLASSIC}/jobs/{job_id}", headers).json["hub"] == hub


def test_jobs_are_refused_in_the_runtimes_container(door: Door, headers: dict[str, str]) -> None:
    for body, status, code in (
        (json.dumps(job(backend="zzz")).encode(), 404, "not_found"),
        (json.dumps(job(tags=["x"] * 9)).encode(), 400, 1204),
        (json.dumps(job(session_id="x")).encode(), 404, "not_found"),
    ):
        answer = door.request("POST", f"{CLASSIC}/jobs", headers, data=body)
        require_classic_runtime_error(answer, status, code)


def test_the_gateway_refuses_a_body_and_a_used_up_quota_in_a_form_of_its_own(
    door: Door, headers: dict[str, str]
) -> None:
    """Source: pytket-qiskit #288 of 2024, and the traceback in a preprint of 2025."""
    answer = door.request("POST", f"{CLASSIC}/jobs", headers, data=b"{")
    require_gateway_error(answer, 400, 1208)
    answer = door.request("POST", f"{CLASSIC}/jobs", headers, json=job(cost="x"))
    require_gateway_error(answer, 400, 1208)
    said = "Request validation of body failed, because: "
    assert answer.json["errors"][0]["message"].startswith(said)
    door.instance(0, door.classic).usage_s = 600
    answer = door.request("POST", f"{CLASSIC}/jobs", headers, json=job())
    require_gateway_error(answer, 403, 4317)
    [error] = answer.json["errors"]
    assert error["message"] == "Job create exceeds open plan job usage limits"
    assert error["solution"].startswith("Please wait until the beginning of next month")


def test_unknown_and_foreign_jobs(door: Door, headers: dict[str, str]) -> None:
    cloud_job = door.submit()
    for job_id in ("x", cloud_job):
        for method, path in (("GET", ""), ("GET", "/results"), ("POST", "/cancel")):
            answer = door.request(method, f"{CLASSIC}/jobs/{job_id}{path}", headers)
            require_classic_runtime_error(answer, 404, 1291)


def test_cancel(door: Door, headers: dict[str, str]) -> None:
    job_id = door.request("POST", f"{CLASSIC}/jobs", headers, json=job()).json["id"]
    assert door.request("POST", f"{CLASSIC}/jobs/{job_id}/cancel", headers).status == 204
    again = door.request("POST", f"{CLASSIC}/jobs/{job_id}/cancel", headers)
    require_gateway_error(again, 409, 1208)


def test_usage_counts_pending_jobs_of_the_open_plan(door: Door, headers: dict[str, str]) -> None:
    door.control.pause(BACKEND)
    job_id = door.request("POST", f"{CLASSIC}/jobs", headers, json=job()).json["id"]
    usage = door.request("GET", f"{CLASSIC}/usage", headers).json
    by_name = {row["instance"]: row for row in usage["byInstance"]}
    assert (by_name[OPEN]["pendingJobs"], by_name[OPEN]["maxPendingJobs"]) == (1, 3)
    assert (by_name[OPEN]["quota"], by_name[OPEN]["usage"]) == (600, 0)
    assert (by_name[PREMIUM]["pendingJobs"], by_name[PREMIUM]["quota"]) == (0, None)
    assert usage["period"]["start"] < usage["period"]["end"]

    door.control.bring_online(BACKEND)
    door.request("GET", f"{CLASSIC}/jobs/{job_id}", headers)
    usage = door.request("GET", f"{CLASSIC}/usage", headers).json
    assert (usage["byInstance"][0]["pendingJobs"], usage["byInstance"][0]["usage"]) == (0, 2)
