"""Sessions and batches: what is remembered of one, and how its state follows from the clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pytest_qchannel.emulator.records import Account, Instance

__all__ = ["Session", "SessionState"]


class SessionState(StrEnum):
    """``state`` of a session on the wire. Source: IBM's API description."""

    OPEN = "open"
    ACTIVE = "active"
    INACTIVE = "inactive"
    CLOSED = "closed"


@dataclass(slots=True, eq=False)
class Session:
    """A dedicated session or a batch; times in seconds since the epoch, lengths in seconds."""

    id: str
    mode: Literal["dedicated", "batch"]
    backend: str | None
    account: Account
    instance: Instance
    created_at: float
    max_ttl_s: int
    interactive_ttl_s: int
    state: SessionState = SessionState.OPEN
    accepting_jobs: bool = True
    state_reason: str | None = None
    started_at: float | None = None
    activated_at: float | None = None
    closed_at: float | None = None
    last_job_started: float | None = None
    last_job_completed: float | None = None
    usage_s: float = 0.0
    history: list[tuple[SessionState, float]] = field(default_factory=list)
