"""The facts of one test, plain: noted where it runs, and handed over with its reports.

Every report of a test has them as the attribute ``qchannel``; pytest-xdist carries it to the
controller as it carries the rest. They grow until the last report: the ones before know less.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, Final, NamedTuple, TypeAlias, TypedDict

import pytest

from pytest_qchannel.channels.client import client_version
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.ibm.table import is_submission
from pytest_qchannel.journal import Exchange
from pytest_qchannel.lanes.lane import Lane
from pytest_qchannel.plugin.hiding import tape_in_use
from pytest_qchannel.plugin.keys import ATTRIBUTE, REFUSED

__all__ = [
    "DETAILS",
    "SPENT",
    "Deed",
    "Facts",
    "Spent",
    "attach",
    "attach_noted",
    "of",
    "opened",
    "relative",
]

Deed: TypeAlias = Mapping[str, Any]
"""What was done with a cassette, of a test or of those that share it."""


class Facts(TypedDict, total=False):
    """What is known of one run of a test; what is missing did not come up.

    Attributes:
        node: Its id, where pytest-xdist has added a group to it.
        lane: Where its answers came from.
        channel: The channel that its service was logged in on.
        cassette: The path of its cassette, from rootdir.
        deeds: What was done with cassettes when it ended: its own, and those it was the last of.
        children: The child processes that no emulator answered.
        requests: How many it sent.
        jobs: The jobs that it created, with their QPU seconds where they are known.
        is_estimate: Whether these are the emulator's.
        ended_as: The class of a live test's outcome, as ``quota`` or ``statistics``.
        error: What it failed with: ``headline``, ``where`` and ``next``.
        log: Its requests one by one, where a report is asked for.
        told_jobs: What was told of each job, where a report is asked for.
        circuits: The circuits of its jobs by fingerprint, where a report is asked for.
        devices: The devices of its jobs by name, where a report is asked for.
    """

    node: str
    lane: str
    channel: str
    cassette: str
    deeds: list[Deed]
    children: list[str]
    requests: int
    jobs: dict[str, float | None]
    is_estimate: bool
    ended_as: str
    error: dict[str, str | None]
    log: list[dict[str, Any]]
    told_jobs: dict[str, dict[str, Any]]
    circuits: dict[str, dict[str, Any]]
    devices: dict[str, dict[str, Any]]


class Spent(NamedTuple):
    """The QPU seconds of a live run: what it has used, holds for jobs that run, and may use."""

    used: float
    held: float
    budget: float | None


SPENT: Final = pytest.StashKey[Callable[[], Spent | None]]()
"""Of a run, in the process that shows it: asked at its end, if the run is live."""

DETAILS: Final = pytest.StashKey[Callable[[Facts, Lane, float], None]]()
"""Of a run that writes a report: adds what that alone tells (:func:`.details.add`)."""

_FACTS: Final = pytest.StashKey[Facts]()
_LANE: Final = pytest.StashKey[tuple[Lane, float]]()
"""The lane of a test, and when it was opened."""

_NEXT: Final = re.compile(r"^( *next: +)(.+(?:\n +.+)*)", re.MULTILINE)
"""The last lines of an error of ours, where it is a note of another one."""


def of(item: pytest.Item) -> Facts:
    """The facts of a test, from its setup to its last report; a test that runs again has new."""
    found = item.stash.get(_FACTS, None)
    if found is None:
        found = item.stash[_FACTS] = Facts()
    return found


def opened(item: pytest.Item, lane: Lane) -> None:
    """Notes the lane of a test, before it sends anything."""
    facts = of(item)
    facts["lane"] = lane.mode.value
    item.stash[_LANE] = lane, perf_counter()
    if DETAILS in item.config.stash:
        lane.keep_answers()


def attach(item: pytest.Item, made: pytest.TestReport, error: BaseException | None) -> None:
    """Hands the facts of a test over with a report of it; the last one has all of them.

    Pytest-xdist's ``--dist loadgroup`` writes a group into ids, and a run in one process does not.

    Args:
        item: The test.
        made: The report.
        error: What the reported part of the test ended with.
    """
    facts = of(item)
    if made.failed and error is not None:
        facts.setdefault("error", _said(item.stash.get(REFUSED, error)))
    if getattr(item.config.option, "loadgroup", False) and item.get_closest_marker("xdist_group"):
        facts["node"] = item.nodeid.rpartition("@")[0] or item.nodeid
    setattr(made, ATTRIBUTE, facts)
    if made.when != "teardown":
        return
    del item.stash[_FACTS]
    if (tape := tape_in_use(item)) is not None:
        facts["cassette"] = relative(item.config, tape.place.path)
    _count(item, facts)
    made.user_properties += _properties(facts)


def attach_noted(item: pytest.Item, made: pytest.TestReport) -> None:
    """Hands over what came up when a test ended that does not use us: others shared a cassette."""
    if made.when == "teardown" and _FACTS in item.stash:
        attach(item, made, None)


def _count(item: pytest.Item, facts: Facts) -> None:
    opened = item.stash.get(_LANE, None)
    if opened is None:
        return
    lane, began = opened
    del item.stash[_LANE]
    requests = lane.requests
    facts["requests"] = len(requests)
    if (add_details := item.config.stash.get(DETAILS, None)) is not None:
        add_details(facts, lane, began)
    if created := [one.job_id for one in requests if one.job_id and _is_job_created(one)]:
        known = lane.qpu_seconds(created)
        facts["jobs"] = {job: known.get(job) for job in created}
        facts["is_estimate"] = not lane.is_live


def _said(error: BaseException) -> dict[str, str | None]:
    """What an error says: of another's, the first line, and what a note of ours has as ``next``."""
    if isinstance(error, QChannelError):
        return {"headline": error.headline, "where": error.where, "next": error.next}
    first, *_ = str(error).splitlines() or [""]
    advice = _NEXT.search("\n".join(getattr(error, "__notes__", ())))
    step = advice[2].replace("\n" + " " * len(advice[1]), "\n") if advice else None
    name = type(error).__name__
    headline = f"{name}: {first}" if first else name
    return {"headline": headline, "where": None, "next": step}


def _is_job_created(one: Exchange) -> bool:
    return one.method == "POST" and is_submission(one.method, one.host, one.path)


def _properties(facts: Facts) -> list[tuple[str, object]]:
    """What JUnit's report has of a test: flat texts."""
    if "lane" not in facts:
        return []
    told = [
        ("lane", facts["lane"]),
        ("channel", facts.get("channel")),
        ("client", client_version()),
        ("cassette", facts.get("cassette")),
    ]
    if jobs := facts.get("jobs"):
        told.append(("qpu_seconds", f"{sum(one or 0.0 for one in jobs.values()):g}"))
        told.append(("jobs", str(len(jobs))))
    return [(f"{ATTRIBUTE}.{name}", value) for name, value in told if value]


def relative(config: pytest.Config, path: str | os.PathLike[str]) -> str:
    """A path as seen from rootdir: what is sent to others names no folder of this machine."""
    told, root = os.fspath(path), f"{config.rootpath}{os.sep}"
    below = told.removeprefix(root) if told.startswith(root) else os.path.relpath(told, root)
    return below.replace(os.sep, "/")
