"""Accounts, instances and what they have used: through each door, held to the contract."""

from __future__ import annotations

import uuid
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
    assert [
        (one["version"], one["status"], one.get("sunset_date")) for one in answer.json["versions"]
    ] == [
        ("2024-01-01", "deprecated", "2027-01-01"),
        ("2025-01-01", "deprecated", "2027-01-01"),
        ("2025-05-01", "deprecated", "2027-01-01"),
        ("2026-02-01", "deprecated", "2027-02-01"),
        ("2026-02-15", "deprecated", "2027-02-15"),
        ("2026-03-15", "deprecated", None),
        ("2026-04-15", "live", None),
    ]


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
    assert answer.json == {
        "backends": list(door.instance(0).devices),
        "plan_id": PLANS["Open"].id,
        "instance_limit": 600,
        "instance_limit_seconds": "600",
    }
    answer = ask(door, "GET", "/instances/configuration", 0)
    require_contract("get_instance_configuration", answer)
    assert answer.json == {"instance_limit": 600}
    door.instance(PREMIUM).usage_allocation_s = 200
    answer = ask(door, "GET", "/instance")
    require_contract("get_instance", answer)
    assert answer.json["usage_allocation_seconds"] == "200"
    assert "instance_limit" not in answer.json
    answer = ask(door, "GET", "/instances/configuration")
    require_contract("get_instance_configuration", answer)
    assert answer.json == {}


def test_a_new_limit_is_honoured_by_usage_and_by_jobs(door: Door) -> None:
    answer = ask(door, "PUT", "/instances/configuration", json={"instance_limit": 100})
    require_contract("replace_instance_data", answer)
    assert answer.status == 204
    usage = ask(door, "GET", "/instances/usage")
    require_contract("get_usage", usage)
    assert usage.json["usage_limit_seconds"] == 100
    assert usage.json["usage_limit_reached"] is False
    assert "time_available_at" not in usage.json
    door.instance(PREMIUM).usage_s = 100
    assert ask(door, "GET", "/instances/usage").json["usage_limit_reached"] is True
    answer = ask(door, "POST", "/jobs", json=job())
    require_contract("create_job", answer)
    path = f"/jobs/{answer.json['id']}"
    assert ask(door, "GET", path).json["status"] == "Queued"
    ask(door, "PUT", "/instances/configuration", json={"instance_limit": None})
    assert "usage_limit_seconds" not in ask(door, "GET", "/instances/usage").json
    assert ask(door, "GET", path).json["status"] == "Completed"


def test_a_limit_over_the_allocation_is_a_conflict(door: Door) -> None:
    door.instance(PREMIUM).usage_allocation_s = 50
    answer = ask(door, "PUT", "/instances/configuration", json={"instance_limit": 51})
    require_contract("replace_instance_data", answer)
    assert answer.status == 409
    assert ask(door, "GET", "/instances/usage").json["usage_allocation_seconds"] == 50
    assert "usage_limit_seconds" not in ask(door, "GET", "/instances/usage").json


@pytest.mark.parametrize(
    "body",
    [{}, [], None, {"instance_limit": 0}, {"instance_limit": "1"}, {"instance_limit": True},
     {"instance_limit": 1.5}, {"instance_limit": 10**400}],
)  # fmt: skip
def test_a_malformed_configuration_is_refused(door: Door, body: Any) -> None:
    """Of a limit of 400 digits the fault ``used_up`` ended with an OverflowError."""
    answer = ask(door, "PUT", "/instances/configuration", json=body)
    require_contract("replace_instance_data", answer)
    assert (answer.status, answer.code) == (400, 1208)


def test_a_field_of_the_configuration_that_nobody_described_is_a_gap(door: Door) -> None:
    answer = ask(door, "PUT", "/instances/configuration", json={"backends": []})
    assert answer.status == 501
    assert door.app.gaps.pop().facts is not None


def test_the_limit_that_comes_back_is_the_plans(door: Door) -> None:
    """A cleared limit read back as 600 on the Open plan in 2026."""
    for limit in (100, None):
        answer = ask(door, "PUT", "/instances/configuration", 0, json={"instance_limit": limit})
        assert answer.status == 204
    assert ask(door, "GET", "/instances/configuration", 0).json == {"instance_limit": 600}


def test_who_has_reached_the_limit_is_told_when_there_is_time_again(timeless: Door) -> None:
    """Twenty-eight days after the oldest job that counts; without one, of all that was used."""
    door = timeless
    door.instance(0).usage_s = 600.0

    def available_at() -> str:
        answer = ask(door, "GET", "/instances/usage", 0)
        require_contract("get_usage", answer)
        return str(answer.json["time_available_at"])

    assert available_at() == "2025-11-06T08:53:20.000Z"
    door.instance(0).usage_s = 0.0
    run(door, 0)
    door.control.advance_clock(86_400)
    door.instance(0).usage_s = 600.0
    assert available_at() == "2025-11-06T08:53:20.000Z"


def test_the_account_tells_what_its_plans_give_it(door: Door) -> None:
    door.instance(PREMIUM).usage_allocation_s = 900
    door.instance(PREMIUM + 1).usage_allocation_s = None
    answer = ask(door, "GET", f"/accounts/{door.platform.id}")
    require_contract("get_account_config", answer)
    free, bought = answer.json["plans"]
    assert (free["plan_id"], free["max_ttl"]) == (PLANS["Open"].id, 600)
    assert free["backends"] == list(door.instance(0).devices)
    assert "usage_allocation_seconds" not in free
    assert (bought["plan_id"], bought["subscription_name"]) == (PLANS["Premium"].id, "Premium")
    assert (bought["usage_allocation_seconds"], bought["unallocated_usage_seconds"]) == (900, 0)
    assert free["subscription_id"] != bought["subscription_id"]
    assert uuid.UUID(free["subscription_id"]).version == 4, "a filter takes no other"
    query = {"plan_id": PLANS["Premium"].id}
    answer = ask(door, "GET", f"/accounts/{door.platform.id}", params=query)
    require_contract("get_account_config", answer)
    assert answer.json == {"plans": [bought]}
    answer = ask(door, "GET", f"/accounts/{door.platform.id}", params={"plan_id": "x"})
    require_contract("get_account_config", answer)
    assert answer.json == {"plans": []}


def test_another_account_is_not_found(door: Door) -> None:
    answer = ask(door, "GET", f"/accounts/{door.cloud.id}")
    require_contract("get_account_config", answer)
    assert answer.status == 404


ACCOUNT_WIDE = ("/analytics/filters", "/analytics/usage")


def test_an_account_is_asked_about_as_a_whole(door: Door) -> None:
    """IBM's load balancer names the account in a header, and no instance at all."""
    run(door)
    for path in (*ACCOUNT_WIDE, f"/accounts/{door.platform.id}"):
        of_instance = ask(door, "GET", path)
        for credential in (door.bearer(), {"Authorization": f"apikey {door.platform.credential}"}):
            headers = {**credential, "Account-Id": door.platform.id}
            assert door.request("GET", RUNTIME + path, headers).json == of_instance.json
    plain = door.request("GET", f"{RUNTIME}/accounts/{door.platform.id}", door.bearer())
    assert plain.json == of_instance.json, "the path names it"


def test_another_account_is_refused_as_a_whole(door: Door) -> None:
    for path in ACCOUNT_WIDE:
        for named, status in (({"Account-Id": door.cloud.id}, 403), ({}, 403)):
            answer = door.request("GET", RUNTIME + path, {**door.bearer(), **named})
            require_runtime_error(answer)
            assert (answer.status, answer.code) == (status, 1200)
        headers = {"Authorization": "Bearer x", "Account-Id": door.platform.id}
        assert door.request("GET", RUNTIME + path, headers).status == 401
    headers = {**door.bearer(), "Account-Id": door.cloud.id}
    assert door.request("GET", f"{RUNTIME}/accounts/{door.cloud.id}", headers).status == 404
    answer = door.request(
        "GET", f"{RUNTIME}/backends", {**door.bearer(), "Account-Id": door.platform.id}
    )
    assert answer.status == 403, "all other routes want an instance"


def test_tags_in_use(door: Door) -> None:
    run(door, tags=["Bell", "week 1"])
    run(door, tags=["bell", "week 2"])
    run(door, 0, tags=["other instance: bell"])
    answer = ask(door, "GET", "/tags", params={"type": "job", "search": "eek"})
    require_contract("list_tags", answer)
    assert answer.json == {"tags": ["week 1", "week 2"]}
    answer = ask(door, "GET", "/tags", params={"search": "bEl"})
    assert answer.json == {"tags": ["Bell", "bell"]}
    assert ask(door, "GET", "/tags", params={"search": "b" * 100}).json == {"tags": []}
    answer = ask(door, "GET", "/tags", params={"type": "backend", "search": "bell"})
    assert (answer.status, answer.code) == (400, 1208)
    for search in ({}, {"search": ""}, {"search": "be"}, {"search": "b" * 101}):
        answer = ask(door, "GET", "/tags", params={"type": "job", **search})
        require_contract("list_tags", answer)
        assert (answer.status, "be" in answer.message) == (400, False), "it names nothing"


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
        # Where the path names an account, no instance is needed to look for it.
        is_named = "<account>" in path and spoiled["Service-CRN"] is None
        assert answer.status == (404 if is_named else status)
