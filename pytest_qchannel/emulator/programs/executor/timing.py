"""When the parts of an executor job ran: each shot takes its circuit and the pause after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pytest_qchannel.emulator.programs.durations import circuit_s, qpu_s, within_calendar
from pytest_qchannel.emulator.programs.executor.items import Item
from pytest_qchannel.emulator.programs.models import Model
from pytest_qchannel.emulator.programs.options import rep_delay_s
from pytest_qchannel.emulator.programs.schedule import require_schedule, schedule_of
from pytest_qchannel.emulator.programs.task import Task

__all__ = ["Chunk", "Timing"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Elements ``first`` to ``last`` (exclusive) of an item, and when they ran (UTC)."""

    item: int
    first: int
    last: int
    start: datetime
    stop: datetime


class Timing:
    """The times of a job: chunks one after the other, from the start of the job.

    An item whose chunk size was left to the service is one chunk.

    Raises:
        JobFailure: The repetition delay is out of the device's range, or a schedule was asked of
            a circuit that has none before its delays are resolved.
    """

    def __init__(self, task: Task, options: Model, shots: int, items: Sequence[Item]) -> None:
        self.items = items
        self.asks_stretches = bool(getattr(options, "stretch_values", False))
        self._asks_schedule = bool(getattr(options, "scheduler_timing", False))
        self._snapshot = task.snapshot
        self._shots = shots
        self._delay_s = rep_delay_s({"rep_delay": options.rep_delay}, task.snapshot)
        if self._asks_schedule or self.asks_stretches:
            for number, item in enumerate(items):
                require_schedule(item.circuit, f"item {number}")
        self._lengths_s = [circuit_s(item.circuit, task.snapshot) for item in items]
        self.chunks = list(self._chunks(datetime.fromtimestamp(task.started_at, UTC)))

    @property
    def circuits_s(self) -> float:
        """Seconds that the circuits of the whole job run."""
        runs = [
            (float(len(item.values) * self._shots), length)
            for item, length in zip(self.items, self._lengths_s, strict=True)
        ]
        return qpu_s(runs, self._delay_s)

    def schedule(self, number: int) -> dict[str, str | int] | None:
        """Fields of ``SchedulerTimingModel`` for an item, or ``None`` when nobody asked."""
        if not self._asks_schedule:
            return None
        return schedule_of(self.items[number].circuit, self._snapshot)

    def _chunks(self, begin: datetime) -> Iterator[Chunk]:
        now, busy_s = begin, 0.0
        for number, item in enumerate(self.items):
            shot_s = self._lengths_s[number] + self._delay_s
            total = len(item.values)
            step = min(item.chunk_size or total, total) or 1
            for first in range(0, total, step):
                last = min(first + step, total)
                busy_s = within_calendar(busy_s + (last - first) * self._shots * shot_s)
                stop = begin + timedelta(seconds=busy_s)
                yield Chunk(number, first, last, now, stop)
                now = stop
