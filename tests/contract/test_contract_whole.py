"""Every route, asked by every generation of the client: as IBM describes it, or a known difference.

The doors do not matter here: what they add is held by the other tests of this folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from pytest_qchannel.emulator.world.progression import STUCK, polls
from pytest_qchannel.emulator.world.rules import Rules
from pytest_qchannel.hosts import HOSTS, Host
from pytest_qchannel.ibm.route import SOURCES, Route
from pytest_qchannel.ibm.table import ROUTES
from tests.contract.contract_client import (
    GRANT,
    RUNTIME,
    Answer,
    Door,
    differences,
    fresh_door,
    job,
    unlisted,
)
from tests.contract.known_differences import DIFFERENCES, Difference, difference
from tests.contract.session_asks import PREMIUM, ask

CLIENTS: Final[dict[str, dict[str, str]]] = {
    "REST": {},
    "0.34": {"X-Qx-Client-Application": "qiskit-version-2/qiskit_ibm_runtime-0.34.0/qiskit"},
    "0.40": {
        "X-Qx-Client-Application": "qiskit-version-2/qiskit_ibm_runtime-0.40.1/qiskit",
        "IBM-API-Version": "2024-01-01",
    },
    "0.45": {
        "X-Qx-Client-Application": "qiskit-version-2/qiskit_ibm_runtime-0.45.1/qiskit",
        "IBM-API-Version": "2025-05-01",
    },
    "0.51": {
        "X-Qx-Client-Application": "qiskit-version-2/qiskit_ibm_runtime-0.51.0/qiskit",
        "IBM-API-Version": "2026-04-15",
    },
}
SERVICES: Final = ("iam", "search", "catalog", "controller", "runtime")
GOOD_QUERIES: Final[dict[str, str]] = {
    "/tags": "?search=bell",
    "/analytics/usage_grouped": "?group_by=backend",
    "/analytics/usage_grouped_by_date": "?group_by=instance",
}
BAD_QUERIES: Final = (
    "?limit=x&updated_before=x&interval_start=x&search=b&created_after=x&search_cursor=x",
    "?calibration_id=x&plan_id=x&instance=x&group_by=colour",
)
BAD_BODIES: Final[tuple[object, ...]] = (
    None, [], {"mode": "x"}, {"mode": "dedicated"}, {"accepting_jobs": 1}, {"instance_limit": 0},
    {"tags": ["a"] * 9}, {"query": "service_name:quantum-computing", "fields": 1},
)  # fmt: skip


def hosts(service: str) -> Host:
    return next(host for host in HOSTS if host.service == service and host.region != "eu-de")


def good_body(route: Route, door: Door) -> object:
    bodies: dict[str, object] = {
        "POST /jobs": job(tags=["bell"]),
        "PUT /jobs/<job_id>/tags": {"tags": ["bell"]},
        "POST /sessions": {"mode": "batch"},
        "PATCH /sessions/<session_id>": {"accepting_jobs": False},
        "PUT /instances/configuration": {"instance_limit": 50_000},
        "POST /v3/resources/search": {"query": "service_name:quantum-computing"},
        "PATCH /v2/resource_instances/<instance_id>": {
            "parameters": {"instance_limit_seconds": 50_000}
        },
        "POST /v2/resource_instances": {
            "name": "one more", "target": "us-east", "resource_group": "x",
            "resource_plan_id": door.instance(PREMIUM).plan_id,
        },
    }  # fmt: skip
    return bodies.get(route.key)


class Walk:
    """What one generation of the client asks, and what it is answered."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.door = fresh_door()
        self.headers = headers
        self.crns = [one.id for one in self.door.platform.instances.values()]
        self.kinds = self.jobs()
        self.session_id = self.session()

    def session(self) -> str:
        answer = ask(self.door, "POST", "/sessions", json={"mode": "batch"})
        return str(answer.json["id"])

    def values(self, job_id: str, session_id: str) -> dict[str, str]:
        instance = self.door.instance(PREMIUM)
        return {
            "account": self.door.platform.id,
            "backend": instance.devices[0],
            "plan_id": instance.plan_id,
            "instance_id": quote(instance.id, safe=""),
            "job_id": job_id,
            "session_id": session_id,
        }

    def credentials(self, route: Route) -> dict[str, str | None]:
        return {**self.door.bearer(), "Service-CRN": self.crns[PREMIUM], **self.headers}

    def ask(
        self, route: Route, values: dict[str, str], query: str, body: object, **headers: Any
    ) -> Answer:
        host = hosts(route.service)
        url = f"https://{host.name}{host.base}{route.path(values)}{query}"
        sent = {**self.credentials(route), **headers}
        if route.service == "iam":
            form = {"grant_type": GRANT, "apikey": self.door.platform.credential}
            return self.door.request(route.method, url, data=form if body is None else {"a": "b"})
        return self.door.request(route.method, url, sent, json=body)

    def jobs(self) -> dict[str, str]:
        """A job of each kind, by what became of it."""
        door = self.door

        def submit(**changes: Any) -> str:
            headers = {**door.runtime(PREMIUM), **self.headers}
            url = f"{RUNTIME}/jobs"
            return str(door.request("POST", url, headers, json=job(**changes)).json["id"])

        done = submit(log_level="INFO", tags=["bell"])
        failed = submit(pubs=[["OPENQASM 3.0; include 'no such file';"]])
        for one in (done, failed):
            ask(door, "GET", f"/jobs/{one}")
        door.app.world.next_progression = STUCK
        cancelled = submit()
        ask(door, "POST", f"/jobs/{cancelled}/cancel")
        door.app.world.next_progression = STUCK
        waiting = submit()
        private = submit(private=True)
        return {"done": done, "failed": failed, "cancelled": cancelled, "waiting": waiting,
                "private": private}  # fmt: skip

    def answers(self, route: Route) -> Iterator[Answer]:
        """Good requests about things of every kind, then bad ones of every kind."""
        door, query = self.door, GOOD_QUERIES.get(route.rule, "")
        values = self.values(self.kinds["done"], self.session_id)
        body = good_body(route, door)
        ids = list(self.kinds.values()) if "job_id" in route.variables else [""]
        good = [self.ask(route, {**values, "job_id": one}, query, body) for one in ids]
        said = [one.status for one in good]
        assert min(said) < 300, f"{route.key} -> {said}: give it a good_body, or a good query"
        yield from good
        yield self.ask(route, dict.fromkeys(values, "nobody"), query, body)
        for headers in (
            {"Authorization": "Bearer x"},
            {"Service-CRN": door.instance(0, door.cloud).id},
            {"Service-CRN": self.crns[2]},  # of another region
            {"IBM-API-Version": "yesterday"},
        ):
            yield self.ask(route, values, query, body, **headers)
        for bad_query in BAD_QUERIES:
            yield self.ask(route, values, bad_query, body)
        if route.method in ("POST", "PUT", "PATCH"):
            for bad in BAD_BODIES:
                yield self.ask(route, values, "", bad)

    def odd_answers(self) -> Iterator[tuple[Route, Answer]]:
        """What needs a world of its own."""
        door = self.door
        deleted = next(one for one in ROUTES["runtime"] if one.key == "DELETE /jobs/<job_id>")
        listed = next(one for one in ROUTES["runtime"] if one.key == "GET /backends")
        door.app.world.next_progression = polls(9)
        running = ask(door, "POST", "/jobs", json=job()).json["id"]
        for _ in range(2):
            ask(door, "GET", f"/jobs/{running}")
        yield deleted, self.ask(deleted, self.values(running, ""), "", None)
        submitted = next(one for one in ROUTES["runtime"] if one.key == "POST /jobs")
        door.app.world.rules = Rules(submit_rate=0)
        yield submitted, self.ask(submitted, self.values(running, ""), "", job())
        jobs = next(one for one in ROUTES["runtime"] if one.key == "GET /jobs")
        yield jobs, ask(door, "GET", "/jobs/")
        door.instance(PREMIUM).devices = ()
        yield listed, self.ask(listed, {}, "", None)


def test_every_answer_is_as_described_or_a_known_difference() -> None:
    wrong: dict[str, str] = {}
    needed: set[Difference] = set()
    asked = 0
    for client, headers in CLIENTS.items():
        walk = Walk(headers)
        pairs: list[tuple[Route, Answer]] = []
        for route in (one for service in SERVICES for one in ROUTES[service]):
            # What others ask about must not have been changed or taken away by then.
            its = Walk(headers) if route.action.is_gate else walk
            pairs += ((route, answer) for answer in its.answers(route))
        pairs += walk.odd_answers()
        asked += len(pairs)
        for route, answer in pairs:
            if answer.status == 501:  # a gap, which fails the test that met it
                continue
            if problem := unlisted(route.key, answer.status, answer.body):
                wrong[problem] = client
            for place, _ in differences(route.key, answer.status, answer.body):
                if row := difference(route.key, place):
                    needed.add(row)
    assert wrong == {}
    assert asked > 1_500, asked
    assert [row for row in DIFFERENCES if row not in needed and "200 .*" not in row.path] == []


def test_every_difference_has_a_source_and_a_row() -> None:
    assert {row.source for row in DIFFERENCES} <= set(SOURCES)
    assert all(row.row.startswith(("observed ", "REST reference ")) for row in DIFFERENCES)
