"""What a program is given to run, and how it says that it would take too long here."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from pytest_qchannel.emulator.world.snapshots import Snapshot

__all__ = ["Noise", "Params", "Pub", "Task", "TooLong"]

Params: TypeAlias = Mapping[str, Any]
"""An object as JSON has it: the ``params`` of a job, or a group of its options."""

Pub: TypeAlias = Sequence[Any]
"""A unit of a primitive's work as JSON has it: a circuit, and what goes with it."""


class Noise(StrEnum):
    """Whether a device of the emulated world errs."""

    OFF = "off"
    CALIBRATION = "calibration"
    """As its own calibration snapshot says, on the qubits that a circuit touches."""


@dataclass(frozen=True, slots=True)
class Task:
    """A job's work, without the job: everything that decides the result.

    It can be pickled but for ``snapshot``, which a worker process loads again by its name.

    Attributes:
        params: The ``params`` of ``POST /jobs``, decoded from JSON.
        snapshot: The device.
        seed: Fixes every random choice, 0 to 2**31 - 1.
        noise: Whether the device errs.
        limit_s: Simulations that are estimated to take longer, in seconds, raise
            :class:`TooLong` instead of being started. ``None``: any is run.
        until: The CPU time of this thread (:func:`time.thread_time`) from which on it has taken too
            long here, whatever was estimated. ``None``: it may take any time.
        started_at: When the job started, in seconds since the epoch; results tell when which
            part of them was measured.
    """

    params: Params
    snapshot: Snapshot
    seed: int
    noise: Noise = Noise.OFF
    limit_s: float | None = None
    until: float | None = None
    started_at: float = 0.0

    def allow(self, estimate_s: float) -> None:
        """Passes a simulation that may be run here; called before it starts.

        Raises:
            TooLong: It is estimated to take longer than ``limit_s``.
        """
        self.tick()
        if self.limit_s is not None and estimate_s > self.limit_s:
            raise TooLong(estimate_s)

    def tick(self) -> None:
        """Passes work that has not taken too long yet; called now and then while it goes on.

        Estimates are made for simulations, and a job has other parts: a million parameter sets to
        bind, as many observables to group, loops that go round more often than was thought.

        Raises:
            TooLong: It has been at work for longer than it may be here.
        """
        if self.until is not None and time.thread_time() > self.until:
            raise TooLong(self.limit_s or 0.0)


class TooLong(Exception):
    """A job belongs into the worker process, which starts it again: the result is the same."""

    def __init__(self, estimate_s: float) -> None:
        super().__init__(f"estimated to take {estimate_s:.0f} s")
        self.estimate_s = estimate_s
