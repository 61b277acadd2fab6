"""``PATCH /v2/resource_instances/<instance_id>``: how the usage limit of an instance is changed."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import pytest

from tests.contract.contract_client import RUNTIME, Answer, Door

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


def parameters(limit: object, timestamp: object = "2026-11-27T10:00:00Z") -> dict[str, object]:
    return {"parameters": {"timestamp": timestamp, "instance_limit_seconds": limit}}


def test_a_new_limit_is_read_back_as_text_and_counts(door: Door) -> None:
    assert read(door)["extensions"] == {"instance_limit_seconds": "600"}
    assert "parameters" not in read(door)
    answer = patch(door, parameters(500))
    assert answer.status == 200
    assert answer.json == read(door)
    assert answer.json["extensions"] == {"instance_limit_seconds": "500"}
    assert answer.json["parameters"] == parameters(500)["parameters"]
    usage = door.request("GET", f"{RUNTIME}/instances/usage", door.runtime()).json
    assert usage["usage_limit_seconds"] == 500


def test_the_object_replaces_the_one_before(door: Door) -> None:
    patch(door, parameters(500))
    patch(door, {"parameters": {"instance_limit_seconds": 400}})
    assert read(door)["parameters"] == {"instance_limit_seconds": 400}


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
    assert patch(door, parameters(500)).json["extensions"] == {"instance_limit_seconds": "300"}
    later = patch(door, parameters(500, "2026-11-27T11:00:00Z"))
    assert later.json["extensions"] == {"instance_limit_seconds": "500"}


@pytest.mark.parametrize(
    "body", [None, [], {}, {"parameters": 5}, parameters("500"), parameters(-1), parameters(True)]
)
def test_a_malformed_body_is_refused_and_changes_nothing(door: Door, body: object) -> None:
    before = read(door)
    answer = patch(door, body)
    assert answer.status == answer.json["status_code"] == 400
    assert read(door) == before


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({**parameters(500), "name": "other"}, "'name'"),
        ({"parameters": {"instance_limit_seconds": 5, "plan": "x"}}, "'plan'"),
        ({"parameters": {"timestamp": "now"}}, "without instance_limit_seconds"),
        (parameters(None), "without instance_limit_seconds"),
        (parameters(1_001), "more seconds than the 1000"),
    ],
)
def test_what_nobody_knows_the_answer_to_is_a_gap(door: Door, body: object, said: str) -> None:
    door.instance().usage_allocation_s = 1_000
    before = read(door)
    assert patch(door, body).status == 501
    [gap] = door.app.gaps
    assert said in str(gap)
    assert read(door) == before


def test_an_instance_of_nobody(door: Door) -> None:
    foreign = door.instance(0, door.cloud).id
    assert patch(door, parameters(500), instance=foreign).status == 404
