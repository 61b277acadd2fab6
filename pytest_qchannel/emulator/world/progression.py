"""How fast a job moves on: at once, after so many looks, or by the emulated clock.

A progression is set for a device or for one job, in Python or as text in a world file:
``immediate``, ``polls(3)``, ``seconds(30)``, ``seconds(30, queued=10)``, ``stuck``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

__all__ = ["IMMEDIATE", "STUCK", "Progression", "Step", "polls", "seconds"]


class Step(StrEnum):
    """Where a job stands on its way."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Progression:
    """When a job starts and when it ends.

    Attributes:
        polls: ``GET /jobs/{id}`` is answered this many times before the job is final: ``Queued``
            the first time, ``Running`` then. ``None``: polls do not matter.
        queued_s: Seconds from its creation to its start.
        total_s: Seconds from its creation to its end.
        is_stuck: It never starts.
    """

    polls: int | None = None
    queued_s: float = 0.0
    total_s: float = 0.0
    is_stuck: bool = False

    def step(self, looks: int, age_s: float) -> Step:
        """Where a job stands that was polled ``looks`` times and created ``age_s`` seconds ago."""
        if self.is_stuck:
            return Step.WAITING
        if self.polls is not None:
            if looks > self.polls:
                return Step.DONE
            return Step.WORKING if looks > 1 else Step.WAITING
        if age_s >= self.total_s:
            return Step.DONE
        return Step.WORKING if age_s >= self.queued_s else Step.WAITING

    @classmethod
    def parse(cls, text: str) -> Progression:
        """The progression that a text names.

        Raises:
            ValueError: It is none of the forms; the message lists them.
        """
        if text in _WORDS:
            return _WORDS[text]
        if found := _POLLS.fullmatch(text):
            return polls(int(found["count"]))
        if found := _SECONDS.fullmatch(text):
            return seconds(float(found["total"]), queued=float(found["queued"] or 0))
        raise ValueError(
            f"{text!r} is no progression: write immediate, polls(3), seconds(30), "
            "seconds(30, queued=10) or stuck"
        )

    @classmethod
    def of(cls, given: Progression | str) -> Progression:
        """The progression that is given, or the one that a text names.

        Raises:
            ValueError: As of :meth:`parse`.
        """
        return given if isinstance(given, Progression) else cls.parse(given)

    def __str__(self) -> str:
        """The text that :meth:`parse` reads."""
        if self.is_stuck:
            return "stuck"
        if self.polls is not None:
            return f"polls({self.polls})"
        if not self.total_s:
            return "immediate"
        queued = f", queued={_written(self.queued_s)}" if self.queued_s else ""
        return f"seconds({_written(self.total_s)}{queued})"


IMMEDIATE: Final = Progression()
"""A job runs as soon as somebody looks at it, and is final in the answer to that look."""

STUCK: Final = Progression(is_stuck=True)
"""A job stays in the queue until it is cancelled."""

_WORDS: Final = {"immediate": IMMEDIATE, "stuck": STUCK}
_POLLS: Final = re.compile(r"polls\(\s*(?P<count>[1-9]\d*)\s*\)")
_NUMBER: Final = r"\d+(?:\.\d+)?"
_SECONDS: Final = re.compile(
    rf"seconds\(\s*(?P<total>{_NUMBER})\s*(?:,\s*queued\s*=\s*(?P<queued>{_NUMBER})\s*)?\)"
)


def _written(number: float) -> str:
    """All digits of a number, as :data:`_NUMBER` takes them: no exponent, no zeros at the end."""
    return f"{Decimal(repr(number)).normalize():f}"


def polls(count: int) -> Progression:
    """A job that is final at the look after ``count`` others, of which the first finds it queued.

    Raises:
        ValueError: ``count`` is below 1.
    """
    if count < 1:
        raise ValueError(f"polls({count}): a job is polled at least once before it is final")
    return Progression(polls=count)


def seconds(total: float, *, queued: float = 0.0) -> Progression:
    """A job that starts ``queued`` emulated seconds after its creation and ends after ``total``.

    Raises:
        ValueError: A time is negative, or the job would end before it starts.
    """
    if not 0 <= queued <= total:
        raise ValueError(
            f"seconds({total:g}, queued={queued:g}): want 0 <= queued <= total, both in seconds"
        )
    return Progression(queued_s=queued, total_s=total)
