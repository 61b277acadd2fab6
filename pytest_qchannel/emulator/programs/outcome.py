"""How a job ends: with a result, or with one of the service's failure codes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["FailureCode", "JobFailure", "Outcome"]


class FailureCode(IntEnum):
    """``state.reason_code`` of failed jobs. Source: IBM's error registry.

    ``NUMBER_OF_QUBITS`` is inferred from the order in which the registry lists the limits.
    """

    VALIDATION = 1002
    NUMBER_OF_QUBITS = 1103
    SIMULATOR_FAILED = 5204
    TOO_MANY_SHOTS = 6000
    NOT_IN_BASIS = 7000
    NOT_SUPPORTED = 7001


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result as JSON bytes, and the QPU seconds that a real device would have charged."""

    result: bytes
    usage_s: float


class JobFailure(Exception):
    """The job failed: ``reason`` and ``code`` go into its state, ``log`` into its results."""

    def __init__(self, code: FailureCode, reason: str) -> None:
        super().__init__(reason)
        self.code = int(code)
        self.reason = reason

    @property
    def log(self) -> str:
        """What ``GET /jobs/{id}/results`` gives for a failed job."""
        return f"Error code {self.code}; {self.reason}"
