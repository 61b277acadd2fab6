"""IAM, Global Search, Global Catalog, Resource Controller: what a client asks before it starts."""

from __future__ import annotations

import importlib
import re
import uuid
from typing import Any

import jwt
import pytest

from pytest_qchannel.emulator.world.records import PLANS
from pytest_qchannel.wire import Request
from tests.contract.contract_client import GRANT, IAM, SEARCH, Answer, Door, require_contract

CATALOG = "https://globalcatalog.cloud.ibm.com/api/v1"
CONTROLLER = "https://resource-controller.cloud.ibm.com/v2/resource_instances"
QUERY = "service_name:quantum-computing"
FIELDS = ["crn", "service_plan_unique_id", "name", "doc", "tags"]


def ask_iam(door: Door, **form: str) -> Answer:
    answer = door.request("POST", IAM, data=form)
    require_contract("get_token_api_key", answer)
    return answer


def test_a_good_key_gives_a_token_that_lives_an_hour(door: Door) -> None:
    answer = ask_iam(door, grant_type=GRANT, apikey=door.platform.credential)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert type(claims["iat"]) is type(claims["exp"]) is int
    assert claims["exp"] - claims["iat"] == body["expires_in"] == 3_600
    assert body["expiration"] == claims["exp"]
    assert claims["iat"] == int(door.control.now())
    assert claims["account"]["bss"] == door.platform.id
    assert body["token_type"] == "Bearer"
    assert type(body["ims_user_id"]) is int
    assert door.platform.credential not in str(claims)


def test_ibms_sdk_takes_the_token(door: Door) -> None:
    """From 0.39 on a token that the SDK cannot read means that the raw key is sent instead."""
    managers: Any = importlib.import_module("ibm_cloud_sdk_core.token_managers.iam_token_manager")

    answer = ask_iam(door, grant_type=GRANT, apikey=door.platform.credential)
    manager = managers.IAMTokenManager(door.platform.credential)
    manager._save_token_info(answer.json)
    assert manager.access_token == answer.json["access_token"]
    assert manager.expire_time == answer.json["expiration"]
    started = door.control.now()
    assert manager.refresh_time == pytest.approx(started + 0.8 * 3_600, abs=2)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_another_method_is_refused(door: Door, method: str) -> None:
    """Seen of the live service; a probe of whether IAM is there failed the test as a gap."""
    answer = door.request(method, IAM)
    assert answer.status == 405
    assert answer.headers["content-type"] == "application/json"
    assert method == "HEAD" or answer.json["errorCode"] == "BXNIM0060E"
    assert door.app.gaps == []
    door.app.note_gap(Request(method, "iam.cloud.ibm.com", "/identity/token"))
    assert door.app.gaps == []


def test_two_tokens_differ(door: Door) -> None:
    assert door.token() != door.token()


def test_response_type_is_not_required_and_not_refused(door: Door) -> None:
    key = door.cloud.credential
    answer = ask_iam(door, grant_type=GRANT, apikey=key, response_type="cloud_iam")
    assert answer.status == 200


@pytest.mark.parametrize("key", ["wrong", "x" * 44, "ünïcode"])
def test_a_bad_key(door: Door, key: str) -> None:
    answer = ask_iam(door, grant_type=GRANT, apikey=key)
    assert answer.status == 400
    assert answer.json["errorCode"] == "BXNIM0415E"
    assert answer.json["errorMessage"] == "Provided API key could not be found."
    context = answer.json["context"]
    assert list(context) == [
        "requestId", "requestType", "userAgent", "url", "instanceId", "threadId", "host",
        "startTime", "endTime", "elapsedTime", "locale", "clusterName",
    ]  # fmt: skip
    assert re.fullmatch(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d:\d{3} UTC", context["startTime"])
    assert answer.headers["transaction-id"] == context["requestId"]
    assert key not in answer.body.decode()


def test_every_answer_has_the_headers_of_iam(door: Door) -> None:
    """As recorded in 2026, but for those of the network on the way."""
    for key in (door.platform.credential, "wrong"):
        headers = ask_iam(door, grant_type=GRANT, apikey=key).headers
        assert {
            "content-type": "application/json",
            "content-language": "en-US",
            "cache-control": "no-cache, no-store, must-revalidate",
            "pragma": "no-cache",
            "expires": "0",
            "ibm-cloud-service-name": "iam-identity",
            "x-content-type-options": "nosniff",
            "x-correlation-id": headers["transaction-id"],
        }.items() <= {name.lower(): value for name, value in headers.items()}.items()
        assert str(uuid.UUID(headers["x-request-id"])) == headers["x-request-id"]


def test_a_classic_api_token_is_no_api_key(door: Door) -> None:
    answer = ask_iam(door, grant_type=GRANT, apikey=door.classic.credential)
    assert (answer.status, answer.json["errorCode"]) == (400, "BXNIM0415E")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"apikey": "KEY"}, "grant_type"),
        ({"grant_type": GRANT}, "apikey"),
        ({"grant_type": GRANT, "apikey": ""}, "apikey"),
        ({}, "grant_type"),
    ],
)
def test_a_missing_field(door: Door, form: dict[str, str], said: str) -> None:
    if form.get("apikey") == "KEY":
        form = {**form, "apikey": door.platform.credential}
    answer = ask_iam(door, **form)
    assert (answer.status, answer.json["errorCode"]) == (400, "BXNIM0109E")
    assert answer.json["errorMessage"] == "Property missing or empty."
    assert answer.json["errorDetails"] == f"Property '{said}' either missing or empty."


def test_a_wrong_grant(door: Door) -> None:
    answer = ask_iam(door, grant_type="password", apikey=door.platform.credential)
    assert (answer.status, answer.json["errorCode"]) == (400, "BXNIM0109E")
    assert "'password'" in answer.json["errorMessage"]


def test_a_key_in_json_instead_of_a_form(door: Door) -> None:
    body = {"grant_type": GRANT, "apikey": door.platform.credential}
    assert door.request("POST", IAM, json=body).status == 400


def test_a_revoked_credential_gives_no_token_but_the_old_one_stays_valid(door: Door) -> None:
    bearer = door.bearer()
    door.control.revoke_credentials()
    answer = ask_iam(door, grant_type=GRANT, apikey=door.platform.credential)
    assert (answer.status, answer.json["errorCode"]) == (400, "BXNIM0415E")
    assert search(door, bearer).status == 200


def test_the_private_host_of_iam(door: Door) -> None:
    form = {"grant_type": GRANT, "apikey": door.platform.credential}
    url = IAM.replace("//iam", "//private.iam")
    token = door.request("POST", url, data=form).json["access_token"]
    assert search(door, {"Authorization": f"Bearer {token}"}).status == 200


def search(door: Door, headers: Any = None, body: Any = None, **params: Any) -> Answer:
    body = {"query": QUERY, "fields": FIELDS} if body is None else body
    headers = door.bearer() if headers is None else headers
    answer = door.request("POST", SEARCH, headers, json=body, params=params)
    if answer.status in (200, 400, 401):
        require_contract("search", answer)
    return answer


def require_platform_error(answer: Answer, status: int, code: str) -> None:
    assert answer.status == answer.json["status_code"] == status
    [error] = answer.json["errors"]
    assert error["code"] == code
    assert error["message"]
    assert len(answer.json["trace"]) == 32


def test_the_search_gives_the_callers_instances_and_the_fields_asked_for(door: Door) -> None:
    answer = search(door, limit=100)
    assert answer.json["limit"] == 100
    assert "search_cursor" not in answer.json
    items = answer.json["items"]
    assert [item["crn"] for item in items] == list(door.platform.instances)
    assert all(set(item) == set(FIELDS) for item in items)
    first = items[0]
    assert first["name"] == "open-instance"
    assert first["service_plan_unique_id"] == PLANS["Open"].id
    assert first["doc"]["extensions"] == {
        "backends": list(door.instance().devices),
        "instance_limit_seconds": 600,
    }
    assert first["tags"] == ["qchannel", "open"]


def test_an_instance_without_allocation_has_empty_extensions(door: Door) -> None:
    items = search(door, door.bearer(door.cloud)).json["items"]
    assert {item["name"]: bool(item["doc"]["extensions"]) for item in items} == {
        "standard-instance": True,
        "standard-instance-eu": True,
        "lite-instance": False,
    }


def test_an_instance_without_devices_is_left_out_by_the_client_whatever_its_limit_is(
    door: Door,
) -> None:
    """With a limit of usage the client listed it, and its backends were none.

    And the limit was called an allocation, which the instance has too, of another size.
    """
    bare, other, _ = door.cloud.instances.values()
    bare.devices, bare.usage_limit_s = (), 60
    other.usage_limit_s, other.usage_allocation_s = 70, 80
    items = search(door, door.bearer(door.cloud)).json["items"]
    assert items[0]["doc"]["extensions"] == {}
    assert items[1]["doc"]["extensions"]["instance_limit_seconds"] == 70
    assert items[1]["doc"]["extensions"]["usage_allocation_seconds"] == 80


@pytest.mark.parametrize("fields", [["name"], ["crn", "region", "nonsense"], []])
def test_a_crn_comes_always_and_unknown_fields_never(door: Door, fields: list[str]) -> None:
    [item, *_] = search(door, body={"query": QUERY, "fields": fields}).json["items"]
    expected = {"crn", "name"} if not fields else {"crn", *fields} - {"nonsense"}
    assert set(item) == expected


@pytest.mark.parametrize("size", [1, 2, 3])
def test_paging_ends_and_gives_each_instance_once(door: Door, size: int) -> None:
    bearer, found, cursor = door.bearer(), [], None
    pages = 0
    while pages < 10:
        pages += 1
        body = {"query": QUERY, "fields": FIELDS} | ({"search_cursor": cursor} if cursor else {})
        answer = search(door, bearer, body, limit=size).json
        assert len(answer["items"]) <= size
        found += [item["crn"] for item in answer["items"]]
        cursor = answer.get("search_cursor")
        if cursor is None:
            break
    assert pages == -(-3 // size)  # no empty page at the end
    assert found == list(door.platform.instances)


def test_a_cursor_alone_is_enough_for_the_next_page(door: Door) -> None:
    cursor = search(door, limit=1).json["search_cursor"]
    [item] = search(door, body={"search_cursor": cursor}, limit=1).json["items"]
    assert item["name"] == "premium-instance"


@pytest.mark.parametrize("cursor", ["x", "ünïcode", 5, {}, "LTU=", "MS41", ""])
def test_a_bad_cursor(door: Door, cursor: Any) -> None:
    """``LTU=`` is -5 and ``MS41`` is 1.5, in the cursor's own encoding."""
    answer = search(door, body={"query": QUERY, "search_cursor": cursor})
    require_platform_error(answer, 400, "invalid_cursor")


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "", "1.5", "²", "9" * 5_000])
def test_a_bad_limit(door: Door, limit: str) -> None:
    require_platform_error(search(door, limit=limit), 400, "invalid_limit")


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"5", b"{}", b'{"fields": ["crn"]}', b"\xff", b"[" * 100_000],
    ids=lambda data: repr(data[:20]),
)
def test_a_bad_body(door: Door, data: bytes) -> None:
    answer = door.request("POST", SEARCH, door.bearer(), data=data)
    require_platform_error(answer, 400, "invalid_body")


@pytest.mark.parametrize("fields", ["crn", 5, [["crn"]], {"crn": 1}, [None]])
def test_fields_that_are_no_list_of_names(door: Door, fields: Any) -> None:
    answer = search(door, body={"query": QUERY, "fields": fields})
    require_platform_error(answer, 400, "invalid_body")


def test_another_query_is_a_gap(door: Door) -> None:
    answer = search(door, body={"query": "service_name:databases"})
    require_platform_error(answer, 501, "emulator_gap")
    [gap] = door.app.gaps
    assert gap.closest == QUERY


@pytest.mark.parametrize("authorization", [None, "Bearer x", "apikey KEY", "Basic x"])
def test_search_catalog_and_controller_want_a_bearer(door: Door, authorization: str | None) -> None:
    if authorization == "apikey KEY":
        authorization = f"apikey {door.platform.credential}"
    headers = {"Authorization": authorization}
    require_platform_error(search(door, headers), 401, "1201")
    for url in (f"{CATALOG}/{PLANS['Open'].id}", CONTROLLER):
        require_platform_error(door.request("GET", url, headers), 401, "1201")


@pytest.mark.parametrize("name", list(PLANS))
def test_the_catalog_knows_each_plan(door: Door, name: str) -> None:
    answer = door.request("GET", f"{CATALOG}/{PLANS[name].id}", door.bearer())
    assert answer.status == 200
    assert answer.json["id"] == PLANS[name].id
    assert answer.json["overview_ui"]["en"]["display_name"] == name
    # Any other word makes the client raise a ValueError.
    assert answer.json["metadata"]["pricing"]["type"] in {
        "free", "trial", "paygo", "paid", "subscription",
    }  # fmt: skip


def test_the_catalog_does_not_know_other_ids(door: Door) -> None:
    answer = door.request("GET", f"{CATALOG}/00000000-0000-0000-0000-000000000000", door.bearer())
    require_platform_error(answer, 404, "not_found")


def test_resource_controller_lists_instances_by_name(door: Door) -> None:
    bearer = door.bearer()
    everything = door.request("GET", CONTROLLER, bearer).json
    assert [row["crn"] for row in everything["resources"]] == list(door.platform.instances)
    assert everything["rows_count"] == 3

    one = door.request("GET", CONTROLLER, bearer, params={"name": "premium-instance"}).json
    assert one["rows_count"] == 1
    [row] = one["resources"]
    assert row["crn"] == row["id"] == door.instance(1).id
    assert row["guid"] in row["crn"]
    assert (row["account_id"], row["region_id"]) == (door.platform.id, "us-east")

    none = door.request("GET", CONTROLLER, bearer, params={"name": "nobodys"}).json
    assert (none["rows_count"], none["resources"]) == (0, [])
