"""The jobs that a described world begins with: their times, results, numbers and sessions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_qchannel.emulator.world.jobs import SessionState
from pytest_qchannel.emulator.world.lifecycle import JobState
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.errors import UsageProblem
from tests.unit.emulator.worlds.worlds_kit import CLOCK, CRN, small


def history(**job: Any) -> World:
    builder = small().job(account="me", instance="open", backend="ibm_torino", **job)
    return builder.build(CLOCK)


@pytest.mark.parametrize("state", list(JobState))
def test_a_job_of_every_state_has_the_times_that_the_state_has(state: JobState) -> None:
    is_ended = state in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)
    params = {"version": 2, "pubs": [["OPENQASM 3.0; qubit[1] q;"]]}
    given = {"usage_s": 4} if is_ended else {"params": params}
    world = history(state=state.value, age_s=100, **given)
    (job,) = world.jobs.values()
    assert (job.state, job.created_at) == (state, 9_900.0)
    assert job.finished_at == (9_904.0 if is_ended else None)
    assert job.running_at == (None if state is JobState.QUEUED else 9_900.0)
    assert (job.id in world.unfinished) is not is_ended
    assert world.pending_jobs(job.instance) == (0 if is_ended else 1)


def test_a_cancelled_job_that_used_nothing_never_ran() -> None:
    (job,) = history(state="Cancelled", age_s=100, reason="by hand").jobs.values()
    assert (job.running_at, job.finished_at, job.reason) == (None, 9_900.0, "by hand")


def test_a_result_is_kept_as_json_and_no_result_is_none() -> None:
    (job,) = history(result={"b": [1, {"c": None}]}, usage_s=0).jobs.values()
    assert job.outcome is not None
    assert json.loads(job.outcome.result_for(None)) == {"b": [1, {"c": None}]}
    (job,) = history().jobs.values()
    assert job.outcome is None


def test_the_history_is_numbered_from_the_oldest_on() -> None:
    builder = small()
    for age_s in (10, 30, 20):
        builder = builder.job(
            account="me", instance="open", backend="ibm_torino", age_s=age_s, id=f"age{age_s}"
        )
    world = builder.build(CLOCK)
    assert list(world.jobs) == ["age30", "age20", "age10"]
    assert [job.number for job in world.jobs.values()] == [1, 2, 3]
    assert world.new_job_number() == 4


def test_jobs_with_one_session_ran_in_one_closed_batch() -> None:
    builder = small()
    for age_s, session in ((50, "a"), (40, "b"), (30, "a")):
        builder = builder.job(
            account="me", instance="open", backend="ibm_torino", age_s=age_s, usage_s=2,
            session=session,
        )  # fmt: skip
    world = builder.build(CLOCK)
    first, other, last = world.jobs.values()
    assert first.session is last.session is not other.session
    assert len(world.sessions) == 2
    batch = first.session
    assert batch is not None
    assert (batch.state, batch.accepting_jobs) == (SessionState.CLOSED, False)
    assert (batch.created_at, batch.usage_s, batch.closed_at) == (9_950.0, 4.0, 9_972.0)
    assert [state for state, _ in batch.history] == ["open", "active", "closed"]
    assert batch.state_reason == "session_closed_early"
    assert (batch.last_job_started, batch.last_job_completed) == (9_970.0, 9_972.0)


def test_a_job_of_the_past_may_have_run_on_a_device_that_is_gone() -> None:
    """What the user saw: the world refused to describe it, "the instance has no device"."""
    builder = (
        small()
        .device("ibm_brisbane", retired=True)
        .device("ibm_sherbrooke")
        .instance("few", plan="Premium", devices=["ibm_brisbane", "ibm_torino"])
    )
    gone = builder
    for name in ("ibm_brisbane", "ibm_sherbrooke"):
        gone = gone.job(account="me", instance="few", backend=name, age_s=9, usage_s=2)
    world = gone.build(CLOCK)
    assert [job.backend for job in world.jobs.values()] == ["ibm_brisbane", "ibm_sherbrooke"]
    (account,) = world.accounts
    listed = {one.name: one.devices for one in account.instances.values()}
    assert listed == {"open": ("ibm_torino", "ibm_sherbrooke"), "few": ("ibm_torino",)}
    params = {"version": 2, "pubs": [["OPENQASM 3.0; qubit[1] q;"]]}
    waiting = builder.job(
        account="me", instance="few", backend="ibm_brisbane", state="Queued", params=params
    )
    with pytest.raises(UsageProblem, match="has still to run, and ibm_brisbane is retired"):
        waiting.check()


def test_instances_with_one_name_are_told_by_their_crns() -> None:
    other = CRN.replace("eu-de", "us-east").replace("11111111", "22222222")
    builder = (
        small().instance("twin", plan="Lite", crn=CRN).instance("twin", plan="Flex", crn=other)
    )
    ran_in = [
        next(iter(builder.job(account="me", instance=text, backend="ibm_torino")
                  .build(CLOCK).jobs.values())).instance.id
        for text in ("twin", CRN, other)
    ]  # fmt: skip
    assert ran_in == [CRN, CRN, other]
