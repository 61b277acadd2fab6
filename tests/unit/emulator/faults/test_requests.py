"""Faults of requests: which are hit, what is answered, what the journal says."""

from __future__ import annotations

import json
import threading

import pytest

from pytest_qchannel.emulator.faults.answers import STATUS_NAMES, refusal
from pytest_qchannel.emulator.faults.model import RouteMatch
from pytest_qchannel.emulator.faults.parse import parse_fault
from pytest_qchannel.hosts import HOSTS, find_host
from pytest_qchannel.wire import ConnectionDropped, Request
from tests.unit.emulator.faults.faults_kit import HOST, Desk, code_of


@pytest.mark.parametrize(
    ("method", "path", "covers"),
    [
        ("GET", "/jobs", {"GET /api/v1/jobs", "GET /api/v1/jobs/"}),
        ("*", "/jobs", {"GET /api/v1/jobs", "GET /api/v1/jobs/", "POST /api/v1/jobs"}),
        ("GET", "/jobs/<job_id>", {"GET /api/v1/jobs/j1"}),
        ("GET", "/jobs/*", {"GET /api/v1/jobs/j1"}),
        # As IBM's API description writes it, which was believed and met no request.
        ("GET", "/jobs/{id}/results", {"GET /api/v1/jobs/j1/results"}),
        ("GET", "/jobs/j1/results", {"GET /api/v1/jobs/j1/results"}),
        ("GET", "/jobs/j2", set()),
        ("POST", "*", {"POST /api/v1/jobs"}),
    ],
)
def test_a_path_means_whole_segments(method: str, path: str, covers: set[str]) -> None:
    asked = (
        "GET /api/v1/jobs",
        "GET /api/v1/jobs/",
        "POST /api/v1/jobs",
        "GET /api/v1/jobs/j1",
        "GET /api/v1/jobs/j1/results",
    )
    match = RouteMatch(method, path)
    found = set()
    for text in asked:
        verb, _, whole = text.partition(" ")
        host = find_host(HOST, whole)
        assert host is not None
        if match.covers(Request(verb, HOST, whole), host):
            found.add(text)
    assert found == covers


def test_service_and_host_narrow_a_route() -> None:
    old = find_host("us-east.quantum-computing.cloud.ibm.com", "/jobs")
    new = find_host(HOST, "/api/v1/jobs")
    assert old is not None
    assert new is not None
    first, second = Request("GET", old.name, "/jobs"), Request("GET", HOST, "/api/v1/jobs")
    here = RouteMatch("GET", "/jobs", host=HOST)
    assert (here.covers(first, old), here.covers(second, new)) == (False, True)
    runtime = RouteMatch("GET", "/jobs", frozenset({"runtime"}))
    assert (runtime.covers(first, old), runtime.covers(second, new)) == (True, True)
    classic = RouteMatch("GET", "/jobs", frozenset({"classic_runtime"}))
    assert (classic.covers(first, old), classic.covers(second, new)) == (False, False)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, 1208),
        (401, 1201),
        (403, 1200),
        (404, "not_found"),
        (409, "usage_limit_reached"),
        (429, 1202),
        (500, "internal_server_error"),
        (502, "bad_gateway"),
        (503, 1999),
        (504, "gateway_timeout"),
    ],
)
def test_a_refusal_has_the_code_that_is_documented(status: int, code: int | str) -> None:
    desk = Desk({"route": "POST /jobs", "status": status})
    refused = desk.submit()
    assert refused.status == status
    assert code_of(refused) == code
    assert not desk.world.jobs
    assert desk.submit().status == 200


def test_a_refusal_can_say_something_else() -> None:
    desk = Desk(
        {
            "route": "GET /jobs",
            "status": 429,
            "code": 4242,
            "message": "Slow down.",
            "retry_after_s": 7,
        }
    )
    refused = desk.send("GET", "/jobs")
    assert refused.headers["Retry-After"] == "7"
    (error,) = json.loads(refused.body)["errors"]
    assert (error["code"], error["message"]) == (4242, "Slow down.")


def test_each_service_refuses_in_its_own_shape() -> None:
    fault = parse_fault({"route": "*", "status": 500})
    for service in {host.service for host in HOSTS}:
        for status in STATUS_NAMES:
            fault.status = status
            answer = refusal(fault, service, "0" * 32)
            assert answer.status == status
            body = json.loads(answer.body)
            assert {"errors", "error", "errorCode", "detail"} & set(body), service
    login = json.loads(refusal(fault, "classic_auth", "0" * 32).body)["error"]
    assert isinstance(login["code"], str)
    fault.status, fault.code = 403, 4317
    (quota,) = json.loads(refusal(fault, "classic_runtime", "0" * 32).body)["errors"]
    assert list(quota)[:2] == ["message", "code"]


def test_faults_are_a_script_in_the_order_of_declaration() -> None:
    desk = Desk(
        {"route": "GET /jobs", "status": 503, "skip": 1},
        {"route": "GET /jobs", "status": 429, "times": 2},
        {"route": "GET /backends", "status": 500},
    )
    assert [desk.send("GET", "/jobs").status for _ in range(5)] == [429, 503, 429, 200, 200]
    assert [fault.strikes for fault in desk.faults] == [1, 2, 0]
    answered = [one.fault for one in desk.journal if one.path.endswith("/jobs")]
    assert answered == [
        "GET /jobs: status 429",
        "GET /jobs: status 503",
        "GET /jobs: status 429",
        None,
        None,
    ]


def test_a_lost_answer_still_names_its_job() -> None:
    desk = Desk({"route": "POST /jobs", "status": 504, "processed": True})
    assert desk.submit().status == 504
    (job,) = desk.world.jobs.values()
    lost = desk.journal[-1]
    assert (lost.status, lost.job_id, lost.is_lost) == (504, job.id, False)
    assert f"-> 504 job {job.id} (fault POST /jobs: status 504 after processing)" in str(lost)


@pytest.mark.parametrize(("drop", "jobs"), [("connect", 0), ("before", 0), ("after", 1)])
def test_a_dropped_connection_has_no_answer(drop: str, jobs: int) -> None:
    desk = Desk({"route": "POST /jobs", "drop": drop})
    with pytest.raises(ConnectionDropped) as caught:
        desk.submit()
    assert caught.value.how == drop
    assert len(desk.world.jobs) == jobs
    lost = desk.journal[-1]
    assert (lost.status, lost.is_lost) == (0, True)
    assert lost.job_id == next(iter(desk.world.jobs), None)
    assert "-> no answer" in str(lost)


def test_a_malformed_body_is_whole_but_no_json() -> None:
    desk = Desk({"route": "GET /jobs", "body": "malformed"})
    spoilt = desk.send("GET", "/jobs")
    assert spoilt.status == 200
    assert "Content-Length" not in spoilt.headers
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(spoilt.body)


def test_a_truncated_body_is_shorter_than_it_says() -> None:
    desk = Desk({"route": "GET /jobs", "body": "truncated"})
    whole, cut = Desk().send("GET", "/jobs"), desk.send("GET", "/jobs")
    assert int(cut.headers["Content-Length"]) == len(whole.body) > len(cut.body)
    assert whole.body.startswith(cut.body)


def test_a_refusal_can_be_malformed() -> None:
    desk = Desk({"route": "GET /jobs", "status": 502, "body": "malformed"})
    spoilt = desk.send("GET", "/jobs")
    assert spoilt.status == 502
    assert desk.journal[-1].is_lost
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(spoilt.body)


def test_a_late_answer_lets_others_in(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk({"route": "GET /jobs", "delay_s": 0.4})
    order: list[str] = []
    changed = desk.app.engine.changed
    wait_for = changed.wait_for
    # As late as the other one needs on a machine that is busy.
    monkeypatch.setattr(changed, "wait_for", lambda _, timeout: wait_for(lambda: order, 60))

    def ask_late() -> None:
        desk.send("GET", "/jobs")
        order.append("late")

    thread = threading.Thread(target=ask_late)
    thread.start()
    while not desk.faults[0].strikes:
        pass
    assert desk.send("GET", "/backends").status == 200
    with changed:
        order.append("other")
        changed.notify_all()
    thread.join()
    assert order == ["other", "late"]


def test_a_request_that_nobody_serves_meets_no_fault() -> None:
    desk = Desk({"route": "*", "status": 500, "times": "every"})
    desk.handle(Request("GET", "elsewhere.ibm.com", "/"))
    assert desk.faults[0].strikes == 0
    assert desk.send("GET", "/nowhere").status == 500
    assert [gap.headline for gap in desk.gaps] == [
        "the emulator has nothing at GET https://elsewhere.ibm.com/",
        "the emulator has no route for GET https://quantum.cloud.ibm.com/api/v1/nowhere",
    ]
