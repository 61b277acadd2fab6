"""Resource Controller: what instances there are, how one is made, and what one may use."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from pytest_qchannel.emulator.world.records import PLANS
from tests.contract.contract_client import (
    RUNTIME,
    Answer,
    Door,
    fresh_door,
    require_contract,
)

URL: Final = "https://resource-controller.cloud.ibm.com/v2/resource_instances"


def patch(door: Door, body: object, *, instance: str | None = None) -> Answer:
    name = quote(door.instance().id if instance is None else instance, safe="")
    return door.request("PATCH", f"{URL}/{name}", door.bearer(), json=body)


def read(door: Door) -> dict[str, object]:
    name = quote(door.instance().id, safe="")
    answer = door.request("GET", f"{URL}/{name}", door.bearer())
    assert answer.status == 200
    found: dict[str, object] = answer.json
    [listed] = [
        row
        for row in door.request("GET", URL, door.bearer()).json["resources"]
        if row["id"] == found["id"]
    ]
    assert listed == found
    return found


def limit_in(answer: Answer) -> object:
    return answer.json["extensions"]["instance_limit_seconds"]


def parameters(limit: object, timestamp: object = "2026-11-27T10:00:00Z") -> dict[str, object]:
    return {"parameters": {"timestamp": timestamp, "instance_limit_seconds": limit}}


def test_a_new_limit_is_read_back_as_text_and_counts(door: Door) -> None:
    extensions = read(door)["extensions"]
    assert extensions == {
        "backends": list(door.instance().devices),
        "usage_allocation_seconds": None,
        "instance_limit_seconds": "600",
    }
    assert "parameters" not in read(door)
    answer = patch(door, parameters(500))
    assert answer.status == 200
    assert answer.json == read(door)
    assert limit_in(answer) == "500"
    assert answer.json["parameters"] == parameters(500)["parameters"]
    usage = door.request("GET", f"{RUNTIME}/instances/usage", door.runtime()).json
    assert usage["usage_limit_seconds"] == 500


def test_the_object_replaces_the_one_before(door: Door) -> None:
    patch(door, parameters(500))
    both = {"usage_allocation_seconds": "900", "instance_limit_seconds": "400"}
    answer = patch(door, {"parameters": both})
    assert (answer.json["parameters"], limit_in(answer)) == (both, "400")
    assert answer.json["extensions"]["usage_allocation_seconds"] == 900, "qauvern adds them up"
    answer = patch(door, {"parameters": {"instance_limit_seconds": None}})
    assert answer.json["parameters"] == {"instance_limit_seconds": None}
    assert answer.json["extensions"]["usage_allocation_seconds"] is None
    assert limit_in(answer) == "600", "what the Open plan has"
    premium = door.instance(1).id
    patch(door, {"parameters": both}, instance=premium)
    assert limit_in(patch(door, {"parameters": {}}, instance=premium)) is None


def test_what_is_the_same_as_before_is_ignored(door: Door) -> None:
    """Somebody else has changed the limit meanwhile: sending the old parameters mends nothing."""
    patch(door, parameters(500))
    put = door.request(
        "PUT",
        f"{RUNTIME}/instances/configuration",
        door.runtime(),
        json={"instance_limit": 300},
    )
    assert put.status == 204
    assert limit_in(patch(door, parameters(500))) == "300"
    assert limit_in(patch(door, parameters(500, "2026-11-27T11:00:00Z"))) == "500"


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"parameters": 5},
        parameters("x"),
        parameters(-1),
        parameters("-1"),
        parameters(True),
        parameters(""),
        parameters(1.5),
        parameters("\u00b2"),
        parameters("9" * 400),
    ],
)
def test_a_malformed_body_is_refused_and_changes_nothing(door: Door, body: object) -> None:
    """Of a limit of 400 digits the fault ``used_up`` ended with an OverflowError."""
    before = read(door)
    answer = patch(door, body)
    assert answer.status == answer.json["status_code"] == 400
    assert read(door) == before


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({**parameters(500), "name": "other"}, "'name'"),
        ({"parameters": {"instance_limit_seconds": 5, "plan": "x"}}, "'plan'"),
        (
            {"parameters": {"usage_allocation_seconds": 1_000, "instance_limit_seconds": "1001"}},
            "more than the allocated 1000 seconds",
        ),
    ],
)
def test_what_nobody_knows_the_answer_to_is_a_gap(door: Door, body: object, said: str) -> None:
    before = read(door)
    assert patch(door, body).status == 501
    [gap] = door.app.gaps
    assert said in str(gap)
    assert read(door) == before


def test_an_instance_of_nobody(door: Door) -> None:
    foreign = door.instance(0, door.cloud).id
    assert patch(door, parameters(500), instance=foreign).status == 404


def listed(door: Door, **query: object) -> list[str]:
    answer = door.request("GET", URL, door.bearer(), params=query)
    require_contract("list_resource_instances", answer)
    return [row["name"] for row in answer.json["resources"]]


OFFERING: Final = "b6049020-80f4-11eb-a0f7-e35ec9b4054f"


def test_a_list_is_of_what_was_asked_for(door: Door) -> None:
    """A list for a plan that the account lacks had all of its instances."""
    everything = [one.name for one in door.platform.instances.values()]
    bought = everything[1:]
    assert listed(door) == listed(door, resource_id=OFFERING, type="service_instance") == everything
    assert listed(door, resource_id="nothing") == []
    assert listed(door, resource_plan_id=PLANS["Premium"].id) == bought
    assert listed(door, resource_plan_id=PLANS["Internal"].id) == []
    assert listed(door, guid=door.instance(1).id.split(":")[7]) == [bought[0]]
    assert listed(door, state="removed") == []
    assert door.request("GET", URL, door.bearer(), params={"updated_from": "x"}).status == 501
    assert "updated_from" in str(door.app.gaps.pop())


def test_a_list_has_pages(door: Door) -> None:
    query: dict[str, Any] = {"limit": 1, "resource_plan_id": PLANS["Premium"].id}
    first = door.request("GET", URL, door.bearer(), params=query).json
    assert first["rows_count"] == 1
    start = parse_qs(urlsplit(first["next_url"]).query)["start"][0]
    second = door.request("GET", URL, door.bearer(), params={"start": start}).json
    assert second["next_url"] is None, "the token knows what was asked for"
    names = [row["name"] for page in (first, second) for row in page["resources"]]
    assert names == ["premium-instance", "premium-instance-eu"]


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"limit": "²"}, {"limit": "9" * 5_000},
     {"from": "x"}, {"from": "-1"}, {"start": "x"}, {"start": "é"}],
)  # fmt: skip
def test_a_malformed_query_is_refused(door: Door, query: dict[str, str]) -> None:
    """What was wrong with ``from`` was said of ``limit``."""
    answer = door.request("GET", URL, door.bearer(), params=query)
    assert answer.status == answer.json["status_code"] == 400
    assert answer.json["errors"][0]["message"].startswith(f"{next(iter(query))} ")


def new(door: Door, **changes: object) -> Answer:
    body: dict[str, object] = {
        "name": "one more",
        "target": "us-east",
        "resource_group": "default",
        "resource_plan_id": PLANS["Premium"].id,
        "parameters": {"usage_allocation_seconds": "900", "instance_limit_seconds": None},
        **changes,
    }
    return door.request("POST", URL, door.bearer(), json=body)


def test_a_new_instance_can_be_used(door: Door) -> None:
    answer = new(door, tags=["mine"])
    assert answer.status == 201
    assert listed(door)[-1] == "one more"
    crn = answer.json["crn"]
    assert answer.json["extensions"]["backends"] == list(door.instance(1).devices)
    headers = {**door.runtime(), "Service-CRN": crn}
    usage = door.request("GET", f"{RUNTIME}/instances/usage", headers).json
    assert (usage["instance_id"], usage["usage_allocation_seconds"]) == (crn, 900)
    other = new(door, resource_plan_id=PLANS["Internal"].id, target="eu-de", parameters={})
    assert other.json["extensions"]["backends"] == list(door.instance(2).devices)
    assert listed(door, resource_plan_id=PLANS["Internal"].id) == ["one more"]
    assert len({crn, other.json["crn"]}) == 2


def test_the_list_of_devices_of_the_guide() -> None:
    """``backends`` of the guide to the platform's APIs was a gap; all, some, none, all again."""
    door = fresh_door()
    offered = list(door.instance(1).devices)

    def seen(body: dict[str, object]) -> object:
        answer = patch(door, {"parameters": body}, instance=door.instance(1).id)
        assert answer.status == 200, answer.body
        names = door.request("GET", f"{RUNTIME}/backends", door.runtime(1)).json["devices"]
        assert answer.json["extensions"]["backends"] == names
        return answer.json["extensions"]["backends"]

    assert seen({"backends": offered[1:3], "instance_limit_seconds": "600"}) == offered[1:3]
    assert seen({"backends": []}) == []
    assert new(door).json["extensions"]["backends"] == offered, "the plan has them still"
    assert seen({"backends": ["ANY"]}) == offered
    one = new(door, parameters={"backends": offered[:1], "usage_allocation_seconds": None})
    assert one.json["extensions"]["backends"] == offered[:1]
    assert seen({}) == offered
    for listed, status in (("ANY", 400), (["ibm_nowhere"], 501)):
        assert new(door, parameters={"backends": listed}).status == status


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"name": None}, {"target": "us-eats"}, {"resource_plan_id": "x"}, {"tags": "a"},
     {"resource_group": 5}, {"parameters": []}, {"parameters": {"instance_limit_seconds": "x"}}],
)  # fmt: skip
def test_a_malformed_instance_is_refused(door: Door, changes: dict[str, object]) -> None:
    before = listed(door)
    assert new(door, **changes).status == 400
    assert listed(door) == before


def test_what_nobody_knows_of_a_new_instance_is_a_gap(door: Door) -> None:
    assert new(door, colour="red").status == 501
    assert "'colour'" in str(door.app.gaps.pop())
