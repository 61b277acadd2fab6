"""What costs: a job that runs, one that is cancelled, and a batch, as REST users send them.

Only what answers knows what it may cost: the live lane has the budget, and refuses what does not
fit. Nothing is left behind: what is not over is cancelled, and the batch is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pytest_qchannel.drift.ask import NEWEST, Asked, Asker, See, Subject, at, json_of, rows
from pytest_qchannel.hosts import IAM, RUNTIME
from pytest_qchannel.ibm.route import FINAL, Route
from pytest_qchannel.ibm.table import ROUTES
from pytest_qchannel.wire import Handle, Json

__all__ = ["COST_S", "JOBS", "submissions"]

COST_S: Final = 5
"""What each of the two jobs may cost: one shot of one circuit takes the service's least."""

JOBS: Final = 2
"""How many jobs are submitted."""

_CIRCUIT: Final = "OPENQASM 3.0; bit[1] c; c[0] = measure $0;"
_AFTERWARDS: Final = (
    "GET /jobs/<job_id>/results",
    "GET /jobs/<job_id>/metrics",
    "GET /jobs/<job_id>/logs",
)
_LOOKS: Final = 60
_PAUSE_S: Final = 5.0


def submissions(
    send: Handle, subject: Subject, see: See, sleep: Callable[[float], None]
) -> list[str]:
    """Submits two jobs and makes a batch.

    Args:
        send: Answers.
        subject: In whose name is asked.
        see: Called with each answer.
        sleep: Waits so many seconds, between looks at a job.

    Returns:
        What could not be asked, in words.
    """
    asker = Asker(send, subject, see)
    asker.token = str(_told(asker, IAM, "POST /identity/token", "access_token"))
    listed = rows(_told(asker, RUNTIME, "GET /backends", "devices"))
    online = [one for one in listed if at(at(one, "status"), "name") == "online"]
    if not online:
        return [*asker.missed, "submissions: no device is online"]
    backend = str(at(min(online, key=_queue), "name"))
    _run(asker, backend, sleep)
    _cancelled(asker, backend)
    _batch(asker, backend)
    return asker.missed


def _queue(device: Json) -> float:
    length = at(device, "queue_length")
    return float(length) if isinstance(length, int | float) else 0.0


def _run(asker: Asker, backend: str, sleep: Callable[[float], None]) -> None:
    """A job to its end, and all that can be asked of it then."""
    job = _submitted(asker, backend)
    if job is None:
        return
    for look in range(_LOOKS):
        status = at(_told(asker, RUNTIME, "GET /jobs/<job_id>", "state", job_id=job), "status")
        if status in FINAL:
            break
        if look < _LOOKS - 1:
            sleep(_PAUSE_S)
    else:
        asker.missed.append("submissions: the job did not end, and was cancelled")
        _do(asker, "POST /jobs/<job_id>/cancel", job_id=job)
        return
    for key in _AFTERWARDS:
        _do(asker, key, job_id=job)
    _do(asker, "PUT /jobs/<job_id>/tags", {"tags": ["qchannel-drift"]}, job_id=job)
    _do(asker, "POST /jobs/<job_id>/cancel", how="of what has ended", job_id=job)


def _cancelled(asker: Asker, backend: str) -> None:
    job = _submitted(asker, backend)
    if job is not None:
        _do(asker, "POST /jobs/<job_id>/cancel", job_id=job)
        _do(asker, "GET /jobs/<job_id>", job_id=job)


def _batch(asker: Asker, backend: str) -> None:
    body = {"mode": "batch", "backend": backend}
    session = _told(asker, RUNTIME, "POST /sessions", "id", body)
    if isinstance(session, str):
        _do(asker, "GET /sessions/<session_id>", session_id=session)
        _do(asker, "PATCH /sessions/<session_id>", {"accepting_jobs": False}, session_id=session)
        _do(asker, "DELETE /sessions/<session_id>/close", session_id=session)
        _do(asker, "GET /sessions/<session_id>", session_id=session)


def _submitted(asker: Asker, backend: str) -> str | None:
    params: Json = {"pubs": [[_CIRCUIT, None, 1]], "version": 2}
    body: Json = {"program_id": "sampler", "backend": backend, "params": params, "cost": COST_S}
    job = _told(asker, RUNTIME, "POST /jobs", "id", body)
    return job if isinstance(job, str) else None


def _told(
    asker: Asker, service: str, key: str, name: str, body: Json = None, **values: str
) -> Json:
    """What a good answer has in a field; ``None`` where it has none, or there is no answer."""
    answer = asker.ask(Asked(_route(service, key), NEWEST), values, body=body)
    return at(json_of(answer), name) if answer is not None and answer.status < 300 else None


def _do(asker: Asker, key: str, body: Json = None, how: str = "good", **values: str) -> None:
    asker.ask(Asked(_route(RUNTIME, key), NEWEST, how), values, body=body)


def _route(service: str, key: str) -> Route:
    return next(one for one in ROUTES[service] if one.key == key)
