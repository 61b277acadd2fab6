"""What all live runs of the last 28 days have cost, by what the service says of their jobs.

There is no file that several runs could share: CI's disks are new each time. So the jobs that have
the tag ``qchannel`` are asked for, and the dedicated sessions that they were in: the clock charges
these, and their jobs with them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Final

from pytest_qchannel.lanes.live.access import Access, Unanswered, answer_of
from pytest_qchannel.lanes.live.budget import FIXED_S
from pytest_qchannel.lanes.live.lookup import list_jobs
from pytest_qchannel.lanes.live.settle import Price, Unpriced, price_of_job, price_of_session
from pytest_qchannel.lanes.live.tags import COMMON, number_of, run_of
from pytest_qchannel.wire import Handle, Json, is_number

__all__ = ["DAYS", "spent"]

DAYS: Final = 28


def spent(
    access: Access, send: Handle, now: float, run: str, own: Callable[[], Collection[int]]
) -> float:
    """The QPU seconds of an instance that other live runs have taken in the last 28 days.

    What has no price yet counts as it was reserved.

    Args:
        access: How the instance is asked.
        send: What stands behind.
        now: The time, in seconds since the epoch.
        run: The name of this run.
        own: Gives the numbers that its ledger has by now. An older run may have had its name, on a
            machine of CI that is gone.

    Raises:
        Unanswered: The service did not answer, or its list does not end.
    """
    since = datetime.fromtimestamp(now - DAYS * 86_400, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    sessions: dict[str, float | None] = {}
    total = 0.0
    jobs = list(list_jobs(COMMON, access, send, [("created_after", since)]))
    known = {(run, n) for n in own()}
    for job in jobs:
        of_run = run_of(job.get("tags"))
        if of_run is None or (of_run, number_of(job.get("tags"))) in known:
            continue
        session = job.get("session_id")
        if isinstance(session, str) and session not in sessions:
            sessions[session] = _cost_of_session(session, access, send)
        if not isinstance(session, str) or sessions[session] is None:
            total += _cost(price_of_job(job), job.get("cost"))
    return total + sum(one or 0.0 for one in sessions.values())


def _cost_of_session(name: str, access: Access, send: Handle) -> float | None:
    """What a dedicated session cost; ``None``: its jobs are charged one by one."""
    asked = access.request("GET /sessions/<session_id>", {"session_id": name})
    try:
        body: Mapping[str, Json] = answer_of(asked, send)
    except Unanswered as why:
        if why.status != 404:
            raise
        return None
    if body.get("mode") == "batch":
        return None
    return _cost(price_of_session(body), body.get("max_ttl"))


def _cost(price: Price | Unpriced, limit: Json) -> float:
    """A price, or what is held without one: the limit, and what may come beside it."""
    if isinstance(price, Price):
        return price.seconds
    return (float(limit) if is_number(limit) else 0.0) + FIXED_S
