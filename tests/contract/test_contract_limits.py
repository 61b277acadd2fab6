"""Limits, charges and late news, as the rules of a world have them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_qchannel import HopelessWait, UsageProblem
from pytest_qchannel.emulator.services.runtime import hopeless
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.progression import polls, seconds
from pytest_qchannel.emulator.world.rules import Rules, UsageUnit, WhenUsedUp
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.source.emulated import EmulatedSource
from pytest_qchannel.settings import resolve
from tests.contract.contract_client import (
    BACKEND,
    RUNTIME,
    X_ON_7,
    Door,
    job,
    require_contract,
    through_core,
)

LONG = [[X_ON_7, None, 100_000]]
NEWEST = {"IBM-API-Version": "2026-04-15"}
PREMIUM = 1


def rule(door: Door, **changed: Any) -> None:
    world = door.app.world
    world.rules = replace(world.rules, **changed)


def state(door: Door, job_id: str) -> str:
    return str(door.get(f"/jobs/{job_id}").json["state"]["status"])


def used(door: Door, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = door.get(f"/jobs/{job_id}", **NEWEST).json["usage"]
    return found


def consumed(door: Door) -> int:
    return int(door.get("/instances/usage").json["usage_consumed_seconds"])


def test_a_job_beyond_the_usage_limit_waits_and_a_running_one_goes_on(door: Door) -> None:
    """An exhausted Open instance of 2026 took a job, which stayed queued; here it was a 409."""
    door.instance().usage_s = 595.0
    running = door.submit(pubs=LONG)
    assert state(door, running) == "Completed"
    usage = door.get("/instances/usage").json
    assert usage["usage_consumed_seconds"] > 600
    assert usage["usage_limit_reached"] is True
    waiting = door.submit()
    assert [state(door, waiting) for _ in range(3)] == ["Queued"] * 3
    assert door.get(f"/jobs/{waiting}/results").status == 204
    door.control.set_usage_limit("open-instance", None)
    assert state(door, waiting) == "Completed"


def test_a_world_can_refuse_it_as_the_description_says(door: Door) -> None:
    rule(door, when_used_up=WhenUsedUp.REFUSE)
    door.instance().usage_s = 600.0
    refused = door.post("/jobs", json=job())
    require_contract("create_job", refused)
    assert refused.status == 409


@pytest.mark.parametrize(
    ("hold", "held", "lever"),
    [
        (
            lambda door: door.control.pause(BACKEND),
            f"{BACKEND} is paused",
            f"qchannel_emulator.bring_online('{BACKEND}')",
        ),
        (
            lambda door: setattr(door.instance(), "usage_s", 600.0),
            "open-instance has used the 600 seconds",
            "qchannel_emulator.set_usage_limit('open-instance', None)",
        ),
        (
            lambda door: door.control.set_next_job("stuck"),
            "its progression is 'stuck'",
            f"set_progression('{BACKEND}', 'polls(3)')",
        ),
        (
            lambda door: door.control.set_next_job(seconds(7_200)),
            "it has 7200 seconds to go",
            "qchannel_emulator.advance_clock(7200)",
        ),
    ],
)
def test_a_wait_that_nothing_ends_fails_by_name(
    timeless: Door, hold: Any, held: str, lever: str
) -> None:
    """``result()`` on such a job hung until somebody stopped the run."""
    rule(timeless, most_polls=4)
    hold(timeless)
    job_id = timeless.submit()
    looks = [timeless.get(f"/jobs/{job_id}").status for _ in range(5)]
    assert looks == [200, 200, 200, 501, 501]
    said = timeless.app.gaps[0]
    assert isinstance(said, HopelessWait)
    assert "was polled 4 times and stays" in said.headline
    assert held in said.headline
    assert lever in str(said.next)


def test_what_a_poll_or_the_clock_moves_is_waited_for(timeless: Door) -> None:
    rule(timeless, most_polls=3)
    timeless.app.world.next_progression = polls(8)
    counted = timeless.submit()
    assert [state(timeless, counted) for _ in range(9)][-1] == "Completed"
    timeless.app.world.next_progression = seconds(59)
    soon = timeless.submit()
    assert [state(timeless, soon) for _ in range(6)] == ["Running"] * 6
    timeless.app.world.next_progression = seconds(3_000)
    advanced = timeless.submit()
    for _ in range(10):
        assert state(timeless, advanced) == "Running"
        timeless.control.advance_clock(10)
    rule(timeless, most_polls=0)
    timeless.app.world.next_progression = seconds(3_000)
    late = timeless.submit()
    assert {state(timeless, late) for _ in range(10)} == {"Running"}
    assert timeless.app.gaps == []


def test_a_page_beyond_the_end_that_nothing_can_fill_is_not_asked_for_for_ever(
    timeless: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``service.jobs(skip=3)`` of an account with two jobs hung: the client never ends there."""
    monkeypatch.setattr(hopeless, "_MOST_PAGES", 4)

    def listed(offset: int, times: int) -> list[int]:
        return [timeless.get(f"/jobs?offset={offset}").status for _ in range(times)]

    timeless.submit()
    assert listed(1, 9) == [200] * 9
    assert [*listed(2, 3), *listed(3, 3), *listed(2, 3)] == [200] * 9
    timeless.submit()
    timeless.control.advance_clock(1)
    assert listed(3, 3) == [200] * 3
    timeless.control.set_next_job("stuck")
    stuck = timeless.submit()
    assert listed(4, 9) == [200] * 9
    timeless.post(f"/jobs/{stuck}/cancel")
    rule(timeless, most_polls=0)
    assert listed(4, 9) == [200] * 9
    rule(timeless, most_polls=100)
    assert timeless.app.gaps == []
    assert listed(4, 5) == [200, 200, 200, 501, 501]
    said = timeless.app.gaps[0]
    assert isinstance(said, HopelessWait)
    assert "ask for skip=3 at most" in str(said.next)


@pytest.mark.parametrize(
    ("offset", "bound"), [(-1, "0 or more"), (2**40, "0 at most"), (10**40, "0 at most")]
)
def test_a_page_that_is_out_of_range_is_not_asked_for_for_ever(
    offset: int, bound: str, timeless: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``service.jobs(skip=-1)`` hung: the client waits for one job more than there are."""
    monkeypatch.setattr(hopeless, "_MOST_PAGES", 4)
    statuses = [timeless.get(f"/jobs?offset={offset}").status for _ in range(5)]
    assert statuses == [200, 200, 200, 501, 501]
    assert f"ask for skip={bound}" in str(timeless.app.gaps[0])


def test_a_job_behind_one_that_waits_for_ever_names_that_one(timeless: Door) -> None:
    rule(timeless, most_polls=2)
    headers = timeless.runtime(PREMIUM)
    session = timeless.request("POST", f"{RUNTIME}/sessions", headers, json={"mode": "dedicated"})
    body = job(session_id=session.json["id"])
    timeless.control.set_next_job("stuck")
    first, second = (
        timeless.request("POST", f"{RUNTIME}/jobs", headers, json=body).json["id"] for _ in range(2)
    )
    statuses = [
        timeless.request("GET", f"{RUNTIME}/jobs/{second}", headers).status for _ in range(2)
    ]
    assert statuses == [200, 501]
    assert f"before it in its session is {first}" in str(timeless.app.gaps[0])


def test_usage_is_pending_for_a_while(timeless: Door) -> None:
    rule(timeless, usage_lag_s=30)
    job_id = timeless.submit()
    assert state(timeless, job_id) == "Completed"
    assert used(timeless, job_id) == {"qpu_charge_time_seconds": 0, "status": "pending"}
    assert consumed(timeless) == 0
    timeless.control.advance_clock(29)
    assert used(timeless, job_id)["status"] == "pending"
    timeless.control.advance_clock(1)
    assert used(timeless, job_id) == {"qpu_charge_time_seconds": 2, "status": "complete"}
    assert consumed(timeless) == 2


def test_a_new_job_is_late_in_lists(timeless: Door) -> None:
    rule(timeless, list_lag_s=15)
    job_id = timeless.submit()
    assert timeless.get("/jobs").json["jobs"] == []
    assert timeless.get("/workloads").json["workloads"] == []
    assert timeless.get(f"/jobs/{job_id}").status == 200
    timeless.control.advance_clock(15)
    assert [one["id"] for one in timeless.get("/jobs").json["jobs"]] == [job_id]
    assert [one["id"] for one in timeless.get("/workloads").json["workloads"]] == [job_id]


def test_charges_beside_and_beyond_what_a_job_may_cost(timeless: Door) -> None:
    rule(timeless, fixed_charge_s=3, overshoot_s=5)
    assert used(timeless, timeless.submit())["qpu_charge_time_seconds"] == 5
    late = timeless.submit(pubs=LONG, cost=2)
    assert timeless.get(f"/jobs/{late}").json["state"]["reason_code"] == 1305
    assert used(timeless, late)["qpu_charge_time_seconds"] == 7


def test_only_so_many_jobs_a_minute(timeless: Door) -> None:
    rule(timeless, submit_rate=2)
    for _ in range(2):
        timeless.submit()
        timeless.control.advance_clock(20)
    refused = timeless.post("/jobs", json=job())
    assert (refused.status, refused.code) == (429, 1202)
    assert refused.headers["retry-after"] == "20"
    timeless.control.advance_clock(20)
    assert timeless.submit()


@pytest.mark.parametrize(
    ("unit", "names"),
    [
        (UsageUnit.SECONDS, ["qpu_charge_time_seconds", "status"]),
        (UsageUnit.RESOURCE_UNITS, ["value", "unit", "status", "details"]),
    ],
)
def test_metrics_tell_usage_in_the_unit_of_the_world(
    timeless: Door, unit: UsageUnit, names: list[str]
) -> None:
    rule(timeless, usage_unit=unit)
    job_id = timeless.submit()
    timeless.get(f"/jobs/{job_id}")
    assert list(timeless.get(f"/jobs/{job_id}/metrics", **NEWEST).json["usage"]) == names


def test_an_instance_that_there_is_not_has_no_limit(door: Door) -> None:
    with pytest.raises(UsageProblem, match="no instance 'open-instanse'") as caught:
        door.control.set_usage_limit("open-instanse", 3)
    assert caught.value.closest == "open-instance"
    with pytest.raises(UsageProblem, match="-1 seconds"):
        door.control.set_usage_limit("open-instance", -1)


def test_a_builder_sets_rules_and_keeps_the_others() -> None:
    builder = WorldBuilder.default().rules(list_lag_s=2, dry_run_devices=True)
    world = builder.rules(pending_limit=4, submit_rate=5).build(Clock(lambda: 0.0))
    assert world.rules == Rules(list_lag_s=2, submit_rate=5)
    free, paid = list(world.accounts[0].instances.values())[:2]
    assert {free.pending_limit, paid.pending_limit} == {4}
    twins = paid.reached[len(paid.devices) :]
    assert len(twins) == len(paid.devices)
    assert all(world.devices[one].is_dry_run for one in twins)
    assert free.reached == free.devices, "not on the Open plan"
    with pytest.raises(UsageProblem, match="wait") as caught:
        WorldBuilder.default().rules(when_used_up="wait")
    assert "queue" in f"{caught.value.closest} {caught.value.next}"


def test_a_dry_run_tells_what_it_would_use_and_is_charged_to_nobody() -> None:
    """What the user saw: a usage of 0, which is what the guide has dry runs for."""
    builder = WorldBuilder.default().rules(dry_run_devices=True)
    source = EmulatedSource(resolve({}, {}, {}, {}), builder, Journal(), [])
    door = Door(source.app, through_core(source.app.handle))
    headers, twin = door.runtime(PREMIUM), f"mock{BACKEND[BACKEND.index('_') :]}"
    ran = door.request("POST", f"{RUNTIME}/jobs", headers, json=job(backend=twin)).json["id"]
    answer = door.request("GET", f"{RUNTIME}/jobs/{ran}", headers).json
    assert (answer["state"]["status"], answer["usage"]) == ("Completed", {"seconds": 2})
    metrics = door.request("GET", f"{RUNTIME}/jobs/{ran}/metrics", NEWEST | headers).json
    assert metrics["circuits_execution_time_ns"] == 0, "it ran none"
    used = door.request("GET", f"{RUNTIME}/instances/usage", headers).json
    assert used["usage_consumed_seconds"] == 0
    told = door.request("GET", f"{RUNTIME}/analytics/usage", headers).json
    assert (told["usage"], told["jobs"]) == (0, 1)
    assert source.app.world.jobs[ran].estimate_s == 0, "no run on a device would cost it"
    listed = door.request("GET", f"{RUNTIME}/backends", headers).body.decode()
    mocks = door.request("GET", f"{RUNTIME}/backends?include_mocks=True", headers).body.decode()
    assert (twin in listed, twin in mocks) == (False, True)
