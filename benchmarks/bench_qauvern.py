"""IBM's load balancer of instances, qauvern, in a world of three plans: what it reads and changes.

Its client classes are used as they are (``pip install qauvern``; left out without it). It knows
three plans, an allocation and a limit for each instance, and a window of 28 days.
"""

from __future__ import annotations

import datetime
import os
from typing import Any

import pytest

from pytest_qchannel import QChannel, WorldBuilder

pytest.importorskip("qauvern", reason="pip install qauvern")

DEVICE = "ibm_torino"
DAY_S = 86_400


@pytest.fixture
def qchannel_world() -> WorldBuilder:
    return (
        WorldBuilder()
        .device(DEVICE)
        .account("lab", channels=["ibm_quantum_platform"])
        .instance(
            "bought", plan="Premium", usage_allocation_s=3_600, usage_limit_s=1_800, usage_s=100
        )
        .instance("in-europe", plan="Premium", region="eu-de", usage_allocation_s=1_200)
        .instance("archived", plan="Premium", usage_allocation_s=0)
        .instance("paid", plan="Pay-As-You-Go", usage_allocation_s=600)
        .instance("own", plan="Internal", usage_allocation_s=900)
        .job(account="lab", instance="bought", backend=DEVICE, age_s=2 * DAY_S, usage_s=40)
        .job(account="lab", instance="bought", backend=DEVICE, age_s=10 * DAY_S, usage_s=60)
        .job(account="lab", instance="paid", backend=DEVICE, age_s=3_600, usage_s=5)
    )


@pytest.fixture
def client(qchannel: QChannel) -> Any:  # noqa: ARG001 - it sets the variable
    from qauvern.api_client import IBMQuantumAPIClient

    return IBMQuantumAPIClient(api_key=os.environ["QISKIT_IBM_TOKEN"])


def test_three_plans_are_read(client: Any, qchannel: QChannel) -> None:
    from qauvern.models import InstanceDetailedUsage
    from qauvern.plan import Plan

    account = qchannel.instances[0].id.split(":")[6].removeprefix("a/")
    today = datetime.datetime.now(datetime.UTC).date()
    month = today - datetime.timedelta(days=28), today + datetime.timedelta(days=1)
    found = {}
    for plan in (Plan.PREMIUM, Plan.PAYGO, Plan.INTERNAL):
        instances = client.discover_instances(plan)
        states = [client.get_instance(one) for one in instances.active]
        for one in states:
            usage = client.get_detailed_usage(one.crn, account)
            daily = client.get_daily_usage(one.crn, account, *month)
            one.detailed_usage = InstanceDetailedUsage(**usage, daily_usage=daily)
        whole = client.get_account(account, plan, states)
        names = [one.name for one in states]
        found[plan] = (names, whole.allocation_budget_seconds, whole.consumed_seconds)
        if plan is Plan.PREMIUM:
            assert [one.name for one in instances.archived] == ["archived"]
            assert states[0].detailed_usage.consumed_14day == 100
            assert states[0].detailed_usage.consumed_7day == 40
            assert sorted(states[0].detailed_usage.daily_usage.values()) == [40, 60]
    assert found == {
        Plan.PREMIUM: (["bought", "in-europe"], 4_800, 100),
        Plan.PAYGO: (["paid"], 600, 5),
        Plan.INTERNAL: (["own"], 900, 0),
    }


def test_instances_are_changed_and_made(client: Any) -> None:
    from qauvern.plan import Plan
    from qauvern.region import Region

    [first, *_] = client.discover_instances(Plan.PREMIUM).active
    assert client.update_instance_parameters(first.crn, allocation_seconds=3_000, limit_seconds=9)
    [again, *_] = client.discover_instances(Plan.PREMIUM).active
    assert (again.name, again.allocation_seconds, again.limit_seconds) == (first.name, 3_000, 9)
    client.create_instance(
        "made", Region.EU_DE, "default", Plan.PAYGO,
        allocation_seconds=60, limit_seconds=None, tags=["x"],
    )  # fmt: skip
    names = [one.name for one in client.discover_instances(Plan.PAYGO).active]
    assert names == ["paid", "made"]
