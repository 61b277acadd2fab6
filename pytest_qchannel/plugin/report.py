"""What the terminal says: the header's decision and the summary's count of lanes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from pytest_qchannel.settings import Settings

__all__ = ["PROPERTY", "header", "summary", "without_traceback"]

PROPERTY = "qchannel"


def header(settings: Settings) -> str:
    """One line: each setting and where it was decided."""
    channel = ",".join(settings.channel) or "auto"
    parts = [
        f"mode={settings.mode.value} ({_from(settings, 'mode')})",
        f"channel={channel} ({_from(settings, 'channel')})",
        f"seed={settings.seed} ({_from(settings, 'seed')})",
    ]
    if settings.world:
        from pytest_qchannel.channels.worlds import shown

        parts.append(f"world={shown(settings.world)} ({_from(settings, 'world')})")
    if settings.allowed_hosts:
        hosts = ",".join(settings.allowed_hosts)
        parts.append(f"allowed_hosts={hosts} ({_from(settings, 'allowed_hosts')})")
    if settings.origin["door"] != "default":
        parts.append(f"door={settings.door.value} ({_from(settings, 'door')})")
    return "qchannel: " + ", ".join(parts)


def _from(settings: Settings, name: str) -> str:
    origin = settings.origin[name]
    return origin if origin == "default" else f"from {origin}"


def summary(stats: Mapping[str, Iterable[Any]]) -> str | None:
    """One line: how many tests ran in which lane on which channel.

    The reports carry it as a user property, so it arrives from pytest-xdist's workers, too.
    """
    lanes: dict[str, str] = {}  # by test: the report of a subtest has its test's properties
    for reports in stats.values():
        for report in reports:
            when = getattr(report, "when", None)
            if when != "call" and not (when == "setup" and report.failed):
                continue
            properties = getattr(report, "user_properties", ())
            for name, value in properties:
                if name == PROPERTY:
                    lanes[report.nodeid] = str(value)
    if not lanes:
        return None
    counts = sorted(Counter(lanes.values()).items())
    return "qchannel: " + ", ".join(f"{count} {lane}" for lane, count in counts)


def without_traceback(problem: Exception) -> Any:
    """The report of an error that shows neither where it came from nor any local variable."""
    try:
        raise problem.with_traceback(None) from None
    except type(problem):
        return pytest.ExceptionInfo.from_current().getrepr(style="native")
