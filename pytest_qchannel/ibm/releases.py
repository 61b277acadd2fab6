"""The releases of qiskit-ibm-runtime that differ in what they send or can read: one table.

"The client" as a source of our knowledge is what was read and run of releases 0.34 to 0.51. A
release that sends and reads what the one before it does needs no entry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

__all__ = [
    "API_VERSIONS",
    "DRY_RUNS_SINCE",
    "NEW_CLASSIC_HOSTS_SINCE",
    "READS_NEW_SPANS_SINCE",
    "READS_PULSES_UNTIL",
    "RELEASES",
    "SENDS_ACCESS_TOKENS_SINCE",
    "Changes",
    "Release",
    "Version",
    "is_twin",
    "newest_asking_for",
    "twin_of",
    "version_of",
]

Version: TypeAlias = tuple[int, ...]
"""A release of the client, as ``(0, 45, 1)``; ``(0, 45)`` is before all of its patches."""

Changes: TypeAlias = Mapping[str, Mapping[str, Any] | None]
"""Field, as ``options.twirling.strategy`` -> its JSON Schema, ``None`` where it is sent no more."""


class Release(NamedTuple):
    """What is new in a release; all else is as in the one before.

    Attributes:
        since: The release.
        api_version: The version of the API that it asks for, one of :data:`API_VERSIONS`; empty for
            none, ``None`` for the one as before.
        jobs: What it changed in the jobs that it sends: by program, changes of the params; by
            ``job``, of the body around them. Requests without a client may have the newest.
    """

    since: Version
    api_version: str | None = None
    jobs: Mapping[str, Changes] = MappingProxyType({})


RELEASES: Final = (
    Release((0, 34), api_version=""),
    Release((0, 35), api_version="2024-01-01"),
    Release((0, 41), api_version="2025-05-01"),
    Release((0, 48), api_version="2026-04-15"),
)
"""Oldest first."""

API_VERSIONS: Final[dict[str, str | None]] = {
    "2024-01-01": "2027-01-01",
    "2025-01-01": "2027-01-01",
    "2025-05-01": "2027-01-01",
    "2026-02-01": "2027-02-01",
    "2026-02-15": "2027-02-15",
    "2026-03-15": None,
    "2026-04-15": None,
}
"""Each version of the API, oldest first, and when its service ends, as far as that is known.

Source: the example in IBM's API description 0.45.3.

What the service answers after that day is not documented: the emulator goes on as before. To a
later date than the last one it answers as to that.
"""

DRY_RUNS_SINCE: Final[Version] = (0, 51)
"""Since then it knows ``mock_...`` devices. Source: its release notes."""

_TWIN: Final = "mock"
"""How the name of a device begins that takes dry runs."""

NEW_CLASSIC_HOSTS_SINCE: Final[Version] = (0, 35)
"""Since then it looks for the classic platform below ``quantum.ibm.com``."""

SENDS_ACCESS_TOKENS_SINCE: Final[Version] = (0, 39)
"""Since then it logs in; until then it sent the API key with every request."""

READS_PULSES_UNTIL: Final[Version] = (0, 40)
"""Until then at the latest it made schedules from a configuration. Source: 0.34 does, 0.40 has no
class for it; those between were not read."""

READS_NEW_SPANS_SINCE: Final[Version] = (0, 41)
"""Since then it decodes today's form of execution spans. Source: its release notes."""


def newest_asking_for(api_version: str, releases: tuple[Release, ...] = RELEASES) -> Version:
    """The newest release of the table that asks for a version of the API."""
    asked, found = "", releases[0].since
    for one in releases:
        asked = asked if one.api_version is None else one.api_version
        if asked <= api_version:
            found = one.since
    return found


def version_of(text: str) -> Version:
    """The numbers that a version begins with: ``0.52.0rc1`` counts as ``0.52.0``."""
    known = re.match(r"\d+(\.\d+)*", text)
    return tuple(int(part) for part in known[0].split(".")) if known else ()


def twin_of(name: str) -> str:
    """The name of a device's dry-run twin. Source: ``dry_run`` in qiskit-ibm-runtime 0.51."""
    return re.sub(r"^[^_]+", _TWIN, name)


def is_twin(name: str) -> bool:
    """Whether a device of that name takes dry runs alone."""
    return name.partition("_")[0] == _TWIN
