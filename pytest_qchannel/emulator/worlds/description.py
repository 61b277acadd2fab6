"""What a world is described with: one class per kind of table, one field per key.

The fields are the keys of world files and the arguments of the builder; what a value has to be,
and what the documentation says of it, stand with the field. Whoever makes such a table without
:func:`~pytest_qchannel.emulator.tables.read`, as the default world does, answers for it.
"""

# Without `from __future__ import annotations`: pydantic 2.5 would not find the names in a text.

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Annotated, ClassVar, Final

from pytest_qchannel.emulator.faults.parse import FaultWords, read_words
from pytest_qchannel.emulator.programs.task import Noise
from pytest_qchannel.emulator.tables import Misfit, Table, read
from pytest_qchannel.emulator.world.devices import DeviceStatus
from pytest_qchannel.emulator.world.lifecycle import JobState
from pytest_qchannel.emulator.world.progression import IMMEDIATE
from pytest_qchannel.emulator.world.records import PLANS
from pytest_qchannel.emulator.world.rules import MOST_POLLS, UsageUnit, WhenUsedUp
from pytest_qchannel.emulator.worlds.kinds import (
    Choice,
    Choices,
    Count,
    Flag,
    Json,
    Pace,
    Seconds,
    Secret,
    Tables,
    Text,
    TextByText,
    Texts,
    WholeSeconds,
)
from pytest_qchannel.hosts import REGIONS
from pytest_qchannel.options import CHANNELS

__all__ = [
    "CLASSIC",
    "AccountKeys",
    "AccountSpec",
    "Description",
    "DeviceSpec",
    "InstanceSpec",
    "JobSpec",
    "RuleKeys",
    "read_fault",
]

CLASSIC: Final = "ibm_quantum"
"""The one channel that is not IBM Cloud's."""


@dataclass(frozen=True, slots=True)
class DeviceSpec(Table):
    """A device: a snapshot to serve, a status, a queue."""

    section: ClassVar[str] = "device"
    name: Annotated[Text, "what the service lists it as"]
    _: KW_ONLY
    source: Annotated[
        Text, "the device whose calibration snapshot is served; by default `name`"
    ] = ""
    status: Annotated[
        str,
        Choice("status", DeviceStatus),
        "only an online device runs jobs; the others keep them queued",
    ] = DeviceStatus.ONLINE
    queue_length: Annotated[Count, "how many jobs of other people wait"] = 0
    retired: Annotated[
        Flag, "whether it is gone: listed nowhere, its past jobs and their results stay"
    ] = False
    kind: Annotated[Text, "`class` in the list of backends; `mock` hides the device"] = ""
    fractional_gates: Annotated[
        Flag | None, "whether `rx` and `rzz` are offered; by default on a Heron"
    ] = None
    calibrations: Annotated[
        TextByText, "more calibrations: id = the device whose snapshot it serves"
    ] = field(default_factory=dict)
    progression: Annotated[Pace, "how fast its jobs move on"] = IMMEDIATE
    noise: Annotated[str, Choice("noise", Noise), "`calibration`: errors as the snapshot says"] = (
        Noise.OFF
    )


@dataclass(frozen=True, slots=True)
class InstanceSpec(Table):
    """An instance of an account."""

    section: ClassVar[str] = "instance"
    name: Annotated[Text, "its name; on the classic platform `hub/group/project`"]
    _: KW_ONLY
    plan: Annotated[str, Choice("plan", PLANS), "the plan, which brings limits with it"]
    plan_id: Annotated[
        Text, "the plan's id in the catalog; by default IBM's, as far as that is known"
    ] = ""
    region: Annotated[
        str, Choice("region", REGIONS), "where it is; by default the CRN's, or us-east"
    ] = ""
    crn: Annotated[Text, "its CRN; generated where it is not given, never classic"] = ""
    tags: Annotated[Texts, "tags that an instance is chosen by"] = ()
    devices: Annotated[
        Texts | None, "the devices that it may use, in their order; by default all"
    ] = None
    usage_limit_s: Annotated[
        WholeSeconds | None, "QPU seconds that may be used; by default any number"
    ] = None
    usage_s: Annotated[Seconds, "QPU seconds used already"] = 0.0
    usage_allocation_s: Annotated[
        WholeSeconds | None, "QPU seconds that were bought; by default not told"
    ] = None
    max_pending_jobs: Annotated[
        Count | None,
        "how many jobs may wait or run; by default three on the classic Open plan, else any",
    ] = None


@dataclass(frozen=True, slots=True)
class AccountKeys(Table):
    """Somebody's account, without its instances."""

    section: ClassVar[str] = "account"
    name: Annotated[Text, "what it is called"]
    _: KW_ONLY
    channels: Annotated[
        Iterable[str],
        Choices("channel", CHANNELS),
        "the channels that it logs in on; fixtures use the first account of their channel",
    ]
    credential: Annotated[Secret, "its API key or API token; generated where it is not given"] = (
        field(default="", repr=False)
    )
    id: Annotated[Text, "its id; by default that of its CRNs, or generated"] = ""
    user_id: Annotated[Text, "the id of its user; generated by default"] = ""
    email: Annotated[Text, "the address of its user; generated by default"] = ""

    @property
    def is_classic(self) -> bool:
        """Whether it is one of the classic platform."""
        return CLASSIC in self.channels


@dataclass(frozen=True, slots=True)
class AccountSpec(AccountKeys):
    """Somebody's account, with its instances."""

    instances: Annotated[
        tuple[InstanceSpec, ...],
        Tables("accounts.instances", lambda table: read(InstanceSpec, table)),
    ] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec(Table):
    """A job of the past, or one that waits or runs when the world begins."""

    section: ClassVar[str] = "job"
    account: Annotated[Text, "the account that it belongs to, by name"]
    instance: Annotated[Text, "the instance that it ran in, by name or CRN"]
    backend: Annotated[Text, "the device that it ran on, by name"]
    program: Annotated[Text, "`sampler`, `estimator`, ..."] = "sampler"
    state: Annotated[str, Choice("state", JobState), "in the service's spelling"] = (
        JobState.COMPLETED
    )
    age_s: Annotated[Seconds, "how many seconds before the world's beginning it was created"] = 0.0
    usage_s: Annotated[
        Seconds, "QPU seconds that it used; the instance's `usage_s` is told apart"
    ] = 0.0
    id: Annotated[Text, "its id; by default by the seed"] = ""
    tags: Annotated[Texts, "its tags"] = ()
    reason: Annotated[Text, "why it failed or was cancelled"] = ""
    reason_code: Annotated[Count | None, "the service's code for the reason"] = None
    private: Annotated[Flag, "whether its params are kept from everybody"] = False
    session: Annotated[
        Text, "a label: jobs with the same one ran in one batch, which is closed"
    ] = ""
    progression: Annotated[Pace | None, "for a job that has not ended; by default its device's"] = (
        None
    )
    params: Annotated[Json, "what was submitted"] = "{}"
    result: Annotated[Json, "what it computed; without one the answer is 204"] = ""


def read_fault(table: Mapping[str, object]) -> FaultWords:
    """The scripted trouble that a table declares.

    Raises:
        Misfit: The table is wrong.
    """
    try:
        return read_words(table)
    except Misfit as misfit:
        misfit.headline = f"a fault: {misfit.headline}"
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleKeys(Table):
    """How the service deals with limits, charges and late news: for tests of bad days."""

    section: ClassVar[str] = "rule"
    when_used_up: Annotated[
        str,
        Choice("when_used_up", WhenUsedUp),
        "a job for an instance that has reached its usage limit: it stays in the queue, or is "
        "refused with 409; the classic platform always refuses it",
    ] = WhenUsedUp.QUEUE
    pending_limit: Annotated[
        Count | None,
        "how many jobs of each instance may wait or run that says nothing of its own",
    ] = None
    submit_rate: Annotated[
        Count | None, "how many jobs an account may submit in a minute; 429 for more"
    ] = None
    usage_lag_s: Annotated[
        Seconds, "how long a job's usage is `pending`, and told as 0, after its end"
    ] = 0.0
    list_lag_s: Annotated[
        Seconds, "how long a job is missing in lists of jobs and workloads after its creation"
    ] = 0.0
    overshoot_s: Annotated[
        Seconds, "how much longer than its `cost` a job runs, and is charged, until it is stopped"
    ] = 0.0
    fixed_charge_s: Annotated[Seconds, "what each job that ran is charged beside what it used"] = (
        0.0
    )
    usage_unit: Annotated[
        str, Choice("usage_unit", UsageUnit), "what the metrics of a job tell its usage in"
    ] = UsageUnit.BOTH
    dry_run_devices: Annotated[
        Flag,
        "whether each device has a twin `mock_...`, whose jobs take no QPU time, for instances of "
        "plans that have dry runs",
    ] = False
    most_polls: Annotated[
        Count,
        "how often a job is polled that only time, money or a lever would move, before the test "
        "fails by name; 0: for ever",
    ] = MOST_POLLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Description(RuleKeys):
    """A whole world: what a world file says, and what a builder has gathered."""

    section: ClassVar[str] = ""
    place: ClassVar[str] = " at the top of a world file"
    seed: Annotated[Count | None, "fixes job ids and counts, unless a setting does"] = None
    devices: Annotated[
        tuple[DeviceSpec, ...],
        Tables("devices", lambda table: read(DeviceSpec, table)),
        "a table each",
    ] = ()
    accounts: Annotated[
        tuple[AccountSpec, ...],
        Tables("accounts", lambda table: read(AccountSpec, table)),
        "a table each, with a table `accounts.instances` for each instance",
    ] = ()
    jobs: Annotated[
        tuple[JobSpec, ...],
        Tables("jobs", lambda table: read(JobSpec, table)),
        "the job history, a table each",
    ] = ()
    faults: Annotated[
        tuple[FaultWords, ...], Tables("faults", read_fault), "scripted trouble, a table each"
    ] = ()
