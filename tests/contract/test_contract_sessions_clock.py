"""How sessions and their jobs move on with the emulated time, through each door."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_qchannel.emulator.world.progression import polls, seconds
from tests.contract.contract_client import (
    BACKEND,
    Door,
    job,
    require_contract,
)
from tests.contract.session_asks import (
    accept,
    ask,
    close,
    create,
    look,
    slow,
    state,
    submit,
)


def test_the_first_job_makes_it_active(timeless: Door) -> None:
    session_id = create(timeless)
    slow(timeless, 10)
    timeless.control.advance_clock(5)
    submit(timeless, session_id)
    timeless.control.advance_clock(4)
    seen = look(timeless, session_id)
    assert seen["state"] == "active"
    assert seen["started_at"] == seen["activated_at"] == "2025-10-09T08:53:25.0Z"
    assert seen["last_job_started"] == seen["started_at"]
    assert "last_job_completed" not in seen
    assert seen["elapsed_time"] == 4
    assert "state_reason" not in seen
    timeless.control.advance_clock(7)
    seen = look(timeless, session_id)
    assert seen["last_job_completed"] == "2025-10-09T08:53:35.0Z"
    assert [one["status"] for one in seen["timestamps"]] == ["open", "active"]


def test_without_a_job_it_goes_inactive_and_the_next_one_wakes_it(timeless: Door) -> None:
    session_id = create(timeless, interactive_ttl=30)
    slow(timeless, 10)
    submit(timeless, session_id)
    timeless.control.advance_clock(39)
    assert look(timeless, session_id)["state"] == "active"
    timeless.control.advance_clock(61)
    seen = look(timeless, session_id)
    assert (seen["state"], seen["state_reason"]) == (
        "inactive", "session_inactivated_by_interactive_ttl"
    )  # fmt: skip
    submit(timeless, session_id)
    timeless.control.advance_clock(10)
    seen = look(timeless, session_id)
    assert [(one["status"], one["timestamp"][14:19]) for one in seen["timestamps"]] == [
        ("open", "53:20"), ("active", "53:20"), ("inactive", "54:00"), ("active", "55:00"),
    ]  # fmt: skip
    assert seen["activated_at"] == "2025-10-09T08:55:00.0Z"
    assert seen["started_at"] == "2025-10-09T08:53:20.0Z"
    assert seen["elapsed_time"] == 50  # 40 until it went inactive, and 10


def test_the_time_to_be_active_ends_at_the_end_of_a_job(timeless: Door) -> None:
    session_id = create(timeless, interactive_ttl=600, active_ttl=5)
    slow(timeless, 10)
    submit(timeless, session_id)
    timeless.control.advance_clock(10)
    seen = look(timeless, session_id)
    assert seen["state"] == "inactive"
    assert "state_reason" not in seen, "nobody has seen the word"
    assert seen["timestamps"][-1]["timestamp"] == "2025-10-09T08:53:30.0Z"


def test_jobs_of_a_dedicated_session_run_one_after_the_other(timeless: Door) -> None:
    session_id = create(timeless)
    slow(timeless, 10)
    first, second = submit(timeless, session_id), submit(timeless, session_id)
    timeless.control.advance_clock(6)
    assert state(timeless, second)["status"] == "Queued"
    assert state(timeless, first)["status"] == "Running"
    timeless.control.advance_clock(6)
    assert state(timeless, second)["status"] == "Running"
    timeless.control.advance_clock(8)
    assert state(timeless, second)["status"] == "Completed"
    found = ask(timeless, "GET", f"/jobs/{second}/metrics").json["timestamps"]
    assert found["running"] == "2025-10-09T08:53:30.0Z"
    assert found["finished"] == "2025-10-09T08:53:40.0Z"


def test_a_look_at_the_last_job_runs_those_before_it(door: Door) -> None:
    session_id = create(door)
    jobs = [submit(door, session_id) for _ in range(4)]
    assert state(door, jobs[-1])["status"] == "Completed"
    assert all(door.app.world.jobs[one].is_final for one in jobs)


def test_a_look_at_a_session_is_a_look_at_its_jobs(door: Door) -> None:
    session_id = create(door)
    door.app.world.devices[BACKEND].progression = polls(2)
    submit(door, session_id)
    accept(door, session_id, accepting=False)
    assert [look(door, session_id)["state"] for _ in range(3)] == ["open", "active", "closed"]


def test_what_ended_unseen_counts_before_the_next_job(timeless: Door) -> None:
    session_id = create(timeless)
    slow(timeless, 10)
    submit(timeless, session_id)
    timeless.control.advance_clock(200)
    submit(timeless, session_id)
    seen = look(timeless, session_id)
    assert [(one["status"], one["timestamp"][14:19]) for one in seen["timestamps"]] == [
        ("open", "53:20"), ("active", "53:20"), ("inactive", "54:30"), ("active", "56:40"),
    ]  # fmt: skip


def test_jobs_of_a_batch_run_side_by_side(timeless: Door) -> None:
    session_id = create(timeless, mode="batch")
    slow(timeless, 10)
    first, second = submit(timeless, session_id), submit(timeless, session_id)
    timeless.control.advance_clock(10)
    assert state(timeless, second)["status"] == "Completed"
    assert state(timeless, first)["status"] == "Completed"
    used = sum(
        ask(timeless, "GET", f"/jobs/{one}").json["estimated_running_time_seconds"]
        for one in (first, second)
    )
    assert look(timeless, session_id)["elapsed_time"] == pytest.approx(used, abs=0.002)


def test_a_job_that_is_never_looked_at_does_not_hold_up_the_next_one(door: Door) -> None:
    session_id = create(door)
    first = submit(door, session_id)
    door.app.world.devices[BACKEND].progression = polls(2)
    second, third = submit(door, session_id), submit(door, session_id)
    assert [state(door, third)["status"] for _ in range(3)] == ["Queued", "Running", "Completed"]
    assert door.app.world.jobs[first].is_final
    assert not door.app.world.jobs[second].is_final


def test_a_stuck_job_holds_up_those_behind_it_until_it_is_cancelled(timeless: Door) -> None:
    session_id = create(timeless)
    timeless.app.world.next_progression = type(seconds(1)).parse("stuck")
    first, second = submit(timeless, session_id), submit(timeless, session_id)
    timeless.control.advance_clock(1_000)
    assert state(timeless, second)["status"] == "Queued"
    assert look(timeless, session_id)["state"] == "open"
    assert ask(timeless, "POST", f"/jobs/{first}/cancel").status == 204
    assert state(timeless, second)["status"] == "Completed"


def test_draining_lets_queued_jobs_run_and_closes_after_the_last(timeless: Door) -> None:
    session_id = create(timeless)
    slow(timeless, 10)
    jobs = [submit(timeless, session_id) for _ in range(2)]
    timeless.control.advance_clock(5)
    answer = accept(timeless, session_id, accepting=False)
    require_contract("update_session_state", answer)
    assert answer.status == 204
    seen = look(timeless, session_id)
    assert (seen["state"], seen["accepting_jobs"]) == ("active", False)
    answer = ask(timeless, "POST", "/jobs", json=job(session_id=session_id))
    require_contract("create_job", answer)
    assert (answer.status, answer.code) == (400, 1217)
    timeless.control.advance_clock(100)
    assert [state(timeless, one)["status"] for one in jobs] == ["Completed", "Completed"]
    seen = look(timeless, session_id)
    assert seen["state"] == "closed"
    assert seen["closed_at"] == seen["last_job_completed"] == "2025-10-09T08:53:40.0Z"
    assert seen["elapsed_time"] == 20
    assert seen["state_reason"] == "session_closed_early"


def test_closing_fails_what_is_queued_and_lets_the_running_job_end(timeless: Door) -> None:
    session_id = create(timeless)
    slow(timeless, 10)
    first, second = submit(timeless, session_id), submit(timeless, session_id)
    timeless.control.advance_clock(5)
    close(timeless, session_id)
    seen = look(timeless, session_id)
    assert (seen["state"], seen["accepting_jobs"]) == ("closed", False)
    assert seen["closed_at"] == "2025-10-09T08:53:25.0Z"
    assert seen["state_reason"] == "session_closed_early"
    found = state(timeless, second)
    assert found == {
        "status": "Failed",  # and not Cancelled: seen in 2026
        "reason": "Session has been closed.",
        "reason_code": 1217,
        "reason_solution": "Increase the session max_time if possible, or keep session active by "
        "reducing the time between jobs.",
    }
    timeless.control.advance_clock(5)
    assert state(timeless, first)["status"] == "Completed"
    assert look(timeless, session_id)["elapsed_time"] == 10
    close(timeless, session_id)
    assert look(timeless, session_id)["closed_at"] == "2025-10-09T08:53:25.0Z"


def test_a_session_that_is_never_used_closes_after_half_an_hour(timeless: Door) -> None:
    session_id = create(timeless)
    timeless.control.advance_clock(1_799)
    assert look(timeless, session_id)["state"] == "open"
    timeless.control.advance_clock(1)
    seen = look(timeless, session_id)
    assert (seen["state"], seen["accepting_jobs"]) == ("closed", False)
    assert seen["closed_at"] == "2025-10-09T09:23:20.0Z"
    assert "started_at" not in seen


def test_the_maximum_time_counts_from_the_first_job(timeless: Door) -> None:
    session_id = create(timeless, max_ttl=100)
    timeless.control.advance_clock(1_000)
    slow(timeless, 60)
    jobs = [submit(timeless, session_id) for _ in range(3)]
    timeless.control.advance_clock(500)
    found = [state(timeless, one) for one in reversed(jobs)]
    assert [one["status"] for one in found] == ["Failed", "Completed", "Completed"]
    assert found[0]["reason_code"] == 1217
    seen = look(timeless, session_id)
    assert seen["state"] == "closed"
    assert seen["started_at"] == "2025-10-09T09:10:00.0Z"
    assert seen["closed_at"] == "2025-10-09T09:11:40.0Z"
    assert seen["last_job_completed"] == "2025-10-09T09:12:00.0Z"
    assert seen["elapsed_time"] == 120
    answer = ask(timeless, "POST", "/jobs", json=job(session_id=session_id))
    assert (answer.status, answer.code) == (400, 1217)


def test_a_job_is_refused_by_a_session_that_timed_out_unseen(timeless: Door) -> None:
    session_id = create(timeless, max_ttl=100)
    submit(timeless, session_id)
    look(timeless, session_id)
    timeless.control.advance_clock(100)
    answer = ask(timeless, "POST", "/jobs", json=job(session_id=session_id))
    assert (answer.status, answer.code) == (400, 1217)
    seen = look(timeless, session_id)
    assert [one["status"] for one in seen["timestamps"]] == ["open", "active", "inactive", "closed"]


def test_a_stuck_job_fails_when_its_session_times_out(timeless: Door) -> None:
    session_id = create(timeless, max_ttl=100, mode="batch")
    submit(timeless, session_id)
    timeless.app.world.devices[BACKEND].progression = type(seconds(1)).parse("stuck")
    stuck = submit(timeless, session_id)
    look(timeless, session_id)
    timeless.control.advance_clock(100)
    assert state(timeless, stuck)["status"] == "Failed"


def test_jobs_that_nobody_looks_at_fail_with_their_session_as_well(timeless: Door) -> None:
    session_id = create(timeless, max_ttl=100, mode="batch")
    submit(timeless, session_id)
    look(timeless, session_id)
    timeless.app.world.devices[BACKEND].progression = polls(1)
    late = submit(timeless, session_id)
    timeless.control.advance_clock(100)
    assert accept(timeless, session_id, accepting=False).status == 204
    assert timeless.app.world.jobs[late].is_final
    assert timeless.app.world.sessions[session_id].closed_at == 1_760_000_100


def test_a_session_whose_job_nothing_moves_is_not_polled_for_ever(timeless: Door) -> None:
    """A loop over ``session.status()`` hung where one over the job's failed by name."""
    timeless.app.world.rules = replace(timeless.app.world.rules, most_polls=3)
    session_id = create(timeless, mode="batch")
    timeless.control.set_next_job("stuck")
    submit(timeless, session_id)
    path = f"/sessions/{session_id}"
    assert [ask(timeless, "GET", path).status for _ in range(4)] == [200, 200, 501, 501]
    assert "its progression is 'stuck'" in str(timeless.app.gaps.pop())
    timeless.app.gaps.clear()
