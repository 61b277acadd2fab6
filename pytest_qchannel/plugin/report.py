"""What the terminal says at the end: the count of lanes, and what became of cassettes."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

import pytest
from _pytest._code.code import ReprEntry

from pytest_qchannel.errors import QChannelError, RealSecretRefused
from pytest_qchannel.plugin.keys import CASSETTE, CHILDREN, PROPERTY
from pytest_qchannel.settings import Source

__all__ = [
    "CASSETTE",
    "cassette_lines",
    "child_lines",
    "fail_collection",
    "is_about_cassettes",
    "summary",
    "without_traceback",
]

_Deed: TypeAlias = Mapping[str, Any]
"""What was done with a cassette."""

_Stats: TypeAlias = Mapping[str, Iterable[Any]]
"""The reports of a run, by what became of a test."""

_MOST_UNKNOWN: Final = 5
"""How many fields that no scrub rule names are told of in a run."""

_DEEDS: Final = {
    "replayed": "replayed",
    "written": "written",
    "extended": "extended",
    "unchanged": "the same as before",
}


def summary(stats: _Stats) -> str | None:
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


def child_lines(stats: _Stats) -> list[str]:
    """Tells of child processes that had the emulated credentials and no emulator."""
    programs = Counter(
        program
        for reports in stats.values()
        for report in reports
        if getattr(report, "when", None) == "teardown"
        for name, value in getattr(report, "user_properties", ())
        if name == CHILDREN
        for program in value
    )
    if not programs:
        return []
    named = ", ".join(f"{name} ({n})" if n > 1 else name for name, n in programs.most_common(5))
    count = programs.total()
    what = "1 child process was" if count == 1 else f"{count} child processes were"
    return [
        f"qchannel: {what} not emulated: {named}{', ...' if len(programs) > 5 else ''}; "
        "with --qchannel-door=loopback those of Python are, where nothing is recorded or replayed "
        "(qchannel docs outside)"
    ]


def cassette_lines(stats: _Stats, others: Iterable[_Deed] = ()) -> list[str]:
    """What was done with cassettes: how many, from where, of when; and what was refused.

    Args:
        stats: The reports.
        others: What was done with cassettes of no test.
    """
    done: dict[str, _Deed] = {one["test"]: one for one in others}
    for reports in stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name != CASSETTE:
                    continue
                # A test that is tried again has several, and which came last no order tells.
                if value["did"] != "refused" or _is_refused(done.get(value["test"])):
                    done[value["test"]] = value
    by_deed: dict[str, list[_Deed]] = {}
    for one in done.values():
        by_deed.setdefault(one["did"], []).append(one)
    lines = [
        f"qchannel: {_cassettes(len(by_deed[deed]))} {words}, {_origin(by_deed[deed])}"
        for deed, words in _DEEDS.items()
        if deed in by_deed
    ]
    for one in by_deed.get("refused", ()):
        kept = f"; what was recorded: {one['kept']}" if one.get("kept") else ""
        record = f"; to record it: {one['next']}" if "next" in one else ""
        lines.append(f"qchannel: no cassette written for {one['test']}: {one['why']}{record}{kept}")
    unknown = dict.fromkeys(text for one in done.values() for text in one.get("unknown", ()))
    lines += [f"qchannel: {text}" for text in list(unknown)[:_MOST_UNKNOWN]]
    if (more := len(unknown) - _MOST_UNKNOWN) > 0:
        lines.append(f"qchannel: and {more} more that are not known to be safe to keep")
    return lines


def _is_refused(deed: _Deed | None) -> bool:
    return deed is None or deed["did"] == "refused"


def _cassettes(count: int) -> str:
    return "1 cassette" if count == 1 else f"{count} cassettes"


def _origin(provenances: list[_Deed]) -> str:
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
    # Without the line that raises it here.
    lines = "".join(traceback.format_exception_only(problem)).splitlines()
    entry = ReprEntry([f"E   {line}" for line in lines], None, None, None, "long")
    made.reprtraceback.reprentries = [entry]
    return made


def fail_collection(made: pytest.CollectReport, problems: Iterable[QChannelError]) -> None:
    """Fails a collection for what came up in it, and says what it does not say itself."""
    shown = str(made.longrepr) if made.longrepr else ""
    for problem in problems:
        if isinstance(problem, RealSecretRefused):
            shown = str(without_traceback(problem))
            break
    missing = [str(problem) for problem in problems if problem.headline not in shown]
    if missing or made.outcome != "failed" or shown != str(made.longrepr):
        made.outcome = "failed"
        made.longrepr = "\n".join([shown, *missing]).strip()
