"""Whatever becomes of requests, in whatever order: a submission is one job, within the budget."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_qchannel.lanes.live.access import json_of
from pytest_qchannel.lanes.live.entry import State
from pytest_qchannel.lanes.live.problems import DuplicateJobs, LiveRefused
from pytest_qchannel.lanes.live.sweep import Sweep
from pytest_qchannel.wire import ConnectionDropped
from tests.unit.lanes.live.bends import LOST, answering
from tests.unit.lanes.live.live_kit import DEVICES, Bend, Run, job_body

BENDS: dict[str, Bend | None] = {
    "fine": None,
    **LOST,
    "429": answering(429, is_processed=False, Retry_After="3"),
    "400": answering(400, is_processed=False),
}
TRIES = st.lists(
    st.tuples(st.sampled_from(sorted(BENDS)), st.sampled_from(["fine", "500 before", "500"])),
    min_size=1,
    max_size=5,
)


@given(
    orders=st.lists(st.tuples(st.sampled_from(DEVICES), TRIES), min_size=1, max_size=4),
    lag_s=st.sampled_from([0, 9]),
    budget=st.sampled_from(["14", "29", "1000"]),
)
@settings(max_examples=12)
def test_one_job_for_each_submission(
    tmp_path_factory: pytest.TempPathFactory,
    orders: list[tuple[str, list[tuple[str, str]]]],
    lag_s: int,
    budget: str,
) -> None:
    """A client that sends again what went wrong, as the real one does, until it gives up."""
    run = Run(
        tmp_path_factory.mktemp("once"),
        budget=budget,
        seconds=8,
        jobs=4,
        rules={"list_lag_s": lag_s},
        queue_timeout_s=60,
    )
    for number, (device, tries) in enumerate(orders):
        for sent, looked in tries:
            run.wire.bends = {"POST /jobs": [BENDS[sent]], "GET /jobs": [BENDS[looked]] * 3}
            answer = None
            with suppress(ConnectionDropped, LiveRefused):
                answer = run.submit(backend=device, tags=[f"order-{number}"])
            assert run.ledger.held() <= run.terms.budget.seconds
            assert len(run.alive) <= run.terms.most_jobs
            if answer is not None and json_of(answer).get("id"):
                assert json_of(answer)["id"] in run.world.jobs
                break
    made = Counter(job.tags[0] for job in run.jobs)
    assert max(made.values(), default=1) == 1
    assert_nothing_is_left(run)


def assert_nothing_is_left(run: Run) -> None:
    """What the lane does not know by its id it looks for by a tag; then all is ended and paid."""
    run.wire.bends.clear()
    run.clock.sleep(9)
    sweeper = Sweep("a-run", run.settling, run.accesses.of, run.wire, run.test.complain)
    assert not any(line.is_left for line in sweeper.sweep(run.ledger.entries(), 99, is_last=True))
    assert run.alive == []
    assert {one.state for one in run.ledger.entries()} <= {State.SETTLED, State.VOID}
    assert run.ledger.held() == sum(job.usage_s for job in run.jobs)
    assert not [one for one in run.test.problems if isinstance(one, DuplicateJobs)]


@pytest.mark.parametrize("bend", ["fine", "500"])
def test_threads_share_a_budget(tmp_path: Path, bend: str) -> None:
    """Eight at once, and a budget for five: five jobs, and three refusals that say why."""
    run = Run(tmp_path, budget=str(5 * 15), seconds=80, jobs=8, most_jobs=8, progression="stuck")
    run.wire.bend("POST /jobs", *[BENDS[bend]] * 8)

    def submit(number: int) -> str:
        try:
            return str(json_of(run.submit(tags=[f"order-{number}"])).get("id"))
        except LiveRefused as refused:
            return refused.outcome

    with ThreadPoolExecutor(8) as pool:
        ends = Counter(pool.map(submit, range(8)))
    assert ends.pop("quota") == 3
    assert sorted(ends) == sorted(job.id for job in run.jobs)
    assert len(run.jobs) == 5
    assert run.ledger.held() == 75
    assert_nothing_is_left(run)


def test_without_the_link_there_would_be_more(tmp_path: Path) -> None:
    """The control: the same client at the bare service makes six jobs of one submission."""
    run = Run(tmp_path)
    run.wire.bend("POST /jobs", *[BENDS["500"]] * 5)
    job = run.request("POST", "/jobs", job_body(backend=DEVICES[0]))
    for _ in range(6):
        run.wire(job)
    assert len(run.jobs) == 6
