"""POST /jobs: what is accepted, what is refused with which code, what the emulator cannot do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.contract_client import (
    BACKEND,
    RUNTIME,
    X_ON_7,
    Answer,
    Door,
    fresh_door,
    job,
    require_contract,
    require_schema,
)


def refused(door: Door, body: Any, status: int, code: object) -> str:
    answer = door.post("/jobs", json=body)
    require_contract("create_job", answer)
    assert (answer.status, answer.code) == (status, code)
    assert door.control.jobs == ()
    return answer.message


def test_a_job_is_created_with_an_id_and_its_backend(door: Door) -> None:
    answer = door.post("/jobs", json=job())
    require_contract("create_job", answer)
    assert set(answer.json) == {"id", "backend"}
    assert answer.json["backend"] == BACKEND
    [created] = door.control.jobs
    assert created.id == answer.json["id"]
    assert not created.is_final


def test_everything_that_a_job_can_carry(door: Door) -> None:
    body = job(
        tags=["a", "b" * 86, *"cdefgh"],
        cost=10_800,
        log_level="DEBUG",
        runtime="image:tag",
        session_id=None,
        private=False,
        start_session=False,
        params={"version": 2, "support_qiskit": True, "shots": 5, "options": {"default_shots": 3}},
    )
    # The contract has a PUB as an object, which no client sends: see test_contract_known.py.
    require_schema("SamplerV2Input", {**body["params"], "pubs": []})
    answer = door.post("/jobs", json=body)
    require_contract("create_job", answer)
    seen = door.get(f"/jobs/{answer.json['id']}")
    require_contract("get_job_details_jid", seen)
    assert seen.json["tags"] == body["tags"]
    assert seen.json["params"] == body["params"]
    assert (seen.json["cost"], seen.json["runtime"]) == (600, "image:tag")


@pytest.mark.parametrize("level", ["critical", "error", "warning", "info", "debug", "WARNING"])
def test_log_levels_in_the_contracts_and_in_the_clients_spelling(door: Door, level: str) -> None:
    assert door.post("/jobs", json=job(log_level=level)).status == 200


def test_a_body_without_content_type_is_read_all_the_same(door: Door) -> None:
    """Client 0.34 sends none."""
    assert door.post("/jobs", data=json.dumps(job()).encode()).status == 200


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff\xfe", b"program_id=sampler", b"[" * 100_000, b'{"cost": NaN}',
     b'{"cost": 1e999}', b'{"cost": -Infinity}'],
    ids=lambda data: repr(data[:20]),
)  # fmt: skip
def test_a_body_that_is_no_json(door: Door, data: bytes) -> None:
    answer = door.post("/jobs", data=data)
    require_contract("create_job", answer)
    assert (answer.status, answer.code) == (400, 1208)
    assert answer.message == "The request body is not valid JSON."
    assert door.control.jobs == ()


@pytest.mark.parametrize("missing", ["program_id", "backend", "params"])
def test_a_missing_field_is_named(door: Door, missing: str) -> None:
    body = job()
    del body[missing]
    assert f"missing {missing}" in refused(door, body, 400, 1208)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"programid": "x"}, "unknown field 'programid', did you mean 'program_id'"),
        ({"hub": 5}, "hub: expected type string"),
        ({"params": {"pubs": []}}, "pubs"),
        ({"params": {"pub": []}}, "unknown field 'pub', did you mean 'pubs'"),
        ({"pubs": [[X_ON_7, None, 0]]}, "pubs[0][2]: expected at least 1"),
        ({"params": {"options": {"twirl": {}}}}, "unknown field 'twirl', did you mean 'twirling'"),
        ({"tags": "a"}, "tags: expected type array"),
        ({"log_level": "LOUD"}, "log_level: expected one of"),
        ({"cost": -1}, "cost: expected at least 0"),
        ({"cost": 2**31}, "cost: "),
        ({"cost": "300"}, "cost: expected type integer"),
        ({"backend": ""}, "backend: "),
        ({"private": "yes"}, "private: expected type boolean"),
    ],
)
def test_fields_that_are_unknown_or_of_the_wrong_type(
    door: Door, changes: dict[str, Any], said: str
) -> None:
    assert said in refused(door, job(**changes), 400, 1208)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cost": 0}, "leave cost out, or send at least 1"),
        ({"remote_storage": {"object_name": "a"}}, "channel partners only"),
    ],
)
def test_what_the_description_allows_and_nobody_has_seen_is_a_gap(
    door: Door, changes: dict[str, Any], said: str
) -> None:
    """It was a 400, which no service is known to give."""
    answer = door.post("/jobs", json=job(**changes))
    assert answer.status == 501
    assert said in answer.body.decode()


def test_a_higher_cost_than_there_is_is_cut(door: Door) -> None:
    """As the API description says in words; here it was a 400."""
    headers = door.runtime(1)
    for asked in (10_801, 2**31 - 1):
        sent = door.request("POST", f"{RUNTIME}/jobs", headers, json=job(cost=asked))
        url = f"{RUNTIME}/jobs/{sent.json['id']}"
        assert door.request("GET", url, headers).json["cost"] == 10_800


@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_json_that_is_no_object(door: Door, body: Any) -> None:
    data = {None: b"null", 5: b"5"}.get(body) if not isinstance(body, list) else b"[]"
    answer = door.post("/jobs", data=data or b'"x"')
    assert (answer.status, answer.code) == (400, 1208)
    assert "the top level: expected type object" in answer.message


def test_an_unknown_backend(door: Door) -> None:
    """The service names nothing there. Source: observed, on 2026-08-21."""
    assert refused(door, job(backend="zzz"), 404, "not_found") == "device not found"


def test_a_backend_of_another_instance_is_unknown(door: Door) -> None:
    hidden = next(one for one in door.instance(1).devices if one not in door.instance(0).devices)
    refused(door, job(backend=hidden), 404, "not_found")


def test_an_unknown_program(door: Door) -> None:
    assert refused(door, job(program_id="hello-world"), 404, "not_found") == (
        "No program hello-world."
    )


def test_limits_of_tags(door: Door) -> None:
    assert "8 tags" in refused(door, job(tags=list("abcdefghi")), 400, 1204)
    assert "86 characters" in refused(door, job(tags=["a", "b" * 87]), 400, 1205)


def test_programs_that_the_emulator_cannot_run_are_501_and_a_gap(door: Door) -> None:
    answer: Answer = door.post("/jobs", json=job(program_id="circuit-runner"))
    assert (answer.status, answer.code) == (501, "emulator_gap")
    [gap] = door.app.gaps
    assert "'circuit-runner'" in gap.headline
    assert gap.next is not None
    assert str(gap) == answer.message
    assert door.control.jobs == ()


def test_start_session_was_taken_away(door: Door) -> None:
    """Source: IBM's changelog; the service refuses it since March 2024."""
    assert "POST /sessions" in refused(door, job(start_session=True), 400, 1208)


def test_a_calibration_that_the_device_does_not_have(door: Door) -> None:
    assert refused(door, job(calibration_id="c1"), 404, "not_found") == (
        f"{BACKEND} has no calibration c1."
    )


def test_a_job_of_another_calibration(door: Door) -> None:
    door.app.world.devices[BACKEND].calibrations = {"c1": "ibm_sherbrooke"}
    answer = door.post("/jobs", json=job(calibration_id="c1"))
    require_contract("create_job", answer)
    assert answer.json["calibration_id"] == "c1"
    assert door.get(f"/jobs/{answer.json['id']}").json["calibration_id"] == "c1"


def test_a_refused_job_leaves_the_next_ones_id_as_it_was(door: Door) -> None:
    door.post("/jobs", json=job(backend="zzz"))
    assert door.submit() == fresh_door().submit()
