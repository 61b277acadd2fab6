"""What a live run may spend: ``--qchannel-budget``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["FIXED_S", "Budget", "Tier", "reserve_of"]

FIXED_S: Final = 5
"""What is reserved for a job beside its ``cost``, in seconds.

The service has fixed charges, collects usage late, and lets a job overshoot. Source: IBM's guide
to execution limits; the smallest charge that was seen is 2 s.
"""

Tier = Literal["read", "dry", "paid"]
"""What may be sent: reads alone; submissions to a device's twin that runs nothing; all."""


def reserve_of(cost_s: int) -> int:
    """The seconds that are held for a job, or a session, that may use so many."""
    return cost_s + FIXED_S


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may spend at most, in QPU seconds; only the tier ``paid`` has any."""

    tier: Tier = "read"
    seconds: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Budget:
        """The budget that a setting says: ``0``, ``dry`` or a number of QPU seconds.

        Raises:
            ValueError: It is none of these.
        """
        word = text.strip()
        if word == "dry":
            return cls("dry")
        try:
            seconds = float(word)
        except ValueError:
            seconds = math.nan
        if not 0 <= seconds < math.inf or "_" in word:
            raise ValueError(f"{text!r} is no budget")
        return cls("paid", seconds) if seconds else cls()

    def __str__(self) -> str:
        """The budget as the option has it."""
        return "dry" if self.tier == "dry" else f"{self.seconds:g}"
