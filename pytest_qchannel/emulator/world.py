"""What the emulated services know: accounts, instances, devices, tokens, jobs.

A :class:`World` belongs to one test. Nothing in it is global, so nothing leaks from test to test.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

from pytest_qchannel.emulator import snapshots
from pytest_qchannel.emulator.lifecycle import FINAL, JobState, next_state

__all__ = [
    "PLANS",
    "AccessToken",
    "Account",
    "Clock",
    "Device",
    "DeviceStatus",
    "Instance",
    "Job",
    "Plan",
    "World",
]

Platform = Literal["cloud", "classic"]


class Clock:
    """Seconds since the epoch, from a function that is passed in, plus what was advanced."""

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self._offset_s = 0.0

    def now(self) -> float:
        """The time in the emulated world, in seconds since the epoch."""
        return self._base() + self._offset_s

    def advance(self, seconds: float) -> None:
        """Moves the emulated world's time forward; the test process keeps its own."""
        if seconds < 0:
            raise ValueError(f"time only moves forward: got {seconds} seconds")
        self._offset_s += seconds


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of the service: its catalog id, the name the catalog shows, the kind of pricing."""

    id: str
    display_name: str
    pricing: str


PLANS: Final[Mapping[str, Plan]] = {
    plan.display_name: plan
    for plan in (
        Plan("850b7a10-0000-4000-8000-00000000000a", "Open", "free"),
        Plan("850b7a10-0000-4000-8000-00000000000b", "Premium", "subscription"),
        Plan("850b7a10-0000-4000-8000-00000000000c", "Pay-As-You-Go", "paygo"),
        Plan("850b7a10-0000-4000-8000-00000000000d", "Lite", "free"),
    )
}


@dataclass(slots=True)
class Instance:
    """A service instance: a CRN on the cloud platform, ``hub/group/project`` on the classic one."""

    id: str
    name: str
    plan: Plan
    region: str
    devices: tuple[str, ...]
    tags: tuple[str, ...] = ()
    usage_limit_s: int | None = None
    usage_s: float = 0.0

    @property
    def is_allocated(self) -> bool:
        """Whether any device belongs to it; the client skips an instance without any."""
        return bool(self.devices)


@dataclass(slots=True)
class Account:
    """Somebody's account: one long-lived credential and the instances it opens."""

    id: str
    platform: Platform
    user_id: str
    email: str
    name: str
    credential: str = field(repr=False)
    instances: dict[str, Instance] = field(default_factory=dict)
    credential_revoked: bool = False


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
    """A backend as an instance sees it: a calibration snapshot, a status, a queue."""

    name: str
    queue_length: int = 0
    status: DeviceStatus = DeviceStatus.ONLINE

    @property
    def snapshot(self) -> snapshots.Snapshot:
        """The calibration data that the device is served from."""
        return snapshots.load(self.name)


@dataclass(slots=True)
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
    cost_s: int = 10_800
    log_level: str = "WARNING"
    runtime_image: str | None = None
    state: JobState = JobState.QUEUED
    reason: str | None = None
    reason_code: int | None = None
    running_at: float | None = None
    finished_at: float | None = None
    usage_s: float = 0.0
    result: bytes = b""

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


class World:
    """Everything that one test's emulated services remember.

    Args:
        accounts: Who may log in.
        devices: The devices that the instances name.
        clock: Where the time comes from.
        seed: Fixes ids, traces and counts: the same seed gives the same ones.
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        devices: Iterable[Device],
        *,
        clock: Clock,
        seed: int = 0,
    ) -> None:
        self.accounts = list(accounts)
        self.devices = {device.name: device for device in devices}
        self.clock = clock
        self.seed = seed
        self.tokens: dict[str, AccessToken] = {}
        self.jobs: dict[str, Job] = {}
        self._random = random.Random(f"qchannel:{seed}")  # noqa: S311 - reproducible on purpose

    def account_of(self, platform: Platform, credential: str) -> Account | None:
        """The account that an API key (cloud) or API token (classic) belongs to, if it is valid."""
        for account in self.accounts:
            if (
                account.platform == platform
                and account.credential == credential
                and not account.credential_revoked
            ):
                return account
        return None

    def token(self, value: str) -> AccessToken | None:
        """The access token with this value, if it was issued here and is still valid."""
        token = self.tokens.get(value)
        return token if token is not None and token.is_valid(self.clock.now()) else None

    def remember(self, token: AccessToken) -> AccessToken:
        """Adds an issued access token."""
        self.tokens[token.value] = token
        return token

    def hex(self, digits: int) -> str:
        """That many random hexadecimal digits, reproducible by the seed."""
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"

    def new_job_id(self) -> str:
        """The next job's id, in today's form: 20 lower-case letters and digits.

        It depends on the seed and the job's number only, not on what else was asked before.
        """
        text = base64.b32hexencode(self._digest("job", len(self.jobs) + 1)).decode("ascii")
        return "d" + text[:19].lower()

    def job_seed(self, job: Job) -> int:
        """The simulation seed of a job; like its id, by the seed and the job's number only."""
        return int.from_bytes(self._digest("counts", job.number)[:4], "big") >> 1

    def _digest(self, purpose: str, number: int) -> bytes:
        return hashlib.sha256(f"{purpose}:{self.seed}:{number}".encode()).digest()

    def pending_jobs(self, instance: Instance) -> int:
        """How many jobs of an instance have not ended."""
        return sum(job.instance is instance and not job.is_final for job in self.jobs.values())
