"""What all live runs of the last 28 days have cost, by what the service says of their jobs.

There is no file that several runs could share: CI's disks are new each time. So the jobs that have
the tag ``qchannel`` are asked for, page by page.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from pytest_qchannel.lanes.live.access import Access, Unanswered, answer_of
from pytest_qchannel.lanes.live.budget import FIXED_S
from pytest_qchannel.lanes.live.settle import Price, price_of_job
from pytest_qchannel.lanes.live.tags import COMMON, run_of
from pytest_qchannel.wire import Handle, Json

__all__ = ["DAYS", "spent"]

DAYS: Final = 28
_PAGE: Final = 200
"""The most that the service gives at once. Source: IBM's API description of ``GET /jobs``."""
_MOST_PAGES: Final = 500


def spent(access: Access, send: Handle, now: float, run: str) -> float:
    """The QPU seconds of an instance that other live runs have taken in the last 28 days.

    A job whose price is not known counts with its ``cost``, and with what is held beside it.

    Args:
        access: How the instance is asked.
        send: What stands behind.
        now: The time, in seconds since the epoch.
        run: The name of this run, whose ledger knows its own jobs.

    Raises:
        Unanswered: The service did not answer, or its list does not end.
    """
    since = datetime.fromtimestamp(now - DAYS * 86_400, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    total = 0.0
    for page in range(_MOST_PAGES):
        query = [
            ("tags", COMMON),
            ("created_after", since),
            ("exclude_params", "true"),
            ("limit", str(_PAGE)),
            ("offset", str(page * _PAGE)),
        ]
        rows = answer_of(access.request("GET /jobs", query=query), send).get("jobs")
        if not isinstance(rows, list):
            raise Unanswered("it answered without a list")
        jobs = [one for one in rows if isinstance(one, Mapping)]
        total += sum(_cost_of(one) for one in jobs if run_of(one.get("tags")) not in (None, run))
        if len(rows) < _PAGE:
            return total
    raise Unanswered("its list of jobs does not end")


def _cost_of(job: Mapping[str, Json]) -> float:
    price = price_of_job(job)
    if isinstance(price, Price):
        return price.seconds
    cost = job.get("cost")
    return (float(cost) if isinstance(cost, int | float) else 0.0) + FIXED_S
