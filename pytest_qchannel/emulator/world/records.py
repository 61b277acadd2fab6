"""Whom the services know: accounts with their tokens, instances, and the plans of those."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from pytest_qchannel.ibm.releases import twin_of
from pytest_qchannel.wire import Json

__all__ = [
    "PLANS",
    "UNTOLD",
    "AccessToken",
    "Account",
    "ClientTold",
    "Instance",
    "Plan",
    "Platform",
]

Platform = Literal["cloud", "classic"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of the service.

    Attributes:
        id: Its catalog id; an instance may have another one.
        display_name: The name that the catalog shows.
        name: The word for it that a request names it by.
        pricing: The kind of pricing.
        has_sessions: Whether dedicated sessions are allowed; batches always are.
        has_calibrations: Whether older calibrations of a device may be asked for.
        has_dry_runs: Whether its devices have a ``mock_...`` twin, which takes no QPU time.
        max_pending_jobs: How many jobs of an instance of the classic platform may wait or run;
            ``None``: any number, as on today's platform. Source: IBM's guide of the move; jobs of
            2026, twelve at once on the Open plan.
        limit_s: The usage limit that comes back where one is taken away; ``None``: none.
        has_transpiler: Whether the classic platform's transpiler service is in it. Source: IBM's
            guide to it (Premium, later also Flex and On-Prem).
        max_time_s: What a job's ``cost`` and a session's ``max_ttl`` are cut to, without a word,
            and what they are by default on today's platform; ``None``: nothing of the plan's.
    """

    id: str
    display_name: str
    name: str
    pricing: str
    has_sessions: bool = True
    has_calibrations: bool = True
    has_dry_runs: bool = False
    max_pending_jobs: int | None = None
    limit_s: int | None = None
    max_time_s: int | None = None
    has_transpiler: bool = False


PLANS: Final[Mapping[str, Plan]] = {
    plan.display_name: plan
    for plan in (
        Plan(
            "850b21a7-71de-4e53-9441-1abdd202f35d",
            "Open",
            "open",
            "free",
            has_sessions=False,
            has_calibrations=False,
            max_pending_jobs=3,
            limit_s=600,
            max_time_s=600,
        ),
        Plan(
            "7f666d17-7893-47d8-bf9d-2b2389fc4dfc",
            "Premium",
            "premium",
            "subscription",
            has_dry_runs=True,
            has_transpiler=True,
        ),
        Plan("5304b575-3cff-4455-90dc-ae4367762093", "Pay-As-You-Go", "paygo", "paygo"),
        # Of Lite, which is gone, nobody has written IBM's id down.
        Plan("850b7a10-0000-4000-8000-00000000000d", "Lite", "lite", "free"),
        Plan(
            "53bde9d3-cdbb-46f5-a98f-60ebcadf7260",
            "Flex",
            "flex",
            "subscription",
            has_dry_runs=True,
            has_transpiler=True,
        ),
        Plan("91b2c828-2952-4f05-aed8-bedf92c6c480", "Internal", "internal", "subscription"),
    )
}
"""Source: IBM's plans overview and job limits. Ids and names: IBM's tool qauvern 0.14.0; those of
Open and Flex: a development version of the client of 2025, and a tool of 2026.
"""


@dataclass(slots=True)
class Instance:
    """A service instance: a CRN on the cloud platform, ``hub/group/project`` on the classic one.

    Attributes:
        id: The CRN, or ``hub/group/project``.
        devices: Names of the devices that it may use, as lists of them tell.
        usage_limit_s: QPU seconds that may be used in a period; ``None``: any.
        usage_allocation_s: QPU seconds that were bought for a period; ``None``: not told.
        usage_s: QPU seconds used in this period.
        max_pending_jobs: Overrides the plan's limit.
        refuses_when_used_up: Whether a job is refused once the usage limit is reached, whatever
            the world's rules say.
        parameters: What Resource Controller was last sent for it; ``None``: nothing yet.
        own_plan_id: Where the world has another catalog id for its plan.
        offered: The devices of its plan, once a list of its own says which of them it may use.
        has_dry_runs: Whether each of its devices has a ``mock_...`` twin.
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
    refuses_when_used_up: bool = False
    parameters: Mapping[str, Json] | None = None
    own_plan_id: str = ""
    offered: tuple[str, ...] = ()
    has_dry_runs: bool = False

    @property
    def reached(self) -> tuple[str, ...]:
        """The names of the devices that a request may name: its own, and their twins."""
        twins = map(twin_of, self.devices) if self.has_dry_runs else ()
        return tuple(dict.fromkeys((*self.devices, *twins)))

    @property
    def plan_id(self) -> str:
        """The catalog id of its plan: the world's, else IBM's."""
        return self.own_plan_id or self.plan.id

    @property
    def is_allocated(self) -> bool:
        """Whether any device belongs to it; the client skips an instance without any."""
        return bool(self.devices)

    @property
    def pending_limit(self) -> int | None:
        """How many of its jobs may wait or run; ``None``: any number."""
        if self.max_pending_jobs is not None:
            return self.max_pending_jobs
        return self.plan.max_pending_jobs if self.is_classic else None

    @property
    def is_classic(self) -> bool:
        """Whether it is one of the classic platform."""
        return not self.id.startswith("crn:")

    def most_s(self, asked_s: int | None, most_s: int) -> int:
        """A length of time as the service sets it: what was asked for, as far as the plan has it.

        Args:
            asked_s: In seconds; ``None``: as much as there is.
            most_s: The service's own limit.
        """
        cap_s = None if self.is_classic else self.plan.max_time_s
        return min(one for one in (asked_s, cap_s, most_s) if one is not None)

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

    @property
    def is_classic(self) -> bool:
        """Whether it is one of the classic platform, not of the cloud."""
        return self.platform == "classic"


@dataclass(frozen=True, slots=True)
class ClientTold:
    """What a client tells of itself with a job; ``None`` where it tells nothing.

    Attributes:
        packages: Its packages with their versions.
        caller: Which part of it asks.
    """

    packages: str | None = None
    caller: str | None = None


UNTOLD: Final = ClientTold()
"""What a plain REST user tells of a client."""


@dataclass(slots=True)
class AccessToken:
    """A short-lived token that an account was given; times in seconds since the epoch."""

    value: str = field(repr=False)
    account: Account
    expires_at: float
    revoked: bool = False

    def is_valid(self, now: float) -> bool:
        """Whether a request may carry it at the time ``now``."""
        return not self.revoked and now < self.expires_at
