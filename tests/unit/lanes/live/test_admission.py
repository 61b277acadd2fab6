"""What may be sent: the run's budget, the test's share, the instance's rest, room for a job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_qchannel.lanes.live.allowance import Allowance
from pytest_qchannel.lanes.live.budget import FIXED_S
from pytest_qchannel.lanes.live.entry import Kind, State
from pytest_qchannel.lanes.live.problems import LiveRefused
from tests.unit.lanes.live.bends import answering, dropping
from tests.unit.lanes.live.live_kit import DEVICES, Run, job_body


def refused(run: Run, outcome: str, said: str, **changes: object) -> LiveRefused:
    """The refusal of a job, which is a problem of the test, too; nothing was sent."""
    before = len(run.wire.of("POST"))
    with pytest.raises(LiveRefused, match=said) as it:
        run.submit(**changes)
    assert run.test.problems[-1] is it.value
    assert it.value.outcome == outcome
    assert len(run.wire.of("POST")) == before
    return it.value


def test_more_than_the_budget_is_not_sent(tmp_path: Path) -> None:
    run = Run(tmp_path, budget="20", seconds=10, jobs=1, progression="stuck")
    run.submitted()
    run.test.allowance = Allowance("test_b", 10, 1)
    problem = refused(run, "quota", r"it needs 15 s \(10 s, and 5 s for fixed charges\)")
    assert "of the budget of 20 s there are 5 s left" in str(problem)
    assert "--qchannel-budget=30" in str(problem.next)
    assert str(problem.where).startswith("test_b")
    assert run.ledger.held() == 15


def test_what_a_job_did_not_use_is_free_again(tmp_path: Path) -> None:
    """Its usage is pending at first, and 0: that is no price."""
    run = Run(tmp_path, budget="20", seconds=10, jobs=2, rules={"usage_lag_s": 8})
    run.test.allowance = Allowance("test_a", 20, 2)
    remote = run.submitted()
    while run.job(remote)["state"]["status"] != "Completed":
        run.clock.sleep(0.1)
    assert (run.entry.state, run.ledger.held()) == (State.RUNNING, 15)
    run.submitted()
    assert run.ledger.entry(run.ledger.entries()[0].n).state is State.SETTLED
    assert run.ledger.held() == 2 + 15
    # One question every 5 seconds, until the price is there.
    assert len(run.wire.of(f"GET /jobs/{remote}")) == 2 + 3
    assert sum(one for one in run.clock.slept if one >= 1) == 10


def test_a_price_that_does_not_come_stays_held(tmp_path: Path) -> None:
    run = Run(tmp_path, budget="20", seconds=20, jobs=2, rules={"usage_lag_s": 100})
    remote = run.submitted()
    run.job(remote)
    run.job(remote)
    refused(run, "quota", "of the budget of 20 s there are 5 s left")
    assert sum(run.clock.slept) == 30
    assert run.ledger.held() == 15


def test_a_test_has_its_share_and_its_reruns_share_it(tmp_path: Path) -> None:
    run = Run(tmp_path, seconds=9, jobs=2, most_jobs=9)
    run.submitted()
    assert run.submitted(cost=3)
    assert [one.cost for one in run.ledger.entries()] == [4, 3]
    problem = refused(run, "code", "has had 2 of 2 jobs and 7 s of max_qpu_seconds=9")
    assert "max_jobs" in str(problem.next)


def test_a_submission_waits_at_the_door_for_room(tmp_path: Path) -> None:
    """The test submits twice before it looks at the first: somebody has to."""
    run = Run(tmp_path, progression="seconds(30, queued=10)")
    first = run.submitted()
    second = run.submitted()
    assert first != second
    assert 30 <= sum(run.clock.slept) <= 36
    assert len(run.wire.of(f"GET /jobs/{first}")) == 7
    assert [one.ended for one in run.ledger.entries()] == ["Completed", None]


def test_who_waits_too_long_is_told_for_whom(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="stuck", queue_timeout_s=60)
    first = run.submitted()
    problem = refused(run, "queue", "waited 60 s at the door")
    assert f"{first} of test_it.py::test_it" in problem.headline
    assert sum(run.clock.slept) == 60


def test_who_waits_cannot_ask_for_the_jobs_of_other_instances(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="stuck", queue_timeout_s=20)
    job = run.request("POST", "/jobs", job_body(backend=DEVICES[0]))
    other = replace(job, headers={**job.headers, "service-crn": run.other.id})
    assert run.handle(other).status == 200
    looked = len(run.wire.of("GET /jobs"))
    refused(run, "queue", "waited 20 s at the door")
    assert len(run.wire.of("GET /jobs")) == looked


def test_more_jobs_may_be_in_flight_where_that_is_wanted(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="stuck", most_jobs=2)
    run.submitted()
    run.submitted()
    assert run.clock.slept == []


def test_a_submission_that_nobody_sends_again_makes_room(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.wire.bend("POST /jobs", answering(500, is_processed=False))
    assert run.submit().status == 500
    run.submitted(backend=DEVICES[1])
    first, second = run.ledger.entries()
    assert (first.state, second.state) == (State.VOID, State.RUNNING)
    # Now the first one would be a new one.
    assert len({run.submitted(), run.submitted(backend=DEVICES[1])}) == 2


def test_a_submission_that_is_found_late_still_counts(tmp_path: Path) -> None:
    run = Run(tmp_path, rules={"list_lag_s": 20}, most_jobs=1)
    run.wire.bend("POST /jobs", answering(500, is_processed=True))
    assert run.submit().status == 500
    run.submitted(backend=DEVICES[1])
    first, second = run.ledger.entries()
    assert (first.remote, first.ended) == (run.jobs[0].id, "Completed")
    assert second.remote == run.jobs[1].id
    # Nobody was told of the first job yet: who asks for the same again gets it.
    assert run.submitted() == first.remote
    assert run.submitted() != first.remote


def test_the_usage_of_an_instance_is_asked_for_once(tmp_path: Path) -> None:
    run = Run(tmp_path, most_jobs=9)
    run.submitted()
    run.submitted()
    assert len(run.wire.of("GET /instances/usage")) == 1


def test_the_clients_own_question_is_enough(tmp_path: Path) -> None:
    run = Run(tmp_path, limit_s=600)
    assert run.ask("GET", "/instances/usage").status == 200
    run.submitted()
    assert len(run.wire.of("GET /instances/usage")) == 1


def test_an_instance_at_its_limit_gets_no_job(tmp_path: Path) -> None:
    """A job there waits for ever, and the test with it."""
    run = Run(tmp_path, limit_s=10)
    run.instance.usage_s = 10
    problem = refused(run, "quota", "reached its usage limit until 20")
    assert "for ever" in problem.headline


def test_an_instance_with_too_little_left_gets_no_job(tmp_path: Path) -> None:
    run = Run(tmp_path, limit_s=16, jobs=1)
    run.instance.usage_s = 4
    refused(run, "quota", r"has 12 s left, and it needs 15 s \(10 s, and 5 s for fixed charges\)")


def test_without_an_answer_about_usage_nothing_is_sent(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.wire.bend("GET /instances/usage", answering(500, is_processed=False))
    refused(run, "service", "what the instance may still use is not known.*it answered 500")
    run.wire.bend("GET /instances/usage", dropping(is_processed=False))
    refused(run, "service", "the connection was lost")


def test_a_rejected_credential_is_told_by_the_submission(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.wire.bend("GET /instances/usage", answering(401, is_processed=False))
    run.wire.bend("POST /jobs", answering(401, is_processed=False))
    assert run.submit().status == 401


def opened(run: Run, mode: str, **changes: object) -> str:
    body = {"mode": mode, "backend": DEVICES[0], **changes}
    answer = run.ask("POST", "/sessions", body)
    assert answer.status == 200, answer.body
    return next(reversed(run.world.sessions))


def test_a_dedicated_session_is_held_as_a_whole(tmp_path: Path) -> None:
    """The clock charges it until it is closed; by default that is after eight hours.

    A job that runs when its time is over runs on, and is charged: that is held, too.
    """
    run = Run(tmp_path, budget="25", seconds=20, jobs=2)
    session = opened(run, "dedicated")
    assert run.world.sessions[session].max_ttl_s == 10
    assert (run.entry.kind, run.entry.reserved) == (Kind.SESSION, 25)
    for _ in range(2):
        remote = run.submitted(session_id=session)
        run.job(remote)
        run.job(remote)
    assert [one.held for one in run.ledger.entries()] == [25, 0, 0]
    assert [one.cost for one in run.ledger.entries()] == [10, 10, 10]
    run.clock.sleep(2.5)
    run.ask("DELETE", f"/sessions/{session}/close")
    run.ask("GET", f"/sessions/{session}")
    entry = run.ledger.entries()[0]
    assert (entry.state, entry.ended, entry.used) == (State.SETTLED, "closed", 3)


def test_a_batch_is_held_by_its_jobs(tmp_path: Path) -> None:
    run = Run(tmp_path, most_jobs=9, jobs=2)
    batch = opened(run, "batch")
    assert run.world.sessions[batch].max_ttl_s == 900
    run.submitted(session_id=batch)
    assert [one.held for one in run.ledger.entries()] == [0, 10]


@pytest.mark.parametrize(("asked", "given"), [(4, 4), (28_800, 8)])
def test_a_session_lasts_no_longer_than_the_test_may_use(
    tmp_path: Path, asked: int, given: int
) -> None:
    run = Run(tmp_path)
    assert run.world.sessions[opened(run, "dedicated", max_ttl=asked)].max_ttl_s == given
    assert run.entry.reserved == given + 2 + FIXED_S


def test_a_job_in_the_session_of_another_test_is_held_by_itself(tmp_path: Path) -> None:
    """With 15 s held for the session, one that may use 100 s was let in for nothing."""
    run = Run(tmp_path, budget="119", jobs=1)
    session = opened(run, "dedicated")
    run.test.allowance = Allowance("test_it.py::test_that_shares_it", 100)
    refused(run, "quota", r"needs 105 s \(100 s, and 5 s", session_id=session)
    run.test.allowance = Allowance("test_it.py::test_that_shares_it", 99)
    run.submitted(session_id=session)
    assert run.ledger.held() == 119


def test_a_session_of_somebody_else_gets_no_job(tmp_path: Path) -> None:
    run = Run(tmp_path)
    refused(run, "code", "none that this run has opened", session_id="not-ours")


def test_a_lost_session_keeps_its_entry(tmp_path: Path) -> None:
    """Nobody can find it, and without an id no job is ever in it."""
    run = Run(tmp_path)
    run.wire.bend("POST /sessions", answering(500, is_processed=True))
    body = {"mode": "dedicated", "backend": DEVICES[0]}
    assert run.ask("POST", "/sessions", body).status == 500
    assert (run.entry.state, run.entry.held) == (State.LOST, 15)
    assert run.ask("POST", "/sessions", body).status == 200
    assert (run.entry.state, run.entry.held) == (State.RUNNING, 15)
