"""The circuits of a test's jobs, and the devices that they ran on, where a report is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pytest_qchannel.cassette.submitted.pictures import device_of, pictured
from pytest_qchannel.cassette.submitted.submission import read_submission
from pytest_qchannel.cassette.submitted.submission_words import describe
from pytest_qchannel.journal import DEVICE, Exchange
from pytest_qchannel.wire import json_object

__all__ = ["devices_of", "draw"]

_drawn: Final[dict[str, dict[str, object]]] = {}
"""By fingerprint: of tests with the same circuits each is drawn once in a process."""

_read: Final[dict[tuple[str, int], dict[str, object] | None]] = {}
"""Devices by their name and the hash of what was told of them: that is 100 kB, test by test."""


def draw(
    exchanges: Iterable[Exchange], jobs: dict[str, dict[str, Any]]
) -> dict[str, dict[str, object]]:
    """Names the circuits of jobs in their PUBs, and gives them by fingerprint.

    Args:
        exchanges: What passed.
        jobs: What was told of each job, by its id.
    """
    used = {}
    for one in exchanges:
        pubs = jobs.get(one.job_id or "", {}).get("pubs")
        if one.method != "POST" or not pubs or not isinstance(one.body, dict):
            continue
        submission = read_submission(json.dumps(one.body).encode())
        if submission is None:
            continue
        told = describe(submission).get("pubs")
        for pub, said in zip(pubs, told if isinstance(told, list) else (), strict=False):
            known = str(pictured(said, _drawn).get("circuit"))
            if known in _drawn:
                pub["circuit"] = known
                used[known] = _drawn[known]
    return used


def devices_of(
    exchanges: Iterable[Exchange], jobs: Mapping[str, dict[str, Any]]
) -> dict[str, dict[str, object]]:
    """The devices that jobs ran on, as far as a test asked for their configuration."""
    names = {str(job.get("backend")) for job in jobs.values()}
    found = {}
    for one in exchanges:
        if DEVICE in one.told:
            for name in names.intersection(one.path.split("/")):
                key = name, hash(one.told)
                if key not in _read:
                    _read[key] = device_of(json_object(one.told))
                if (device := _read[key]) is not None:
                    found[name] = device
    return found
