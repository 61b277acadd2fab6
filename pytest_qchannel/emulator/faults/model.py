"""What a fault is, as plain data, and how it counts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from pytest_qchannel.emulator.world.jobs import JobEnding
from pytest_qchannel.emulator.world.progression import Progression
from pytest_qchannel.hosts import CLASSIC_RUNTIME, IAM, RUNTIME, Host
from pytest_qchannel.wire import Drop, Request

__all__ = [
    "EVERY",
    "LOGIN_SERVICES",
    "RUNTIME_SERVICES",
    "Body",
    "Fault",
    "RouteMatch",
    "segments",
]

EVERY: Final = None
"""``Fault.times`` of a fault that does not stop; users write ``"every"``."""

Body = Literal["malformed", "truncated"]

RUNTIME_SERVICES: Final = frozenset({RUNTIME, CLASSIC_RUNTIME})
LOGIN_SERVICES: Final = frozenset({IAM})


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """Which requests a fault is about.

    Attributes:
        method: A method in upper case, or ``*``.
        path: A path as in the route tables, ``<name>``, ``{name}`` or ``*`` standing for any
            segment; ``*`` alone for every path.
        services: Keys of ``ibm.table.ROUTES``; empty: all.
        host: A host name; empty: all.
    """

    method: str = "*"
    path: str = "*"
    services: frozenset[str] = frozenset()
    host: str = ""

    def covers(self, request: Request, host: Host) -> bool:
        """Whether a request to a host of the table is meant."""
        if self.method not in ("*", request.method) or self.host not in ("", host.name):
            return False
        if self.services and host.service not in self.services:
            return False
        below = request.path[len(host.base) :].rstrip("/") or "/"
        return self.path == "*" or _pattern(self.path).fullmatch(below) is not None

    def __str__(self) -> str:
        """The text that declares it."""
        every = (self.method, self.path) == ("*", "*")
        to = [*sorted(self.services), self.host] if every else []
        said = "any request" if every else f"{self.method} {self.path}"
        return f"{said} to {' or '.join(one for one in to if one)}" if any(to) else said


def segments(path: str) -> list[str]:
    """A path's segments, ``*`` for each that stands for any."""
    return [
        "*" if one == "*" or one[:1] + one[-1:] in ("<>", "{}") else one
        for one in path.strip("/").split("/")
    ]


def _pattern(path: str) -> re.Pattern[str]:
    # ``re`` keeps the compiled ones.
    return re.compile(
        "".join("/" + ("[^/]+" if one == "*" else re.escape(one)) for one in segments(path))
    )


@dataclass(slots=True, eq=False)
class Fault:
    """One declared piece of trouble, and how often it has happened.

    Exactly one of three kinds: about requests (only ``route`` decides), about jobs (``ending`` or
    ``progression``), about an account (``account``; its ``route`` says which requests count).

    Attributes:
        label: How messages and ``Exchange.fault`` name it.
        route: Which requests it is about.
        status: The status of the refusal; ``None``: the request is answered as always.
        code: The code in the refusal.
        message: The text in the refusal.
        retry_after_s: ``Retry-After`` of the refusal, in seconds.
        is_processed: Whether a request is handled before its answer is replaced by the refusal.
        delay_s: How long the answer takes, in seconds of real time.
        drop: Whether and when the connection is closed without an answer.
        body: What becomes of the answer's body.
        ending: How the job ends.
        progression: How the job moves on.
        backend: Only jobs of this backend; empty: all.
        account: What happens to the account: a key of ``parse.ACCOUNT_TROUBLES``.
        account_name: Only this account; empty: all.
        skip: So many requests, or jobs, are let through first.
        times: So many are hit; :data:`EVERY`: all.
        is_optional: Whether a test passes in which it never happens.
        seen: How many requests, or jobs, it was about so far.
        strikes: How many of them it hit.
    """

    label: str
    route: RouteMatch = field(default_factory=RouteMatch)
    status: int | None = None
    code: int | str | None = None
    message: str = ""
    retry_after_s: int | None = None
    is_processed: bool = False
    delay_s: float = 0.0
    drop: Drop | None = None
    body: Body | None = None
    ending: JobEnding | None = None
    progression: Progression | None = None
    backend: str = ""
    account: str | None = None
    account_name: str = ""
    skip: int = 0
    times: int | None = 1
    is_optional: bool = False
    seen: int = 0
    strikes: int = 0

    @property
    def is_about_jobs(self) -> bool:
        """Whether it waits for a job to be submitted."""
        return self.ending is not None or self.progression is not None

    @property
    def lets_through(self) -> bool:
        """Whether a request that it hits is handled nevertheless."""
        if self.drop is not None:
            return self.drop == "after"
        return self.status is None or self.is_processed

    @property
    def is_spent(self) -> bool:
        """Whether it has happened as often as it was to."""
        return self.times is not None and self.strikes >= self.times

    def count(self) -> bool:
        """Counts one request or job that it is about; says whether it is hit."""
        if self.is_spent:
            return False
        self.seen += 1
        if self.seen <= self.skip:
            return False
        self.strikes += 1
        return True

    def __str__(self) -> str:
        """The label."""
        return self.label
