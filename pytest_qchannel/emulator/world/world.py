"""What the emulated services know: accounts, instances, devices, tokens, jobs.

A :class:`World` belongs to one test. Nothing in it is global, so nothing leaks from test to test.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections import deque
from collections.abc import Iterable
from typing import Final

from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.devices import Device
from pytest_qchannel.emulator.world.jobs import Job, JobEnding, Session
from pytest_qchannel.emulator.world.progression import Progression
from pytest_qchannel.emulator.world.records import AccessToken, Account, Instance, Platform
from pytest_qchannel.emulator.world.rules import Rules
from pytest_qchannel.emulator.world.tasks import TranspilerTask

__all__ = ["World", "uuid_of"]

MINUTE_S: Final = 60.0


class World:
    """Everything that one test's emulated services remember.

    Args:
        accounts: Who may log in.
        devices: The devices that the instances name.
        clock: Where the time comes from.
        seed: Fixes ids, traces and counts: the same seed gives the same ones.
        rules: How the services deal with limits and late news; by default as live.
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        devices: Iterable[Device],
        *,
        clock: Clock,
        seed: int = 0,
        rules: Rules | None = None,
    ) -> None:
        self.accounts = list(accounts)
        self.devices = {device.name: device for device in devices}
        self.clock = clock
        self.seed = seed
        self.rules = rules or Rules()
        self.tokens: dict[str, AccessToken] = {}
        self.jobs: dict[str, Job] = {}
        self.sessions: dict[str, Session] = {}
        self.tasks: dict[str, TranspilerTask] = {}
        self.next_progression: Progression | None = None
        self.next_ending: JobEnding | None = None
        """What becomes of the next job, where a test has said so."""
        self.unfinished: dict[str, Job] = {}
        """The jobs that are not final, oldest first."""
        self.idle_pages: tuple[tuple[object, ...], int] = (), 0
        """The page beyond the end of the jobs that was asked for last, and how often in a row."""
        self._by_instance: dict[str, list[Job]] = {}
        self._uncollected: list[Job] = []
        self._submitted_at: dict[str, deque[float]] = {}
        self._created = 0
        self._random = random.Random(f"qchannel:{seed}")  # noqa: S311 - reproducible on purpose

    @property
    def listed(self) -> tuple[str, ...]:
        """The names of its devices, without those of dry runs."""
        return tuple(name for name, one in self.devices.items() if not one.is_dry_run)

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

    def new_job_number(self) -> int:
        """The next job's number, from 1; numbers of deleted jobs are not given again."""
        self._created += 1
        return self._created

    def job_id(self, number: int) -> str:
        """The id of the job with that number, in today's form: 20 lower-case letters and digits.

        It depends on the seed and the job's number only, not on what else was asked before.
        """
        text = base64.b32hexencode(self._digest("job", number)).decode("ascii")
        return "d" + text[:19].lower()

    def job_seed(self, job: Job) -> int:
        """The simulation seed of a job; like its id, by the seed and the job's number only."""
        return int.from_bytes(self._digest("counts", job.number)[:4], "big") >> 1

    def session_id(self) -> str:
        """The next session's id, a UUID."""
        return self._uuid("session", len(self.sessions) + 1)

    def task_id(self) -> str:
        """The next id of a task of the transpiler service, a UUID."""
        return self._uuid("task", len(self.tasks) + 1)

    def task_seed(self) -> int:
        """What fixes the choices of the next task, where it is not told."""
        return int.from_bytes(self._digest("transpiling", len(self.tasks) + 1)[:4], "big") >> 1

    def _uuid(self, purpose: str, number: int) -> str:
        return uuid_of(self._digest(purpose, number).hex())

    def classic_session_id(self) -> str:
        """The next session's id in the form of the classic platform: 20 letters and digits."""
        text = base64.b32hexencode(self._digest("session", len(self.sessions) + 1)).decode("ascii")
        return "c" + text[:19].lower()

    def _digest(self, purpose: str, number: int) -> bytes:
        return hashlib.sha256(f"{purpose}:{self.seed}:{number}".encode()).digest()

    def add_job(self, job: Job) -> None:
        """Remembers a job; jobs are added in the order of their creation."""
        self.jobs[job.id] = job
        self._by_instance.setdefault(job.instance.id, []).append(job)
        if not job.is_final:
            self.unfinished[job.id] = job

    def settle(self, job: Job) -> None:
        """Notes that a job may have become final."""
        if job.is_final:
            self.unfinished.pop(job.id, None)

    def delete_job(self, job: Job) -> None:
        """Forgets a job."""
        del self.jobs[job.id]
        self.unfinished.pop(job.id, None)
        self._by_instance[job.instance.id].remove(job)

    def jobs_of(self, instances: Iterable[Instance]) -> list[Job]:
        """The jobs of some instances, oldest first."""
        lists = [self._by_instance.get(instance.id, []) for instance in instances]
        if len(lists) == 1:
            return list(lists[0])
        return sorted((job for jobs in lists for job in jobs), key=lambda job: job.number)

    def listed_jobs(self, instances: Iterable[Instance]) -> list[Job]:
        """The jobs of some instances that lists have by now, oldest first."""
        newest = self.clock.now() - self.rules.list_lag_s
        return [job for job in self.jobs_of(instances) if job.created_at <= newest]

    def charge(self, job: Job) -> None:
        """Charges a job that has ended for what it used, at once or by :meth:`collect`."""
        job.is_usage_known = False
        self._uncollected.append(job)
        self.collect()

    def collect(self) -> None:
        """Adds to the instances what jobs used, as far as it is known by now."""
        if not self._uncollected:
            return
        known_from = self.clock.now() - self.rules.usage_lag_s
        waiting, self._uncollected = self._uncollected, []
        for job in waiting:
            if (job.finished_at or 0.0) > known_from:
                self._uncollected.append(job)
                continue
            job.is_usage_known = True
            job.instance.usage_s += job.charged_s

    def wait_before_submission_s(self, account: Account) -> float:
        """How long an account has to wait before it may submit a job; 0: it may now."""
        rate = self.rules.submit_rate
        now = self.clock.now()
        latest = self._submitted_at.get(account.id, ())
        if rate is None or len(latest) < rate:
            return 0.0
        oldest = latest[0] if latest else now  # of a rate of 0
        return max(0.0, oldest + MINUTE_S - now)

    def note_submission(self, account: Account) -> None:
        """Notes that an account submits a job now."""
        if self.rules.submit_rate is not None:
            latest = self._submitted_at.setdefault(account.id, deque(maxlen=self.rules.submit_rate))
            latest.append(self.clock.now())

    def pending_jobs(self, instance: Instance) -> int:
        """How many jobs of an instance have not ended."""
        return sum(job.instance is instance for job in self.unfinished.values())


def uuid_of(digits: str) -> str:
    """At least 32 hexadecimal digits in the form of a UUID of version 4."""
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
