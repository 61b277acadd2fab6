"""What a live run may spend: ``--qchannel-budget``."""

from __future__ import annotations

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
    def of(cls, setting: float | Literal["dry"]) -> Budget:
        """The budget that a setting says: 0, ``dry`` or a number of QPU seconds."""
        if isinstance(setting, str):
            return cls("dry")
        return cls("paid", setting) if setting else cls()

    def __str__(self) -> str:
        """The budget as the option has it."""
        return "dry" if self.tier == "dry" else f"{self.seconds:g}"
