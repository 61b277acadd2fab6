"""What the tests of accounts, workloads and analytics ask."""

from __future__ import annotations

from typing import Any

from tests.contract.contract_client import (
    BACKEND,
    Door,
    job,
    require_contract,
)
from tests.contract.session_asks import PREMIUM, ask


def run(door: Door, number: int = PREMIUM, **changes: Any) -> str:
    """Runs a job to its end and gives its id."""
    answer = ask(door, "POST", "/jobs", number, json=job(**changes))
    assert answer.status == 200, answer.body
    ask(door, "GET", f"/jobs/{answer.json['id']}", number)
    return str(answer.json["id"])


def session(door: Door, mode: str = "dedicated") -> str:
    body = {"mode": mode, "backend": BACKEND}
    return str(ask(door, "POST", "/sessions", json=body).json["id"])


def workloads(door: Door, number: int = PREMIUM, **query: Any) -> Any:
    answer = ask(door, "GET", "/workloads", number, params=query)
    assert answer.status == 200, answer.body
    require_contract("find_instance_workloads", answer)
    return answer.json


def ids(page: Any) -> list[str]:
    return [one["id"] for one in page["workloads"]]


def analytics(door: Door, name: str, number: int = PREMIUM, **query: Any) -> Any:
    operation = {
        "filters": "analytics_filters",
        "usage": "analytics_usage",
        "usage_grouped": "get_usage_analytics_grouped",
        "usage_grouped_by_date": "get_usage_analytics_grouped_by_date",
    }[name]
    grouped = {"group_by": "instance"} if "grouped" in name else {}
    answer = ask(door, "GET", f"/analytics/{name}", number, params={**grouped, **query})
    assert answer.status == 200, answer.body
    require_contract(operation, answer)
    return answer.json


def charge(door: Door, used: dict[str, float]) -> None:
    for job_id, usage_s in used.items():
        door.app.world.jobs[job_id].usage_s = usage_s
