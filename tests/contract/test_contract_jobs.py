"""The life of a job: queued until somebody looks, then its end; lists, filters, usage."""

from __future__ import annotations

import base64
import re
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_qchannel.emulator.world import snapshots
from tests.contract.contract_client import (
    BACKEND,
    RUNTIME,
    X_ON_7,
    Door,
    fresh_door,
    job,
    require_contract,
)
from tests.devices_kit import LEAST_BUSY


def state_of(door: Door, job_id: str) -> dict[str, Any]:
    answer = door.get(f"/jobs/{job_id}", {"exclude_params": "true"})
    require_contract("get_job_details_jid", answer)
    assert answer.json["status"] == answer.json["state"]["status"]
    state: dict[str, Any] = answer.json["state"]
    return state


def test_a_job_waits_until_somebody_looks_at_it_and_completes(door: Door) -> None:
    job_id = door.submit()
    [seen] = door.control.jobs
    assert (seen.state, seen.running_at) == ("Queued", None)
    answer = door.get(f"/jobs/{job_id}")
    require_contract("get_job_details_jid", answer)
    body = answer.json
    assert body["id"] == job_id
    assert body["state"] == {"status": "Completed"}
    assert body["program"] == {"id": "sampler"}
    assert body["params"] == job()["params"]
    assert body["user_id"] == door.platform.user_id
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z", body["created"])
    created, ended = (datetime.fromisoformat(body[name]) for name in ("created", "ended"))
    assert created.timestamp() == pytest.approx(door.control.now(), abs=60)
    assert created <= ended


@pytest.mark.parametrize(
    ("value", "with_params"),
    [("False", True), ("false", True), ("true", False), ("True", False)],
)
def test_params_can_be_left_out(door: Door, value: str, with_params: bool) -> None:
    job_id = door.submit()
    params = {"exclude_params": value}
    assert ("params" in door.get(f"/jobs/{job_id}", params).json) is with_params
    assert ("params" in door.get("/jobs", params).json["jobs"][0]) is with_params


def test_lists_have_no_params_unless_they_are_asked_for(door: Door) -> None:
    """The API description's defaults; lists had them here, which a test could come to need."""
    job_id = door.submit()
    assert "params" in door.get(f"/jobs/{job_id}").json
    assert "params" not in door.get("/jobs").json["jobs"][0]


def test_results_can_be_the_first_look(door: Door) -> None:
    job_id = door.submit()
    answer = door.get(f"/jobs/{job_id}/results")
    require_contract("get_job_results_jid", answer)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    [result] = answer.json["results"]
    assert result["data"] == {"c": {"samples": ["0x2"] * 10, "num_bits": 2}}
    assert door.get(f"/jobs/{job_id}/results").body == answer.body


@pytest.mark.parametrize("lever", ["pause", "take_offline"])
def test_a_device_that_is_not_online_keeps_its_jobs_queued(door: Door, lever: str) -> None:
    getattr(door.control, lever)(BACKEND)
    job_id = door.submit()
    assert state_of(door, job_id) == {"status": "Queued"}
    pending = door.get(f"/jobs/{job_id}/results")
    require_contract("get_job_results_jid", pending)
    assert pending.status == 204
    assert door.get("/jobs", {"pending": "true"}).json["count"] == 1

    door.control.bring_online(BACKEND)
    assert state_of(door, job_id) == {"status": "Completed"}
    assert door.get(f"/jobs/{job_id}/results").status == 200


def test_a_job_that_nobody_looked_at_can_be_cancelled_once(door: Door) -> None:
    job_id = door.submit()
    first = door.post(f"/jobs/{job_id}/cancel")
    require_contract("cancel_job_jid", first)
    assert first.status == 204

    again = door.post(f"/jobs/{job_id}/cancel")
    require_contract("cancel_job_jid", again)
    assert again.status == 409
    assert again.message == "The job is Cancelled already."
    assert state_of(door, job_id) == {"status": "Cancelled"}
    assert door.get(f"/jobs/{job_id}/results").status == 204


def test_a_completed_job_cannot_be_cancelled(door: Door) -> None:
    job_id = door.submit()
    state_of(door, job_id)
    assert door.post(f"/jobs/{job_id}/cancel").message == "The job is Completed already."
    assert door.get(f"/jobs/{job_id}/results").status == 200


def wide() -> str:
    return f"OPENQASM 3.0; qubit[{snapshots.load(BACKEND).num_qubits + 1}] q;"


def envelope(data: bytes) -> dict[str, str]:
    return {"__type__": "QuantumCircuit", "__value__": base64.b64encode(data).decode()}


FAILURES: dict[str, tuple[int, str, Callable[[], list[Any]]]] = {
    "not ISA": (1517, "The instruction h on qubits (7,) is not supported",
                lambda: [X_ON_7.replace("x $7", "h $7")]),
    "not connected": (1517, "(0, 100)", lambda: [X_ON_7.replace("x $7", "cz $0, $100")]),
    "too many qubits": (1517, "qubits but the target system requires", lambda: [wide()]),
    "too many shots": (1520, "10000001 exceeds the system", lambda: [X_ON_7, None, 10_000_001]),
    "garbage QPY": (1603, "no QPY", lambda: [envelope(zlib.compress(b"garbage"))]),
    "garbage zlib": (1603, "not base64 of zlib data", lambda: [envelope(b"garbage")]),
    "garbage QASM": (1603, "line 1, column 8: no viable alternative", lambda: ["garbage"]),
    "unencodable QASM": (1603, "Error loading QASM circuit", lambda: ["\ud800"]),
    "values do not fit": (1503, "do not fit", lambda: [X_ON_7, [0.5]]),
}  # fmt: skip


@pytest.mark.parametrize("case", list(FAILURES))
def test_a_job_that_cannot_run_fails_with_a_reason_and_a_log(door: Door, case: str) -> None:
    code, said, pub = FAILURES[case]
    job_id = door.submit(pubs=[pub()])
    state = state_of(door, job_id)
    assert state["status"] == "Failed"
    assert type(state["reason_code"]) is int
    assert state["reason_code"] == code
    assert said in state["reason"]
    assert code in (1517, 1520) or "pub 0" in state["reason"]

    log = door.get(f"/jobs/{job_id}/results")
    assert log.status == 200
    assert log.headers["content-type"] == "text/plain; charset=utf-8"
    assert log.body.decode().startswith(f"Error code {code}; ")
    assert said in log.body.decode()
    assert door.post(f"/jobs/{job_id}/cancel").status == 409
    used = door.get("/instances/usage").json["usage_consumed_seconds"]
    assert used == (2 if code in (1503, 1517, 1520) else 0), "as seen on jobs of 2026"


@pytest.mark.parametrize("path", ["", "/results", "/cancel"])
@pytest.mark.parametrize("whose", ["nobody's", "another account's", "another instance's"])
def test_a_job_that_is_not_the_callers_is_unknown(door: Door, path: str, whose: str) -> None:
    if whose == "nobody's":
        job_id = "d" + "0" * 19
    else:
        account = door.cloud if whose == "another account's" else door.platform
        headers = door.runtime(0 if account is door.cloud else 1, account)
        job_id = door.request("POST", f"{RUNTIME}/jobs", headers, json=job()).json["id"]
    operation = {"": "get_job_details_jid", "/results": "get_job_results_jid"}.get(
        path, "cancel_job_jid"
    )
    method = "POST" if path == "/cancel" else "GET"
    answer = door.request(method, f"{RUNTIME}/jobs/{job_id}{path}", door.runtime())
    require_contract(operation, answer)
    assert (answer.status, answer.code) == (404, 1291)
    assert answer.message == f"Job not found. Job ID: {job_id}"


def ids(door: Door, **params: Any) -> list[str]:
    answer = door.get("/jobs", params)
    require_contract("list_jobs", answer)
    assert answer.json["count"] >= len(answer.json["jobs"])
    return [one["id"] for one in answer.json["jobs"]]


def test_lists_are_sorted_and_paged(door: Door) -> None:
    made = [door.submit() for _ in range(5)]
    assert ids(door) == made[::-1]
    assert ids(door, sort="ASC") == made
    assert ids(door, sort="DESC", limit=2) == [made[4], made[3]]
    assert ids(door, limit=2, offset=3) == [made[1], made[0]]
    assert ids(door, offset=5) == []
    page = door.get("/jobs", {"limit": 2, "offset": 3}).json
    assert (page["count"], page["limit"], page["offset"]) == (5, 2, 3)


def test_a_job_with_an_empty_id_is_the_web_application(door: Door) -> None:
    """Seen in 2026; here it was the list of jobs, which code may read without noticing."""
    answer = door.get("/jobs/")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html")
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_a_list_shows_what_a_single_look_shows(door: Door) -> None:
    job_id = door.submit(tags=["a"])
    [row] = door.get("/jobs", {"exclude_params": "false"}).json["jobs"]
    assert row == door.get(f"/jobs/{job_id}").json


def test_a_filter_in_brackets_is_ignored(door: Door) -> None:
    """Seen in 2026: lists of values are repeated keys, and ``tags[]=a`` changes nothing."""
    door.submit(tags=["a"])
    for path, name in (("/jobs", "jobs"), ("/workloads", "workloads")):
        assert len(door.get(path, {"tags[]": "b"}).json[name]) == 1
        assert len(door.get(path, {"tags": ["a", "b"]}).json[name]) == 0


def test_id_of_stdgates_is_no_gate_of_the_device(door: Door) -> None:
    """Seen in 2026: it is defined there as a ``u``, which the device lacks, and has an ``id``."""
    job_id = door.submit(pubs=[[X_ON_7.replace("x $7", "id $7"), None, 10]])
    state = state_of(door, job_id)
    assert (state["status"], state["reason_code"]) == ("Failed", 1517)
    assert "The instruction u on qubits (7,) is not supported" in state["reason"]


@pytest.mark.parametrize(("limit", "offset"), [(0, -1), (201, 2**31), (10**500, 10**30), (-5, -5)])
def test_a_number_out_of_its_range_stands_for_the_default(
    door: Door, limit: int, offset: int
) -> None:
    """In words in the API description; a negative one was refused here."""
    door.submit()
    answer = door.get("/jobs", {"limit": limit, "offset": offset})
    assert answer.status == 200
    assert (answer.json["limit"], answer.json["offset"]) == (200, 0)
    assert len(answer.json["jobs"]) == 1


@pytest.mark.parametrize("name", ["limit", "offset"])
@pytest.mark.parametrize("value", ["x", "1.5", "-x", "", "--1"])
def test_a_limit_or_offset_that_is_no_number(door: Door, name: str, value: str) -> None:
    answer = door.get("/jobs", {name: value})
    require_contract("list_jobs", answer)
    assert (answer.status, answer.code) == (400, 1208)
    assert name in answer.message


def test_every_filter(door: Door) -> None:
    start = door.control.now()
    one = door.submit(tags=["a", "b"])
    door.control.advance_clock(1_000)
    two = door.submit(tags=["b"], backend=LEAST_BUSY)
    door.control.pause(BACKEND)
    door.control.advance_clock(1_000)
    three = door.submit(tags=["a", "c"])

    assert ids(door, backend=LEAST_BUSY) == [two]
    assert ids(door, backend="ibm_atlantis") == []
    assert ids(door, program="sampler") == [three, two, one]
    assert ids(door, program="estimator") == []
    assert ids(door, tags="a") == [three, one]
    assert ids(door, tags=["a", "b"]) == [one]
    assert ids(door, session_id="s1") == []
    door.control.bring_online(BACKEND)
    ids(door)
    door.control.pause(BACKEND)
    four = door.submit()
    assert ids(door, pending="true") == [four]
    assert ids(door, pending="false") == [three, two, one]

    def at(seconds: float) -> str:
        return datetime.fromtimestamp(start + seconds, UTC).isoformat()

    assert ids(door, created_after=at(500)) == [four, three, two]
    assert ids(door, created_before=at(1_500)) == [two, one]
    assert ids(door, created_after=at(500), created_before=at(1_500)) == [two]
    assert ids(door, created_after=at(500), tags="a", sort="ASC") == [three]


@pytest.mark.parametrize("fraction", [0.0, 0.0006, 0.8995, 0.8997654, 0.9999])
def test_a_job_is_among_those_created_until_the_time_that_it_tells(
    door: Door, fraction: float
) -> None:
    """``service.jobs(created_before=job.creation_date)`` left out the job itself.

    The emulated clock knew microseconds, and what it wrote, milliseconds.
    """
    door.control.advance_clock(fraction)
    job_id = door.submit()
    created = door.get(f"/jobs/{job_id}").json["created"]
    assert ids(door, created_before=created) == [job_id]
    assert ids(door, created_after=created) == [job_id]


@pytest.mark.parametrize("name", ["created_after", "created_before"])
@pytest.mark.parametrize("value", ["yesterday", "", "2024-13-01"])
def test_a_time_that_is_none(door: Door, name: str, value: str) -> None:
    answer = door.get("/jobs", {name: value})
    require_contract("list_jobs", answer)
    assert (answer.status, answer.code) == (400, 1208)
    assert name in answer.message


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has no time.tzset")
def test_a_time_without_a_zone_is_utc_wherever_the_test_runs(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = door.submit()
    now = door.control.now()
    earlier, later = (datetime.fromtimestamp(now + shift, UTC) for shift in (-60, 60))
    try:
        with monkeypatch.context() as patch:
            for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
                patch.setenv("TZ", zone)
                time.tzset()
                assert ids(door, created_after=earlier.isoformat()[:19]) == [job_id]
                assert ids(door, created_after=later.isoformat()[:19]) == []
    finally:
        time.tzset()


def test_a_list_holds_the_jobs_of_one_instance(door: Door) -> None:
    mine = door.submit()
    other = door.request("POST", f"{RUNTIME}/jobs", door.runtime(1), json=job()).json["id"]
    assert ids(door) == [mine]
    rows = door.request("GET", f"{RUNTIME}/jobs", door.runtime(1)).json["jobs"]
    assert [row["id"] for row in rows] == [other]


def test_the_usage_of_an_instance_grows_with_its_jobs(door: Door) -> None:
    def usage() -> dict[str, Any]:
        answer = door.get("/instances/usage")
        require_contract("get_usage", answer)
        found: dict[str, Any] = answer.json
        return found

    before = usage()
    assert before["instance_id"] == door.instance().id
    assert before["plan_id"] == door.instance().plan.id
    assert before["usage_consumed_seconds"] == 0
    assert before["usage_limit_seconds"] == 600
    assert before["usage_limit_reached"] is False
    assert before["usage_period"]["start_time"] < before["usage_period"]["end_time"]

    job_id = door.submit(pubs=[[X_ON_7, None, 100_000]])
    seconds = round(100_000 * snapshots.load(BACKEND).default_rep_delay_s)
    assert seconds > 1
    assert usage()["usage_consumed_seconds"] == 0  # nobody has looked at the job
    assert door.get(f"/jobs/{job_id}").json["usage"] == {"seconds": seconds}
    assert usage()["usage_consumed_seconds"] == seconds

    door.instance().usage_s = 600.0
    assert usage()["usage_limit_reached"] is True


def test_the_usage_is_of_the_last_28_days(timeless: Door) -> None:
    assert timeless.get("/instances/usage").json["usage_period"] == {
        "start_time": "2025-09-11T08:53:20.000Z",
        "end_time": "2025-10-09T08:53:20.000Z",
    }


def test_an_instance_without_a_limit_tells_none(door: Door) -> None:
    answer = door.request("GET", f"{RUNTIME}/instances/usage", door.runtime(1))
    assert "usage_limit_seconds" not in answer.json
    assert "usage_limit_reached" not in answer.json


def test_the_same_seed_and_order_give_the_same_results(door: Door) -> None:
    coin = X_ON_7.replace("x $7", "sx $7")
    first = door.get(f"/jobs/{door.submit(pubs=[[coin, None, 200]])}/results").body
    second = door.get(f"/jobs/{door.submit(pubs=[[coin, None, 200]])}/results").body
    assert first != second
    other = fresh_door()
    assert other.get(f"/jobs/{other.submit(pubs=[[coin, None, 200]])}/results").body == first


def test_the_list_finds_text_in_ids_backends_and_tags(door: Door) -> None:
    job_id = door.submit(tags=["My-Experiment"])
    door.submit(backend=door.instance().devices[1])
    for text in (job_id[3:12], "experiment", BACKEND[4:]):
        found = door.get("/jobs", {"search": text}).json
        assert [row["id"] for row in found["jobs"]] == [job_id]
