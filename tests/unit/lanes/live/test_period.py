"""What all runs have used in 28 days, as the service tells it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_qchannel.lanes.live.access import Unanswered
from pytest_qchannel.lanes.live.period import PERIOD_S, used_in_period
from tests.unit.lanes.live.bends import answering
from tests.unit.lanes.live.live_kit import DEVICES, Run, job_body


def used(run: Run) -> float:
    return used_in_period(run.access, run.wire, run.clock.now())


def ended(run: Run, tags: list[str], **changes: object) -> str:
    body = job_body(backend=DEVICES[0], tags=tags, **changes)
    remote = json.loads(run.wire(run.request("POST", "/jobs", body)).body)["id"]
    for _ in range(2):
        run.wire(run.request("GET", f"/jobs/{remote}"))
    return str(remote)


def of(run: str) -> list[str]:
    return ["qchannel", f"qchannel-{run}", f"qchannel-{run}-1"]


def test_the_jobs_of_all_runs_count_and_no_others(tmp_path: Path) -> None:
    run = Run(tmp_path)
    ended(run, of("a"))
    ended(run, of("b"))
    ended(run, ["mine"])
    ended(run, ["qchannel"])
    assert used(run) == 4
    run.clock.sleep(PERIOD_S - 1)
    ended(run, of("c"))
    assert used(run) == 6
    run.clock.sleep(2)
    assert used(run) == 2


def test_what_has_no_price_counts_as_it_was_reserved(tmp_path: Path) -> None:
    run = Run(tmp_path, rules={"usage_lag_s": 9}, progression="polls(1)")
    ended(run, of("a"), cost=7)
    assert used(run) == 12
    run.clock.sleep(9)
    assert used(run) == 2


@pytest.mark.parametrize(("mode", "open_s", "closed_s"), [("dedicated", 35, 3), ("batch", 4, 4)])
def test_a_session_counts_by_the_clock_and_a_batch_by_its_jobs(
    tmp_path: Path, mode: str, open_s: int, closed_s: int
) -> None:
    run = Run(tmp_path)
    body = {"mode": mode, "backend": DEVICES[0], "max_ttl": 30}
    session = json.loads(run.wire(run.request("POST", "/sessions", body)).body)["id"]
    ended(run, of("a"), session_id=session)
    run.clock.sleep(2.5)
    ended(run, of("a"), session_id=session)
    assert used(run) == open_s
    run.wire(run.request("DELETE", f"/sessions/{session}/close"))
    assert used(run) == closed_s


def test_without_an_answer_nothing_is_told(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.wire.bend("GET /jobs", answering(500, is_processed=False))
    with pytest.raises(Unanswered, match="500"):
        used(run)
