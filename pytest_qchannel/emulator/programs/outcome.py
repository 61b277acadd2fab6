"""How a job ends: with a result, or with one of the service's failure codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from pytest_qchannel.ibm.releases import Version
from pytest_qchannel.wire import Json

__all__ = [
    "LEAST_USAGE_S",
    "READOUT_LEARNING_S",
    "FailureCode",
    "JobFailure",
    "Outcome",
    "OverLimit",
    "facts_of",
]


LEAST_USAGE_S: Final = 2.0
"""What the shortest job is charged, and most that fail on the device. Source: jobs of 2026."""


SUB_JOB_S: Final = 2.0
"""What it takes, about, to load a part of a job onto a device. Source: IBM's guide."""

READOUT_LEARNING_S: Final = 9.0
"""What Estimator adds, about, to learn the readout's noise. Source: jobs of 2026, of 3 to 4 seconds
at resilience level 0 and of 11 to 13 at level 1, which differ in nothing else that takes time.
"""


class FailureCode(IntEnum):
    """``state.reason_code`` of failed jobs.

    Source of those from 1501 to 1603: failed jobs of 2026. The others are of IBM's error registry
    and stand where nobody has seen a code.

    Attributes:
        is_charged: Whether such a job came to the device, which charges the least then.
    """

    is_charged: bool

    VALIDATION = 1002, False
    OBSERVABLES = 1501, True
    PARAMETER_VALUES = 1503, True
    NOT_MEASURED = 1515, True
    NOT_IN_TARGET = 1517, True
    FRACTIONAL_TWIRLING = 1519, True
    TOO_MANY_SHOTS = 1520, True
    INCOMPATIBLE_OPTIONS = 1521, True
    CIRCUIT_NOT_LOADED = 1603, False
    SIMULATOR_FAILED = 5204, False
    NOT_SUPPORTED = 7001, False

    def __new__(cls, code: int, is_charged: bool) -> FailureCode:
        """A code, and what is known of it."""
        made = int.__new__(cls, code)
        made._value_, made.is_charged = code, is_charged
        return made


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result as JSON bytes, and how long a real device would have been busy with it.

    Attributes:
        result: The result as the newest client decodes it.
        circuits_s: Seconds that the circuits run.
        older: For clients that cannot decode it: pairs of the first release that no longer needs
            this encoding, and the encoding; the oldest release first.
        facts: What the classic platform's metrics add; see :func:`facts_of`.
        learning_s: Seconds that a real device learns before, and that nobody is charged here.
    """

    result: bytes
    circuits_s: float
    older: tuple[tuple[Version, bytes], ...] = ()
    facts: Mapping[str, Json] = field(default_factory=dict)
    learning_s: float = 0.0

    @property
    def usage_s(self) -> float:
        """The QPU seconds that are charged: as long as the circuits run, and the least charge."""
        return max(LEAST_USAGE_S, self.circuits_s)

    @property
    def estimate_s(self) -> float:
        """The QPU seconds that a real device would be busy with it, about, as one part.

        Into how many parts the service cuts a job that is large nobody outside knows.
        """
        return SUB_JOB_S + self.learning_s + self.circuits_s

    def result_for(self, client: Version | None) -> bytes:
        """The encoding for a release of the client; without one (REST users) the newest."""
        for first_without, encoded in self.older:
            if client is not None and client < first_without:
                return encoded
        return self.result


def facts_of(sizes: Sequence[tuple[int, int]], executions: int, circuits: int) -> dict[str, Json]:
    """What the classic platform's metrics tell of a job's circuits.

    Args:
        sizes: Of each circuit that was sent, how many qubits it has, and its depth.
        executions: How often a circuit was run, with all its parameter sets and shots.
        circuits: How many circuits there are.
    """
    return {
        "num_circuits": circuits,
        "num_qubits": [qubits for qubits, _ in sizes],
        "circuit_depths": [depth for _, depth in sizes],
        "executions": executions,
    }


class OverLimit(Exception):
    """A job uses more than it may, whatever it computes: it is stopped, and gives no result.

    Attributes:
        least_s: The QPU seconds that it would use at least.
    """

    def __init__(self, least_s: float) -> None:
        super().__init__(f"takes at least {least_s:.0f} s")
        self.least_s = least_s


class JobFailure(Exception):
    """The job failed: ``reason`` and ``code`` go into its state."""

    def __init__(self, code: FailureCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    def __reduce__(self) -> tuple[type[JobFailure], tuple[FailureCode, str]]:
        """Both arguments, for a worker process to send it."""
        return type(self), (self.code, self.reason)

    @property
    def usage_s(self) -> float:
        """What such a job is charged: nothing, where it never came to the device."""
        return LEAST_USAGE_S if self.code.is_charged else 0.0
