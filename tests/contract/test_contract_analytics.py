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
        "usage": 31, "jobs": 5, "sessions": 2,
        "sessions_usage": 28, "avg_sessions_usage": 14, "max_sessions_usage": 16,
        "batch_sessions": 1, "batch_sessions_usage": 16,
        "avg_batch_sessions_usage": 16, "max_batch_sessions_usage": 16,
        "dedicated_sessions": 1, "dedicated_sessions_usage": 12,
        "avg_dedicated_sessions_usage": 12, "max_dedicated_sessions_usage": 12,
        "individual_jobs": 2, "individual_jobs_usage": 3,
        "avg_individual_jobs_usage": 1.5, "max_individual_jobs_usage": 2,
        # The second job of the session waited for the first one's end as well.
        "queue_time": 2 * 4 + (6 + 2), "avg_queue_time": 3.2,
    }  # fmt: skip
    first = timeless.instance(0)
    assert analytics(timeless, "usage", instance=first.id)["usage"] == 2
    assert analytics(timeless, "usage", plan=first.plan.id)["usage"] == 2
    assert analytics(timeless, "usage", backend=LEAST_BUSY)["usage"] == 0
    assert analytics(timeless, "usage", user_id="x")["usage"] == 0
    assert analytics(timeless, "usage", simulators="false")["usage"] == 31
    assert analytics(timeless, "usage", interval_start="2025-10-09T08:53:21Z")["usage"] == 0
    assert analytics(timeless, "usage", interval_end="2025-10-09T08:53:19Z")["usage"] == 0
    rows = analytics(timeless, "usage_grouped", group_by="instance")["data"]
    assert {row["group"]: (row["usage"], row["jobs"]) for row in rows} == {
        first.id: (2, 1), timeless.instance(PREMIUM).id: (29, 4),
    }  # fmt: skip


def test_analytics_by_date(timeless: Door) -> None:
    used = {run(timeless): 1.0}
    timeless.control.advance_clock(86_400)
    used |= {run(timeless): 2.0, run(timeless, backend=LEAST_BUSY): 4.0}
    charge(timeless, used)
    found = analytics(timeless, "usage_grouped_by_date", group_by="backend")
    assert found == {
        "interval_start": "2025-10-09T08:53:20.000Z",
        "interval_end": "2025-10-10T08:53:20.000Z",
        "data": [
            {"date": "2025-10-09", "group": BACKEND, "usage": 1, "jobs": 1},
            {"date": "2025-10-10", "group": BACKEND, "usage": 2, "jobs": 1},
            {"date": "2025-10-10", "group": LEAST_BUSY, "usage": 4, "jobs": 1},
        ],
    }


def test_analytics_filters_name_what_there_is(door: Door) -> None:
    run(door)
    run(door, 0, backend=LEAST_BUSY)
    found = analytics(door, "filters")
    assert found["backends"] == [{"name": one} for one in sorted((LEAST_BUSY, BACKEND))]
    assert [one["id"] for one in found["instances"]] == list(door.platform.instances)
    assert found["users"] == [{"id": door.platform.user_id}]
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
    answer = ask(door, "GET", f"/analytics/{name}", params=query)
    require_runtime_error(answer)
    assert answer.status == status


def test_an_unknown_group_is_refused_with_the_known_ones(door: Door) -> None:
    answer = ask(door, "GET", "/analytics/usage_grouped", params={"group_by": "colour"})
    require_runtime_error(answer)
    assert "backend, instance, plan, user_id" in answer.message


def test_another_accounts_instance_is_no_business_of_the_caller(door: Door) -> None:
    query = {"instance": door.instance(0, door.cloud).id}
    answer = ask(door, "GET", "/analytics/usage", params=query)
    require_contract("analytics_usage", answer)
    assert answer.status == 404
