"""What a job or a session cost, from what the service says of it.

``usage`` is told late: until its ``status`` is ``complete`` the number in it, often 0, is no price.
Source: IBM's API description, and recorded jobs of 2026; older versions of the API have no status.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pytest_qchannel.ibm.releases import is_twin
from pytest_qchannel.ibm.route import FINAL
from pytest_qchannel.wire import Json, is_number

__all__ = [
    "Price",
    "Unpriced",
    "charged_s",
    "has_status",
    "price_of_job",
    "price_of_session",
    "status_of",
]

_SECONDS: Final = ("qpu_charge_time_seconds", "quantum_seconds", "seconds")
"""The names of the seconds that are charged, the newest first."""


class Unpriced(Enum):
    """Why there is no price."""

    RUNNING = "it has not ended"
    PENDING = "its usage is pending"
    UNITS_ONLY = "its usage is told in resource units only"
    UNKNOWN = "its usage is not told"


@dataclass(frozen=True, slots=True)
class Price:
    """What something cost, in QPU seconds."""

    seconds: float


def status_of(job: Mapping[str, Json]) -> str | None:
    """The state of a job's body: ``Queued`` to ``Cancelled``; ``None`` where it tells none."""
    state = job.get("state")
    word = state.get("status") if isinstance(state, Mapping) else None
    if not isinstance(word, str):
        word = job.get("status")
    # "Cancelled - Ran too long" is one of the words that are in ``status``.
    return word.partition(" - ")[0] if isinstance(word, str) else None


def has_status(body: Mapping[str, Json]) -> bool:
    """Whether a body tells if its usage is final: in older versions of the API none does."""
    usage = body.get("usage")
    return isinstance(usage, Mapping) and isinstance(usage.get("status"), str)


def price_of_job(job: Mapping[str, Json]) -> Price | Unpriced:
    """What a job cost, by its body; one that has not ended has no price."""
    if status_of(job) not in FINAL:
        return Unpriced.RUNNING
    if is_twin(str(job.get("backend"))):
        return Price(0.0)  # it tells what a real device would have used
    usage = job.get("usage")
    if not isinstance(usage, Mapping):
        return Unpriced.UNKNOWN
    if usage.get("status", "complete") != "complete":
        return Unpriced.PENDING
    if (seconds := charged_s(usage)) is not None:
        return Price(seconds)
    return Unpriced.UNITS_ONLY if "unit" in usage else Unpriced.UNKNOWN


def charged_s(usage: Json) -> float | None:
    """The seconds that a usage tells; ``None`` where it tells none, or is not complete."""
    if not isinstance(usage, Mapping) or usage.get("status", "complete") != "complete":
        return None
    return next((one for name in _SECONDS if (one := _seconds(usage.get(name))) is not None), None)


def price_of_session(session: Mapping[str, Json]) -> Price | Unpriced:
    """What a dedicated session cost: the time from its first job to its end.

    Source: ``elapsed_time`` in IBM's API description; seconds are charged whole.
    """
    if session.get("state") != "closed":
        return Unpriced.RUNNING
    seconds = _seconds(session.get("elapsed_time"))
    if seconds:
        return Price(math.ceil(seconds))
    was_used = session.get("started_at") or session.get("activated_at")
    return Unpriced.UNKNOWN if was_used else Price(0.0)


def _seconds(value: Json) -> float | None:
    """A number of seconds; ``None`` for all that is none."""
    return float(value) if is_number(value) and 0 <= value < math.inf else None
