"""The tasks of the transpiler service: what was ordered, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pytest_qchannel.emulator.transpiler.order import Order
from pytest_qchannel.emulator.world.progression import IMMEDIATE, Progression
from pytest_qchannel.emulator.world.records import Account

__all__ = ["TaskState", "TranspilerTask"]


class TaskState(StrEnum):
    """``state`` of a task. Source: IBM's guide and the service's client."""

    PENDING = "PENDING"
    STARTED = "STARTED"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"


@dataclass(slots=True)
class TranspilerTask:
    """A task.

    Attributes:
        rule: The route that made it; it is asked for below that path.
        order: The work.
        progression: How fast it moves on at the least: as jobs of the device that it names.
        looks: How often it was asked for.
        has_begun: Whether it is worked on, or was.
        result: What came out, where it succeeded: JSON.
        reason: Why it failed, in our words.
    """

    id: str
    account: Account
    rule: str
    created_at: float
    order: Order
    progression: Progression = IMMEDIATE
    looks: int = 0
    state: TaskState = TaskState.PENDING
    has_begun: bool = False
    result: bytes = b"null"
    reason: str = ""

    @property
    def is_final(self) -> bool:
        """Whether the work is done."""
        return self.state in (TaskState.SUCCESS, TaskState.FAILURE)
