"""What other runs of the last 28 days have cost, by what the service says of their jobs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_qchannel.lanes.live.access import Unanswered
from pytest_qchannel.lanes.live.across_runs import spent
from pytest_qchannel.lanes.live.problems import LiveRefused
from tests.unit.lanes.live.bends import answering
from tests.unit.lanes.live.live_kit import DEVICES, Run, job_body

OF_OTHERS = ["qchannel", "qchannel-yesterday", "qchannel-yesterday-7"]


def left_by_another_run(run: Run, count: int, **changes: object) -> None:
    """Jobs that went to the service past this run's rules, each charged 2 s."""
    body = job_body(backend=DEVICES[0], tags=OF_OTHERS, **changes)
    for _ in range(count):
        assert run.wire(run.request("POST", "/jobs", body)).status == 200
    for job in run.jobs:
        while not job.is_final:
            run.wire(run.request("GET", f"/jobs/{job.id}"))


def numbers(run: Run) -> Callable[[], set[int]]:
    return lambda: {one.n for one in run.ledger.entries()}


def test_other_runs_count_and_this_one_does_not(tmp_path: Path) -> None:
    run = Run(tmp_path)
    left_by_another_run(run, 3)
    run.wire(run.request("POST", "/jobs", job_body(backend=DEVICES[0], tags=["of-mine"])))
    run.job(run.submitted())
    assert spent(run.access, run.wire, run.clock.now(), "a-run", numbers(run)) == 6


def test_what_is_older_is_forgotten(tmp_path: Path) -> None:
    run = Run(tmp_path)
    left_by_another_run(run, 2)
    run.clock.sleep(28 * 86_400 + 60)
    assert spent(run.access, run.wire, run.clock.now(), "a-run", numbers(run)) == 0


def test_a_job_without_a_price_counts_with_its_cost(tmp_path: Path) -> None:
    run = Run(tmp_path, rules={"usage_lag_s": 1_000})
    left_by_another_run(run, 1, cost=30)
    assert spent(run.access, run.wire, run.clock.now(), "a-run", numbers(run)) == 35


@pytest.mark.parametrize(("mode", "open_s", "closed_s"), [("dedicated", 35, 3), ("batch", 4, 4)])
def test_a_session_counts_by_the_clock_and_a_batch_by_its_jobs(
    tmp_path: Path, mode: str, open_s: int, closed_s: int
) -> None:
    run = Run(tmp_path)
    body = {"mode": mode, "backend": DEVICES[0], "max_ttl": 30}
    session = json.loads(run.wire(run.request("POST", "/sessions", body)).body)["id"]
    left_by_another_run(run, 1, session_id=session)
    run.clock.sleep(2.5)
    left_by_another_run(run, 1, session_id=session)
    assert spent(run.access, run.wire, run.clock.now(), "a-run", numbers(run)) == open_s
    run.wire(run.request("DELETE", f"/sessions/{session}/close"))
    assert spent(run.access, run.wire, run.clock.now(), "a-run", numbers(run)) == closed_s
    run.wire.bend(f"GET /sessions/{session}", answering(500, is_processed=False))
    with pytest.raises(Unanswered, match="500"):
        spent(run.access, run.wire, run.clock.now(), "a-run", numbers(run))


def test_many_pages_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_qchannel.lanes.live.lookup.PAGE", 2)
    run = Run(tmp_path)
    left_by_another_run(run, 5)
    assert spent(run.access, run.wire, run.clock.now(), "a-run", numbers(run)) == 10
    assert len(run.wire.of("GET /jobs")) >= 3


def test_all_runs_together_stay_below_their_budget(tmp_path: Path) -> None:
    run = Run(tmp_path, most_28d_s=20, seconds=10, jobs=1)
    left_by_another_run(run, 3)
    with pytest.raises(LiveRefused, match="other runs of the last 28 days have spent 6 s") as it:
        run.submit()
    assert it.value.outcome == "quota"
    wide = Run(tmp_path / "wide", most_28d_s=21, seconds=10, jobs=1)
    left_by_another_run(wide, 3)
    wide.submitted()


def test_without_an_answer_nothing_is_sent(tmp_path: Path) -> None:
    run = Run(tmp_path, most_28d_s=100)
    run.wire.bend("GET /jobs", answering(503, is_processed=False))
    with pytest.raises(LiveRefused, match="it answered 503") as it:
        run.submit()
    assert (it.value.outcome, run.jobs) == ("service", [])


def test_an_older_run_of_the_same_name_counts(tmp_path: Path) -> None:
    """With ``QCHANNEL_RUN_ID=nightly`` no night knew what those before had spent."""
    run = Run(tmp_path)
    left_by_another_run(run, 1)
    for job in run.jobs:
        job.tags = ["qchannel", "qchannel-a-run", "qchannel-a-run-7"]
    run.job(run.submitted())
    assert spent(run.access, run.wire, run.clock.now(), "a-run", numbers(run)) == 2
