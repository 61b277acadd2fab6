"""A session's state as a function of the clock, without any request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_qchannel.emulator.services.runtime import session_clock
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.jobs import (
    INTERACTIVE_TTL_S,
    UNUSED_TTL_S,
    Job,
    Session,
    SessionState,
)
from pytest_qchannel.emulator.world.lifecycle import JobState
from pytest_qchannel.emulator.world.progression import STUCK, Progression, polls, seconds
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds.default_world import default_world
from pytest_qchannel.ibm.runtime import MAX_TTL_S
from tests.devices_kit import DEVICE


@pytest.fixture
def world() -> World:
    return default_world(Clock(lambda: 1_000.0))


def new_session(world: World, **changes: Any) -> Session:
    account = world.accounts[0]
    instance = list(account.instances.values())[1]
    values = {"mode": "dedicated", "backend": None, **changes}
    return Session("s", account=account, instance=instance, created_at=1_000.0, **values)


def new_job(world: World, session: Session, progression: Progression | None = None) -> Job:
    number = world.new_job_number()
    job = Job(
        id=world.job_id(number),
        number=number,
        account=session.account,
        instance=session.instance,
        backend=DEVICE,
        program_id="sampler",
        params={},
        created_at=world.clock.now(),
        session=session,
        progression=progression or Progression(),
    )
    world.add_job(job)
    session_clock.job_created(job)
    return job


def start(job: Job, at: float) -> None:
    job.move("start", at)
    session_clock.job_started(job, at)


def finish(world: World, job: Job, at: float) -> None:
    job.move("finish", at)
    session_clock.job_ended(world, job)


def ran(world: World, session: Session, begin: float, end: float) -> Job:
    job = new_job(world, session)
    start(job, begin)
    finish(world, job, end)
    return job


def words(session: Session) -> list[tuple[str, float]]:
    return [(state.value, at) for state, at in session.history]


def test_the_defaults_are_those_of_the_docs() -> None:
    assert (MAX_TTL_S, UNUSED_TTL_S, INTERACTIVE_TTL_S) == (28_800, 1_800, 60)


def test_it_is_open_until_half_an_hour_has_gone_by(world: World) -> None:
    session = new_session(world)
    session.settle(2_799.0)
    assert words(session) == [("open", 1_000.0)]
    session.settle(9_999.0)
    assert words(session) == [("open", 1_000.0), ("closed", 2_800.0)]
    assert (session.closed_at, session.accepting_jobs) == (2_800.0, False)
    assert session.elapsed_s(9_999.0) == 0


def test_a_waiting_job_keeps_an_unstarted_session_open(world: World) -> None:
    session = new_session(world)
    new_job(world, session, STUCK)
    session.settle(1e6)
    assert session.state is SessionState.OPEN


def test_all_that_was_due_happens_in_order_and_in_its_own_time(world: World) -> None:
    session = new_session(world, max_ttl_s=500)
    ran(world, session, 1_010.0, 1_020.0)
    session.settle(1e6)
    assert words(session) == [
        ("open", 1_000.0), ("active", 1_010.0), ("inactive", 1_080.0), ("closed", 1_510.0),
    ]  # fmt: skip
    assert session.elapsed_s(1e6) == 70


def test_the_maximum_time_may_come_before_the_idle_time(world: World) -> None:
    session = new_session(world, max_ttl_s=30)
    ran(world, session, 1_000.0, 1_020.0)
    session.settle(1e6)
    assert words(session)[-1] == ("closed", 1_030.0)
    assert len(session.history) == 3
    assert session.elapsed_s(1e6) == 30


def test_draining_ends_with_the_last_job_or_at_once(world: World) -> None:
    session = new_session(world)
    job = new_job(world, session)
    start(job, 1_000.0)
    session.drain(1_005.0)
    assert session.state is SessionState.ACTIVE
    session.drain(1_007.0)
    assert session.drains_from == 1_005.0
    world.clock.advance(100)
    finish(world, job, 1_050.0)
    assert (session.state, session.closed_at) == (SessionState.CLOSED, 1_050.0)
    idle = new_session(world)
    idle.drain(1_200.0)
    assert idle.closed_at == 1_200.0


def test_a_job_that_runs_over_the_end_counts_as_usage(world: World) -> None:
    session = new_session(world, max_ttl_s=10)
    job = new_job(world, session)
    start(job, 1_000.0)
    session.settle(1_100.0)
    assert session.state is SessionState.CLOSED
    finish(world, job, 1_040.0)
    assert session.elapsed_s(1_100.0) == 40
    assert len(session.history) == 3


def test_an_active_session_uses_time_up_to_now(world: World) -> None:
    session = new_session(world)
    start(new_job(world, session), 1_000.0)
    assert session.elapsed_s(1_012.5) == 12.5


def test_a_batch_uses_what_its_jobs_use(world: World) -> None:
    session = new_session(world, mode="batch")
    for is_dry_run in (False, False, True):
        job = new_job(world, session)
        job.usage_s, job.is_dry_run = 1.5, is_dry_run
        start(job, 1_000.0)
        finish(world, job, 1_020.0)
    assert session.elapsed_s(5_000.0) == 3.0


def test_closing_twice_keeps_the_first_time(world: World) -> None:
    session = new_session(world)
    session.close(1_100.0, "one")
    session.close(1_200.0, "two")
    assert (session.closed_at, session.state_reason) == (1_100.0, "one")


def test_jobs_that_were_cancelled_elsewhere_are_noticed(world: World) -> None:
    """``POST /jobs/{id}/cancel`` knows nothing of sessions."""
    session = new_session(world)
    job = new_job(world, session)
    start(job, 1_000.0)
    job.move("cancel", 1_030.0)
    assert list(session.unfinished()) == []
    assert session.free_at == 1_030.0
    session.settle(1_095.0)
    assert words(session)[-1] == ("inactive", 1_090.0)


def test_who_is_ahead_in_a_dedicated_session(world: World) -> None:
    session = new_session(world)
    first, counting = new_job(world, session), new_job(world, session, polls(3))
    last = new_job(world, session)
    assert session_clock.job_ahead(first) is None
    assert session_clock.job_ahead(counting) is first
    assert session_clock.job_ahead(last) is first
    assert session_clock.turn(world, last) is None
    start(first, 1_000.0)
    assert session_clock.job_ahead(first) is None
    finish(world, first, 1_020.0)
    world.clock.advance(20)
    assert session_clock.job_ahead(last) is None
    assert session_clock.turn(world, last) == 1_020.0


def test_nobody_is_ahead_in_a_batch(world: World) -> None:
    session = new_session(world, mode="batch")
    new_job(world, session, seconds(10))
    last = new_job(world, session, seconds(10))
    assert session_clock.job_ahead(last) is None
    assert session_clock.turn(world, last) == 1_000.0


def test_a_job_without_session_has_its_turn_at_once(world: World) -> None:
    session = new_session(world)
    job = new_job(world, session)
    alone = replace(job, session=None)
    assert session_clock.job_ahead(alone) is None
    assert session_clock.turn(world, alone) == 1_000.0


def test_the_turn_of_a_running_job_does_not_change(world: World) -> None:
    session = new_session(world)
    job = new_job(world, session)
    start(job, 1_007.0)
    world.clock.advance(1e6)
    assert session_clock.turn(world, job) == 1_007.0
    assert job.state is JobState.RUNNING


@pytest.mark.parametrize(
    ("progression", "is_late"),
    [(Progression(), False), (seconds(50, queued=9), False), (seconds(50, queued=10), True),
     (polls(1), True), (STUCK, True)],
)  # fmt: skip
def test_what_cannot_start_in_the_sessions_time_fails(
    world: World, progression: Progression, is_late: bool
) -> None:
    session = new_session(world, mode="batch", max_ttl_s=10)
    ran(world, session, 1_000.0, 1_001.0)
    job = new_job(world, session, progression)
    world.clock.advance(9.9)
    assert session_clock.turn(world, job) == 1_000.0
    world.clock.advance(0.1)
    assert (session_clock.turn(world, job) is None) is is_late
    assert job.is_final is is_late
    if is_late:
        assert (job.state, job.reason_code, job.finished_at) == (JobState.FAILED, 1217, 1_010.0)
        assert job.id not in world.unfinished
        assert session.state is SessionState.CLOSED


def test_a_thousand_jobs_of_a_session_are_soon_brought_along(world: World) -> None:
    """Each look at the last one must not look at all pairs of those before it."""
    session = new_session(world)
    jobs = [new_job(world, session) for _ in range(1_000)]
    for at, job in enumerate(jobs):
        assert session_clock.job_ahead(job) is None
        start(job, 1_000.0 + at)
        finish(world, job, 1_001.0 + at)
        assert len(session.line) <= 1_000 - at
    assert next(session.unfinished(), None) is None
    assert len(session.line) == 0
