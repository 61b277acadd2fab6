"""What is said of a job that a live run waits for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_qchannel.lanes.live.waits import Waits
from pytest_qchannel.wire import Handle, Request, Response
from tests.unit.lanes.live.bends import answering, no_connection
from tests.unit.lanes.live.live_kit import DEVICES, Bend, Run


def waits_of(run: Run) -> Waits:
    began_at = run.clock.now()
    return Waits(run.terms, run.settling, began_at, lambda _: run.access, run.wire)


def metrics_without(*names: str) -> Bend:
    """The metrics of a job as another version of the API tells them."""

    def bent(request: Request, handle: Handle) -> Response:
        body: dict[str, Any] = json.loads(handle(request).body)
        return Response.json({name: one for name, one in body.items() if name not in names})

    return bent


def test_a_wait_of_more_than_ten_seconds_is_told(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="stuck", budget="60")
    waits = waits_of(run)
    assert waits.line() is None
    remote = run.submitted()
    run.clock.sleep(10)
    assert waits.line() is None
    run.clock.sleep(1)
    said = f"place 1 at {DEVICES[0]}, 53 of 60 QPU s left (job {remote})"
    assert waits.line() == f"qchannel: waiting 11 s, {said}"
    run.clock.sleep(60)
    assert waits.line() == f"qchannel: waiting 1 min 11 s, {said}"


def test_the_service_is_asked_for_the_place_now_and_then(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="stuck")
    waits = waits_of(run)
    remote = run.submitted()
    run.clock.sleep(11)
    for _ in range(16):
        waits.line()
        run.clock.sleep(1)
    assert len(run.wire.of(f"GET /jobs/{remote}/metrics")) == 2


def test_where_no_place_is_told_it_is_the_length_of_the_queue(tmp_path: Path) -> None:
    """IBM's API description has the place in versions of the API up to 2026-02-15."""
    run = Run(tmp_path, progression="stuck")
    waits = waits_of(run)
    remote = run.submitted()
    run.clock.sleep(11)
    run.wire.bend(f"GET /jobs/{remote}/metrics", metrics_without("position_in_queue"))
    assert f", 0 queued at {DEVICES[0]}" in str(waits.line())


def test_a_service_that_does_not_answer_costs_no_more_than_the_place(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="stuck")
    waits = waits_of(run)
    remote = run.submitted()
    run.clock.sleep(11)
    run.wire.bend(f"GET /jobs/{remote}/metrics", no_connection, answering(503, is_processed=False))
    for seconds in (11, 26):
        assert str(waits.line()).startswith(f"qchannel: waiting {seconds} s, at {DEVICES[0]}, ")
        run.clock.sleep(15)


def test_of_several_jobs_the_oldest_is_told_and_how_many_more(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="stuck", most_jobs=2)
    waits = waits_of(run)
    first = run.submitted()
    run.clock.sleep(5)
    run.submitted()
    run.clock.sleep(6)
    said = str(waits.line())
    assert ", 1 more in flight, " in said
    assert first in said


def test_a_job_that_runs_or_has_ended_waits_in_no_queue(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="seconds(100)")
    waits = waits_of(run)
    run.submitted()
    run.clock.sleep(50)
    assert f", running at {DEVICES[0]}, " in str(waits.line())
    run.clock.sleep(100)
    assert waits.line() is None


def test_what_a_run_of_the_same_name_waited_for_is_not_told(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="stuck")
    run.submitted()
    run.clock.sleep(60)
    assert waits_of(run).line() is None
