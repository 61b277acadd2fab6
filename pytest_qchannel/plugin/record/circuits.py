"""The circuits of a test's jobs, drawn where a report is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from pytest_qchannel.cassette.submitted.pictures import pictured
from pytest_qchannel.cassette.submitted.submission import read_submission
from pytest_qchannel.cassette.submitted.submission_words import describe
from pytest_qchannel.journal import Exchange

__all__ = ["draw"]

_drawn: Final[dict[str, dict[str, object]]] = {}
"""By fingerprint: of tests with the same circuits each is drawn once in a process."""


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
