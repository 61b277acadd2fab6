"""What has to fit together in a description: names, references, and what each platform allows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from pytest_qchannel.counted import counted
from pytest_qchannel.crn import CRN
from pytest_qchannel.emulator.faults.parse import AccountWords, FaultWords, JobWords
from pytest_qchannel.emulator.programs import PROGRAMS
from pytest_qchannel.emulator.tables import Misfit, Where
from pytest_qchannel.emulator.world import snapshots
from pytest_qchannel.emulator.world.lifecycle import FINAL, JobState
from pytest_qchannel.emulator.worlds.description import (
    CLASSIC,
    AccountSpec,
    Description,
    DeviceSpec,
    InstanceSpec,
    JobSpec,
)
from pytest_qchannel.emulator.worlds.kinds import plain_json
from pytest_qchannel.errors import EmulatorGap, UsageProblem, nearest
from pytest_qchannel.ibm.runtime import MAX_TTL_S

__all__ = ["check"]

_WITH_REASON: Final = (JobState.FAILED, JobState.CANCELLED)


def check(world: Description) -> None:
    """Holds all that is described against each other.

    Raises:
        Misfit: The first thing that does not fit; ``where`` counts from the whole world.
    """
    devices, accounts, jobs = world.devices, world.accounts, world.jobs
    retired = {device.name for device in devices if device.retired}
    _unique("a device", [(one.name, ("devices", n, "name")) for n, one in enumerate(devices)])
    _unique("an account", [(one.name, ("accounts", n, "name")) for n, one in enumerate(accounts)])
    for number, device in enumerate(devices):
        _check_device(device, ("devices", number))
    names = [device.name for device in devices]
    crns: list[tuple[str, Where]] = []
    credentials: list[tuple[str, Where]] = []
    for number, account in enumerate(accounts):
        where: Where = ("accounts", number)
        _check_account(account, where)
        credentials.append((account.credential, (*where, "credential")))
        _unique(
            f"an instance of the account {account.name!r}",
            [(one.name, (*where, "instances", n, "name"))
             for n, one in enumerate(account.instances) if not one.crn],
        )  # fmt: skip
        for place, instance in enumerate(account.instances):
            inner = (*where, "instances", place)
            _check_instance(instance, account, names, inner)
            crns.append((instance.crn, (*inner, "crn")))
    _unique("an instance", crns)
    _unique("an account", credentials, is_secret=True)
    _unique("a job", [(one.id, ("jobs", number, "id")) for number, one in enumerate(jobs)])
    sessions: dict[str, JobSpec] = {}
    for number, job in enumerate(jobs):
        _check_job(job, names, {one.name: one for one in accounts}, ("jobs", number))
        if job.state not in FINAL and job.backend in retired:
            raise Misfit(
                f"a job that is {job.state} has still to run, and {job.backend} is retired",
                where=("jobs", number, "backend"),
                next='write state = "Completed", or name a device that is there',
            )
        if job.session:
            _check_session(job, sessions.setdefault(job.session, job), ("jobs", number, "session"))
    for number, fault in enumerate(world.faults):
        _check_fault(fault, names, [one.name for one in accounts], ("faults", number))


def _unique(what: str, found: list[tuple[str, Where]], *, is_secret: bool = False) -> None:
    seen = set()
    for text, where in found:
        if text and text in seen:
            said = "with that credential" if is_secret else repr(text)
            raise Misfit(
                f"there is {what} {said} already",
                where=where,
                next=f"give it another {where[-1]}, or take it out",
            )
        seen.add(text)


def _unknown(said: str, word: str, valid: Iterable[str], where: Where, add: str) -> Misfit:
    words = list(valid)
    listed = f"use one of {', '.join(words)}, or {add}" if words else add
    return Misfit(said, where=where, closest=nearest(word, words), next=listed)


def _check_device(device: DeviceSpec, where: Where) -> None:
    shipped = snapshots.available()
    own = ("source", device.source) if device.source else ("name", device.name)
    wanted: list[tuple[Where, str]] = [((own[0],), own[1])]
    wanted += [(("calibrations", key), name) for key, name in device.calibrations.items()]
    for key, name in wanted:
        if name not in shipped:
            add = "name in source the device whose snapshot it shall serve"
            raise _unknown(
                f"the device {device.name!r}: the installed client ships no snapshot of {name!r}",
                name, shipped, (*where, *key), add,
            )  # fmt: skip
    if device.fractional_gates:
        _require_fractional(device, where)


def _require_fractional(device: DeviceSpec, where: Where) -> None:
    """Refuses what would have no effect: ``rzz`` is calibrated where there is a ``cz``."""
    for source in (device.source or device.name, *device.calibrations.values()):
        gates = snapshots.load(source).facts["gates"]
        if not {"rzz", "cz"} & {gate["name"] for gate in gates}:
            raise Misfit(
                f"the device {device.name!r}: the snapshot of {source} has no cz gate, so it "
                "cannot have fractional gates",
                where=(*where, "fractional_gates"),
                next='serve the snapshot of a Heron, as source = "ibm_torino", or take it out',
            )


def _check_account(account: AccountSpec, where: Where) -> None:
    title = f"the account {account.name!r}"
    if account.is_classic and list(account.channels) != [CLASSIC]:
        raise Misfit(
            f"{title}: the channel {CLASSIC} is another platform than "
            f"{', '.join(one for one in account.channels if one != CLASSIC)}",
            where=(*where, "channels"),
            next="make two accounts of it",
        )
    wanted = account.id
    if wanted and not account.is_classic and not re.fullmatch(r"[0-9a-f]{32}", wanted):
        raise Misfit(
            f"{title}: the id of an IBM Cloud account is 32 hexadecimal digits",
            where=(*where, "id"),
            next="take it out (one is generated), or write 32 of 0-9 and a-f",
        )
    for number, instance in enumerate(account.instances):
        if instance.crn and not account.is_classic:
            inner = (*where, "instances", number, "crn")
            owner = _crn(instance, inner).account_id
            if wanted and owner != wanted:
                raise Misfit(
                    f"{title}: the CRN of the instance {instance.name!r} belongs to another "
                    "account",
                    where=inner,
                    next=f"write a/{wanted} in the CRN",
                )
            wanted = owner


def _crn(instance: InstanceSpec, where: Where) -> CRN:
    try:
        return CRN.parse(instance.crn)
    except UsageProblem as problem:
        raise Misfit(
            f"the instance {instance.name!r}: {problem.headline}",
            where=where,
            closest=problem.closest,
            next="take the key out (a CRN is generated), or write one of this form",
        ) from None


def _check_instance(
    instance: InstanceSpec, account: AccountSpec, devices: list[str], where: Where
) -> None:
    title = f"the instance {instance.name!r}"
    if account.is_classic:
        _check_classic(instance, where)
    elif instance.crn:
        region = _crn(instance, (*where, "crn")).region
        if instance.region and instance.region != region:
            raise Misfit(
                f"{title} is in {instance.region}, its CRN says {region}",
                where=(*where, "region"),
                next=f'write region = "{region}"',
            )
    for number, name in enumerate(instance.devices or ()):
        if name not in devices:
            raise _unknown(
                f"{title}: the world has no device {name!r}",
                name, devices, (*where, "devices", number), "describe that device",
            )  # fmt: skip


def _check_classic(instance: InstanceSpec, where: Where) -> None:
    title = f"the instance {instance.name!r}"
    if instance.crn:
        raise Misfit(
            f"{title} is one of the classic platform, where instances have no CRN",
            where=(*where, "crn"),
            next="take the crn out: its name is its id there, as ibm-q/open/main",
        )
    if len(parts := instance.name.split("/")) != 3 or not all(parts):
        raise Misfit(
            f"{title} is one of the classic platform, where names are hub/group/project",
            where=(*where, "name"),
            closest="ibm-q/open/main",
            next="name the hub, the group and the project",
        )
    if instance.region not in ("", "us-east"):
        raise Misfit(
            f"{title} is one of the classic platform, which is in us-east only",
            where=(*where, "region"),
            next="take the region out",
        )


def _check_job(
    job: JobSpec, devices: list[str], accounts: dict[str, AccountSpec], where: Where
) -> None:
    if job.account not in accounts:
        raise _unknown(
            f"a job: the world has no account {job.account!r}",
            job.account, accounts, (*where, "account"), "describe that account",
        )  # fmt: skip
    instances = {one.crn: one for one in accounts[job.account].instances if one.crn}
    # By name the first one: names of instances with CRNs may be the same.
    for one in reversed(accounts[job.account].instances):
        instances[one.name] = one
    if job.instance not in instances:
        raise _unknown(
            f"a job: the account {job.account!r} has no instance {job.instance!r}",
            job.instance, instances, (*where, "instance"), "describe that instance",
        )  # fmt: skip
    limited = instances[job.instance].devices
    # What has ended may have run on a device that the instance has no longer.
    is_any = limited is None or job.state in FINAL
    allowed = devices if is_any else [one for one in limited or () if one in devices]
    if job.backend not in allowed:
        raise _unknown(
            f"a job: the instance {job.instance!r} has no device {job.backend!r}",
            job.backend, allowed, (*where, "backend"), "add it to the instance's devices",
        )  # fmt: skip
    if job.reason_code is not None and not job.reason:
        raise Misfit(
            "a job: a reason_code without a reason",
            where=(*where, "reason_code"),
            next="say in reason what happened",
        )
    if job.reason and job.state not in _WITH_REASON:
        raise Misfit(
            f"a job that is {job.state} has no reason",
            where=(*where, "reason"),
            next='write state = "Failed" or "Cancelled", or take the reason out',
        )
    if job.result and job.state != JobState.COMPLETED:
        raise Misfit(
            f"a job that is {job.state} has no result",
            where=(*where, "result"),
            next='write state = "Completed", or take the result out',
        )
    if job.state in FINAL:
        _require_ended(job, where)
    else:
        _require_runnable(job, where)


def _require_ended(job: JobSpec, where: Where) -> None:
    if job.progression is not None:
        raise Misfit(
            f"a job that is {job.state} moves no further",
            where=(*where, "progression"),
            next='write state = "Queued" or "Running", or take the progression out',
        )
    if job.usage_s > job.age_s:
        raise Misfit(
            f"a job that was created {counted(job.age_s, 'second')} ago cannot have used "
            f"{counted(job.usage_s, 'second')} and have ended",
            where=(*where, "usage_s"),
            next="let it be older (age_s), or use less",
        )


def _require_runnable(job: JobSpec, where: Where) -> None:
    """Refuses a job that has still to run and cannot."""
    for key, is_wrong in (("usage_s", job.usage_s > 0), ("session", bool(job.session))):
        if is_wrong:
            raise Misfit(
                f"a job that is {job.state} has no {key} yet",
                where=(*where, key),
                next=f'write state = "Completed", or take {key} out',
            )
    if job.program not in PROGRAMS:
        raise _unknown(
            f"a job that is {job.state} has still to run, and the emulator runs no "
            f"{job.program!r}",
            job.program, PROGRAMS, (*where, "program"), 'write state = "Completed"',
        )  # fmt: skip
    try:
        problem = PROGRAMS[job.program].check(plain_json(job.params))
    except EmulatorGap as gap:
        problem = gap.headline
    if problem:
        raise Misfit(
            f"a job that is {job.state} has still to run, and its params are not valid: {problem}",
            where=(*where, "params"),
            next=f"mend the params, as POST /jobs wants them for {job.program}",
        )


def _check_session(job: JobSpec, first: JobSpec, where: Where) -> None:
    if (job.account, job.instance, job.backend) != (first.account, first.instance, first.backend):
        raise Misfit(
            f"the jobs of the session {job.session!r} are not of one account, instance and backend",
            where=where,
            next="give one of them another session",
        )
    if abs(job.age_s - first.age_s) + job.usage_s > MAX_TTL_S:
        raise Misfit(
            f"the jobs of the session {job.session!r} are more than {MAX_TTL_S // 3600} hours "
            "apart, and no session lasts that long",
            where=where,
            next="give one of them another session, or mend its age_s",
        )


def _check_fault(fault: FaultWords, devices: list[str], accounts: list[str], where: Where) -> None:
    """Refuses a fault that names what is not there, so that it could never happen."""
    if isinstance(fault, JobWords):
        key, what, name, valid = "backend", "device", fault.backend, devices
    elif isinstance(fault, AccountWords):
        key, what, name, valid = "account_name", "account", fault.account_name, accounts
    else:
        return
    if name and name not in valid:
        raise _unknown(
            f"a fault: the world has no {what} {name!r}",
            name, valid, (*where, key), f"describe that {what}",
        )  # fmt: skip
