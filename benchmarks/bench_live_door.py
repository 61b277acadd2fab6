"""What a request takes more through the live lane's door than without it.

The second server of the live lane's tests stands where IBM stands, in a process of its own, with
TLS and a proxy. The same requests, read-only and over one connection each, go there straight and
through the lane, in turn: some hundred each time.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Final

import pytest
import requests

from pytest_qchannel.lanes.assemble import lane_for
from pytest_qchannel.lanes.live.allowance import Allowance
from tests.live.soak import TEST, Soak, soak
from tests.live.soak_scenarios import Passing, Scenario
from tests.live.soak_stage import CHANNEL

RUNTIME: Final = "https://quantum.cloud.ibm.com/api/v1"
PATHS: Final = ("/backends", "/jobs", "/backends/ibm_here/status", "/instances/usage")
ROUNDS: Final = 12
REQUESTS: Final = 25
"""Of each path in a round."""

MOST_MS: Final = 5.0


@pytest.fixture(scope="module")
def soaked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Soak]:
    """A second server, and runs that are led to it."""
    with soak(tmp_path_factory.mktemp("door")) as running:
        yield running


@pytest.mark.timeout(600)
def test_a_request_through_the_live_door(soaked: Soak, capsys: pytest.CaptureFixture[str]) -> None:
    """Answers of 0.3 to 3 kB, by the clock, medians."""
    scenario = Scenario("door", Passing.MUST, lambda _: None, jobs=1, seconds=20, queue_s=9_000)
    soaked.begin(scenario, 0)
    run = soaked.live_run(scenario)
    run.begin(Allowance(TEST, scenario.seconds, scenario.jobs))
    straight, through = list[float](), list[float]()

    def by_lane() -> None:
        lane = lane_for(run.settings, TEST, live=run)
        lane.open()
        try:
            account = lane.account(CHANNEL)
            assert account.instance
            through.extend(asked(account.secret.reveal(), account.instance.id))
        finally:
            lane.close()

    for number in range(ROUNDS):
        cases = (by_lane, lambda: straight.extend(asked(soaked.ibm.key, soaked.ibm.crn)))
        for case in cases[:: 1 if number % 2 else -1]:
            case()
    run.close()
    more = 1_000 * (statistics.median(through) - statistics.median(straight))
    with capsys.disabled():
        for name, times in (("straight", straight), ("through the door", through)):
            quarters = statistics.quantiles([1_000 * one for one in times], n=4)
            print(f"\n{name:<18}" + " ".join(f"{one:6.2f} ms" for one in quarters), end="")
        print(f"\na request through the door: {more:.2f} ms more; at most {MOST_MS:g}")
    assert more <= MOST_MS


def asked(key: str, instance: str) -> list[float]:
    """What each request took, by the clock, in seconds; the login and the first are not counted."""
    took = []
    with requests.Session() as session:
        form = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": key}
        login = session.post("https://iam.cloud.ibm.com/identity/token", data=form)
        headers = {
            "Authorization": f"Bearer {login.json()['access_token']}",
            "Service-CRN": instance,
        }
        for path in PATHS:
            for number in range(REQUESTS + 1):
                begun = time.perf_counter()
                answer = session.get(f"{RUNTIME}{path}", headers=headers)
                if number:
                    took.append(time.perf_counter() - begun)
                assert answer.status_code == 200, answer.text
    return took
