"""What the emulated services keep records of: plans, instances, accounts, tokens, devices, jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

from pytest_qchannel.emulator.programs.outcome import Outcome
from pytest_qchannel.emulator.programs.task import Noise
from pytest_qchannel.emulator.world import snapshots
from pytest_qchannel.emulator.world.lifecycle import FINAL, JobState, next_state
from pytest_qchannel.emulator.world.progression import IMMEDIATE, Progression
from pytest_qchannel.emulator.world.session_state import Session

__all__ = [
    "PLANS",
    "AccessToken",
    "Account",
    "Device",
    "DeviceStatus",
    "Instance",
    "Job",
    "JobEnding",
    "Plan",
    "Platform",
]

Platform = Literal["cloud", "classic"]

DEFAULT_COST_S: Final = 10_800
"""The most QPU seconds of a job that names no ``max_execution_time``: three hours."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of the service.

    Attributes:
        id: Its catalog id.
        display_name: The name that the catalog shows.
        pricing: The kind of pricing.
        has_sessions: Whether dedicated sessions are allowed; batches always are.
        max_pending_jobs: How many jobs of an instance may wait or run; ``None``: any number.
    """

    id: str
    display_name: str
    pricing: str
    has_sessions: bool = True
    max_pending_jobs: int | None = None


def _plan(digit: str, name: str, pricing: str, **rules: Any) -> Plan:
    return Plan(f"850b7a10-0000-4000-8000-00000000000{digit}", name, pricing, **rules)


PLANS: Final[Mapping[str, Plan]] = {
    plan.display_name: plan
    for plan in (
        _plan("a", "Open", "free", has_sessions=False, max_pending_jobs=3),
        _plan("b", "Premium", "subscription"),
        _plan("c", "Pay-As-You-Go", "paygo"),
        _plan("d", "Lite", "free"),
        _plan("e", "Flex", "subscription"),
        _plan("f", "Internal", "subscription"),
    )
}
"""Source: IBM's plans overview and job limits; the ids are ours."""


@dataclass(slots=True)
class Instance:
    """A service instance: a CRN on the cloud platform, ``hub/group/project`` on the classic one.

    Attributes:
        id: The CRN, or ``hub/group/project``.
        devices: Names of the devices that it may use.
        usage_limit_s: QPU seconds that may be used in a period; ``None``: any.
        usage_allocation_s: QPU seconds that were bought for a period; ``None``: not told.
        usage_s: QPU seconds used in this period.
        max_pending_jobs: Overrides the plan's limit.
        parameters: What Resource Controller was last sent for it; ``None``: nothing yet.
    """

    id: str
    name: str
    plan: Plan
    region: str
    devices: tuple[str, ...]
    tags: tuple[str, ...] = ()
    usage_limit_s: int | None = None
    usage_s: float = 0.0
    usage_allocation_s: int | None = None
    max_pending_jobs: int | None = None
    parameters: Mapping[str, object] | None = None

    @property
    def is_allocated(self) -> bool:
        """Whether any device belongs to it; the client skips an instance without any."""
        return bool(self.devices)

    @property
    def pending_limit(self) -> int | None:
        """How many of its jobs may wait or run; ``None``: any number."""
        own = self.max_pending_jobs
        return self.plan.max_pending_jobs if own is None else own

    @property
    def is_used_up(self) -> bool:
        """Whether its usage limit is reached."""
        return self.usage_limit_s is not None and self.usage_s >= self.usage_limit_s


@dataclass(slots=True)
class Account:
    """Somebody's account: one long-lived credential and the instances it opens.

    ``channels`` are those whose fixtures log in with this account, if it is the first to name
    them.
    """

    id: str
    platform: Platform
    user_id: str
    email: str
    name: str
    credential: str = field(repr=False)
    instances: dict[str, Instance] = field(default_factory=dict)
    credential_revoked: bool = False
    channels: tuple[str, ...] = ()


@dataclass(slots=True)
class AccessToken:
    """A short-lived token that an account was given; times in seconds since the epoch."""

    value: str = field(repr=False)
    account: Account
    issued_at: float
    expires_at: float
    revoked: bool = False

    def is_valid(self, now: float) -> bool:
        """Whether a request may carry it at the time ``now``."""
        return not self.revoked and now < self.expires_at


class DeviceStatus(StrEnum):
    """``status.name`` of a device in ``GET /backends``."""

    ONLINE = "online"
    PAUSED = "paused"
    OFFLINE = "offline"


@dataclass(slots=True)
class Device:
    """A backend as an instance sees it: a calibration snapshot, a status, a queue.

    Attributes:
        name: The name that the service lists.
        queue_length: How many jobs of other people wait.
        source: The device whose snapshot is served; empty: the one called ``name``.
        kind: ``class`` in the list of backends; ``mock`` hides it unless mocks are asked for.
        has_fractional_gates: Whether ``rx`` and ``rzz`` are offered.
        calibrations: More calibrations by id: the device whose snapshot each serves.
        progression: How fast its jobs move on.
        noise: Whether it errs.
    """

    name: str
    queue_length: int = 0
    status: DeviceStatus = DeviceStatus.ONLINE
    source: str = ""
    kind: str = ""
    has_fractional_gates: bool = False
    calibrations: Mapping[str, str] = field(default_factory=dict)
    progression: Progression = IMMEDIATE
    noise: Noise = Noise.OFF

    @property
    def snapshot(self) -> snapshots.Snapshot:
        """The calibration data that the device is served from."""
        return snapshots.served(self.source or self.name, self.name, self.has_fractional_gates)

    def calibrated(self, calibration_id: str | None) -> snapshots.Snapshot | None:
        """The snapshot of a calibration; ``None``: the device has no such calibration."""
        if calibration_id is None:
            return self.snapshot
        source = self.calibrations.get(calibration_id)
        if source is None:
            return None
        return snapshots.served(source, self.name, self.has_fractional_gates)


@dataclass(frozen=True, slots=True)
class JobEnding:
    """How a job is going to end, whatever it computes: ``fail`` or ``cancel``, and what is said."""

    event: Literal["fail", "cancel"]
    reason: str
    code: int | None = None


@dataclass(slots=True, eq=False)
class Job:
    """A job, from its creation to its end; times in seconds since the epoch."""

    id: str
    number: int
    account: Account
    instance: Instance
    backend: str
    program_id: str
    params: Mapping[str, Any]
    created_at: float
    tags: list[str] = field(default_factory=list)
    cost_s: int = DEFAULT_COST_S
    log_level: str = "WARNING"
    runtime_image: str | None = None
    is_private: bool = False
    calibration_id: str | None = None
    session: Session | None = None
    progression: Progression = IMMEDIATE
    ending: JobEnding | None = None
    state: JobState = JobState.QUEUED
    reason: str | None = None
    reason_code: int | None = None
    running_at: float | None = None
    finished_at: float | None = None
    usage_s: float = 0.0
    outcome: Outcome | None = None
    looks: int = 0
    is_read: bool = False
    is_submitted: bool = False
    """Whether its task is with the worker process."""

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to the job any more."""
        return self.state in FINAL

    def move(self, event: str, now: float) -> bool:
        """Applies an event of the lifecycle table; False where it cannot happen in this state."""
        state = next_state(self.state, event)
        if state is None:
            return False
        self.state = state
        if state is JobState.RUNNING:
            self.running_at = now
        if state in FINAL:
            self.finished_at = now
        return True

    def requeue(self) -> None:
        """Takes a start back: the job's turn has not come yet after all."""
        self.state, self.running_at = JobState.QUEUED, None

    def end(self, ending: JobEnding, now: float) -> bool:
        """Ends the job as ``ending`` says; False where it has ended already."""
        if not self.move(ending.event, now):
            return False
        self.reason, self.reason_code = ending.reason, ending.code
        return True
