"""Jobs that wait for too long are cancelled, whether anybody polls them or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from pytest_qchannel.lanes.chain import chained
from pytest_qchannel.lanes.live.access import Access
from pytest_qchannel.lanes.live.queue_timer import QueueTimer
from tests.unit.lanes.live.bends import answering, no_connection
from tests.unit.lanes.live.live_kit import DEVICES, Run, job_body


def submitted(run: Run) -> tuple[str, list[Callable[[], None]]]:
    """A job's id, and the timer that it started, which has not run yet."""
    timers: list[Callable[[], None]] = []
    timer = QueueTimer(run.terms, run.settling, lambda: run.test, timers.append)
    handle = chained((*run.links[:2], timer, run.links[2]), run.wire)
    answer = handle(run.request("POST", "/jobs", job_body(backend=DEVICES[0])))
    return str(json.loads(answer.body)["id"]), timers


def test_a_job_that_is_stuck_is_cancelled_and_its_test_told(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="stuck", queue_timeout_s=300)
    remote, [timer] = submitted(run)
    timer()
    assert run.clock.slept == [300]
    assert run.alive == []
    [problem] = run.test.complained
    assert problem.outcome == "queue"
    assert problem.headline.startswith(f"job {remote} waited 300 s in the queue of {DEVICES[0]}")


def test_a_service_that_is_down_for_a_moment_does_not_let_it_wait_for_ever(tmp_path: Path) -> None:
    """One 503, at the moment when the time was over, and the test hung until somebody ended it."""
    run = Run(tmp_path, progression="stuck", queue_timeout_s=300)
    remote, [timer] = submitted(run)
    down = answering(503, is_processed=False)
    run.wire.bend(f"GET /jobs/{remote}", down, no_connection)
    run.wire.bend(f"POST /jobs/{remote}/cancel", down)
    timer()
    assert (len(run.clock.slept), run.alive) == (4, [])
    assert [one.outcome for one in run.test.complained] == ["queue"]


def test_one_that_has_ended_or_runs_is_left_alone(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="polls(1)")
    remote, [timer] = submitted(run)
    while run.job(remote)["state"]["status"] == "Queued":
        pass
    timer()
    assert run.test.complained == []
    assert len(run.wire.of(f"POST /jobs/{remote}/cancel")) == 0


def test_the_timer_of_a_run_that_is_over_looks_nowhere(tmp_path: Path) -> None:
    """What the user saw, at the end of a suite that runs pytest itself: a traceback of a thread.

    The ledger was in a folder that was gone: ``unable to open database file``.
    """
    run = Run(tmp_path, progression="stuck")
    timers: list[Callable[[], None]] = []
    timer = QueueTimer(run.terms, run.settling, lambda: run.test, timers.append, lambda: True)
    handle = chained((*run.links[:2], timer, run.links[2]), run.wire)
    handle(run.request("POST", "/jobs", job_body(backend=DEVICES[0])))
    run.ledger.path.unlink()
    tmp_path.rmdir()
    sent = len(run.wire.sent)
    timers[0]()
    assert (len(run.wire.sent), run.test.complained) == (sent, [])


def test_one_that_was_refused_has_no_timer(tmp_path: Path) -> None:
    run = Run(tmp_path)
    timers: list[Callable[[], None]] = []
    timer = QueueTimer(run.terms, run.settling, lambda: run.test, timers.append)
    handle = chained((*run.links[:2], timer, run.links[2]), run.wire)
    body = job_body(backend=DEVICES[0], program_id="unknown")
    assert handle(run.request("POST", "/jobs", body)).status >= 400
    assert handle(run.request("GET", "/jobs")).status == 200
    assert timers == []


def test_it_asks_with_a_credential_that_is_valid_then(tmp_path: Path) -> None:
    """With a queue timeout of two hours the access token of the submission had expired."""
    run = Run(tmp_path, progression="stuck", queue_timeout_s=7_200)
    timers: list[Callable[[], None]] = []
    fresh = Access(run.access.host, {**run.headers, "user-agent": "fresh"})
    timer = QueueTimer(
        run.terms, run.settling, lambda: run.test, timers.append, access_of=lambda _: fresh
    )
    handle = chained((*run.links[:2], timer, run.links[2]), run.wire)
    handle(run.request("POST", "/jobs", job_body(backend=DEVICES[0])))
    before = len(run.wire.sent)
    timers[0]()
    assert {one.headers.get("user-agent") for one in run.wire.sent[before:]} == {"fresh"}
    assert run.alive == []
