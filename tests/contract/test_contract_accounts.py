"""Accounts, instances and what they have used: through each door, held to the contract."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.emulator.world.records import PLANS
from pytest_qchannel.ibm.table import ROUTES
from tests.contract.account_asks import run
from tests.contract.contract_client import (
    RUNTIME,
    Door,
    job,
    require_contract,
    require_runtime_error,
)
from tests.contract.session_asks import PREMIUM, ask


def test_versions_are_open_to_everybody(door: Door) -> None:
    answer = door.request("GET", f"{RUNTIME}/versions")
    require_contract("get_versions", answer)
    found = {one["version"]: one for one in answer.json["versions"]}
    assert list(found) == sorted(found)
    assert found["2026-04-15"] == {"version": "2026-04-15", "status": "live"}
    assert found["2025-05-01"]["sunset_date"] == "2027-01-01"
    assert found["2025-05-01"]["status"] == "deprecated"


@pytest.mark.parametrize("asked", ["2023-12-31", "0001-01-01"])
def test_a_version_before_all_versions_is_refused(door: Door, asked: str) -> None:
    answer = door.get("/backends", **{"IBM-API-Version": asked})
    require_runtime_error(answer)
    assert (answer.status, answer.code) == (400, 1208)
    assert "2024-01-01" in answer.message


@pytest.mark.parametrize(
    ("asked", "is_new"), [("2024-12-31", False), ("2025-01-01", True), ("2030-01-01", True)]
)
def test_the_newest_version_that_is_not_after_the_date_answers(
    door: Door, asked: str, is_new: bool
) -> None:
    devices = door.get("/backends", **{"IBM-API-Version": asked}).json["devices"]
    assert isinstance(devices[0], dict) is is_new


def test_the_instance_and_its_configuration(door: Door) -> None:
    answer = ask(door, "GET", "/instance", 0)
    require_contract("get_instance", answer)
    assert answer.json["instance_id"] == door.instance(0).id
    assert answer.json["plan_id"] == PLANS["Open"].id
    answer = ask(door, "GET", "/instances/configuration", 0)
    require_contract("get_instance_configuration", answer)
    assert answer.json["backends"] == list(door.instance(0).devices)
    assert answer.json["instance_limit_seconds"] == 600


def test_a_new_limit_is_honoured_by_usage_and_by_jobs(door: Door) -> None:
    answer = ask(door, "PUT", "/instances/configuration", json={"instance_limit_seconds": 100})
    require_contract("replace_instance_data", answer)
    assert answer.status == 204
    usage = ask(door, "GET", "/instances/usage")
    require_contract("get_usage", usage)
    assert usage.json["usage_limit_seconds"] == 100
    assert usage.json["usage_limit_reached"] is False
    ask(door, "PUT", "/instances/configuration", json={"instance_limit_seconds": 0})
    assert ask(door, "GET", "/instances/usage").json["usage_limit_reached"] is True
    answer = ask(door, "POST", "/jobs", json=job())
    require_contract("create_job", answer)
    assert answer.status == 409
    ask(door, "PUT", "/instances/configuration", json={"instance_limit_seconds": None})
    assert "usage_limit_seconds" not in ask(door, "GET", "/instances/usage").json
    assert ask(door, "POST", "/jobs", json=job()).status == 200


def test_a_limit_over_the_allocation_is_a_conflict(door: Door) -> None:
    door.instance(PREMIUM).usage_allocation_s = 50
    answer = ask(door, "PUT", "/instances/configuration", json={"instance_limit_seconds": 51})
    require_contract("replace_instance_data", answer)
    assert answer.status == 409
    assert ask(door, "GET", "/instances/usage").json["usage_allocation_seconds"] == 50
    assert "usage_limit_seconds" not in ask(door, "GET", "/instances/usage").json


@pytest.mark.parametrize(
    "body",
    [{}, [], None, {"instance_limit_seconds": -1}, {"instance_limit_seconds": "1"},
     {"instance_limit_seconds": True}, {"instance_limit_seconds": 1.5}],
)  # fmt: skip
def test_a_malformed_configuration_is_refused(door: Door, body: Any) -> None:
    answer = ask(door, "PUT", "/instances/configuration", json=body)
    require_contract("replace_instance_data", answer)
    assert (answer.status, answer.code) == (400, 1208)


def test_a_field_of_the_configuration_that_nobody_described_is_a_gap(door: Door) -> None:
    answer = ask(door, "PUT", "/instances/configuration", json={"backends": []})
    assert answer.status == 501
    assert door.app.gaps.pop().facts is not None


def test_the_account_sums_up_its_instances(door: Door) -> None:
    first, second = door.instance(0), door.instance(PREMIUM)
    first.usage_s, second.usage_s, second.usage_allocation_s = 3.0, 4.0, 900
    answer = ask(door, "GET", f"/accounts/{door.platform.id}")
    require_contract("get_account_config", answer)
    assert answer.json == {
        "account_id": door.platform.id,
        "usage_consumed_seconds": 7,
        "usage_allocation_seconds": 900,
    }
    query = {"plan_id": PLANS["Open"].id}
    answer = ask(door, "GET", f"/accounts/{door.platform.id}", params=query)
    assert answer.json["usage_consumed_seconds"] == 3
    assert answer.json["plan_id"] == PLANS["Open"].id


@pytest.mark.parametrize("query", [{}, {"plan_id": "x"}])
def test_other_accounts_and_plans_are_not_found(door: Door, query: dict[str, str]) -> None:
    account = door.platform if query else door.cloud
    answer = ask(door, "GET", f"/accounts/{account.id}", params=query)
    require_contract("get_account_config", answer)
    assert answer.status == 404


def test_tags_in_use(door: Door) -> None:
    run(door, tags=["Bell", "week 1"])
    run(door, tags=["bell", "week 2"])
    run(door, 0, tags=["other instance"])
    answer = ask(door, "GET", "/tags", params={"type": "job"})
    require_contract("list_tags", answer)
    assert answer.json == {"tags": ["Bell", "bell", "week 1", "week 2"]}
    answer = ask(door, "GET", "/tags", params={"type": "job", "search": "bEl"})
    assert answer.json == {"tags": ["Bell", "bell"]}
    for query in ({}, {"type": "backend"}):
        answer = ask(door, "GET", "/tags", params=query)
        require_runtime_error(answer)
        assert answer.status == 400


def _own_paths() -> list[str]:
    words = ("/sessions", "/instance", "/accounts", "/workloads", "/tags", "/analytics")
    return [
        f"{route.method} {route.rule}"
        for route in ROUTES["runtime"]
        if route.rule.startswith(words)
    ]


@pytest.mark.parametrize("asked", _own_paths())
def test_every_route_wants_a_credential_and_an_instance(door: Door, asked: str) -> None:
    method, path = asked.split(" ")
    good = door.runtime()
    for spoiled, status in ((
        {**good, "Authorization": None}, 401), ({**good, "Authorization": "apikey x"}, 401),
        ({**good, "Service-CRN": None}, 403), ({**good, "Service-CRN": door.runtime(
            0, door.cloud)["Service-CRN"]}, 403),
    ):  # fmt: skip
        answer = door.request(method, RUNTIME + path, spoiled, json={})
        require_runtime_error(answer)
        assert answer.status == status
