"""What a report alone tells of a test: its requests, its jobs, their circuits and devices.

It is a plugin of its own, which is added to a run that writes a report: no other run loads it.
"""

from __future__ import annotations

import pytest

from pytest_qchannel.lanes.lane import Lane
from pytest_qchannel.plugin.record.circuits import devices_of, draw
from pytest_qchannel.plugin.record.facts import DETAILS, Facts
from pytest_qchannel.plugin.record.traffic import jobs_of, log_of

__all__ = ["add", "pytest_configure"]


def pytest_configure(config: pytest.Config) -> None:
    """Has them added to the facts of each test."""
    config.stash[DETAILS] = add


def add(facts: Facts, lane: Lane, began: float) -> None:
    """Adds what passed.

    Args:
        facts: The test's.
        lane: Its lane, which has kept the answers.
        began: When that was opened.
    """
    facts["log"] = log_of(lane.requests, began)
    jobs = facts["told_jobs"] = jobs_of(lane.requests, began)
    facts["circuits"] = draw(lane.requests, jobs)
    facts["devices"] = devices_of(lane.requests, jobs)
