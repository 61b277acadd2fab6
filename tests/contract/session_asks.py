"""What the tests of sessions ask and check, for the instance that has sessions."""

from __future__ import annotations

from typing import Any

from pytest_qchannel.emulator.world.progression import seconds
from tests.contract.contract_client import (
    BACKEND,
    RUNTIME,
    Answer,
    Door,
    job,
    require_contract,
)

PREMIUM = 1


def ask(door: Door, method: str, path: str, number: int = PREMIUM, **content: Any) -> Answer:
    """A good request for the premium instance, which has sessions."""
    return door.request(method, RUNTIME + path, door.runtime(number), **content)


def create(door: Door, **changes: Any) -> str:
    body = {"mode": "dedicated", "backend": BACKEND, **changes}
    answer = ask(door, "POST", "/sessions", json=body)
    assert answer.status == 200, answer.body
    require_contract("create_session", answer)
    return str(answer.json["id"])


def look(door: Door, session_id: str) -> Any:
    answer = ask(door, "GET", f"/sessions/{session_id}")
    require_contract("get_session_information", answer)
    return answer.json


def submit(door: Door, session_id: str, **changes: Any) -> str:
    answer = ask(door, "POST", "/jobs", json=job(session_id=session_id, **changes))
    assert answer.status == 200, answer.body
    assert answer.json["session_id"] == session_id
    return str(answer.json["id"])


def state(door: Door, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = ask(door, "GET", f"/jobs/{job_id}").json["state"]
    return found


def close(door: Door, session_id: str) -> None:
    answer = ask(door, "DELETE", f"/sessions/{session_id}/close")
    assert (answer.status, answer.body) == (204, b"")


def accept(door: Door, session_id: str, accepting: bool) -> Answer:
    body = {"accepting_jobs": accepting}
    return ask(door, "PATCH", f"/sessions/{session_id}", json=body)


def slow(door: Door, length: float = 10.0, queued: float = 0.0) -> None:
    door.app.world.devices[BACKEND].progression = seconds(length, queued=queued)
