"""HEAD on every GET row of the table: the status and the headers of GET, and no body."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pytest_qchannel.emulator.world.records import PLANS
from pytest_qchannel.hosts import base_url_of
from pytest_qchannel.ibm.table import ROUTES
from tests.contract.contract_client import BACKEND, RUNTIME, Answer, Door


def ways(door: Door, service: str) -> dict[str, str]:
    if service == "runtime":
        return door.runtime()
    if service == "transpiler":
        return {"Authorization": f"Bearer {door.classic.credential}"}
    return {"x-access-token": door.login()} if "classic" in service else door.bearer()


def told(answer: Answer) -> Mapping[str, str]:
    """The headers that are about the answer, not about the connection or the request."""
    return {
        name: value
        for name, value in answer.headers.items()
        if name.startswith("content-") and name != "content-length"
    }


@pytest.mark.parametrize("service", list(ROUTES))
def test_head_is_get_without_the_body(timeless: Door, service: str) -> None:
    door = timeless
    values = {
        "backend": BACKEND,
        "account": door.platform.id,
        "plan_id": PLANS["Open"].id,
        "instance_id": door.instance().id.split(":")[7],
        "job_id": door.submit(),
        "task_id": "6f0a7c1e-1111-4111-8111-111111111111",
        "session_id": str(
            door.post("/sessions", json={"mode": "batch", "backend": BACKEND}).json["id"]
        ),
    }
    base = RUNTIME if service == "runtime" else base_url_of(service)
    headers = ways(door, service)
    for route in ROUTES[service]:
        if route.method != "GET":
            continue
        url = base + route.path(values) + ("?type=job" if route.rule == "/tags" else "")
        door.request("GET", url, headers)  # the first look at a job moves it on
        got = door.request("GET", url, headers)
        head = door.request("HEAD", url, headers)
        assert (head.status, head.body) == (got.status, b""), url
        assert told(head) == told(got), url
        if got.status != 204:
            assert int(head.headers["content-length"]) == len(got.body), url
        assert door.journal[-1].method == "HEAD"
        assert not door.journal[-1].answer


def test_a_refused_head_has_no_body_either(door: Door) -> None:
    answer = door.request("HEAD", f"{RUNTIME}/backends")
    assert (answer.status, answer.body) == (401, b"")
    assert int(answer.headers["content-length"]) > 0


def test_head_is_no_way_to_what_is_not_read(door: Door) -> None:
    answer = door.request("HEAD", f"{RUNTIME}/jobs/x/cancel", door.runtime())
    assert (answer.status, answer.body) == (501, b"")
    [gap] = door.app.gaps
    assert "HEAD https://quantum.cloud.ibm.com/api/v1/jobs/x/cancel" in str(gap)


@pytest.mark.parametrize("trouble", [{"body": "malformed"}, {"body": "truncated"}, {"status": 503}])
def test_a_head_that_meets_a_fault_has_no_body_either(
    door: Door, trouble: Mapping[str, str | int]
) -> None:
    door.control.fault(route="GET /backends", status=500, optional=True)
    door.control.fault(route="* /backends", **trouble)
    answer = door.request("HEAD", f"{RUNTIME}/backends", door.runtime())
    assert (answer.status, answer.body) == (trouble.get("status", 200), b"")
