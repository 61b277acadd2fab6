"""What the emulated service does with limits and late news: its rules, which a world may change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["MOST_POLLS", "Rules", "UsageUnit", "WhenUsedUp"]

MOST_POLLS: Final = 100
"""How often a job that nothing can move is polled before the wait for it fails by name.

The newest client waits half a second between polls, older ones a tenth.
"""


class WhenUsedUp(StrEnum):
    """What becomes of a job for an instance of today's platform that has reached its limit.

    ``queue`` is what was seen of the service, ``refuse`` (409) what its API description says.
    """

    QUEUE = "queue"
    REFUSE = "refuse"


class UsageUnit(StrEnum):
    """What a job's metrics tell its usage in. Source: recorded metrics of 2026, with both."""

    SECONDS = "seconds"
    BOTH = "both"
    RESOURCE_UNITS = "resource_units"


@dataclass(frozen=True, slots=True)
class Rules:
    """How the service deals with limits and charges; times in seconds.

    Attributes:
        when_used_up: What becomes of a job for an instance that has reached its limit.
        submit_rate: How many jobs an account may submit in a minute; ``None``: any number.
        usage_lag_s: How long after its end a job's usage is pending, and told as 0.
        list_lag_s: How long after its creation a job is in no list.
        overshoot_s: How much longer than its ``cost`` a job may run, and is charged for.
        fixed_charge_s: What each job that ran is charged beside its own time.
        usage_unit: What metrics tell usage in.
        most_polls: How often a job that nothing can move is polled; 0: for ever.
    """

    when_used_up: WhenUsedUp = WhenUsedUp.QUEUE
    submit_rate: int | None = None
    usage_lag_s: float = 0.0
    list_lag_s: float = 0.0
    overshoot_s: float = 0.0
    fixed_charge_s: float = 0.0
    usage_unit: UsageUnit = UsageUnit.BOTH
    most_polls: int = MOST_POLLS
