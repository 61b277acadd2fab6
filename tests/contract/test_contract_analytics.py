"""``GET /analytics/*``: computed from the jobs, through each door, held to the contract."""

from __future__ import annotations

import pytest

from pytest_qchannel.emulator.world.progression import seconds
from tests.contract.account_asks import analytics, charge, run, session, workloads
from tests.contract.contract_client import (
    BACKEND,
    Door,
    require_contract,
    require_runtime_error,
)
from tests.contract.session_asks import PREMIUM, ask
from tests.devices_kit import LEAST_BUSY


def test_analytics_of_nothing_are_zero(door: Door) -> None:
    assert set(analytics(door, "usage").values()) == {0}
    assert analytics(door, "filters")["backends"] == []
    assert analytics(door, "usage_grouped")["data"] == []
    assert analytics(door, "usage_grouped_by_date")["data"] == []


def test_analytics_are_computed_from_the_jobs(timeless: Door) -> None:
    dedicated, batch = session(timeless), session(timeless, "batch")
    timeless.app.world.devices[BACKEND].progression = seconds(6, queued=2)
    used = {
        run(timeless): 1.0,
        run(timeless, 0): 2.0,
        run(timeless, session_id=dedicated): 4.0,
        run(timeless, session_id=dedicated): 8.0,
        run(timeless, session_id=batch): 16.0,
    }
    timeless.control.advance_clock(60)
    workloads(timeless)
    charge(timeless, used)
    found = analytics(timeless, "usage")
    assert found == {
        "usage": 31_000, "jobs": 5, "sessions": 2,
        "sessions_usage": 28_000, "avg_sessions_usage": 14_000, "max_sessions_usage": 16_000,
        "batch_sessions": 1, "batch_sessions_usage": 16_000,
        "avg_batch_sessions_usage": 16_000, "max_batch_sessions_usage": 16_000,
        "dedicated_sessions": 1, "dedicated_sessions_usage": 12_000,
        "avg_dedicated_sessions_usage": 12_000, "max_dedicated_sessions_usage": 12_000,
        "individual_jobs": 2, "individual_jobs_usage": 3_000,
        "avg_individual_jobs_usage": 1_500, "max_individual_jobs_usage": 2_000,
        # The second job of the session waited for the first one's end as well.
        "queue_time": 2_000 * 4 + (6_000 + 2_000), "avg_queue_time": 3_200,
        "max_queue_time": 8_000,
    }  # fmt: skip
    first = timeless.instance(0)
    assert analytics(timeless, "usage", instance=first.id)["usage"] == 2_000
    assert analytics(timeless, "usage", plan="open")["usage"] == 2_000
    assert analytics(timeless, "usage", backend=LEAST_BUSY)["usage"] == 0
    assert analytics(timeless, "usage", user_id="x")["usage"] == 0
    assert analytics(timeless, "usage", simulators="false")["usage"] == 31_000
    assert analytics(timeless, "usage", interval_start="2025-10-09T08:53:21Z")["usage"] == 0
    assert analytics(timeless, "usage", interval_end="2025-10-09T08:53:19Z")["usage"] == 0
    rows = analytics(timeless, "usage_grouped", group_by="instance")["data"]
    assert {row["key"]: (row["usage"], row["jobs"]) for row in rows} == {
        first.id: (2_000, 1), timeless.instance(PREMIUM).id: (29_000, 4),
    }  # fmt: skip
    rows = analytics(timeless, "usage_grouped", group_by="plan")["data"]
    assert [row["key"] for row in rows] == ["premium", "open"]
    [bought] = [
        one["id"]
        for one in analytics(timeless, "filters")["subscriptions"]
        if one["name"] == "Open"
    ]
    assert analytics(timeless, "usage", subscription_id=bought)["usage"] == 2_000
    rows = analytics(timeless, "usage_grouped", group_by="subscription_id")["data"]
    assert {row["key"]: row["sessions"] for row in rows}[bought] == 0


def test_analytics_by_date(timeless: Door) -> None:
    used = {run(timeless): 1.0}
    timeless.control.advance_clock(86_400)
    used |= {run(timeless): 2.0, run(timeless, backend=LEAST_BUSY): 4.0}
    charge(timeless, used)
    found = analytics(timeless, "usage_grouped_by_date")
    assert found["interval_start"] == "2025-10-09T08:53:20.000Z"
    assert found["interval_end"] == "2025-10-10T08:53:20.000Z"
    own = timeless.instance(PREMIUM).id
    assert [
        (row["key"], row["interval_start"], row["interval_end"], row["usage"], row["jobs"])
        for row in found["data"]
    ] == [
        (own, "2025-10-09T00:00:00.000Z", "2025-10-10T00:00:00.000Z", 1_000, 1),
        (own, "2025-10-10T00:00:00.000Z", "2025-10-11T00:00:00.000Z", 6_000, 2),
    ]
    for group in ("backend", None):
        query = {"group_by": group} if group else {}
        answer = ask(timeless, "GET", "/analytics/usage_grouped_by_date", params=query)
        require_contract("get_usage_analytics_grouped_by_date", answer)
        assert (answer.status, answer.code) == (400, 1208)


def test_analytics_filters_name_what_there_is(door: Door) -> None:
    run(door)
    run(door, 0, backend=LEAST_BUSY)
    found = analytics(door, "filters")
    assert found["backends"] == [{"name": one} for one in sorted((LEAST_BUSY, BACKEND))]
    assert [one["id"] for one in found["instances"]] == list(door.platform.instances)
    assert found["users"] == [{"id": door.platform.user_id}]
    assert found["plans"] == [{"name": "open"}, {"name": "premium"}]
    assert {one["deleted"] for one in found["instances"]} == {False}
    found = analytics(door, "filters", instance=door.instance(PREMIUM).id)
    assert found["backends"] == [{"name": BACKEND}]
    assert [one["id"] for one in found["instances"]] == [door.instance(PREMIUM).id]


@pytest.mark.parametrize(
    ("query", "status"),
    [({"instance": "x"}, 404), ({"interval_start": "x"}, 400), ({"interval_end": "é"}, 400),
     ({"interval_start": "2999-01-01"}, 400),
     ({"interval_end": "9999-12-31T23:59:59-12:00"}, 400),
     ({"interval_start": "0001-01-01T00:00:00+14:00"}, 400)],
)  # fmt: skip
@pytest.mark.parametrize("name", ["filters", "usage", "usage_grouped", "usage_grouped_by_date"])
def test_malformed_queries_of_analytics_are_refused(
    door: Door, name: str, query: dict[str, str], status: int
) -> None:
    grouped = {"group_by": "instance"} if "grouped" in name else {}
    answer = ask(door, "GET", f"/analytics/{name}", params={**query, **grouped})
    require_runtime_error(answer)
    assert answer.status == status


def test_an_unknown_group_is_refused_with_the_known_ones(door: Door) -> None:
    answer = ask(door, "GET", "/analytics/usage_grouped", params={"group_by": "colour"})
    require_runtime_error(answer)
    assert "instance, backend, user_id, plan, subscription_id" in answer.message


def test_another_accounts_instance_is_no_business_of_the_caller(door: Door) -> None:
    query = {"instance": door.instance(0, door.cloud).id}
    answer = ask(door, "GET", "/analytics/usage", params=query)
    require_contract("analytics_usage", answer)
    assert answer.status == 404
