"""The record of a run, in the process that shows it: what reports told of our tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pytest

from pytest_qchannel.plugin.keys import ATTRIBUTE
from pytest_qchannel.plugin.record.facts import Deed, Facts

__all__ = ["Attempt", "Run"]

_RAN: Final = frozenset({"call", "???"})
"""``when`` of a body's report; the second is of a test whose worker of pytest-xdist is gone."""


@dataclass(slots=True)
class Attempt:
    """One run of a test: a test that is tried again has several.

    Attributes:
        node: The test's id.
        facts: What is known of it.
        reports: Its reports, those of its subtests included.
    """

    node: str
    facts: Facts = field(default_factory=Facts)
    reports: list[pytest.TestReport] = field(default_factory=list)

    @property
    def has_run(self) -> bool:
        """Whether its body ran, or its setup failed: what was skipped before is told apart."""
        if "lane" in self.facts:
            for one in self.reports:
                if one.when in _RAN or (one.when == "setup" and one.failed):
                    return True
        return False

    @property
    def is_skipped(self) -> bool:
        """Whether its outcome is that; asked of all tests, and most have no such report."""
        for one in self.reports:
            if one.outcome == "skipped":
                return self.outcome == "skipped"
        return False

    @property
    def outcome(self) -> str:
        """What became of it, in pytest's words: an error is a failure before or after the body."""
        if any(str(one.outcome) == "rerun" for one in self.reports):
            return "rerun"
        failed = {one.when for one in self.reports if one.failed}
        if failed:
            return "failed" if failed & _RAN else "error"
        for one in self.reports:
            if hasattr(one, "wasxfail") and not hasattr(one, "context"):
                return "xfailed" if one.skipped else "xpassed"
        is_skipped = any(one.skipped and not hasattr(one, "context") for one in self.reports)
        return "skipped" if is_skipped else "passed"

    @property
    def reason(self) -> str | None:
        """Why it was skipped, or was to fail; what was gone."""
        for one in self.reports:
            if hasattr(one, "wasxfail"):
                return str(one.wasxfail).removeprefix("reason: ") or None
            if one.skipped and isinstance(one.longrepr, tuple):
                return str(one.longrepr[2]).removeprefix("Skipped: ")
        return None

    @property
    def failure(self) -> pytest.TestReport | None:
        """The report that says what went wrong first."""
        wrong = (one for one in self.reports if one.failed or str(one.outcome) == "rerun")
        return next(wrong, None)

    @property
    def duration_s(self) -> float:
        """How long it took, with its fixtures."""
        return sum(
            getattr(one, "duration", 0.0) for one in self.reports if not hasattr(one, "context")
        )


class Run:
    """What is known of all tests of a run that used us, in the order in which they were begun."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self._of_others: list[Facts] = []
        self._now: dict[tuple[object, str], Attempt] = {}

    def add(self, report: pytest.TestReport) -> None:
        """Takes a report of a test that used us, or of one that crashed."""
        facts: Facts | None = getattr(report, ATTRIBUTE, None)
        # With --dist each every worker has each test.
        node = report.nodeid
        key = getattr(report, "node", None), node
        attempt = self._now.get(key)
        if report.when == "setup" and not hasattr(report, "context"):
            if facts is None:
                return
            if attempt is None or attempt.reports:
                attempt = self._begun(key)
        elif attempt is None:
            # A body may ask for a fixture of ours by name: then it has begun before it used us.
            if report.when != "call" or facts is None or "lane" not in facts:
                self._of_others += [facts] if facts is not None else []
                return  # it crashed before it used us
            attempt = self._begun(key)
        if facts is not None:
            attempt.facts = facts
            attempt.node = facts.get("node", node)
        attempt.reports.append(report)

    def _begun(self, key: tuple[object, str]) -> Attempt:
        attempt = self._now[key] = Attempt(key[1])
        self.attempts.append(attempt)
        return attempt

    def last(self) -> Iterable[Attempt]:
        """The tests, each as it ended."""
        return {one.node: one for one in self.attempts}.values()

    def deeds(self, others: Iterable[Deed] = ()) -> list[Deed]:
        """What became of each cassette, however often its test was tried.

        Args:
            others: What was done with cassettes of no test.
        """
        done = {one["test"]: one for one in others}
        for one in self._deeds():
            before = done.get(one["test"])
            if one["did"] != "refused" or before is None or before["did"] == "refused":
                done[one["test"]] = one
        return list(done.values())

    def facts(self) -> list[Facts]:
        """All facts, those included that came up when tests of others ended."""
        return [*(one.facts for one in self.attempts), *self._of_others]

    def _deeds(self) -> Iterator[Deed]:
        for facts in self.facts():
            yield from facts.get("deeds", ())
