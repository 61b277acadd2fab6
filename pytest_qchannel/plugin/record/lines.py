"""What the terminal says at the end: tests by lane, what they cost, cassettes, skips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import Final, NamedTuple

from pytest_qchannel.counted import counted
from pytest_qchannel.plugin.record.facts import Deed, Spent
from pytest_qchannel.plugin.record.run import Run
from pytest_qchannel.plugin.record.shown import Shown
from pytest_qchannel.settings import Source

__all__ = ["Cost", "cassette_lines", "fitted", "lane_counts", "lines_of", "phrases_of", "skips_of"]

_MOST_ROWS: Final = 11
"""Rows of the terminal, without ``-v``; what cassettes no test uses is told by others in one."""

_MOST_REASONS: Final = 3
"""How many reasons of skips are told in a row."""

_DEEDS: Final = {
    "replayed": "replayed",
    "written": "written",
    "extended": "extended",
    "unchanged": "the same as before",
}


class Cost(NamedTuple):
    """What a run asked of the services.

    Attributes:
        requests: How many requests were sent.
        jobs: How many jobs were created.
        estimated: How many of those the emulator ran.
        estimate_s: The QPU seconds that these would use, about.
    """

    requests: int
    jobs: int
    estimated: int
    estimate_s: float

    @classmethod
    def of(cls, run: Run) -> Cost:
        """That of all attempts: what is tried again costs again."""
        facts = [one.facts for one in run.attempts]
        estimates = [
            seconds or 0.0
            for one in facts
            if one.get("lane") == "emulated"
            for seconds in one.get("jobs", {}).values()
        ]
        return cls(
            sum(one.get("requests", 0) for one in facts),
            sum(len(one.get("jobs", ())) for one in facts),
            len(estimates),
            sum(estimates),
        )

    def words(self, spent: Spent | None) -> list[str]:
        """Phrases: requests, jobs, and what QPU seconds they used or would use.

        Args:
            spent: What a live run used.
        """
        told = [counted(self.requests, "request")] if self.requests else []
        jobs, estimated = counted(self.jobs, "job"), counted(self.estimated, "job")
        if spent is not None:
            left = spent.budget - spent.used - spent.held if spent.budget is not None else None
            of_budget = f", {left:g} of {spent.budget:g} left" if left is not None else ""
            told.append(f"{jobs}, {spent.used:g} QPU seconds used, {spent.held:g} held{of_budget}")
        elif self.estimate_s:
            told.append(f"live, this run would use about {self.estimate_s:.0f} s ({estimated})")
        elif self.jobs:
            told.append(jobs)
        return told


def lane_counts(run: Run) -> Counter[str]:
    """How many tests ran in which lane on which channel."""
    ran = [one.facts for one in run.last() if one.has_run]
    counts = Counter([(one["lane"], one.get("channel")) for one in ran])
    return Counter(
        {f"{lane} on {channel}" if channel else lane: n for (lane, channel), n in counts.items()}
    )


def skips_of(run: Run) -> Counter[str]:
    """How many tests were skipped for which reason."""
    return Counter([one.reason or "without a reason" for one in run.last() if one.is_skipped])


def lines_of(run: Run, deeds: Sequence[Deed], cost: Sequence[str], shown: Shown) -> list[str]:
    """Everything that there is to say, the most important first; that of lanes is said before.

    Args:
        run: The record.
        deeds: What was done with cassettes.
        cost: What was asked of the services, in phrases.
        shown: Makes texts fit to be shown.
    """
    lines = ["; ".join(cost)] if cost else []
    lines += _child_lines(run, shown)
    lines += cassette_lines(deeds, shown)
    lines += _skip_line(run, shown)
    return lines + _unknown_lines(deeds, shown)


def phrases_of(run: Run, deeds: Iterable[Deed], cost: Sequence[str], shown: Shown) -> list[str]:
    """The same in short, for the one line that ``-q`` has; why tests were skipped at its end."""
    done = Counter(_DEEDS.get(one["did"], "not written") for one in deeds)
    told = [*cost, *(f"{counted(count, 'cassette')} {words}" for words, count in done.items())]
    children = [one.partition("; ")[0] for one in _child_lines(run, shown)]
    return told + children + _skip_line(run, shown)


def fitted(lines: Sequence[str], width: int) -> list[str]:
    """As many lines as fit, and how many are left out."""
    rows = [-(-len(line) // width) for line in lines]
    if sum(rows) <= _MOST_ROWS:
        return list(lines)
    kept = sum(so_far < _MOST_ROWS for so_far in accumulate(rows))
    return [*lines[:kept], f"qchannel: {counted(len(lines) - kept, 'more line')} with -v"]


def cassette_lines(deeds: Iterable[Deed], shown: Shown) -> list[str]:
    """What was done with cassettes: how many, from where, of when; and what was refused."""
    by_deed: dict[str, list[Deed]] = {}
    for one in deeds:
        by_deed.setdefault(one["did"], []).append(one)
    lines = [
        f"{counted(len(by_deed[deed]), 'cassette')} {words}, {_origin(by_deed[deed])}"
        for deed, words in _DEEDS.items()
        if deed in by_deed
    ]
    for one in by_deed.get("refused", ()):
        kept = f"; what was recorded: {one['kept']}" if one.get("kept") else ""
        record = f"; to record it: {one['next']}" if "next" in one else ""
        lines.append(f"no cassette written for {one['test']}: {one['why']}{record}{kept}")
    return [shown.line(one, 400) for one in lines]


def _child_lines(run: Run, shown: Shown) -> list[str]:
    """Tells of child processes that had the emulated credentials and no emulator."""
    programs = Counter(
        shown.line(program) for one in run.facts() for program in one.get("children", ())
    )
    if not programs:
        return []
    named = ", ".join(f"{name} ({n})" if n > 1 else name for name, n in programs.most_common(5))
    count = programs.total()
    what = counted(count, "child process was", "child processes were")
    return [
        f"{what} not emulated: {named}{', ...' if len(programs) > 5 else ''}; "
        "with --qchannel-door=loopback those of Python are, where nothing is recorded or replayed "
        "(qchannel docs outside)"
    ]


def _skip_line(run: Run, shown: Shown) -> list[str]:
    skips = Counter[str]()
    for reason, count in skips_of(run).items():
        skips[shown.line(reason)] += count
    if not skips:
        return []
    named = [f"{reason} ({count})" for reason, count in skips.most_common(_MOST_REASONS)]
    if (more := len(skips) - _MOST_REASONS) > 0:
        named.append(counted(more, "more reason"))
    return [f"{skips.total()} skipped: {'; '.join(named)}"]


def _unknown_lines(deeds: Iterable[Deed], shown: Shown) -> list[str]:
    """Fields that no scrub rule names."""
    return [
        shown.line(text, 400)
        for text in dict.fromkeys(text for one in deeds for text in one.get("unknown", ()))
    ]


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
    age = _age(provenances) if provenances[0]["did"] == "replayed" else ""
    return f"recorded {when}{age}: {said}, with qiskit-ibm-runtime {clients}{used}"


def _age(provenances: Sequence[Deed]) -> str:
    """How old the oldest is, where it is older than a day."""
    oldest = min(datetime.fromisoformat(one["recorded_at"]) for one in provenances)
    days = (datetime.now(UTC) - oldest).days
    which = "the oldest " if len(provenances) > 1 else ""
    return f" ({which}{counted(days, 'day')} ago)" if days > 0 else ""
