"""``GET /workloads``: filters and pages, through each door, held to the contract."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pytest_qchannel.emulator.world.progression import seconds
from tests.contract.account_asks import ids, run, session, workloads
from tests.contract.contract_client import (
    AUTH,
    BACKEND,
    CLASSIC,
    Door,
    job,
    require_contract,
    require_runtime_error,
)
from tests.contract.session_asks import PREMIUM, ask
from tests.devices_kit import LEAST_BUSY


def test_workloads_are_jobs_sessions_and_batches(timeless: Door) -> None:
    alone = run(timeless, tags=["a"])
    timeless.control.advance_clock(1)
    dedicated = session(timeless)
    run(timeless, session_id=dedicated, tags=["in session"])
    timeless.control.advance_clock(1)
    batch = session(timeless, "batch")
    page = workloads(timeless)
    assert ids(page) == [alone, dedicated, batch], "oldest first"
    assert ids(workloads(timeless, sort="-createdAt")) == [batch, dedicated, alone]
    assert (page["total_count"], page["limit"]) == (3, 10)
    assert not {"previous", "next"} & page.keys()
    of_job, of_session, of_batch = page["workloads"]
    assert (of_batch["mode"], of_batch["status"], of_batch["accepting_jobs"]) == (
        "batch", "pending", True,
    )  # fmt: skip
    assert (of_session["mode"], of_session["status"]) == ("session", "in_progress")
    assert of_session["tags"] == ["in session"]
    assert (of_job["mode"], of_job["status"], of_job["tags"]) == ("job", "completed", ["a"])
    assert of_job["accepting_jobs"] is None
    assert of_job["created"] == of_job["ended"] == "2025-10-09T08:53:20.000Z"
    assert of_job["user_id"] == timeless.platform.user_id
    assert of_job["instance"] == timeless.instance(PREMIUM).id
    assert ids(workloads(timeless, 0)) == []


def test_what_was_over_is_not_cancelled_by_closing_it(timeless: Door) -> None:
    drained = session(timeless)
    ask(timeless, "PATCH", f"/sessions/{drained}", json={"accepting_jobs": False})
    ask(timeless, "DELETE", f"/sessions/{drained}/close")
    assert [one["status"] for one in workloads(timeless)["workloads"]] == ["completed"]


def test_workloads_are_filtered(timeless: Door) -> None:
    alone = run(timeless, tags=["a", "b"])
    timeless.control.advance_clock(10)
    other = run(timeless, backend=LEAST_BUSY, tags=["a"])
    dedicated = session(timeless)
    ask(timeless, "DELETE", f"/sessions/{dedicated}/close")
    timeless.app.world.devices[BACKEND].progression = seconds(10, queued=5)
    slow = run(timeless)
    both = {alone, other}
    assert set(ids(workloads(timeless, backend=BACKEND))) == {alone, dedicated, slow}
    assert set(ids(workloads(timeless, tags=["a"]))) == both
    assert set(ids(workloads(timeless, tags=["a", "b"]))) == {alone}
    assert alone in ids(workloads(timeless, search="B"))
    assert set(ids(workloads(timeless, search=other[:12].upper()))) == {other}
    assert ids(workloads(timeless, search=LEAST_BUSY[4:])) == []
    assert set(ids(workloads(timeless, mode="session"))) == {dedicated}
    assert set(ids(workloads(timeless, mode="job"))) == {alone, other, slow}
    assert set(ids(workloads(timeless, status="completed"))) == both
    assert set(ids(workloads(timeless, status=["completed", "canceled"]))) == {*both, dedicated}
    assert set(ids(workloads(timeless, status="pending"))) == {slow}
    assert set(ids(workloads(timeless, created_before="2025-10-09T08:53:25Z"))) == {alone}
    assert alone not in ids(workloads(timeless, created_after="2025-10-09T08:53:25Z"))
    assert len(ids(workloads(timeless, user=timeless.platform.user_id))) == 4
    assert len(ids(workloads(timeless, user="me"))) == 4
    assert ids(workloads(timeless, user="somebody")) == []
    timeless.control.advance_clock(5)
    assert set(ids(workloads(timeless, status="in_progress"))) == {slow}
    timeless.app.world.devices[LEAST_BUSY].kind = "mock"
    assert other not in ids(workloads(timeless))
    assert other in ids(workloads(timeless, include_mocks="True"))


def test_a_session_that_nobody_looked_at_is_listed_as_it_is_by_now(timeless: Door) -> None:
    session(timeless)
    assert [one["status"] for one in workloads(timeless)["workloads"]] == ["pending"]
    timeless.control.advance_clock(1_800)
    [one] = workloads(timeless)["workloads"]
    assert (one["status"], one["accepting_jobs"]) == ("completed", False)
    assert one["ended"] == "2025-10-09T09:23:20.000Z"
    assert "status_reason" not in one, "jobs have one, says the description"


@pytest.mark.parametrize("sort", ["createdAt", "-createdAt"])
def test_pages_lead_to_each_other(door: Door, sort: str) -> None:
    made = [run(door, tags=["kept"]) for _ in range(7)]
    run(door)
    everything = ids(workloads(door, sort=sort, limit=50, tags="kept"))
    assert sorted(everything) == sorted(made)
    first = workloads(door, sort=sort, limit=3, tags="kept")
    assert first["total_count"] == 7
    assert "previous" not in first

    def follow(page: Any, direction: str) -> Any:
        href = page[direction]["href"]
        cursor = base64.urlsafe_b64decode(parse_qs(urlsplit(href).query)[direction][0])
        assert float(cursor.split()[0]) > 1_700_000_000, "a time, in seconds"
        assert urlsplit(href).path == "/api/v1/workloads"
        answer = door.request("GET", href, door.runtime(PREMIUM))
        require_contract("find_instance_workloads", answer)
        return answer.json

    second = follow(first, "next")
    third = follow(second, "next")
    assert [*ids(first), *ids(second), *ids(third)] == everything
    assert "next" not in third
    assert ids(follow(third, "previous")) == ids(second)
    assert ids(follow(follow(third, "previous"), "previous")) == ids(first)
    ask(door, "DELETE", f"/jobs/{ids(first)[-1]}")
    assert ids(follow(first, "next")) == ids(second)
    assert ids(follow(second, "previous")) == ids(first)[:2]


@pytest.mark.parametrize(
    "query",
    [{"limit": "51"}, {"limit": "0"}, {"limit": "x"}, {"mode": "x"}, {"status": "x"},
     {"sort": "name"}, {"next": "x"}, {"next": "%%"}, {"next": "eA=="},
     {"created_after": "x"}, {"next": "MSBh", "previous": "MSBh"}, {"next": "é"}],
)  # fmt: skip
def test_malformed_queries_of_workloads_are_refused(door: Door, query: dict[str, str]) -> None:
    answer = ask(door, "GET", "/workloads", params=query)
    require_runtime_error(answer)
    assert (answer.status, answer.code) == (400, 1208)


def test_classic_workloads_are_of_all_hubs_or_of_one(door: Door) -> None:
    headers = {"X-Access-Token": door.login()}
    for hub in ("ibm-q", "ibm-q-emulated"):
        group = "open" if hub == "ibm-q" else "premium"
        body = job(hub=hub, group=group, project="main")
        assert door.request("POST", f"{CLASSIC}/jobs", headers, json=body).status == 200
    answer = door.request("GET", f"{CLASSIC}/workloads", headers)
    assert answer.json["total_count"] == 2
    assert {one["usage"]["seconds"] for one in answer.json["workloads"]} == {2}
    query = {"provider": "ibm-q/open/main"}
    answer = door.request("GET", f"{CLASSIC}/workloads", headers, params=query)
    assert [one["instance"] for one in answer.json["workloads"]] == ["ibm-q/open/main"]
    assert door.request("GET", f"{AUTH}/users/me", headers).status == 200
