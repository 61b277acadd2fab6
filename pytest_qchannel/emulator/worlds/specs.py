"""What a world is described with: one class per kind of table, one field per key.

The fields are the keys of world files and the arguments of the builder; what reads a key, and
what the documentation says of it, stand with the field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, Final, TypeVar

from pytest_qchannel.emulator.programs.task import Noise
from pytest_qchannel.emulator.world.devices import DeviceStatus
from pytest_qchannel.emulator.world.lifecycle import JobState
from pytest_qchannel.emulator.world.progression import IMMEDIATE, Progression
from pytest_qchannel.emulator.world.records import PLANS
from pytest_qchannel.emulator.worlds.kinds import (
    COUNT,
    FLAG,
    JSON,
    PROGRESSION,
    SECONDS,
    TEXT,
    TEXT_BY_TEXT,
    TEXTS,
    WHOLE_SECONDS,
    Kind,
    Misfit,
    one_of,
    some_of,
)
from pytest_qchannel.errors import nearest
from pytest_qchannel.hosts import HOSTS
from pytest_qchannel.settings import CHANNELS

__all__ = [
    "CLASSIC",
    "AccountSpec",
    "DeviceSpec",
    "InstanceSpec",
    "JobSpec",
    "Spec",
    "Table",
    "is_required",
    "keys_of",
    "read",
]

CLASSIC: Final = "ibm_quantum"
"""The one channel that is not IBM Cloud's."""

REGIONS: Final = tuple(dict.fromkeys(host.region for host in HOSTS if host.region))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What all these classes have in common.

    Attributes:
        section: The word for one such table.
    """

    section: ClassVar[str]


def _about(kind: Kind, help: str) -> dict[str, Any]:  # noqa: A002 - the documentation's column
    return {"kind": kind, "help": help}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSpec(Table):
    """A device: a snapshot to serve, a status, a queue."""

    section: ClassVar[str] = "device"
    name: str = field(metadata=_about(TEXT, "what the service lists it as"))
    source: str = field(
        default="",
        metadata=_about(TEXT, "the device whose calibration snapshot is served; by default `name`"),
    )
    status: DeviceStatus = field(
        default=DeviceStatus.ONLINE,
        metadata=_about(
            one_of(tuple(DeviceStatus), "status"),
            "only an online device runs jobs; the others keep them queued",
        ),
    )
    queue_length: int = field(
        default=0, metadata=_about(COUNT, "how many jobs of other people wait")
    )
    kind: str = field(
        default="",
        metadata=_about(TEXT, "`class` in the list of backends; `mock` hides the device"),
    )
    fractional_gates: bool = field(
        default=False,
        metadata=_about(FLAG, "whether `rx` and `rzz` are offered (on a snapshot with `cz`)"),
    )
    calibrations: tuple[tuple[str, str], ...] = field(
        default=(),
        metadata=_about(
            TEXT_BY_TEXT, "more calibrations: id = the device whose snapshot it serves"
        ),
    )
    progression: Progression = field(
        default=IMMEDIATE, metadata=_about(PROGRESSION, "how fast its jobs move on")
    )
    noise: Noise = field(
        default=Noise.OFF,
        metadata=_about(
            one_of(tuple(Noise), "noise"), "`calibration`: errors as the snapshot says"
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSpec(Table):
    """An instance of an account."""

    section: ClassVar[str] = "instance"
    name: str = field(
        metadata=_about(TEXT, "its name; on the classic platform `hub/group/project`")
    )
    plan: str = field(
        metadata=_about(one_of(PLANS, "plan"), "the plan, which brings limits with it")
    )
    region: str = field(
        default="",
        metadata=_about(one_of(REGIONS, "region"), "where it is; by default the CRN's, or us-east"),
    )
    crn: str = field(
        default="", metadata=_about(TEXT, "its CRN; generated where it is not given, never classic")
    )
    tags: tuple[str, ...] = field(
        default=(), metadata=_about(TEXTS, "tags that an instance is chosen by")
    )
    devices: tuple[str, ...] | None = field(
        default=None,
        metadata=_about(TEXTS, "the devices that it may use, in their order; by default all"),
    )
    usage_limit_s: int | None = field(
        default=None,
        metadata=_about(WHOLE_SECONDS, "QPU seconds that may be used; by default any number"),
    )
    usage_s: float = field(default=0.0, metadata=_about(SECONDS, "QPU seconds used already"))
    usage_allocation_s: int | None = field(
        default=None,
        metadata=_about(WHOLE_SECONDS, "QPU seconds that were bought; by default not told"),
    )
    max_pending_jobs: int | None = field(
        default=None,
        metadata=_about(COUNT, "how many jobs may wait or run; by default the plan's limit"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSpec(Table):
    """Somebody's account."""

    section: ClassVar[str] = "account"
    name: str = field(metadata=_about(TEXT, "what it is called"))
    channels: tuple[str, ...] = field(
        metadata=_about(
            some_of(CHANNELS, "channel"),
            "the channels that it logs in on; fixtures use the first account of their channel",
        )
    )
    credential: str = field(
        default="",
        repr=False,
        metadata=_about(TEXT, "its API key or API token; generated where it is not given"),
    )
    id: str = field(
        default="", metadata=_about(TEXT, "its id; by default that of its CRNs, or generated")
    )
    user_id: str = field(
        default="", metadata=_about(TEXT, "the id of its user; generated by default")
    )
    email: str = field(
        default="", metadata=_about(TEXT, "the address of its user; generated by default")
    )
    instances: tuple[InstanceSpec, ...] = ()

    @property
    def is_classic(self) -> bool:
        """Whether it is one of the classic platform."""
        return CLASSIC in self.channels


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec(Table):
    """A job of the past, or one that waits or runs when the world begins."""

    section: ClassVar[str] = "job"
    account: str = field(metadata=_about(TEXT, "the account that it belongs to, by name"))
    instance: str = field(metadata=_about(TEXT, "the instance that it ran in, by name or CRN"))
    backend: str = field(metadata=_about(TEXT, "the device that it ran on, by name"))
    program: str = field(default="sampler", metadata=_about(TEXT, "`sampler`, `estimator`, ..."))
    state: JobState = field(
        default=JobState.COMPLETED,
        metadata=_about(one_of(tuple(JobState), "state"), "in the service's spelling"),
    )
    age_s: float = field(
        default=0.0,
        metadata=_about(SECONDS, "how many seconds before the world's beginning it was created"),
    )
    usage_s: float = field(
        default=0.0,
        metadata=_about(
            SECONDS, "QPU seconds that it used; the instance's `usage_s` is told apart"
        ),
    )
    id: str = field(default="", metadata=_about(TEXT, "its id; by default by the seed"))
    tags: tuple[str, ...] = field(default=(), metadata=_about(TEXTS, "its tags"))
    reason: str = field(default="", metadata=_about(TEXT, "why it failed or was cancelled"))
    reason_code: int | None = field(
        default=None, metadata=_about(COUNT, "the service's code for the reason")
    )
    private: bool = field(
        default=False, metadata=_about(FLAG, "whether its params are kept from everybody")
    )
    session: str = field(
        default="",
        metadata=_about(TEXT, "a label: jobs with the same one ran in one batch, which is closed"),
    )
    progression: Progression | None = field(
        default=None,
        metadata=_about(PROGRESSION, "for a job that has not ended; by default its device's"),
    )
    params: str = field(default="{}", metadata=_about(JSON, "what was submitted"))
    result: str = field(
        default="", metadata=_about(JSON, "what it computed; without one the answer is 204")
    )


Spec = TypeVar("Spec", bound=Table)


def keys_of(spec: type[Table]) -> list[Field[Any]]:
    """The fields of a class that are keys."""
    return [one for one in fields(spec) if "kind" in one.metadata]


def is_required(key: Field[Any]) -> bool:
    """Whether a table must have the key."""
    return key.default is MISSING


def read(spec: type[Spec], table: Mapping[str, Any], extra: tuple[str, ...] = ()) -> Spec:
    """What a table describes.

    Args:
        spec: The class for such tables.
        table: Its keys and values.
        extra: Keys that somebody else reads.

    Raises:
        Misfit: A key is unknown or missing, or a value is not of the key's kind.
    """
    known = {key.name: key for key in keys_of(spec)}
    name = table.get("name")
    title = f"the {spec.section} {name!r}"
    if not isinstance(name, str):
        title = f"an {spec.section}" if spec.section[0] in "ai" else f"a {spec.section}"
    for key in table:
        if key not in known and key not in extra:
            words = [*known, *extra]
            raise Misfit(
                f"{title}: there is no key {key!r}",
                where=(key,),
                closest=nearest(str(key), words),
                next=f"use one of {', '.join(words)}",
            )
    values: dict[str, Any] = {}
    for key, one in known.items():
        if key not in table:
            if is_required(one):
                raise Misfit(
                    f"{title}: the key {key!r} is missing",
                    next=f"add {key}: {one.metadata['help']}",
                )
            continue
        try:
            values[key] = one.metadata["kind"].read(table[key])
        except Misfit as misfit:
            said = misfit.headline if key != "credential" else "wants a text"  # and never shown
            raise Misfit(
                f"{title}: {key} {said}",
                where=(key, *misfit.where),
                closest=misfit.closest,
                next=misfit.next,
            ) from None
        if isinstance(one.default, DeviceStatus | JobState | Noise):
            values[key] = type(one.default)(values[key])
    _require_no_real_key(title, values)
    return spec(**values)


# An API key of IBM Cloud, an API token of the classic platform. Source: both as IBM issues them.
_REAL_KEYS: Final = (re.compile(r"[A-Za-z0-9_-]{44}"), re.compile(r"[0-9a-f]{128}"))


def _require_no_real_key(title: str, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        for text in value if isinstance(value, tuple) else (value,):
            if (
                isinstance(text, str)
                and any(form.fullmatch(text) for form in _REAL_KEYS)
                and "emulated" not in text
            ):
                raise Misfit(
                    f"{title}: {key} looks like a real credential of IBM's; a world holds none",
                    where=(key,),
                    next="take it out, and revoke it if it was real: without a credential one is "
                    "generated; your own must have the word 'emulated' in it",
                )
