"""What the terminal says: the header's decision and the summary's count of lanes."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pytest

from pytest_qchannel.settings import Settings, Source

__all__ = [
    "CASSETTE",
    "PROPERTY",
    "cassette_lines",
    "header",
    "is_about_cassettes",
    "summary",
    "without_traceback",
]

PROPERTY = "qchannel"

CASSETTE = "qchannel_cassette"
"""The user property that tells what was done with a test's cassette."""

_MOST_UNKNOWN: Final = 5
"""How many fields that no scrub rule names are told of in a run."""

_DEEDS: Final = {
    "replayed": "replayed",
    "written": "written",
    "extended": "extended",
    "unchanged": "the same as before",
}


def header(settings: Settings) -> str:
    """One line: each setting and where it was decided."""
    channel = ",".join(settings.channel) or "auto"
    parts = [
        f"mode={settings.mode.value} ({_from(settings, 'mode')})",
        f"channel={channel} ({_from(settings, 'channel')})",
        f"seed={settings.seed} ({_from(settings, 'seed')})",
    ]
    if settings.world:
        from pytest_qchannel.lanes.worlds import shown

        parts.append(f"world={shown(settings.world)} ({_from(settings, 'world')})")
    if settings.allowed_hosts:
        hosts = ",".join(settings.allowed_hosts)
        parts.append(f"allowed_hosts={hosts} ({_from(settings, 'allowed_hosts')})")
    parts += [
        f"{name}={getattr(settings, name)} ({_from(settings, name)})"
        for name in ("door", "record_from", "cassettes", "max_age", "strict_cassettes")
        if settings.origin[name] != "default"
    ]
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


def cassette_lines(stats: Mapping[str, Iterable[Any]]) -> list[str]:
    """What was done with cassettes: how many, from where, of when; and what was refused."""
    done: dict[str, dict[str, Any]] = {}
    for reports in stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name != CASSETTE:
                    continue
                # A test that is tried again has several, and which came last no order tells.
                if value["did"] != "refused" or _is_refused(done.get(value["test"])):
                    done[value["test"]] = value
    by_deed: dict[str, list[dict[str, Any]]] = {}
    for one in done.values():
        by_deed.setdefault(one["did"], []).append(one)
    lines = [
        f"qchannel: {_cassettes(len(by_deed[deed]))} {words}, {_origin(by_deed[deed])}"
        for deed, words in _DEEDS.items()
        if deed in by_deed
    ]
    for one in by_deed.get("refused", ()):
        kept = f"; what was recorded: {one['kept']}" if one.get("kept") else ""
        lines.append(f"qchannel: no cassette written for {one['test']}: {one['why']}{kept}")
    unknown = dict.fromkeys(text for one in done.values() for text in one.get("unknown", ()))
    lines += [f"qchannel: {text}" for text in list(unknown)[:_MOST_UNKNOWN]]
    if (more := len(unknown) - _MOST_UNKNOWN) > 0:
        lines.append(f"qchannel: and {more} more that are in no table")
    return lines


def _is_refused(deed: Mapping[str, Any] | None) -> bool:
    return deed is None or deed["did"] == "refused"


def _cassettes(count: int) -> str:
    return "1 cassette" if count == 1 else f"{count} cassettes"


def _origin(provenances: list[dict[str, Any]]) -> str:
    """What the provenances of cassettes say, in one line."""
    sources = Counter(one["recorded_from"] for one in provenances)
    said = ", ".join(
        f"{count} from {Source(name).words}" for name, count in sorted(sources.items())
    )
    days = sorted({one["recorded_at"][:10] for one in provenances})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    clients = ", ".join(sorted({one["client"] for one in provenances}))
    seconds = sum(one["qpu_seconds"] for one in provenances)
    used = f", {seconds:g} QPU seconds" if seconds else ""
    return f"recorded {when}: {said}, with qiskit-ibm-runtime {clients}{used}"


def is_about_cassettes(problem: BaseException) -> bool:
    """Whether an error says all there is to say: where it was raised is of no use to anybody."""
    families = ("CassetteProblem", "SecretFound")
    return any(kind.__name__ in families for kind in type(problem).__mro__)


def without_traceback(problem: Exception) -> Any:
    """The report of an error that shows neither where it came from nor any local variable."""
    try:
        raise problem.with_traceback(None) from None
    except type(problem):
        made = pytest.ExceptionInfo.from_current().getrepr(style="native")
    for entry in made.reprtraceback.reprentries:  # without the line that raises it here
        entry.lines = traceback.format_exception_only(problem)
    return made
