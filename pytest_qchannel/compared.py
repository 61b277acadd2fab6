"""What assertions have compared the counts of jobs with, for whoever tells of these jobs later.

Assertions know neither a test nor a lane; a job's id is all that both sides have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["note", "take"]

_MOST_JOBS: Final = 1_000
"""In most runs nobody takes them: the oldest are forgotten."""

_noted: Final[dict[str, dict[int, Mapping[str, float]]]] = {}


def note(job: str, pub: int, expected: Mapping[str, float]) -> None:
    """Notes what was expected of a PUB.

    Args:
        job: The job's id.
        pub: The PUB's number.
        expected: Probability by bitstring, several registers joined as ``join_data()`` does.
    """
    _noted.setdefault(job, {})[pub] = expected
    while len(_noted) > _MOST_JOBS:
        del _noted[next(iter(_noted))]


def take(job: str) -> Mapping[int, Mapping[str, float]]:
    """What was expected of a job's PUBs, by their numbers; it is given once."""
    return _noted.pop(job, {})
