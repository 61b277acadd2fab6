"""The states a job goes through, as one table, in the service's own spelling.

Source: IBM's API description (``JobStateStatus``); transitions from its documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

__all__ = ["FINAL", "TRANSITIONS", "JobState", "next_state"]


class JobState(StrEnum):
    """``state.status`` of a job on the wire; in the client ``COMPLETED`` reads ``DONE``."""

    QUEUED = "Queued"
    RUNNING = "Running"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


TRANSITIONS: Final[Mapping[JobState, Mapping[str, JobState]]] = {
    JobState.QUEUED: {
        "start": JobState.RUNNING,
        "fail": JobState.FAILED,
        "cancel": JobState.CANCELLED,
    },
    JobState.RUNNING: {
        "finish": JobState.COMPLETED,
        "fail": JobState.FAILED,
        "cancel": JobState.CANCELLED,
        "requeue": JobState.QUEUED,  # its turn has not come yet after all
    },
    JobState.COMPLETED: {},
    JobState.FAILED: {},
    JobState.CANCELLED: {},
}

FINAL: Final = frozenset(state for state, moves in TRANSITIONS.items() if not moves)


def next_state(state: JobState, event: str) -> JobState | None:
    """The state after ``event``, or ``None`` where the event cannot happen in this state."""
    return TRANSITIONS[state].get(event)
