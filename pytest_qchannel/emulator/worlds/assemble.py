"""From a description to a :class:`World`: new records each time, so that no two tests share one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace

from pytest_qchannel.crn import CRN
from pytest_qchannel.emulator.programs.outcome import Outcome
from pytest_qchannel.emulator.programs.task import Noise
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.devices import Device, DeviceStatus
from pytest_qchannel.emulator.world.jobs import Job, Session
from pytest_qchannel.emulator.world.lifecycle import FINAL, JobState
from pytest_qchannel.emulator.world.progression import Progression
from pytest_qchannel.emulator.world.records import PLANS, Account, Instance
from pytest_qchannel.emulator.world.rules import Rules, UsageUnit, WhenUsedUp
from pytest_qchannel.emulator.world.world import World, uuid_of
from pytest_qchannel.emulator.worlds.description import (
    AccountSpec,
    Description,
    DeviceSpec,
    InstanceSpec,
    JobSpec,
)
from pytest_qchannel.emulator.worlds.kinds import plain_json
from pytest_qchannel.ibm.releases import twin_of

__all__ = ["assemble", "fixed_hex"]


def fixed_hex(text: str, digits: int) -> str:
    """Hexadecimal digits that are always the same for a text, at most 64."""
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def assemble(described: Description, clock: Clock, seed: int) -> World:
    """A world of its own; what is described has been checked."""
    world = World(
        [_account(one, described) for one in described.accounts],
        [*(_device(one) for one in described.devices), *_twins(described)],
        clock=clock,
        seed=seed,
        rules=_rules(described),
    )
    _add_history(world, described.jobs)
    return world


def _rules(described: Description) -> Rules:
    return Rules(
        when_used_up=WhenUsedUp(described.when_used_up),
        submit_rate=described.submit_rate,
        usage_lag_s=described.usage_lag_s,
        list_lag_s=described.list_lag_s,
        overshoot_s=described.overshoot_s,
        fixed_charge_s=described.fixed_charge_s,
        usage_unit=UsageUnit(described.usage_unit),
        most_polls=described.most_polls,
    )


def _twins(described: Description) -> Iterator[Device]:
    for spec in described.devices if described.dry_run_devices else ():
        device = _device(spec)
        yield replace(device, name=twin_of(spec.name), source=spec.source or spec.name, kind="mock")


def _device(spec: DeviceSpec) -> Device:
    return Device(
        spec.name,
        queue_length=spec.queue_length,
        status=DeviceStatus(spec.status),
        source=spec.source,
        kind=spec.kind,
        has_fractional_gates=spec.fractional_gates,
        calibrations=dict(spec.calibrations),
        progression=Progression.of(spec.progression),
        noise=Noise(spec.noise),
    )


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "somebody"


def _account(spec: AccountSpec, described: Description) -> Account:
    given = next((CRN.parse(one.crn).account_id for one in spec.instances if one.crn), "")
    account_id = spec.id or given or fixed_hex(f"account {spec.name}", 32)
    user_id = f"IBMid-{fixed_hex(spec.name, 10).upper()}"
    # 44 characters, as IBM Cloud's keys have, that say what they are.
    credential = f"qchannel-emulated-api-key-{fixed_hex(spec.name, 18)}"
    if spec.is_classic:
        user_id = fixed_hex(f"user {spec.name}", 24)
        # 128, as the classic platform's tokens have.
        credential = (
            f"qchannelemulated{fixed_hex(f'{spec.name} a', 56)}{fixed_hex(f'{spec.name} b', 56)}"
        )
    account = Account(
        id=account_id,
        platform="classic" if spec.is_classic else "cloud",
        user_id=spec.user_id or user_id,
        email=spec.email or f"{_slug(spec.name)}@example.invalid",
        name=spec.name,
        credential=spec.credential or credential,
        channels=tuple(spec.channels),
    )
    for one in spec.instances:
        made = _instance(one, account, described)
        account.instances[made.id] = made
    return account


def _instance(spec: InstanceSpec, account: Account, described: Description) -> Instance:
    region = spec.region or (CRN.parse(spec.crn).region if spec.crn else "us-east")
    if account.platform == "classic":
        instance_id = spec.name
    else:
        instance_id = spec.crn or _new_crn(account.id, spec.name, region)
    plan = PLANS[spec.plan]
    there = [device.name for device in described.devices if not device.retired]
    wanted = there if spec.devices is None else spec.devices
    own = tuple(name for name in wanted if name in there)
    limit = spec.max_pending_jobs
    return Instance(
        id=instance_id,
        name=spec.name,
        plan=plan,
        own_plan_id=spec.plan_id,
        region=region,
        devices=own,
        tags=tuple(spec.tags),
        usage_limit_s=spec.usage_limit_s,
        usage_s=spec.usage_s,
        usage_allocation_s=spec.usage_allocation_s,
        max_pending_jobs=described.pending_limit if limit is None else limit,
        # The classic platform was gone before there were dry runs.
        has_dry_runs=described.dry_run_devices
        and plan.has_dry_runs
        and account.platform == "cloud",
    )


def _new_crn(account_id: str, name: str, region: str) -> str:
    guid = uuid_of(fixed_hex(f"{account_id}/{name}", 32))
    return str(CRN(region=region, account_id=account_id, guid=guid))


def _add_history(world: World, jobs: tuple[JobSpec, ...]) -> None:
    now = world.clock.now()
    accounts = {account.name: account for account in world.accounts}
    batches: dict[str, Session] = {}
    for spec in sorted(jobs, key=lambda one: -one.age_s):  # the oldest first, as they are counted
        job = _job(world, spec, accounts[spec.account], now)
        if spec.session:
            batch = batches.get(spec.session)
            if batch is None:
                batch = batches[spec.session] = _batch(world, job)
            _ran_in(batch, job)
        world.add_job(job)
    for batch in batches.values():
        batch.drain(max(batch.last_job_completed or batch.created_at, batch.created_at))


def _job(world: World, spec: JobSpec, account: Account, now: float) -> Job:
    number = world.new_job_number()
    created_at = now - spec.age_s
    state = JobState(spec.state)
    job = Job(
        id=spec.id or world.job_id(number),
        number=number,
        account=account,
        instance=_instance_of(account, spec.instance),
        backend=spec.backend,
        program_id=spec.program,
        params=plain_json(spec.params),
        created_at=created_at,
        tags=list(spec.tags),
        is_private=spec.private,
        progression=Progression.of(spec.progression or world.devices[spec.backend].progression),
        state=state,
        reason=spec.reason or None,
        reason_code=spec.reason_code,
        usage_s=spec.usage_s,
        is_dry_run=world.devices[spec.backend].is_dry_run,
    )
    if state is JobState.RUNNING or state is JobState.COMPLETED or spec.usage_s:
        job.running_at = created_at
    if state in FINAL:
        job.finished_at = created_at + spec.usage_s
    if spec.result:
        job.outcome = Outcome(json.dumps(plain_json(spec.result)).encode(), spec.usage_s)
    return job


def _instance_of(account: Account, text: str) -> Instance:
    """The instance that a CRN or a name means, of several with that name the first."""
    named = (one for one in account.instances.values() if one.name == text)
    return account.instances.get(text) or next(named)


def _batch(world: World, first: Job) -> Session:
    """A batch that begins with a job."""
    batch = Session(
        id=world.session_id(),
        mode="batch",
        backend=first.backend,
        account=first.account,
        instance=first.instance,
        created_at=first.created_at,
    )
    world.sessions[batch.id] = batch
    return batch


def _ran_in(batch: Session, job: Job) -> None:
    """Takes a job of the past through its batch."""
    assert job.finished_at is not None, "only jobs that have ended have a session here"
    job.session = batch
    batch.settle(job.created_at)
    batch.accept(job)
    if job.running_at is not None:
        batch.start(job, job.running_at)
    batch.end(job, job.finished_at)
