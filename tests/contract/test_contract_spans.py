"""When the parts of a job's data were measured: within the job, and never in the future."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

import pytest

from pytest_qchannel.emulator.world.progression import seconds
from tests.contract.contract_client import BACKEND, X_ON_7, Door, fresh_door

LONG = 'OPENQASM 3.0; include "stdgates.inc"; bit[1] c; delay[1e8s] $0; c[0] = measure $0;'


def _times(door: Door, job_id: str) -> tuple[list[float], list[float]]:
    """The job's own times, and those of its spans."""
    while door.get(f"/jobs/{job_id}").json["state"]["status"] not in ("Completed", "Cancelled"):
        time.sleep(0.01)
    told = door.get(f"/jobs/{job_id}/metrics").json["timestamps"]
    of_job = [_seconds(told[name]) for name in ("created", "running", "finished")]
    result = json.loads(door.get(f"/jobs/{job_id}/results").body or b"{}")
    if "__value__" not in result:
        return of_job, []
    spans = result["__value__"]["metadata"]["execution"]["execution_spans"]["__value__"]["spans"]
    values = [span["__value__"] for span in spans]
    return of_job, [
        _seconds(one[name]["__value__"]) for one in values for name in ("start", "stop")
    ]


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _submit(door: Door, *pubs: Any) -> str:
    return door.submit(pubs=list(pubs), params={"support_qiskit": True, "version": 2})


@pytest.mark.parametrize("shots", [1, 1_000, 100_000])
def test_spans_lie_within_the_job(shots: int) -> None:
    """A job of 26 QPU seconds said of itself that it was measured half a minute from now."""
    door = fresh_door()
    door.app.world.clock._base = time.time
    job_id = _submit(door, [X_ON_7, None, shots], [X_ON_7, None, shots])
    of_job, spans = _times(door, job_id)
    assert spans == sorted(spans)
    assert len(spans) == (4 if shots < 10_000 else 40)
    created, running, finished = of_job
    assert created <= running <= spans[0] <= spans[-1] <= finished <= time.time()


def test_spans_are_as_long_as_the_device_is_busy_where_the_job_is(timeless: Door) -> None:
    timeless.app.world.devices[BACKEND].progression = seconds(30, queued=10)
    job_id = _submit(timeless, [X_ON_7, None, 40_000])
    timeless.control.advance_clock(40)
    (created, running, finished), spans = _times(timeless, job_id)
    assert (running - created, finished - created) == (10, 30)
    assert running == spans[0]
    assert spans[-1] - spans[0] == pytest.approx(10.05, abs=0.1)


def test_a_delay_of_three_years_crashes_nothing() -> None:
    """Looking at the job crashed the emulator with a ValueError, as did every list of jobs."""
    door = fresh_door()
    door.app.world.clock._base = time.time
    door.instance().usage_limit_s = None
    job_id = _submit(door, [LONG, None, 1_000])
    of_job, spans = _times(door, job_id)
    assert door.get("/jobs").status == 200
    assert door.get(f"/jobs/{job_id}").json["state"]["reason_code"] == 1305
    assert of_job[-1] <= time.time()
    assert spans == []
