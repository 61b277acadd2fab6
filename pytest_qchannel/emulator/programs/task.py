"""What a program is given to run, and how it says that it would take too long here."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
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
        with_facts: Whether the outcome is to have its ``facts``, which only the classic platform
            tells: the depth of a long circuit takes as long as its simulation.
        started_at: When the job started, in seconds since the epoch; results tell when which
            part of them was measured.
        done: What the program had done of it where it took too long; it goes on from there.
        prepare: Has the worker process started, which takes most of a second.
        most_s: The QPU seconds that it may use; a job that uses more is stopped without a result.
    """

    params: Params
    snapshot: Snapshot
    seed: int
    noise: Noise = Noise.OFF
    limit_s: float | None = None
    until: float | None = None
    with_facts: bool = True
    started_at: float = 0.0
    done: tuple[Any, ...] = ()
    prepare: Callable[[], None] | None = None
    most_s: float = math.inf

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

    def foresee(self, part: float) -> None:
        """Has the worker made ready, if the rest takes as long as what is done would have it.

        Args:
            part: How much of the work is done; once some of it has been done.
        """
        if self.until is None or self.limit_s is None or self.prepare is None:
            return
        spent_s = self.limit_s - (self.until - time.thread_time())
        # Less than that tells little of the rest: what is only done once is in it.
        if spent_s > self.limit_s / 6 and spent_s / part > self.limit_s:
            self.prepare()


class TooLong(Exception):
    """A job belongs into the worker process, where its result is the same.

    Attributes:
        done: What of it was done here, which the worker need not do again.
    """

    def __init__(self, estimate_s: float, done: Sequence[object] = ()) -> None:
        super().__init__(f"estimated to take {estimate_s:.0f} s")
        self.estimate_s = estimate_s
        self.done = tuple(done)

    def after(self, done: Sequence[object]) -> TooLong:
        """The same, of a job of which something is done."""
        return TooLong(self.estimate_s, done)
