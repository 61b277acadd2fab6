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

    @property
    def share_s(self) -> int:
        """What one of its jobs may use, whole seconds."""
        return max(1, math.floor((self.max_qpu_seconds or 0) / self.max_jobs))

    @property
    def overrun_s(self) -> int:
        """How long a dedicated session may be charged behind its ``max_ttl``.

        A job that runs then runs on; the first one, with which the clock begins, is over.
        """
        return self.share_s if self.max_jobs > 1 else 0

    def cost_of(self, wish: int | None) -> int:
        """The ``cost`` of one of its jobs: what the code asks for, if that fits, else its share."""
        return wish if wish is not None and 1 <= wish <= self.share_s else self.share_s

    def longest_session(self, wish: int | None) -> int:
        """The ``max_ttl`` of a dedicated session: all that it may use, but for its overrun."""
        most = max(1, self.whole_s - self.overrun_s)
        return wish if wish is not None and 1 <= wish <= most else most

    @property
    def smallest_reserve_s(self) -> int:
        """The least that a run must be able to hold for one of its jobs without a wish."""
        return reserve_of(self.cost_of(None))
