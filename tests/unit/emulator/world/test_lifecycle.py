"""The job state table, the emulated clock, and what the world derives from its seed."""

from __future__ import annotations

import pytest

from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.jobs import Job
from pytest_qchannel.emulator.world.lifecycle import FINAL, TRANSITIONS, JobState, next_state
from pytest_qchannel.emulator.world.records import AccessToken
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds.default_world import default_world
from pytest_qchannel.ibm import route

EVENTS = ("start", "requeue", "finish", "fail", "cancel")

# Written out again on purpose: the table is the specification, so a change of it must be meant.
MOVES = {
    ("Queued", "start"): "Running",
    ("Queued", "fail"): "Failed",
    ("Queued", "cancel"): "Cancelled",
    ("Running", "requeue"): "Queued",
    ("Running", "finish"): "Completed",
    ("Running", "fail"): "Failed",
    ("Running", "cancel"): "Cancelled",
}


@pytest.fixture
def world() -> World:
    return default_world(Clock(lambda: 1_700_000_000.0))


def new_job(world: World, state: JobState) -> Job:
    account = world.accounts[0]
    instance = next(iter(account.instances.values()))
    number = world.new_job_number()
    return Job(
        id=world.job_id(number),
        number=number,
        account=account,
        instance=instance,
        backend=instance.devices[0],
        program_id="sampler",
        params={},
        created_at=0.0,
        state=state,
    )


@pytest.mark.parametrize("event", [*EVENTS, "resurrect"])
@pytest.mark.parametrize("state", list(JobState))
def test_every_state_with_every_event(world: World, state: JobState, event: str) -> None:
    expected = MOVES.get((state.value, event))
    assert next_state(state, event) == expected

    job = new_job(world, state)
    moved = job.move(event, now=42.0)

    assert moved is (expected is not None)
    assert job.state == (expected or state)
    assert job.running_at == (42.0 if expected == "Running" else None)
    assert job.finished_at == (42.0 if expected in ("Completed", "Failed", "Cancelled") else None)


def test_a_start_that_is_taken_back_leaves_no_trace(world: World) -> None:
    job = new_job(world, JobState.QUEUED)
    assert job.move("start", 1.0)
    assert job.move("requeue", 2.0)
    assert (job.state, job.running_at, job.finished_at) == (JobState.QUEUED, None, None)


def test_the_table_knows_every_state_and_no_event_beside_these() -> None:
    assert set(TRANSITIONS) == set(JobState)
    assert {event for moves in TRANSITIONS.values() for event in moves} == set(EVENTS)
    assert {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED} == FINAL == set(route.FINAL)


@pytest.mark.parametrize("state", list(JobState))
def test_a_job_is_final_where_nothing_can_happen(world: World, state: JobState) -> None:
    job = new_job(world, state)
    assert job.is_final is not any(job.move(event, 0.0) for event in EVENTS)


def test_the_clock_follows_its_base_and_what_was_advanced() -> None:
    times = iter([10.0, 10.5, 11.0])
    clock = Clock(lambda: next(times))
    assert clock.now() == 10.0
    clock.advance(100.0)
    clock.advance(0.25)
    assert clock.now() == 110.75
    assert clock.now() == 111.25


def test_the_clock_does_not_go_back() -> None:
    clock = Clock(lambda: 10.0)
    with pytest.raises(ValueError, match=r"time only moves forward: got -1 seconds"):
        clock.advance(-1)
    assert clock.now() == 10.0


def test_the_seed_fixes_ids_and_a_job_id_does_not_depend_on_what_was_asked_before() -> None:
    clock = Clock(lambda: 0.0)
    one, same, other = (default_world(clock, seed) for seed in (3, 3, 4))
    assert [one.hex(32) for _ in range(3)] == [same.hex(32) for _ in range(3)]
    assert one.hex(32) != other.hex(32)
    one.hex(8)
    assert one.job_id(1) == same.job_id(1) != other.job_id(1)


def test_job_ids_have_todays_form_and_differ(world: World) -> None:
    ids = [world.job_id(world.new_job_number()) for _ in range(50)]
    assert len(set(ids)) == 50
    assert {len(one) for one in ids} == {20}
    assert all(one.isalnum() and one == one.lower() for one in ids)


def test_job_seeds_differ_by_number_and_fit_aer(world: World) -> None:
    job = new_job(world, JobState.QUEUED)
    seeds = set()
    for number in range(20):
        job.number = number
        seeds.add(world.job_seed(job))
    assert len(seeds) == 20
    assert all(0 <= seed < 2**31 for seed in seeds)


@pytest.mark.parametrize("digits", [1, 7, 32, 64])
def test_hex_has_that_many_digits(world: World, digits: int) -> None:
    for _ in range(40):
        text = world.hex(digits)
        assert len(text) == digits
        assert set(text) <= set("0123456789abcdef")


def test_a_token_ends_at_its_expiry_and_not_before(world: World) -> None:
    now = world.clock.now()
    world.remember(AccessToken("t", world.accounts[0], now + 3_600))
    world.clock.advance(3_599)
    assert world.token("t") is not None
    world.clock.advance(1)
    assert world.token("t") is None


def test_credentials_print_nowhere(world: World) -> None:
    account = world.accounts[0]
    token = AccessToken("the-token-value", account, 1.0)
    shown = f"{account!r} {account} {token!r} {token}"
    assert account.credential not in shown
    assert "the-token-value" not in shown
    assert account.name in shown


def test_pending_jobs_count_one_instance_and_only_what_has_not_ended(world: World) -> None:
    first, second, *_ = world.accounts[0].instances.values()
    for state in (JobState.QUEUED, JobState.RUNNING, JobState.COMPLETED, JobState.CANCELLED):
        world.add_job(new_job(world, state))
    assert world.pending_jobs(first) == 2
    assert world.pending_jobs(second) == 0


def test_the_default_world_has_what_its_docstring_says(world: World) -> None:
    regions = {
        region: {
            name
            for account in world.accounts
            for one in account.instances.values()
            if one.region == region
            for name in one.devices
        }
        for region in ("us-east", "eu-de")
    }
    assert [account.platform for account in world.accounts] == ["cloud", "cloud", "classic"]
    assert len(regions["us-east"]) == 7
    assert len(regions["eu-de"]) == 2
    assert regions["us-east"] | regions["eu-de"] == set(world.listed)
    assert all("emulated" in account.credential for account in world.accounts)
    assert [one.name for account in world.accounts for one in account.instances.values()
            if not one.is_allocated] == ["lite-instance"]  # fmt: skip


def test_the_shortest_queues_are_those_of_devices_that_are_not_online(world: World) -> None:
    listed = (world.devices[name] for name in world.listed)
    by_queue = sorted(listed, key=lambda device: device.queue_length)
    assert [device.status.value for device in by_queue[:3]] == ["offline", "paused", "online"]
    for account in world.accounts:
        for instance in account.instances.values():
            queues = [world.devices[name].queue_length for name in instance.devices]
            assert len(set(queues)) == len(queues), "least_busy would be a matter of taste"
