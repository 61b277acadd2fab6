"""``assert_submitted_once``: which requests belong to one submission."""

from __future__ import annotations

import json
from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_qchannel.assertions import assert_submitted_once
from pytest_qchannel.errors import ExpectationFailed, UsageProblem
from pytest_qchannel.journal import Journal, in_use, journals_in_use
from pytest_qchannel.wire import Request, Response, Trouble


def journal(*sends: tuple[int, str | None, str], lost: Collection[int] = ()) -> Journal:
    """Posts of jobs: the status (0: no answer), the job that was made, the circuit.

    Of some a part of the answer was lost.
    """
    made = Journal()
    for number, (status, job_id, circuit) in enumerate(sends):
        name, _, backend = circuit.partition(" on ")
        body = {"backend": backend or "ibm_torino", "params": {"pubs": [[name * 200]]}}
        request = Request(
            "POST", "quantum.cloud.ibm.com", "/api/v1/jobs", {}, "", json.dumps(body).encode()
        )
        trouble = Trouble("trouble", is_lost=True) if status == 0 or number in lost else None
        made.record(request, Response(status) if status else None, job_id, trouble)
    return made


@pytest.mark.parametrize(
    ("sends", "job_id"),
    [
        ([(200, "j1", "a")], "j1"),
        ([(200, "j1", "a"), (200, "j2", "a")], "j1"),
        ([(200, "j1", "a"), (200, "j2", "a")], "j2"),
        ([(429, None, "a"), (200, "j2", "b")], "j2"),
        ([(0, "j1", "a on ibm_brisbane"), (200, "j2", "b")], "j2"),
        ([(504, "j1", "a"), (200, "j2", "a"), (200, "j3", "a")], "j3"),
        ([(0, "j1", "a"), (200, "j2", "b"), (200, "j3", "c")], "j3"),
        ([(0, "j1", "a")], "j1"),
    ],
)
def test_one_send_is_enough(sends: list[Any], job_id: str) -> None:
    assert_submitted_once(job_id, requests=journal(*sends))


@pytest.mark.parametrize(
    ("sends", "job_id", "said"),
    [
        ([(503, None, "a"), (200, "j1", "a")], "j1", "2 times and created one job"),
        ([(504, "j1", "a"), (200, "j2", "a")], "j2", "2 times and created 2 jobs"),
        ([(504, "j1", "a"), (200, "j2", "a")], "j1", "2 times and created 2 jobs"),
        ([(500, None, "a")] * 5 + [(200, "j1", "a")], "j1", "6 times and created one job"),
        ([(0, "j1", "a"), (200, "j2", "b")], "j2", "2 times and created 2 jobs"),
        ([(0, "j1", "a"), (0, "j2", "b"), (200, "j3", "c")], "j3", "3 times and created 3 jobs"),
        ([(504, "j1", "a"), (200, "j2", "a"), (200, "j3", "a")], "j2", "created 2 jobs"),
    ],
)
def test_more_are_told_of(sends: list[Any], job_id: str, said: str) -> None:
    with pytest.raises(ExpectationFailed, match=said) as caught:
        assert_submitted_once(job_id, requests=journal(*sends))
    assert f"job:  {job_id}" in str(caught.value)


def test_an_answer_that_came_malformed_was_not_told() -> None:
    twice = journal((200, "j1", "a"), (200, "j2", "b"), lost={0})
    with pytest.raises(ExpectationFailed, match="created 2 jobs"):
        assert_submitted_once("j2", requests=twice)


def test_every_kind_of_job_is_known_by_its_id() -> None:
    once = journal((200, "j1", "a"))
    assert_submitted_once(SimpleNamespace(job_id=lambda: "j1"), requests=once)
    assert_submitted_once(SimpleNamespace(id="j1"), requests=once)
    with pytest.raises(UsageProblem, match="a float is no job"):
        assert_submitted_once(0.5, requests=once)
    with pytest.raises(UsageProblem, match="no request of this test created the job j2"):
        assert_submitted_once("j2", requests=once)


def test_the_lane_in_use_is_asked_first() -> None:
    before = journals_in_use()
    older, newer = journal((503, None, "a"), (200, "j1", "a")), journal((200, "j1", "a"))
    with in_use(older):
        with in_use(newer):
            assert_submitted_once("j1")
        with pytest.raises(ExpectationFailed):
            assert_submitted_once("j1")
    assert journals_in_use() == before
