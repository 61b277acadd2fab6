"""What the terminal says at the end: tests by lane, what they cost, cassettes, skips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from pytest_qchannel.plugin.record.facts import Deed
from pytest_qchannel.plugin.record.run import Run
from pytest_qchannel.settings import Source

__all__ = ["cassette_lines", "child_lines", "lane_line"]

_MOST_UNKNOWN: Final = 5
"""How many fields that no scrub rule names are told of in a run."""

_DEEDS: Final = {
    "replayed": "replayed",
    "written": "written",
    "extended": "extended",
    "unchanged": "the same as before",
}


def lane_line(run: Run) -> str | None:
    """One line: how many tests ran in which lane on which channel."""
    lanes = (one.facts for one in run.last() if one.has_run)
    counts = Counter(
        f"{one['lane']} on {one['channel']}" if "channel" in one else one["lane"] for one in lanes
    )
    if not counts:
        return None
    return "qchannel: " + ", ".join(f"{count} {lane}" for lane, count in sorted(counts.items()))


def child_lines(run: Run) -> list[str]:
    """Tells of child processes that had the emulated credentials and no emulator."""
    programs = Counter(program for one in run.attempts for program in one.facts.get("children", ()))
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


def cassette_lines(deeds: Iterable[Deed]) -> list[str]:
    """What was done with cassettes: how many, from where, of when; and what was refused."""
    done = list(deeds)
    by_deed: dict[str, list[Deed]] = {}
    for one in done:
        by_deed.setdefault(one["did"], []).append(one)
    lines = [
        f"qchannel: {_cassettes(len(by_deed[deed]))} {words}, {_origin(by_deed[deed])}"
        for deed, words in _DEEDS.items()
        if deed in by_deed
    ]
    for one in by_deed.get("refused", ()):
        kept = f"; what was recorded: {one['kept']}" if one.get("kept") else ""
        lines.append(f"qchannel: no cassette written for {one['test']}: {one['why']}{kept}")
    unknown = dict.fromkeys(text for one in done for text in one.get("unknown", ()))
    lines += [f"qchannel: {text}" for text in list(unknown)[:_MOST_UNKNOWN]]
    if (more := len(unknown) - _MOST_UNKNOWN) > 0:
        lines.append(f"qchannel: and {more} more that are in no table")
    return lines


def _cassettes(count: int) -> str:
    return "1 cassette" if count == 1 else f"{count} cassettes"


def _origin(provenances: Sequence[Deed]) -> str:
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
