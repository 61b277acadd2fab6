"""What a job is charged, and where exactly it is stopped for using too much."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.programs import Outcome, Task
from pytest_qchannel.emulator.programs.engine import Engine
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.progression import seconds
from pytest_qchannel.emulator.worlds.default_world import default_world
from tests.contract.contract_client import RUNTIME, Door, through_core

USED_S = 5.0


class _FiveSeconds(Engine):
    """Every job takes five QPU seconds, exactly."""

    def run(self, program_id: str, task: Task) -> Outcome:
        return Outcome(b"{}", USED_S)


@pytest.fixture
def door() -> Door:
    app = App(default_world(Clock(lambda: 1_760_000_000.0)), engine=_FiveSeconds())
    return Door(app, through_core(app.handle))


@pytest.mark.parametrize("used_s", [594.0, 595.0, 596.0, 599.0])
def test_a_job_that_runs_goes_on_beyond_the_instances_limit(door: Door, used_s: float) -> None:
    """IBM's guide to allocation limits: running workloads go on, and nothing is cancelled."""
    instance = door.instance()
    assert instance.usage_limit_s == 600
    instance.usage_s = used_s
    answer = door.get(f"/jobs/{door.submit()}").json
    assert (answer["state"]["status"], answer["usage"]) == ("Completed", {"seconds": 5})
    assert instance.usage_s == used_s + 5


@pytest.mark.parametrize(
    ("cost", "shown", "charged_s"),
    [(6, "Completed", 5), (5, "Completed", 5), (4, "Cancelled - Ran too long", 4)],
)
def test_a_job_may_use_all_of_its_own_limit(
    door: Door, cost: int, shown: str, charged_s: int
) -> None:
    answer = door.get(f"/jobs/{door.submit(cost=cost)}").json
    assert (answer["status"], answer["usage"]) == (shown, {"seconds": charged_s})
    assert door.instance().usage_s == charged_s


def test_its_own_limit_ends_a_job_where_the_instances_does_not(door: Door) -> None:
    door.instance().usage_s = 597.0
    state = door.get(f"/jobs/{door.submit(cost=4)}").json["state"]
    assert (state["status"], state["reason_code"]) == ("Cancelled", 1305)


def test_usage_is_known_so_long_after_the_end_of_each_job(door: Door) -> None:
    """A job that had ended long ago was told as pending as long as one that was looked at first."""
    world = door.app.world
    world.rules = replace(world.rules, usage_lag_s=60.0)
    for length_s in (100, 10):
        world.next_progression = seconds(length_s)
        door.submit()
    door.control.advance_clock(120)
    door.get("/jobs")
    assert door.instance().usage_s == USED_S
    door.control.advance_clock(40)
    door.get("/jobs")
    assert door.instance().usage_s == 2 * USED_S


def test_what_the_clock_has_ended_is_not_cancelled(door: Door) -> None:
    """Half a minute after its end a job was cancelled, as nobody had looked at it since."""
    world = door.app.world
    jobs = []
    for length_s in (30, 30, 90):
        world.next_progression = seconds(length_s)
        jobs.append(door.submit())
    ended, deleted, running = jobs
    door.control.advance_clock(60)
    assert door.post(f"/jobs/{ended}/cancel").status == 409
    assert door.get(f"/jobs/{ended}").json["state"] == {"status": "Completed"}
    assert door.request("DELETE", f"{RUNTIME}/jobs/{deleted}", door.runtime()).status == 204
    assert door.post(f"/jobs/{running}/cancel").status == 204
    assert door.instance().usage_s == 2 * USED_S
