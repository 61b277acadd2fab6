"""Faults of jobs and of accounts, the complaint about unmet ones, and the raw key."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest

from pytest_qchannel.emulator.faults.unmet import unmet
from pytest_qchannel.emulator.services.runtime.job_json import TOO_LONG_TODAY
from pytest_qchannel.errors import RawKeyWarning
from pytest_qchannel.wire import Request
from tests.unit.emulator.faults.faults_kit import Desk, code_of

NEW_CLIENT = "qiskit-version-2/qiskit_ibm_runtime-0.51.0,qiskit-2.6.2*/qiskit"
OLD_CLIENT = "qiskit-version-2/qiskit_ibm_runtime-0.34.0,qiskit-1.4.6*/qiskit"


def state_of(desk: Desk, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk.send("GET", f"/jobs/{job_id}").body)["state"]
    return found


def submitted(desk: Desk, backend: str = "") -> str:
    return str(json.loads(desk.submit(backend).body)["id"])


def test_jobs_end_as_declared_in_their_order() -> None:
    desk = Desk(
        {"job": "failed", "reason": "Warm.", "code": 1011},
        {"job": "too_long", "skip": 1},
        {"job": "cancelled"},
        {"job": "stuck"},
    )
    states = [state_of(desk, submitted(desk)) for _ in range(5)]
    assert [one["status"] for one in states] == [
        "Failed",
        "Cancelled",
        "Cancelled",
        "Queued",
        "Completed",
    ]
    assert (states[0]["reason"], states[0]["reason_code"]) == ("Warm.", 1011)
    assert states[1]["reason"] == "Cancelled by the service."
    assert (states[2]["reason"], states[2]["reason_code"]) == (TOO_LONG_TODAY, 1305)


def test_jobs_of_one_backend() -> None:
    desk = Desk()
    first, second = desk.instance.devices[:2]
    desk.declare(job="failed", backend=second, times="every")
    states = [state_of(desk, submitted(desk, name))["status"] for name in (first, second, second)]
    assert states == ["Completed", "Failed", "Failed"]


def test_a_refused_submission_is_no_job() -> None:
    desk = Desk({"job": "failed"})
    assert desk.submit("ibm_nowhere").status == 404
    assert desk.faults[0].seen == 0


@pytest.mark.parametrize("how", ["token_revoked", "token_expired"])
def test_a_token_ends_after_some_requests(how: str) -> None:
    desk = Desk({"account": how, "skip": 2})
    assert [desk.send("GET", "/jobs").status for _ in range(4)] == [200, 200, 401, 401]
    assert [one.fault for one in desk.journal][-2:] == [f"account: {how}", None]
    desk.token = desk.log_in()
    assert desk.send("GET", "/jobs").status == 200


def test_only_the_named_account_is_hit() -> None:
    desk = Desk()
    other = next(one for one in desk.world.accounts if one is not desk.account)
    desk.declare(account="token_revoked", account_name=other.name)
    desk.declare(account="used_up", account_name=other.name)
    desk.declare(account="maintenance", account_name=other.name)
    desk.declare(account="iam_down", account_name=other.name)
    assert desk.log_in()
    assert desk.submit().status == 200
    assert not any(fault.strikes for fault in desk.app.faults)
    mine = desk.declare(account="maintenance", account_name=desk.account.name)
    assert desk.submit().status == 503
    assert mine.strikes == 1


def test_revoked_credentials_open_no_more_doors() -> None:
    desk = Desk({"account": "credential_revoked", "skip": 1})
    assert desk.log_in()
    assert desk.log_in() == ""
    assert desk.send("GET", "/jobs").status == 200, "an access token that was given stays valid"


def test_a_revoked_api_token_opens_the_classic_door_no_more() -> None:
    """Of an account that was named the first login of the classic platform was not counted."""
    desk = Desk()
    user = next(one for one in desk.world.accounts if one.is_classic)
    desk.declare(account="credential_revoked", account_name=user.name)
    for body in (
        b'["apiToken"]',
        b'{"apiToken"',
        json.dumps({"apiToken": user.credential}).encode(),
    ):
        answer = desk.handle(
            Request("POST", "auth.quantum.ibm.com", "/api/users/loginWithToken", body=body)
        )
        assert answer.status in (400, 401)
    assert (answer.status, desk.app.faults[0].strikes) == (401, 1)


def test_a_used_up_instance_refuses_jobs_only() -> None:
    desk = Desk({"account": "used_up", "skip": 1})
    assert desk.submit().status == 200
    refused = desk.submit()
    assert (refused.status, code_of(refused)) == (409, "usage_limit_reached")
    assert desk.send("GET", "/jobs").status == 200
    usage = json.loads(desk.send("GET", "/instances/usage").body)
    assert usage["usage_limit_reached"] is True


def test_maintenance_closes_the_runtime_and_nothing_else() -> None:
    desk = Desk({"account": "maintenance"})
    for path in ("/jobs", "/backends", "/instances/usage"):
        answer = desk.send("GET", path)
        assert (answer.status, code_of(answer)) == (503, 1999)
        assert "solution" not in json.loads(answer.body)["errors"][0], "the request is all right"
    assert desk.log_in()
    assert desk.faults[0].strikes == 3


def raw_key(desk: Desk, client: str) -> int:
    answer = desk.send(
        "GET",
        "/jobs",
        authorization=f"apikey {desk.account.credential}",
        x_qx_client_application=client,
    )
    return answer.status


def test_a_raw_key_is_flagged_when_iam_is_down() -> None:
    desk = Desk({"account": "iam_down"})
    assert desk.log_in() == ""
    with pytest.warns(RawKeyWarning, match="could not get an access token") as told:
        assert raw_key(desk, NEW_CLIENT) == 200
    assert desk.account.credential not in str(told[0].message)
    assert desk.journal[-1].auth_scheme == "apikey"


def test_a_raw_key_that_is_an_error_is_remembered() -> None:
    """The client swallows what ``GET /backends`` raises: then the lane tells it at the end."""
    desk = Desk({"account": "iam_down"})
    desk.log_in()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RawKeyWarning)
        with pytest.raises(RawKeyWarning):
            raw_key(desk, NEW_CLIENT)
    (problem,) = desk.gaps
    assert problem.headline.endswith("sending the raw API key")
    assert problem.where == "GET https://quantum.cloud.ibm.com/api/v1/jobs"
    assert desk.account.credential not in str(problem)


def test_an_api_key_that_is_no_fallback_is_not_flagged() -> None:
    desk = Desk({"account": "iam_down"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert raw_key(desk, NEW_CLIENT) == 200, "no login has failed yet"
        assert desk.log_in() == ""
        assert raw_key(desk, OLD_CLIENT) == 200, "0.34 never logs in"


def test_an_unmet_fault_names_the_closest_requests() -> None:
    desk = Desk(
        {"route": "POST /jobs", "status": 503},
        {"route": "GET /jobs", "status": 503, "skip": 5},
        {"route": "GET /jobs", "status": 503, "skip": 5, "optional": True},
        {"route": "GET /backends", "status": 500},
    )
    desk.send("GET", "/jobs")
    desk.send("GET", "/backends")
    never, skipped = unmet(desk.app.faults, desk.journal, "test_it.py::test_a")
    assert str(never).splitlines() == [
        "the fault 'POST /jobs: status 503' never happened",
        "  where:   test_it.py::test_a",
        "  looked:  3 requests, 0 requests that it is about",
        "  closest: #1 POST https://iam.cloud.ibm.com/identity/token -> 200",
        "           #2 GET https://quantum.cloud.ibm.com/api/v1/jobs -> 200",
        "           #3 GET https://quantum.cloud.ibm.com/api/v1/backends -> 500 "
        "(fault GET /backends: status 500)",
        "  next:    send what it waits for (POST /jobs), mend the fault, or declare it with "
        "optional=True",
    ]
    assert "1 request that it is about, the first 5 of which it lets through (skip=5)" in str(
        skipped
    )


def test_an_unmet_fault_without_any_request() -> None:
    (never,) = unmet(Desk({"account": "token_revoked"}).faults, [])
    assert "closest: nothing was sent" in str(never)
    assert "(those with a valid access token)" in str(never)


def test_requests_without_a_token_do_not_count_for_a_token() -> None:
    desk = Desk({"account": "token_revoked"})
    assert raw_key(desk, NEW_CLIENT) == 200
    desk.handle(Request("GET", "quantum.cloud.ibm.com", "/api/v1/jobs"))
    assert desk.faults[0].seen == 0
