"""What the lane asks the services itself, beside what the code under test sends."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from pytest_qchannel.channels.client import client_release
from pytest_qchannel.lanes.assemble import lane_for
from pytest_qchannel.lanes.live.allowance import Allowance
from pytest_qchannel.lanes.live.forwarder import Forwarder
from pytest_qchannel.lanes.live.settling import PACE_S
from pytest_qchannel.wire import Request, Response
from tests.live.soak import TEST, Soak, soak
from tests.live.soak_scenarios import Passing, Scenario
from tests.live.soak_stage import Stage

OWN_USAGE_SINCE = (0, 45)
"""Since then the client asks for ``GET /instances/usage`` itself, before it submits."""


@pytest.fixture(scope="module")
def soaked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Soak]:
    """A second server, and runs that are led to it."""
    with soak(tmp_path_factory.mktemp("cost")) as running:
        yield running


@pytest.fixture(autouse=True)
def _nothing_personal(soaked: Soak) -> None:
    """The soak sees to that itself."""


class Counted:
    """A test of a live run, and what the lane has asked beside it."""

    def __init__(self, soaked: Soak) -> None:
        scenario = Scenario("cost", Passing.MUST, lambda _: None, jobs=2, seconds=20, queue_s=9_000)
        soaked.begin(scenario, 0)
        self.sent: list[str] = []
        self._told = 0
        self._forwarder = Forwarder()
        self.run = soaked.live_run(scenario, self._send)
        self.run.begin(Allowance(TEST, scenario.seconds, scenario.jobs))
        self.lane = lane_for(self.run.settings, TEST, live=self.run)
        self.stage = Stage(soaked.ibm, scenario, random.Random(0), self.lane)

    def _send(self, request: Request) -> Response:
        self.sent.append(f"{request.method} {request.path}")
        return self._forwarder.handle(request)

    def own(self) -> list[str]:
        """What the lane has sent of its own accord since the last time."""
        own = list(self.sent)
        for one in self.lane.requests:
            if (shown := f"{one.method} {one.path}") in own:
                own.remove(shown)
        new, self._told = own[self._told :], len(own)
        return new

    def close(self) -> None:
        """Ends the run."""
        self.run.close()
        self._forwarder.close()


@pytest.fixture
def counted(soaked: Soak) -> Iterator[Counted]:
    """A test of a live run whose lane is open."""
    made = Counted(soaked)
    made.lane.open()
    try:
        yield made
    finally:
        made.lane.close()
        made.close()


def test_a_job_costs_no_request_before_it_and_one_after_it(counted: Counted) -> None:
    release = client_release()
    before = [] if release and release >= OWN_USAGE_SINCE else ["GET /api/v1/instances/usage"]
    ibm = counted.stage.ibm
    ibm.ask("rules", usage_lag_s=10_000)
    job = counted.stage.submit()
    assert counted.own() == before
    counted.stage.finish(job)
    counted.run.sweep_test(TEST)
    price = f"GET /api/v1/jobs/{job.job_id()}"
    assert counted.own() == ["POST /identity/token", price]
    # It is asked for again where it was pending, but not at once.
    counted.run.clock.sleep(PACE_S)
    ibm.ask("rules", usage_lag_s=0)
    counted.run.sweep_test(TEST)
    assert counted.own() == [price]
    # The client's own look at a job tells its price, too; the instance is known by now.
    counted.stage.finish(counted.stage.submit())
    counted.run.sweep_test(TEST)
    assert counted.own() == []


def test_over_rest_the_first_job_costs_one_request_more(counted: Counted) -> None:
    job = counted.stage.submit_by_rest()
    assert counted.own() == ["GET /api/v1/instances/usage"]
    counted.stage.finish_by_rest(job)
    assert counted.own() == []
