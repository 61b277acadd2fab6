"""A described world behind the services: what they answer about it is what the contract says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from tests.contract.contract_client import RUNTIME, Answer, require_contract, through_core

EXAMPLE = Path(__file__).parents[4] / "examples" / "world.toml"
NOW = 1_760_000_000.0


class Asker:
    """Asks as the first instance of the first account of a world."""

    def __init__(self, builder: WorldBuilder) -> None:
        self.app = App(builder.build(Clock(lambda: NOW)))
        self.account = self.app.world.accounts[0]
        self._send = through_core(self.app.handle)

    def get(self, path: str, number: int = 0) -> Answer:
        instance = list(self.account.instances.values())[number]
        host = "" if instance.region == "us-east" else f"{instance.region}."
        headers = {"Authorization": f"apikey {self.account.credential}", "Service-CRN": instance.id}
        url = RUNTIME.replace("//", f"//{host}") + path
        return self._send(requests.Request("GET", url, headers))


def history() -> WorldBuilder:
    builder = (
        WorldBuilder()
        .device("ibm_torino", queue_length=4)
        .account("me", channels=["ibm_cloud"])
        .instance("mine", plan="Flex", usage_limit_s=100, usage_s=40, usage_allocation_s=90)
    )
    jobs: tuple[dict[str, Any], ...] = (
        {"id": "waits", "state": "Queued", "progression": "stuck"},
        {"id": "works", "state": "Running", "progression": "stuck"},
        {"id": "done", "usage_s": 2, "session": "s", "result": {"a": 1}, "tags": ["x"]},
        {"id": "lost", "usage_s": 2, "session": "s"},
        {"id": "bad", "state": "Failed", "reason": "no", "reason_code": 1103},
        {"id": "off", "state": "Cancelled", "reason": "Ran too long", "reason_code": 1305},
        {"id": "mine", "private": True, "params": {"pubs": ["secret"]}},
    )
    for age_s, job in enumerate(jobs, start=10):
        if job.get("progression"):
            job["params"] = {"version": 2, "pubs": [["OPENQASM 3.0; qubit[1] q;"]]}
        given: dict[str, Any] = {
            "account": "me",
            "instance": "mine",
            "backend": "ibm_torino",
            "age_s": age_s,
        }
        builder = builder.job(**{**given, **job})
    return builder


JOBS = ["waits", "works", "done", "lost", "bad", "off", "mine"]


@pytest.mark.parametrize("job_id", JOBS)
@pytest.mark.parametrize("what", ["", "/results", "/metrics", "/logs"])
def test_a_job_of_the_past_is_answered_by_the_contract(job_id: str, what: str) -> None:
    answer = Asker(history()).get(f"/jobs/{job_id}{what}")
    empty = {"/results": 204, "/logs": 404}.get(what, 200)  # at WARNING only failures are logged
    told = what == "/results" and job_id == "done"
    assert answer.status == (200 if told or job_id == "bad" else empty)
    # metrics.py writes null for times that have not come; the contract knows strings only.
    if what == "" or (what == "/metrics" and job_id not in ("waits", "works")):
        require_contract("get_job_metrics_jid" if what else "get_job_details_jid", answer)


def test_the_list_has_them_newest_first_with_their_states() -> None:
    answer = Asker(history()).get("/jobs?exclude_params=false")
    require_contract("list_jobs", answer)
    said = {one["id"]: one["status"] for one in answer.json["jobs"]}
    assert list(said) == JOBS
    assert said == {
        "waits": "Queued",
        "works": "Running",
        "done": "Completed",
        "lost": "Completed",
        "bad": "Failed",
        "off": "Cancelled - Ran too long",
        "mine": "Completed",
    }
    assert next(one for one in answer.json["jobs"] if one["id"] == "mine")["params"] == {}
    assert answer.json["jobs"][2]["created"] == "2025-10-09T08:53:08.0Z"


def test_results_are_those_that_were_described() -> None:
    asker = Asker(history())
    assert asker.get("/jobs/done/results").json == {"a": 1}
    assert asker.get("/jobs/bad/results").body == b"Error code 1103; no"


def test_the_batch_of_the_past_is_closed() -> None:
    asker = Asker(history())
    session_id = asker.get("/jobs/done").json["session_id"]
    assert asker.get("/jobs/lost").json["session_id"] == session_id
    answer = asker.get(f"/sessions/{session_id}")
    require_contract("get_session_information", answer)
    said = answer.json
    assert (said["mode"], said["state"], said["accepting_jobs"]) == ("batch", "closed", False)


def test_usage_is_what_was_described() -> None:
    answer = Asker(history()).get("/instances/usage")
    require_contract("get_usage", answer)
    assert answer.json["usage_limit_seconds"] == 100
    assert answer.json["usage_consumed_seconds"] == 40
    assert answer.json["usage_allocation_seconds"] == 90


def test_a_plan_has_ibms_id_or_that_of_the_world() -> None:
    builder = WorldBuilder().device("ibm_torino").account("me", channels=["ibm_cloud"])
    asker = Asker(builder.instance("a", plan="Internal").instance("b", plan="Flex", plan_id="own"))
    ids = [asker.get("/instances/usage", number).json["plan_id"] for number in (0, 1)]
    assert ids == ["91b2c828-2952-4f05-aed8-bedf92c6c480", "own"]
    plans = asker.get(f"/accounts/{asker.account.id}").json["plans"]
    assert [one["plan_id"] for one in plans] == ids


def test_the_oldest_job_that_can_be_described_is_answered() -> None:
    given: dict[str, Any] = {"account": "me", "instance": "mine", "backend": "ibm_torino"}
    asker = Asker(history().job(**given, age_s=1e9, usage_s=1e9, id="old"))
    assert asker.get("/jobs/old").status == asker.get("/jobs/old/metrics").status == 200
    assert asker.get("/jobs").json["jobs"][-1]["created"].startswith("1994-01-31T07:06:40")


@pytest.mark.parametrize("number", [0, 1])
def test_the_example_is_served(number: int) -> None:
    asker = Asker(WorldBuilder.from_file(EXAMPLE))
    listed = asker.get("/jobs", number)
    require_contract("list_jobs", listed)
    names = asker.get("/backends", number).json["devices"]
    assert names == (
        ["ibm_nairobi_east", "ibm_torino", "ibm_lagos"]
        if number == 0
        else ["ibm_torino", "ibm_nairobi_east", "ibm_lagos"]
    )
    assert len(listed.json["jobs"]) == (3 if number == 0 else 0)
