"""Sessions and batches: what is asked of them and what they answer, through each door."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pytest_qchannel.emulator.world.jobs import JobEnding
from tests.contract.contract_client import (
    BACKEND,
    CLASSIC,
    RUNTIME,
    Answer,
    Door,
    job,
    require_classic_runtime_error,
    require_contract,
    require_gateway_error,
    require_runtime_error,
    require_schema,
)
from tests.contract.session_asks import (
    PREMIUM,
    accept,
    ask,
    create,
    look,
    slow,
    state,
    submit,
)
from tests.devices_kit import LEAST_BUSY


def test_a_new_session_is_open(timeless: Door) -> None:
    seen = look(timeless, create(timeless))
    assert seen["timestamps"] == [{"status": "open", "timestamp": "2025-10-09T08:53:20.0Z"}]
    assert seen["instance"] == timeless.instance(PREMIUM).id
    assert seen["user_id"] == timeless.platform.user_id
    del seen["timestamps"], seen["instance"], seen["user_id"], seen["id"]
    assert seen == {
        "backend_name": BACKEND,
        "mode": "dedicated",
        "state": "open",
        "accepting_jobs": True,
        "max_ttl": 28_800,
        "interactive_ttl": 60,
        "elapsed_time": 0,
        "state_reason": "session_created",
    }


def test_the_body_may_set_the_times(door: Door) -> None:
    seen = look(door, create(door, mode="batch", max_ttl=300, interactive_ttl=5, active_ttl=100))
    assert (seen["max_ttl"], seen["interactive_ttl"], seen["active_ttl"]) == (300, 5, 100)
    assert seen["mode"] == "batch"


def test_a_session_without_backend_takes_that_of_its_first_job(door: Door) -> None:
    answer = ask(door, "POST", "/sessions", json={"mode": "batch"})
    require_contract("create_session", answer)
    assert answer.json["backend_name"] is None
    submit(door, answer.json["id"])
    assert look(door, answer.json["id"])["backend_name"] == BACKEND


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "mode must be one of dedicated, batch."),
        ({"mode": None}, "mode must be a text."),
        ({"mode": "batch", "backend": 3}, "backend must be a text."),
        ({"mode": "batch", "max_tll": 3}, "no field 'max_tll'. Did you mean max_ttl?"),
        ({"mode": "batch", "max_ttl": 2**31}, "seconds from 1 to 2147483647."),
        ({"mode": "batch", "max_ttl": 0}, "seconds from 1 to 2147483647."),
        ({"mode": "batch", "max_ttl": True}, "max_ttl must be a whole number"),
        ({"mode": "batch", "interactive_ttl": "60"}, "interactive_ttl must be a whole number"),
        ([], "The body must be an object with a mode."),
    ],
)
def test_a_malformed_body_is_refused(door: Door, body: Any, said: str) -> None:
    answer = ask(door, "POST", "/sessions", json=body)
    require_contract("create_session", answer)
    assert (answer.status, answer.code) == (400, 1208)
    assert said in answer.message


@pytest.mark.parametrize("asked", [28_801, 2**31 - 1])
def test_a_longer_time_than_there_is_is_cut(door: Door, asked: int) -> None:
    """The API description takes any; more than eight hours was refused here."""
    answer = ask(door, "POST", "/sessions", json={"mode": "batch", "max_ttl": asked})
    assert (answer.status, answer.json["max_ttl"]) == (200, 28_800)


@pytest.mark.parametrize("more", [{}, {"backend": BACKEND}])
def test_the_backends_second_name_is_read_where_the_first_is_absent(
    door: Door, more: dict[str, str]
) -> None:
    """The API description has both; the second one was refused as a typo."""
    body = {"mode": "batch", "backend_name": "nowhere" if more else BACKEND, **more}
    answer = ask(door, "POST", "/sessions", json=body)
    assert (answer.status, answer.json["backend_name"]) == (200, BACKEND)


def test_an_unknown_backend_is_refused_with_a_hint(door: Door) -> None:
    answer = ask(door, "POST", "/sessions", json={"mode": "batch", "backend": BACKEND[:-1]})
    require_contract("create_session", answer)
    assert (answer.status, answer.code) == (400, 1208)
    assert f"Did you mean {BACKEND}?" in answer.message


def test_the_body_cannot_name_another_instance(door: Door) -> None:
    body = {"mode": "batch", "instance": door.instance(0).id}
    answer = ask(door, "POST", "/sessions", json=body)
    require_contract("create_session", answer)
    assert (answer.status, answer.code) == (400, 1208)
    body["instance"] = door.instance(PREMIUM).id
    assert ask(door, "POST", "/sessions", json=body).status == 200


def test_a_mode_that_is_no_mode_is_the_services_own_error(door: Door) -> None:
    """Observed on 2026-09-08: a 500, where one would expect a 400."""
    answer = ask(door, "POST", "/sessions", json={"mode": "Batch"})
    require_contract("create_session", answer)
    assert (answer.status, answer.message) == (500, "Internal server error")


def test_the_open_plan_has_batches_and_no_dedicated_sessions(door: Door) -> None:
    body = {"mode": "dedicated", "backend": BACKEND}
    answer = ask(door, "POST", "/sessions", 0, json=body)
    require_contract("create_session", answer)
    assert (answer.status, answer.code) == (400, 1352)
    said = "You are not authorized to run a session when using the open plan."
    assert answer.message == said, "a recorded body of 2026; the description has a 401"
    assert ask(door, "POST", "/sessions", 0, json={**body, "mode": "batch"}).status == 200


def test_a_session_is_seen_by_its_own_instance_only(door: Door) -> None:
    session_id = create(door)
    others = [door.runtime(0), door.runtime(0, door.cloud)]
    for headers in others:
        for method, path in (
            ("GET", ""), ("PATCH", ""), ("DELETE", "/close"),
        ):  # fmt: skip
            answer = door.request(
                method, f"{RUNTIME}/sessions/{session_id}{path}", headers, json={}
            )
            require_runtime_error(answer)
            assert (answer.status, answer.code, answer.message) == (
                404, "not_found", f"Session not found. Session ID: {session_id}",
            )  # fmt: skip
    answer = door.request("POST", f"{RUNTIME}/jobs", others[0], json=job(session_id=session_id))
    require_contract("create_job", answer)
    assert answer.status == 404


def test_an_idle_session_closes_at_once_when_it_is_told_to_take_no_jobs(door: Door) -> None:
    session_id = create(door)
    assert accept(door, session_id, accepting=False).status == 204
    seen = look(door, session_id)
    # What the user saw: "The session was closed.", where the service has one of its words.
    assert (seen["state"], seen["state_reason"]) == ("closed", "session_closed_early")
    assert seen["closed_at"] == seen["timestamps"][-1]["timestamp"]
    assert accept(door, session_id, accepting=False).status == 204
    assert accept(door, session_id, accepting=True).status == 204
    seen = look(door, session_id)
    assert (seen["state"], seen["accepting_jobs"]) == ("closed", True), "it stays closed"
    answer = ask(door, "POST", "/jobs", json=job(session_id=session_id))
    assert (answer.status, answer.code) == (400, 1217)
    assert answer.message == "Session has been closed."


def test_a_draining_session_can_take_jobs_again(door: Door) -> None:
    session_id = create(door)
    slow(door)
    submit(door, session_id)
    accept(door, session_id, accepting=False)
    assert accept(door, session_id, accepting=True).status == 204
    submit(door, session_id)


@pytest.mark.parametrize("body", [{}, [], {"accepting_jobs": "false"}, {"accepting_jobs": None}])
def test_a_malformed_change_is_refused(door: Door, body: Any) -> None:
    answer = ask(door, "PATCH", f"/sessions/{create(door)}", json=body)
    require_runtime_error(answer)
    assert (answer.status, answer.code) == (400, 1208)


def test_an_unknown_field_of_a_change_is_refused(door: Door) -> None:
    body = {"accepting_jobs": False, "max_ttl": 3}
    answer = ask(door, "PATCH", f"/sessions/{create(door)}", json=body)
    assert (answer.status, answer.code) == (400, 1208)


@pytest.mark.parametrize(
    ("session_id", "changes", "status"),
    [("no-such-session", {}, 404), (None, {"backend": LEAST_BUSY}, 400)],
)
def test_a_job_for_no_such_session_is_refused(
    door: Door, session_id: str | None, changes: dict[str, Any], status: int
) -> None:
    session_id = session_id or create(door)
    answer = ask(door, "POST", "/jobs", json=job(session_id=session_id, **changes))
    require_contract("create_job", answer)
    assert answer.status == status


def test_jobs_are_found_by_their_session(door: Door) -> None:
    session_id = create(door)
    mine = submit(door, session_id)
    assert ask(door, "POST", "/jobs", json=job()).status == 200
    answer = ask(door, "GET", "/jobs", params={"session_id": session_id})
    assert [one["id"] for one in answer.json["jobs"]] == [mine]
    assert answer.json["jobs"][0]["session_id"] == session_id
    assert answer.json["count"] == 1


def test_a_failed_job_leaves_the_session_as_it_is(door: Door) -> None:
    session_id = create(door)
    door.app.world.next_ending = JobEnding("fail", "emulated failure", 1500)
    first, second = submit(door, session_id), submit(door, session_id)
    assert state(door, second)["status"] == "Completed"
    assert state(door, first)["status"] == "Failed"
    assert look(door, session_id)["state"] == "active"


def test_everything_malformed_is_refused_in_the_services_shape(door: Door) -> None:
    session_id = create(door)
    for body in (b"", b"{", b"null", b"[1]", b'{"mode": {}}', b'{"max_ttl": 1e99}', b"\xff"):
        for method, path in (("POST", "/sessions"), ("PATCH", f"/sessions/{session_id}")):
            answer = ask(door, method, path, data=body)
            require_runtime_error(answer)
            assert answer.status == 400
    for path in ("x", "%zz", "a" * 3_000):
        assert ask(door, "GET", f"/sessions/{path}").status == 404


def classic(door: Door, method: str, path: str, body: Any = None) -> Answer:
    headers = {"X-Access-Token": door.login()}
    return door.request(method, CLASSIC + path, headers, json=body)


def test_classic_sessions_have_their_own_word_for_the_maximum_time(door: Door) -> None:
    body = {
        "mode": "dedicated",
        "backend": BACKEND,
        "instance": "ibm-q-emulated/premium/main",
        "max_session_ttl": 200,
    }
    answer = classic(door, "POST", "/sessions", body)
    assert answer.status == 200
    assert list(answer.json) == ["id"], "as IBM's guide to execution modes through REST has it"
    assert re.fullmatch("c[a-v0-9]{19}", answer.json["id"])
    path = f"/sessions/{answer.json['id']}"
    seen = classic(door, "GET", path)
    require_schema("CreateSession200Response", seen.json)
    assert seen.json["max_ttl"] == 200
    assert classic(door, "PATCH", path, {"accepting_jobs": False}).status == 204
    assert classic(door, "GET", path).json["state"] == "closed"
    assert classic(door, "DELETE", f"{path}/close").status == 204


def test_the_classic_open_plan_let_sessions_pass_with_a_message(door: Door) -> None:
    body = {"mode": "dedicated", "backend": BACKEND, "instance": "ibm-q/open/main"}
    answer = classic(door, "POST", "/sessions", body)
    assert answer.status == 200
    assert "open plan" in answer.json["messages"][0]["data"]


def test_jobs_of_such_a_session_run_like_those_without_one(door: Door) -> None:
    """The message says so, and each of them waited for the one before."""
    body = {"mode": "dedicated", "backend": BACKEND, "instance": "ibm-q/open/main"}
    session_id = classic(door, "POST", "/sessions", body).json["id"]
    hub = {"hub": "ibm-q", "group": "open", "project": "main"}
    states = []
    for progression in ("stuck", "immediate"):
        door.control.set_next_job(progression)
        answer = classic(door, "POST", "/jobs", job(session_id=session_id, **hub))
        states.append(classic(door, "GET", f"/jobs/{answer.json['id']}").json["status"])
    assert states == ["Queued", "Completed"]


def test_classic_errors_are_in_the_runtimes_container(door: Door) -> None:
    """Source: errors that people pasted, 2022 to 2024."""
    unknown = classic(door, "GET", "/sessions/x")
    require_classic_runtime_error(unknown, 404, "not_found")
    assert unknown.message == "unknown session"
    require_gateway_error(classic(door, "POST", "/sessions", {"mode": "x"}), 400, 1208)
    body = {"mode": "batch", "instance": "a/b/c"}
    require_classic_runtime_error(classic(door, "POST", "/sessions", body), 403, 1200)
    body = {"mode": "batch", "backend": "x"}
    require_classic_runtime_error(classic(door, "POST", "/sessions", body), 404, "not_found")
