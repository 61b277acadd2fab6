"""What one test may spend: the arguments of its marker ``live_qpu``."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_qchannel.lanes.live.budget import reserve_of

__all__ = ["Allowance"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a test may spend; its reruns share it.

    Attributes:
        test: Its node id.
        max_qpu_seconds: For all of its jobs together; ``None``: it has no marker ``live_qpu`` and
            may not submit.
        max_jobs: How many jobs it may submit.
        backend: The one backend that it may use; ``None``: any.
    """

    test: str
    max_qpu_seconds: float | None = None
    max_jobs: int = 1
    backend: str | None = None

    @property
    def may_submit(self) -> bool:
        """Whether the test has the marker."""
        return self.max_qpu_seconds is not None

    @property
    def whole_s(self) -> int:
        """All of its seconds, whole ones: each job may have one at least."""
        return max(math.floor(self.max_qpu_seconds or 0), self.max_jobs)

    def cost_of(self, wish: int | None) -> int:
        """The ``cost`` of one of its jobs: what the code asks for, if that fits, else its share."""
        share = max(1, math.floor((self.max_qpu_seconds or 0) / self.max_jobs))
        return wish if wish is not None and 1 <= wish <= share else share

    def longest_session(self, wish: int | None) -> int:
        """The ``max_ttl`` of a dedicated session, which the clock charges: all that it may use."""
        return wish if wish is not None and 1 <= wish <= self.whole_s else self.whole_s

    @property
    def smallest_reserve_s(self) -> int:
        """The least that a run must be able to hold for one of its jobs without a wish."""
        return reserve_of(self.cost_of(None))
