"""The options of the primitives, with what the service assumes where they say nothing.

Source: ``sampler.version_0_1`` and ``estimator.version_0_1`` of ibm-quantum-schemas, and the text
on twirling in the options models of qiskit-ibm-runtime.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.task import Params
from pytest_qchannel.emulator.world.snapshots import Snapshot

__all__ = [
    "DEFAULT_SHOTS",
    "DEFAULT_STRATEGY",
    "MOST_EXECUTIONS",
    "Split",
    "Twirling",
    "group",
    "names_both_factors",
    "pause_s",
    "rep_delay_s",
    "require_executions",
    "require_shape",
    "split",
]

DEFAULT_SHOTS: Final = 4_096
MOST_EXECUTIONS: Final = 10_000_000
"""Circuits times parameter sets times shots of one job, whatever ``max_shots`` of the device says.

Source: IBM's documentation of job limits, and jobs of 2026: one of a million shots in a circuit
ran, larger ones were accepted and failed with this text.
"""

MOST_AXES: Final = 28
"""Axes of a PUB: numpy 1 has 32, and results have up to three more."""


DEFAULT_STRATEGY: Final = "active-accum"


@dataclass(frozen=True, slots=True)
class Twirling:
    """What is twirled in a circuit.

    Attributes:
        gates: Whether layers of two-qubit Clifford gates are. Those inside of control flow are not.
        measure: Whether measurements are, but for conditional ones and those that decide what is
            done further on: only in the results a flip is undone.
        strategy: Which qubits get random gates in a layer; see :func:`.layered`.
    """

    gates: bool
    measure: bool
    strategy: str = DEFAULT_STRATEGY

    @classmethod
    def of(cls, sent: Params) -> Twirling:
        """``options.twirling`` of a Sampler, which twirls nothing unless it is asked to."""
        return cls(
            bool(sent.get("enable_gates")),
            bool(sent.get("enable_measure")),
            sent.get("strategy", DEFAULT_STRATEGY),
        )


@dataclass(frozen=True, slots=True)
class Split:
    """How the shots of a twirled circuit are spread over random variants of it."""

    num_randomizations: int
    shots_per_randomization: int

    @property
    def shots(self) -> int:
        """All shots."""
        return self.num_randomizations * self.shots_per_randomization


def group(options: Params, name: str) -> Params:
    """A group of options, empty where it was not sent."""
    found: Params = options.get(name) or {}
    return found


def names_both_factors(twirling: Params) -> bool:
    """Whether the options fix how often twirled circuits run."""
    named = (
        twirling.get(name, "auto") for name in ("num_randomizations", "shots_per_randomization")
    )
    return "auto" not in named


def split(twirling: Params, shots: int, *, is_asked_for: bool, is_pec: bool = False) -> Split:
    """How twirled shots are spread; at least ``shots``, but for one case.

    Args:
        twirling: ``options.twirling``.
        shots: How many are wanted.
        is_asked_for: Whether the PUB or ``run()`` asked for them: then they are obeyed. Default
            shots are not, where the options name both factors.
        is_pec: Whether probabilistic error cancellation is on, which wants more variants.
    """
    number = twirling.get("num_randomizations", "auto")
    each = twirling.get("shots_per_randomization", "auto")
    if number != "auto" and each != "auto":
        if is_asked_for:
            number = _ceil(shots, int(each))
        return Split(int(number), int(each))
    if number != "auto":
        return Split(int(number), _ceil(shots, int(number)))
    if each == "auto":
        each = 64 if is_pec else max(64, _ceil(shots, 32))
    return Split(_ceil(shots, int(each)), int(each))


def _ceil(shots: int, parts: int) -> int:
    return -(-shots // parts)


def rep_delay_s(execution: Params, snapshot: Snapshot) -> float:
    """The pause between two shots, in seconds, by the group ``execution`` of a job's options.

    Raises:
        JobFailure: The device has no such pause.
    """
    delay = execution.get("rep_delay")
    if delay is None:
        return snapshot.default_rep_delay_s
    low, high = snapshot.rep_delay_range_s
    if not low <= delay <= high:
        raise JobFailure(
            FailureCode.VALIDATION,
            f"rep_delay is {delay} s; {snapshot.name} takes {low:g} to {high:g} s.",
        )
    return float(delay)


def pause_s(execution: Params, snapshot: Snapshot) -> float | None:
    """How long qubits are left alone between shots that do not set them to 0, in seconds.

    ``None`` where they are set to 0, as by default. Source: ``init_qubits`` and ``rep_delay`` in
    the execution options of qiskit-ibm-runtime.

    Raises:
        JobFailure: The device has no such pause.
    """
    if execution.get("init_qubits") is not False:
        return None
    return rep_delay_s(execution, snapshot)


def require_executions(executions: int) -> None:
    """Passes a job that is not too large.

    Raises:
        JobFailure: It has more executions than the service takes.
    """
    if executions > MOST_EXECUTIONS:
        raise JobFailure(
            FailureCode.TOO_MANY_SHOTS,
            f"The number of circuit shots {executions} exceeds the system limit {MOST_EXECUTIONS}",
        )


def require_shape(shape: Sequence[int]) -> None:
    """Passes the shape of a PUB whose results can be an array: an empty one may be too large.

    Raises:
        ValueError: It has too many axes, or is too large in all but those of length 0.
    """
    if len(shape) > MOST_AXES:
        raise ValueError(f"the shape has {len(shape)} axes; at most {MOST_AXES} are allowed")
    if math.prod(max(1, side) for side in shape) > MOST_EXECUTIONS:
        raise ValueError(f"the shape {tuple(shape)} is too large")
