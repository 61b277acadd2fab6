"""What lies exactly on a limit: one step further is another answer, which other tests have."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.emulator.world.clock import iso
from pytest_qchannel.emulator.world.progression import seconds
from tests.contract.account_asks import analytics, ids, run, workloads
from tests.contract.contract_client import BACKEND, Door, fresh_door, job
from tests.contract.session_asks import PREMIUM, ask, create, look, state, submit

NOW = 1_760_000_000.0


@pytest.fixture
def door() -> Door:
    """The core alone, whose clock moves only when it is told to: a limit is one at every door."""
    return fresh_door()


@pytest.mark.parametrize("limit", [1, 200])
def test_a_list_of_jobs_takes_the_smallest_and_the_largest_limit(door: Door, limit: int) -> None:
    for _ in range(2):
        door.submit()
    page = door.get("/jobs", {"limit": limit}).json
    assert (page["limit"], len(page["jobs"])) == (limit, min(limit, 2))


@pytest.mark.parametrize("limit", [1, 50])
def test_workloads_take_the_smallest_and_the_largest_limit(door: Door, limit: int) -> None:
    run(door)
    assert workloads(door, limit=limit)["limit"] == limit


def test_a_workload_is_among_those_created_until_the_time_that_it_tells(door: Door) -> None:
    job_id = run(door)
    assert ids(workloads(door, created_before=iso(NOW))) == [job_id]
    assert ids(workloads(door, created_after=iso(NOW))) == [job_id]
    assert ids(workloads(door, created_before=iso(NOW - 0.001))) == []
    assert ids(workloads(door, created_after=iso(NOW + 0.001))) == []


def test_there_is_no_page_after_one_that_ends_with_the_last_workload(door: Door) -> None:
    for _ in range(2):
        run(door)
    assert "next" not in workloads(door, limit=2)
    assert "next" in workloads(door, limit=1)


@pytest.mark.parametrize("length", [1, 28_800])
@pytest.mark.parametrize("name", ["max_ttl", "interactive_ttl", "active_ttl"])
def test_a_session_takes_the_shortest_and_the_longest_times(
    door: Door, name: str, length: int
) -> None:
    assert look(door, create(door, **{name: length}))[name] == length


@pytest.mark.parametrize("limit_s", [1, 50])
def test_an_instance_may_be_limited_to_the_least_and_to_all_that_was_allocated(
    door: Door, limit_s: int
) -> None:
    door.instance(PREMIUM).usage_allocation_s = 50
    body = {"instance_limit": limit_s}
    assert ask(door, "PUT", "/instances/configuration", json=body).status == 204
    assert door.instance(PREMIUM).usage_limit_s == limit_s


def test_analytics_of_one_moment_hold_the_job_that_was_created_in_it(door: Door) -> None:
    run(door)
    moment = iso(NOW)
    assert analytics(door, "usage", interval_start=moment, interval_end=moment)["jobs"] == 1


def test_a_job_whose_turn_comes_at_the_end_of_its_session_fails(door: Door) -> None:
    session_id = create(door, max_ttl=60)
    door.app.world.devices[BACKEND].progression = seconds(60)
    first, late = submit(door, session_id), submit(door, session_id)
    door.control.advance_clock(60)
    assert [state(door, one)["status"] for one in (late, first)] == ["Failed", "Completed"]


def test_a_session_that_closes_when_it_would_go_inactive_is_closed_only(door: Door) -> None:
    session_id = create(door, max_ttl=60, interactive_ttl=60)
    assert state(door, submit(door, session_id))["status"] == "Completed"
    door.control.advance_clock(60)
    states = [one["status"] for one in look(door, session_id)["timestamps"]]
    assert states == ["open", "active", "closed"]


@pytest.mark.parametrize(
    ("version", "kind"), [("2024-12-31", str), ("2025-01-01", dict), ("2025-01-02", dict)]
)
def test_backends_are_objects_from_the_day_of_that_version_on(
    door: Door, version: str, kind: type[Any]
) -> None:
    rows = door.get("/backends", **{"IBM-API-Version": version}).json["devices"]
    assert {type(row) for row in rows} == {kind}


def test_properties_begin_with_the_very_moment_when_the_device_was_there(door: Door) -> None:
    snapshot = door.app.world.devices[BACKEND].snapshot
    path = f"/backends/{BACKEND}/properties"
    for later_s, status in ((0.0, 200), (-0.001, 404)):
        before = iso(snapshot.online_at + later_s)
        assert door.get(path, {"updated_before": before}).status == status


def test_a_body_that_is_too_large_is_refused_whatever_the_door(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The in-process door took bodies of any size."""
    monkeypatch.setattr("pytest_qchannel.emulator.api.app.BODY_LIMIT", 10)
    answer = door.post("/jobs", json=job())
    assert (answer.status, answer.code) == (413, "payload_too_large")
    assert door.get("/jobs").json["count"] == 0
