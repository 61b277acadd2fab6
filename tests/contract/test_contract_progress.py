"""The life of a job: its states, times, place in the queue, and every way it can end."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import pytest

from pytest_qchannel.emulator.services.runtime.metrics import METRIC_ID
from pytest_qchannel.emulator.world.clock import from_iso
from pytest_qchannel.emulator.world.jobs import RAN_TOO_LONG, JobEnding
from pytest_qchannel.emulator.world.progression import STUCK, polls, seconds
from tests.contract.contract_client import (
    BACKEND,
    CLASSIC,
    RUNTIME,
    X_ON_7,
    Answer,
    Door,
    job,
    require_contract,
    require_runtime_error,
)

NEWEST = {"IBM-API-Version": "2026-04-15"}


def states(door: Door, job_id: str, looks: int) -> list[str]:
    return [door.get(f"/jobs/{job_id}").json["state"]["status"] for _ in range(looks)]


def test_a_job_that_is_final_after_three_polls(door: Door) -> None:
    door.app.world.devices[BACKEND].progression = polls(3)
    job_id = door.submit()
    assert door.get(f"/jobs/{job_id}/results").status == 204
    assert states(door, job_id, 5) == ["Queued", "Running", "Running", "Completed", "Completed"]
    assert door.get(f"/jobs/{job_id}/results").json["results"][0]["data"]["c"]["num_bits"] == 2


def test_a_job_that_follows_the_emulated_clock(door: Door) -> None:
    door.app.world.next_progression = seconds(30, queued=10)
    job_id, other = door.submit(), door.submit()
    created = door.control.jobs[0].created_at
    assert states(door, job_id, 2) == ["Queued", "Queued"]
    door.control.advance_clock(12)
    assert states(door, job_id, 1) == ["Running"]
    assert states(door, other, 1) == ["Completed"]  # only the next job was told to take its time
    door.control.advance_clock(60)
    assert states(door, job_id, 1) == ["Completed"]
    [ended, _] = door.control.jobs
    assert ended.running_at == pytest.approx(created + 10, abs=1e-6)
    assert ended.finished_at == pytest.approx(created + 30, abs=1e-6)


def test_a_stuck_job_waits_until_it_is_cancelled(door: Door) -> None:
    door.app.world.next_progression = STUCK
    job_id = door.submit()
    door.control.advance_clock(1e6)
    assert states(door, job_id, 3) == ["Queued"] * 3
    assert door.post(f"/jobs/{job_id}/cancel").status == 204
    state = door.get(f"/jobs/{job_id}").json["state"]
    assert state == {"status": "Cancelled"}, "who cancels it needs no reason"
    assert door.get(f"/jobs/{job_id}/results").status == 204


@pytest.mark.parametrize(
    ("ending", "status", "shown", "code"),
    [
        (JobEnding("fail", "the QPU lost its calibration", 1011), "Failed", "Failed", 1011),
        (JobEnding("cancel", "taken back by the service"), "Cancelled", "Cancelled", None),
    ],
)
def test_a_job_ends_as_it_was_told_to(
    door: Door, ending: JobEnding, status: str, shown: str, code: int | None
) -> None:
    door.app.world.next_ending = ending
    job_id = door.submit()
    answer = door.get(f"/jobs/{job_id}")
    require_contract("get_job_details_jid", answer)
    state = {"status": status, "reason": ending.reason, "reason_code": code}
    assert answer.json["state"] == {name: value for name, value in state.items() if value}
    assert answer.json["status"] == shown
    said = door.get(f"/jobs/{job_id}/results")
    assert said.status == (200 if status == "Failed" else 204)
    assert door.get(f"/jobs/{door.submit()}").json["state"]["status"] == "Completed"


def test_the_classic_platform_spells_the_reason_code_its_own_way(door: Door) -> None:
    headers: dict[str, str | None] = {"x-access-token": door.login()}
    for ending, status in ((JobEnding("fail", "no", 1000), "Failed"), (RAN_TOO_LONG, "Cancelled")):
        door.app.world.next_ending = ending
        job_id = door.request("POST", f"{CLASSIC}/jobs", headers, json=job()).json["id"]
        state = door.request("GET", f"{CLASSIC}/jobs/{job_id}", headers).json["state"]
        assert state == {"status": status, "reason": ending.reason, "reasonCode": ending.code}


@pytest.mark.parametrize("shots", [1, 4_000])
def test_a_job_may_be_asked_to_run_for_longer_than_a_calendar(door: Door, shots: int) -> None:
    """``delay[1e8s]`` was a ValueError at the job's first look, and at each later list of jobs."""
    long = "OPENQASM 3.0; bit[1] c; delay[1e8s] $0; c[0] = measure $0;"
    door.instance().usage_limit_s = None
    job_id = door.submit(pubs=[[long, None, shots]])
    answer = door.get(f"/jobs/{job_id}").json
    assert (answer["status"], answer["state"]["reason_code"]) == ("Cancelled - Ran too long", 1305)
    assert answer["usage"] == {"seconds": 600}, "what the plan allows a job"
    assert [one["id"] for one in door.get("/jobs").json["jobs"]] == [job_id]
    assert door.get(f"/jobs/{job_id}/metrics").status == 200


def test_a_job_over_its_own_limit_ran_too_long_and_is_charged_the_limit(door: Door) -> None:
    job_id = door.submit(cost=2, pubs=[[X_ON_7, None, 100_000]])
    answer = door.get(f"/jobs/{job_id}").json
    assert answer["status"] == "Cancelled - Ran too long"
    reason = "Job %!v(MISSING) ran longer than %!v(MISSING)"
    assert answer["state"] == {"status": "Cancelled", "reason": reason, "reason_code": 1305}
    assert answer["usage"] == {"seconds": 2}
    assert door.instance().usage_s == 2


def test_a_precision_that_takes_longer_than_the_job_may_ran_too_long(door: Door) -> None:
    """It failed with 5204, which is no code of the service: that bounds no precision."""
    sx = 'OPENQASM 3.0; include "stdgates.inc"; sx $0;'
    answers = []
    for precision in (1e-3, 1e-4):
        params = {"pubs": [[sx, "Z", None, precision]]}
        body = {**job(), "program_id": "estimator", "params": params}
        answers.append(door.get(f"/jobs/{door.post('/jobs', json=body).json['id']}").json)
    assert [one["status"] for one in answers] == ["Completed", "Cancelled - Ran too long"]
    assert answers[1]["state"]["reason_code"] == 1305
    assert answers[1]["usage"]["seconds"] == 600, "what the plan allows a job"


def test_the_open_plan_has_room_for_three_pending_jobs_on_the_classic_platform(door: Door) -> None:
    door.control.pause(BACKEND)
    headers = {"x-access-token": door.login()}

    def submit() -> Answer:
        return door.request("POST", f"{CLASSIC}/jobs", headers, json=job())

    ids = [submit().json["id"] for _ in range(3)]
    refused = submit()
    assert (refused.status, refused.code) == (400, 3458)
    assert refused.message.startswith("You have reached the limit of 3 pending jobs.")
    door.request("POST", f"{CLASSIC}/jobs/{ids[0]}/cancel", headers)
    assert submit().status == 200


def test_the_open_plan_of_today_has_room_for_any_number(door: Door) -> None:
    """On 2026-09-10 twelve jobs were taken within half a minute; here the fourth was refused."""
    door.control.pause(BACKEND)
    assert len({door.submit() for _ in range(12)}) == 12


def test_a_world_can_still_set_a_limit(door: Door) -> None:
    door.control.pause(BACKEND)
    door.instance().max_pending_jobs = 1
    door.submit()
    assert door.post("/jobs", json=job()).code == 3458


def test_the_open_plan_cuts_times_to_its_own_without_a_word(door: Door) -> None:
    """Seen in 2026: 28 800 s asked for, a batch with 600 s made."""
    body = {"mode": "batch", "backend": BACKEND, "max_ttl": 28_800}
    assert door.post("/sessions", json=body).json["max_ttl"] == 600
    for asked, made in (({}, 600), ({"cost": 10_000}, 600), ({"cost": 30}, 30)):
        assert door.get(f"/jobs/{door.submit(**asked)}").json["cost"] == made


def test_jobs_that_only_wait_for_a_look_do_not_fill_the_plan(door: Door) -> None:
    ids = [door.submit() for _ in range(5)]
    assert states(door, ids[0], 1) == ["Completed"]
    assert not door.control.jobs[4].is_final


def test_private_jobs_show_no_params_and_give_their_result_once(door: Door) -> None:
    answer = door.post("/jobs", json=job(private=True))
    require_contract("create_job", answer)
    assert answer.json["private"] is True
    job_id = answer.json["id"]
    details = door.get(f"/jobs/{job_id}").json
    assert details["private"] is True
    assert details["params"] == {}
    assert (
        door.get(f"/jobs/{job_id}", {"exclude_params": "true"}).json.keys().isdisjoint({"params"})
    )
    first, second = (door.get(f"/jobs/{job_id}/results") for _ in range(2))
    assert (first.status, second.status, second.body) == (200, 204, b"")


def metrics(door: Door, job_id: str, **headers: str) -> dict[str, Any]:
    answer = door.get(f"/jobs/{job_id}/metrics", **headers)
    assert answer.status == 200
    found: dict[str, Any] = answer.json
    return found


def test_metrics_follow_the_version_of_the_api(door: Door) -> None:
    door.app.world.next_progression = polls(1)
    job_id = door.submit(pubs=[[X_ON_7, None, 100_000]])
    assert metrics(door, job_id, **NEWEST)["usage"] == {
        "qpu_charge_time_seconds": 0, "value": 0, "unit": "resource_units", "status": "pending",
    }  # fmt: skip
    door.get(f"/jobs/{job_id}")
    used = door.get(f"/jobs/{job_id}").json["usage"]["seconds"]
    assert used > 1
    old = metrics(door, job_id)
    assert old["usage"] == {"quantum_seconds": used, "seconds": used}
    assert old["bss"] == {"seconds": used}
    middle = metrics(door, job_id, **{"IBM-API-Version": "2026-03-15"})
    assert (middle["usage"]["qpu_charge_time_seconds"], "bss" in middle) == (used, False)
    assert middle["usage"]["circuits_execution_time_ns"] > 1e9
    new = metrics(door, job_id, **NEWEST)
    assert new["usage"] == {
        "qpu_charge_time_seconds": used,
        "value": round(used * 0.01635, 4),  # 0.0327 for 2 seconds in recorded metrics
        "unit": "resource_units",
        "status": "complete",
        "details": [{
            "value": round(used * 0.01635, 4), "unit": "resource_units",
            "metric": {"id": METRIC_ID, "value": used},
        }],
    }  # fmt: skip
    assert list(new["usage"]) == ["qpu_charge_time_seconds", "value", "unit", "status", "details"]
    assert new["circuits_execution_time_ns"] > 1e9
    assert list(new) == ["timestamps", "usage", "circuits_execution_time_ns"], "a plain REST user"
    # As texts "...5.12Z" comes after "...5.123Z".
    times = [from_iso(new["timestamps"][name]) for name in ("created", "running", "finished")]
    assert times == sorted(times)


def test_circuits_run_for_less_than_what_is_charged(door: Door) -> None:
    """Recorded were 0.26 seconds of the two that were charged; here both were the same."""
    job_id = door.submit(pubs=[[X_ON_7, None, 1_000]])
    assert door.get(f"/jobs/{job_id}").json["usage"]["seconds"] == 2
    assert 0.2e9 < metrics(door, job_id, **NEWEST)["circuits_execution_time_ns"] < 0.3e9
    failed = door.submit(pubs=[[X_ON_7.replace("x $7", "h $7")]])
    assert door.get(f"/jobs/{failed}").json["usage"]["seconds"] == 2
    assert metrics(door, failed, **NEWEST)["circuits_execution_time_ns"] == 0, "none of them ran"


def test_usage_is_written_as_the_version_has_it(door: Door) -> None:
    """At 2026-04-15 jobs and workloads had ``seconds`` still, which the service has no more."""
    job_id = door.submit()
    assert door.get(f"/jobs/{job_id}/metrics", **NEWEST).status == 200
    for version, usage in (
        ("2026-02-15", {"seconds": 2}),
        ("2026-03-15", {"qpu_charge_time_seconds": 2, "status": "complete"}),
        ("2026-04-15", {"qpu_charge_time_seconds": 2, "status": "complete"}),
    ):
        asked = {"IBM-API-Version": version}
        assert door.get(f"/jobs/{job_id}", **asked).json["usage"] == usage
        [listed] = door.get("/jobs", **asked).json["jobs"]
        [workload] = door.get("/workloads", **asked).json["workloads"]
        assert listed["usage"] == workload["usage"] == usage
        assert workload["usage_seconds"] == 2


def test_a_job_that_was_cancelled_in_the_queue_never_ran(door: Door) -> None:
    """``running`` was missing; the live service has it, as ``null``."""
    job_id = door.submit()
    assert list(metrics(door, door.submit())["timestamps"]) == ["created", "finished", "running"]
    door.app.world.next_progression = STUCK
    waiting = door.submit()
    assert list(metrics(door, waiting)["timestamps"]) == ["created"]
    door.post(f"/jobs/{job_id}/cancel")
    times = metrics(door, job_id)["timestamps"]
    assert (list(times), times["running"]) == (["created", "finished", "running"], None)


@pytest.mark.parametrize(
    ("header", "packages", "caller"),
    [
        ("qiskit-version-2/qiskit_ibm_runtime-0.50.0,qiskit-2.5.2*/qiskit",
         "qiskit_ibm_runtime-0.50.0,qiskit-2.5.2*", "qiskit"),
        ("qiskit-version-2/qiskit_ibm_runtime-0.51.0/qiskit_ibm_runtime~sampler.py/mine",
         "qiskit_ibm_runtime-0.51.0", "qiskit_ibm_runtime~sampler.py/mine"),
        ("/qiskit", None, "qiskit"),  # who opted out of usage data
        ("something else", None, "something else"),
        ("", None, None),
        (None, None, None),
    ],
)  # fmt: skip
def test_metrics_tell_the_client_that_submitted(
    door: Door, header: str | None, packages: str | None, caller: str | None
) -> None:
    """``qiskit_version`` was that of our own Qiskit; recorded ones name the client's packages."""
    sent = {**door.runtime(), "X-Qx-Client-Application": header}
    job_id = door.request("POST", f"{RUNTIME}/jobs", sent, json=job()).json["id"]
    seen = metrics(door, job_id, **NEWEST)
    assert (seen.get("qiskit_version"), seen.get("caller")) == (packages, caller)
    told = {"qiskit_version": packages, "caller": caller}
    order = ["qiskit_version", "timestamps", "caller", "usage", "circuits_execution_time_ns"]
    assert list(seen) == [name for name in order if told.get(name, "") is not None]
    door.app._installed = (0, 48, 1)
    job_id = door.request("POST", f"{RUNTIME}/jobs", sent, json=job()).json["id"]
    seen = metrics(door, job_id)
    named = f"qiskit_ibm_runtime-0.48.1,qiskit-{importlib.metadata.version('qiskit')}*"
    assert seen.get("qiskit_version") == (packages or (None if header is None else named))


def test_the_metrics_of_the_contract(door: Door) -> None:
    job_id = door.submit()
    door.get(f"/jobs/{job_id}")
    require_contract("get_job_metrics_jid", door.get(f"/jobs/{job_id}/metrics"))


def test_the_place_in_the_queue(door: Door) -> None:
    door.control.set_queue_length(BACKEND, 7)
    door.control.pause(BACKEND)
    ids = [door.submit() for _ in range(3)]
    places = [metrics(door, job_id)["position_in_queue"] for job_id in ids]
    assert places == [8, 9, 10]
    door.post(f"/jobs/{ids[0]}/cancel")
    assert metrics(door, ids[2])["position_in_queue"] == 9
    assert "position_in_queue" not in metrics(door, ids[0])


def test_logs_tell_a_line_for_each_thing_that_happened(door: Door) -> None:
    job_id = door.submit(log_level="INFO")
    door.get(f"/jobs/{job_id}")
    answer = door.get(f"/jobs/{job_id}/logs")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.body.decode().splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == [
        f"job {job_id} queued for {BACKEND}",
        "program sampler started",
        "job completed",
    ]
    quiet = door.submit()
    none = door.get(f"/jobs/{quiet}/logs")
    assert (none.status, none.message) == (404, "logs not found")


def test_the_log_of_a_failed_job_says_why(door: Door) -> None:
    job_id = door.submit(pubs=[["OPENQASM 3.0; bit c; h $0;", None, 10]])
    door.get(f"/jobs/{job_id}")
    assert b"ERROR Error code" in door.get(f"/jobs/{job_id}/logs").body


def test_tags_are_replaced_with_a_204(door: Door) -> None:
    job_id = door.submit(tags=["old"])
    path = f"{RUNTIME}/jobs/{job_id}/tags"
    answer = door.request("PUT", path, door.runtime(), json={"tags": ["b", "a", "b"]})
    require_contract("replace_job_tags", answer)
    assert answer.status == 204
    assert door.get(f"/jobs/{job_id}").json["tags"] == ["b", "a"]
    assert door.get("/jobs", {"tags": ["a", "b"]}).json["count"] == 1
    assert door.get("/jobs", {"tags": ["a", "c"]}).json["count"] == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [([], 1208), ({"tags": "a"}, 1208), ({"tags": [1]}, 1208), ({}, 1208),
     ({"tags": ["x"] * 9}, 1204), ({"tags": ["x" * 87]}, 1205)],
)  # fmt: skip
def test_tags_that_are_none(door: Door, body: Any, code: int) -> None:
    path = f"{RUNTIME}/jobs/{door.submit(tags=['old'])}/tags"
    answer = door.request("PUT", path, door.runtime(), json=body)
    require_runtime_error(answer)
    assert (answer.status, answer.code) == (400, code)
    assert door.control.jobs[0].tags == ["old"]


def delete(door: Door, job_id: str) -> int:
    answer = door.request("DELETE", f"{RUNTIME}/jobs/{job_id}", door.runtime())
    if answer.status == 409:
        require_runtime_error(answer)  # IBM's documentation has it, the contract does not
    else:
        require_contract("delete_job_jid", answer)
    return answer.status


@pytest.mark.parametrize("is_final", [True, False])
def test_a_job_is_deleted(door: Door, is_final: bool) -> None:
    job_id = door.submit()
    if is_final:
        door.get(f"/jobs/{job_id}")
    assert delete(door, job_id) == 204
    assert door.get(f"/jobs/{job_id}").status == 404
    assert delete(door, job_id) == 404
    assert door.get("/jobs").json["count"] == 0
    assert door.submit() != job_id


def test_a_running_job_is_not_deleted(door: Door) -> None:
    door.app.world.next_progression = polls(3)
    job_id = door.submit()
    assert states(door, job_id, 2) == ["Queued", "Running"]
    assert delete(door, job_id) == 409
    assert states(door, job_id, 2) == ["Running", "Completed"]
    assert delete(door, job_id) == 204
