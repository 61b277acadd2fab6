"""What all live runs have used in the last 28 days: ``--qchannel-budget-28d``.

Machines of CI keep no file, so the service itself is asked: the jobs with the tag ``qchannel`` of
an instance, and the dedicated sessions that they were in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from pytest_qchannel.lanes.live.access import Access, Unanswered, answer_of
from pytest_qchannel.lanes.live.budget import reserve_of
from pytest_qchannel.lanes.live.lookup import list_jobs
from pytest_qchannel.lanes.live.settle import Price, price_of_job, price_of_session
from pytest_qchannel.lanes.live.tags import COMMON, run_of
from pytest_qchannel.wire import Handle, Json

__all__ = ["PERIOD_S", "used_in_period"]

PERIOD_S: Final = 28 * 24 * 3_600.0
"""The service's own period of usage. Source: IBM's docs of plans."""


def used_in_period(access: Access, send: Handle, now: float) -> float:
    """The QPU seconds that jobs of live runs used at an instance, or may use yet.

    What has no price counts as it was reserved.

    Args:
        access: How the instance is asked.
        send: What answers.
        now: The time, in seconds since the epoch.

    Raises:
        Unanswered: The service did not tell.
    """
    begin = datetime.fromtimestamp(now - PERIOD_S, UTC).isoformat(timespec="milliseconds")
    total, prices = 0.0, dict[str, float]()
    for job in list_jobs(COMMON, access, send, [("created_after", begin)]):
        if run_of(job.get("tags")) is None:
            continue
        session = job.get("session_id")
        if isinstance(session, str) and session not in prices:
            prices[session] = _of_session(session, access, send)
        # A dedicated session is charged by the clock, and its jobs with it.
        total += _of_job(job) if not isinstance(session, str) or not prices[session] else 0.0
    return total + sum(prices.values())


def _of_job(job: Mapping[str, Json]) -> float:
    price = price_of_job(job)
    cost = job.get("cost")
    if isinstance(price, Price):
        return price.seconds
    return float(reserve_of(cost)) if isinstance(cost, int) else 0.0


def _of_session(name: str, access: Access, send: Handle) -> float:
    """What a dedicated session cost; 0 for a batch, whose jobs are charged."""
    asked = access.request("GET /sessions/<session_id>", {"session_id": name})
    try:
        body = answer_of(asked, send)
    except Unanswered as why:
        if why.status == 404:
            return 0.0
        raise
    price, longest = price_of_session(body), body.get("max_ttl")
    if body.get("mode") == "batch":
        return 0.0
    if isinstance(price, Price):
        return price.seconds
    return float(reserve_of(longest)) if isinstance(longest, int) else 0.0
