"""Whatever becomes of requests, in whatever order: a submission is one job, within the budget."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_qchannel.errors import LiveRefused
from pytest_qchannel.lanes.live.access import json_of
from pytest_qchannel.lanes.live.entry import State
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
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
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
    assert not [one for one in run.test.problems if "became" in one.headline]
    known = {one.remote for one in run.ledger.entries()}
    doubted = [one for one in run.ledger.entries() if one.state is State.LOST]
    # What the lane does not know by its id it knows to look for, by a tag.
    tags = {one.tag for one in doubted}
    assert all(job.id in known or tags & set(job.tags) for job in run.jobs)


def test_without_the_link_there_would_be_more(tmp_path: Path) -> None:
    """The control: the same client at the bare service makes six jobs of one submission."""
    run = Run(tmp_path)
    run.wire.bend("POST /jobs", *[BENDS["500"]] * 5)
    job = run.request("POST", "/jobs", job_body(backend=DEVICES[0]))
    for _ in range(6):
        run.wire(job)
    assert len(run.jobs) == 6
