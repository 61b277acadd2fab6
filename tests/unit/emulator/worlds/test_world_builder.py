"""The builder: never changes, shares nothing, says kindly what is wrong; and what it builds."""

from __future__ import annotations

import dataclasses
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from pytest_qchannel.emulator.default_world import default_world
from pytest_qchannel.emulator.lifecycle import JobState
from pytest_qchannel.emulator.programs.task import Noise
from pytest_qchannel.emulator.progression import polls, seconds
from pytest_qchannel.emulator.records import DeviceStatus
from pytest_qchannel.emulator.session_state import SessionState
from pytest_qchannel.emulator.world import Clock, World
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.emulator.worlds.specs import (
    AccountSpec,
    DeviceSpec,
    InstanceSpec,
    JobSpec,
    keys_of,
)
from pytest_qchannel.errors import UsageProblem

CLOCK = Clock(lambda: 10_000.0)
EXAMPLE = Path(__file__).parents[4] / "examples" / "world.toml"
CRN = (
    "crn:v1:bluemix:public:quantum-computing:eu-de:a/0123456789abcdef0123456789abcdef:"
    "11111111-2222-4333-8444-555555555555::"
)


def small() -> WorldBuilder:
    return (
        WorldBuilder()
        .device("ibm_torino", queue_length=3)
        .account("me", channels=["ibm_quantum_platform"])
        .instance("open", plan="Open", usage_limit_s=600)
    )


@pytest.mark.parametrize(
    ("method", "spec", "more"),
    [
        ("device", DeviceSpec, set()),
        ("account", AccountSpec, set()),
        ("instance", InstanceSpec, {"account"}),
        ("job", JobSpec, set()),
    ],
)
def test_the_builder_takes_every_key_of_a_world_file(
    method: str, spec: Any, more: set[str]
) -> None:
    arguments = set(inspect.signature(getattr(WorldBuilder, method)).parameters) - {"self"}
    assert arguments == {key.name for key in keys_of(spec)} | more


def test_a_builder_and_a_file_say_the_same_in_the_same_words(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(
        'seed = 4\n[[devices]]\nname = "ibm_torino"\nqueue_length = 3\nprogression = "polls(2)"\n'
        'noise = "calibration"\nstatus = "paused"\n[devices.calibrations]\nx = "ibm_sherbrooke"\n'
        '[[accounts]]\nname = "me"\nchannels = ["ibm_cloud"]\n'
        f'[[accounts.instances]]\nname = "eu"\nplan = "Flex"\ncrn = "{CRN}"\ntags = ["a"]\n'
        "usage_s = 1.5\nusage_allocation_s = 100\nmax_pending_jobs = 2\n"
        '[[jobs]]\naccount = "me"\ninstance = "eu"\nbackend = "ibm_torino"\nage_s = 5\n'
        'state = "Completed"\nresult = { a = [1, 2] }\n',
        encoding="utf-8",
    )
    built = (
        WorldBuilder()
        .seed(4)
        .device(
            "ibm_torino",
            queue_length=3,
            progression=polls(2),
            noise="calibration",
            status="paused",
            calibrations={"x": "ibm_sherbrooke"},
        )
        .account("me", channels=["ibm_cloud"])
        .instance(
            "eu",
            plan="Flex",
            crn=CRN,
            tags=["a"],
            usage_s=1.5,
            usage_allocation_s=100,
            max_pending_jobs=2,
        )
        .job(
            account="me",
            instance="eu",
            backend="ibm_torino",
            age_s=5,
            state="Completed",
            result='{"a": [1, 2]}',
        )
    )
    read = WorldBuilder.from_file(path)
    assert dataclasses.replace(read, source=built.source) == built


def test_what_is_described_is_what_there_is() -> None:
    world = (
        small()
        .device(
            "ibm_other",
            source="ibm_sherbrooke",
            status="offline",
            kind="mock",
            calibrations={"old": "ibm_torino"},
            progression="seconds(30, queued=10)",
            noise="calibration",
        )
        .device("fractional", source="ibm_torino", fractional_gates=True)
        .instance("eu", plan="Premium", crn=CRN, devices=["ibm_other"], tags=["x", "y"],
                  usage_s=2, usage_allocation_s=7, max_pending_jobs=9)
        .build(CLOCK, 5)
    )  # fmt: skip
    device = world.devices["ibm_other"]
    assert device.status is DeviceStatus.OFFLINE
    assert device.progression == seconds(30, queued=10)
    assert device.noise is Noise.CALIBRATION
    assert (device.kind, device.has_fractional_gates) == ("mock", False)
    assert (device.snapshot.name, device.snapshot.source) == ("ibm_other", "ibm_sherbrooke")
    assert "rzz" in world.devices["fractional"].snapshot.facts["basis_gates"]
    old = device.calibrated("old")
    assert old is not None
    assert old.source == "ibm_torino"
    (account,) = world.accounts
    first, eu = account.instances.values()
    assert account.id == "0123456789abcdef0123456789abcdef", "the CRN's account"
    assert account.id in first.id
    assert (first.region, first.devices) == ("us-east", ("ibm_torino", "ibm_other", "fractional"))
    assert (eu.id, eu.region, eu.devices, eu.tags) == (CRN, "eu-de", ("ibm_other",), ("x", "y"))
    assert (eu.usage_s, eu.usage_allocation_s, eu.pending_limit) == (2.0, 7, 9)
    assert (first.usage_limit_s, first.pending_limit) == (600, 3)
    assert world.seed == 5


def test_generated_credentials_say_what_they_are_and_differ() -> None:
    world = (
        small()
        .account("you", channels=["ibm_cloud"])
        .account("they", channels=["ibm_quantum"])
        .build(CLOCK)
    )
    me, you, they = (account.credential for account in world.accounts)
    assert me != you
    assert all("emulated" in one for one in (me, you, they))
    assert (len(me), len(they)) == (44, 128)
    assert len({account.id for account in world.accounts}) == 3


def test_a_builder_never_changes() -> None:
    first = small()
    copy = dataclasses.replace(first)
    second = first.device("ibm_sherbrooke").seed(3).account("x", channels=["ibm_cloud"])
    second.instance("more", plan="Lite", account="me")
    assert first == copy != second
    assert [one.name for one in second.accounts[0].instances] == ["open"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.world_seed = 3  # type: ignore[misc]


def shared(left: object, right: object) -> list[object]:
    """What can be changed and is in both worlds."""
    kinds = (World, dict, list, set)

    def parts(value: object) -> dict[int, object]:
        found: dict[int, object] = {}
        stack = [value]
        while stack:
            one = stack.pop()
            if id(one) in found or isinstance(one, str | int | float | type | Clock):
                continue
            if dataclasses.is_dataclass(one) or isinstance(one, (*kinds, tuple)):
                found[id(one)] = one
                if isinstance(one, dict):
                    stack += one.values()
                elif isinstance(one, list | tuple | set):
                    stack += one
                elif hasattr(one, "__slots__"):
                    stack += [getattr(one, name) for name in one.__slots__ if hasattr(one, name)]
                else:
                    stack += vars(one).values()
        return found

    mine, others = parts(left), parts(right)
    both = [mine[key] for key in mine.keys() & others.keys()]
    return [one for one in both if isinstance(one, kinds) or not _is_frozen(one)]


def _is_frozen(one: Any) -> bool:
    parameters = getattr(type(one), "__dataclass_params__", None)
    return parameters is None or bool(parameters.frozen)


def test_two_worlds_share_nothing_that_can_change() -> None:
    params: dict[str, Any] = {"pubs": [], "deep": {"list": [1]}}
    tags = ["a"]
    calibrations = {"x": "ibm_sherbrooke"}
    fault = {"route": "GET /jobs", "status": 503}
    builder = (
        small()
        .device("ibm_sherbrooke", calibrations=calibrations)
        .job(account="me", instance="open", backend="ibm_sherbrooke", params=params, tags=tags,
             age_s=1, session="s")
        .fault(fault)
    )  # fmt: skip
    params["deep"]["list"].append(2)
    tags.append("b")
    calibrations["y"] = "nonsense"
    fault["status"] = 404
    one, two = builder.build(CLOCK), builder.build(CLOCK)
    assert shared(one, two) == []
    (job,) = one.jobs.values()
    assert (job.params, job.tags) == ({"pubs": [], "deep": {"list": [1]}}, ["a"])
    assert list(one.devices["ibm_sherbrooke"].calibrations) == ["x"]
    assert one.faults[0].status == 503


def test_what_two_worlds_share_would_be_seen() -> None:
    one, two = small().build(CLOCK), small().build(CLOCK)
    two.devices["ibm_torino"] = one.devices["ibm_torino"]
    assert "Device" in {type(part).__name__ for part in shared(one, two)}


def test_the_seed_is_the_callers_then_the_builders_then_zero() -> None:
    assert small().build(CLOCK).seed == 0
    assert small().seed(7).build(CLOCK).seed == 7
    assert small().seed(7).build(CLOCK, 0).seed == 0


def test_the_same_description_and_seed_give_the_same_ids() -> None:
    def ids(seed: int) -> list[str]:
        builder = small().job(account="me", instance="open", backend="ibm_torino")
        world = builder.build(CLOCK, seed)
        return [*world.jobs, world.job_id(world.new_job_number())]

    assert ids(1) == ids(1) != ids(2)
    assert len(set(ids(1))) == 2


def test_the_default_world_can_be_added_to() -> None:
    builder = WorldBuilder.default()
    more = builder.instance("mine", plan="Flex", account="emulated-cloud", devices=["ibm_torino"])
    names = [
        [one.name for one in account.instances.values()]
        for account in more.build(CLOCK).accounts
        if account.name == "emulated-cloud"
    ]
    assert names[0][-1] == "mine"
    assert WorldBuilder.default() == builder, "and stays what it was"


def test_the_default_builder_builds_the_default_world() -> None:
    built, default = WorldBuilder.default().build(CLOCK, 2), default_world(CLOCK, 2)
    assert built.accounts == default.accounts
    assert built.devices == default.devices
    assert [one.channels for one in built.accounts] == [
        ("ibm_quantum_platform",),
        ("ibm_cloud",),
        ("ibm_quantum",),
    ]


@pytest.mark.parametrize(
    ("make", "headline", "where", "closest"),
    [
        (
            lambda: WorldBuilder().device("ibm_torino", status="offlin"),
            "the device 'ibm_torino': status is wrong: \"offlin\" is no status",
            "WorldBuilder, at status",
            "offline",
        ),
        (
            lambda: WorldBuilder().device("ibm_torino", queue_length=-1),
            "the device 'ibm_torino': queue_length wants a whole number, 0 or more, not -1",
            "WorldBuilder, at queue_length",
            None,
        ),
        (
            lambda: WorldBuilder().account("me", channels="ibm_cloud"),
            "the account 'me': channels wants a list of texts, not \"ibm_cloud\"",
            "WorldBuilder, at channels",
            None,
        ),
        (
            lambda: WorldBuilder().instance("open", plan="Open"),
            "the instance 'open' has no account",
            "WorldBuilder",
            None,
        ),
        (
            lambda: small().instance("x", plan="Open", account="mee"),
            "the instance 'x' has no account: there is no 'mee'",
            "WorldBuilder",
            "me",
        ),
        (
            lambda: small().instance("x", plan="Open", devices=["ibm_tor"]).build(CLOCK),
            "the instance 'x': the world has no device 'ibm_tor'",
            "WorldBuilder, at accounts[0].instances[1].devices[0]",
            "ibm_torino",
        ),
        (lambda: small().seed(-1), "-1 is no seed", None, None),
        (lambda: small().seed(True), "True is no seed", None, None),
        (
            lambda: small().fault({"route": "GET /jobs", "stats": 3}),
            "a fault: unknown word 'stats' in a fault, did you mean 'status'?",
            "WorldBuilder, at stats",
            None,
        ),
    ],
)
def test_what_is_wrong_is_said_kindly(
    make: Any, headline: str, where: str | None, closest: str | None
) -> None:
    with pytest.raises(UsageProblem) as caught:
        make()
    assert caught.value.headline == headline
    assert caught.value.where == where
    assert caught.value.closest == closest
    assert caught.value.next


def history(**job: Any) -> World:
    builder = small().job(account="me", instance="open", backend="ibm_torino", **job)
    return builder.build(CLOCK)


@pytest.mark.parametrize("state", list(JobState))
def test_a_job_of_every_state_has_the_times_that_the_state_has(state: JobState) -> None:
    is_ended = state in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)
    params = {"version": 2, "pubs": [["OPENQASM 3.0; qubit[1] q;"]]}
    given = {"usage_s": 4} if is_ended else {"params": params}
    world = history(state=state.value, age_s=100, **given)
    (job,) = world.jobs.values()
    assert (job.state, job.created_at) == (state, 9_900.0)
    assert job.finished_at == (9_904.0 if is_ended else None)
    assert job.running_at == (None if state is JobState.QUEUED else 9_900.0)
    assert (job.id in world.unfinished) is not is_ended
    assert world.pending_jobs(job.instance) == (0 if is_ended else 1)


def test_a_cancelled_job_that_used_nothing_never_ran() -> None:
    (job,) = history(state="Cancelled", age_s=100, reason="by hand").jobs.values()
    assert (job.running_at, job.finished_at, job.reason) == (None, 9_900.0, "by hand")


def test_a_result_is_kept_as_json_and_no_result_is_none() -> None:
    (job,) = history(result={"b": [1, {"c": None}]}, usage_s=0).jobs.values()
    assert job.outcome is not None
    assert json.loads(job.outcome.result_for(None)) == {"b": [1, {"c": None}]}
    (job,) = history().jobs.values()
    assert job.outcome is None


def test_the_history_is_numbered_from_the_oldest_on() -> None:
    builder = small()
    for age_s in (10, 30, 20):
        builder = builder.job(
            account="me", instance="open", backend="ibm_torino", age_s=age_s, id=f"age{age_s}"
        )
    world = builder.build(CLOCK)
    assert list(world.jobs) == ["age30", "age20", "age10"]
    assert [job.number for job in world.jobs.values()] == [1, 2, 3]
    assert world.new_job_number() == 4


def test_jobs_with_one_session_ran_in_one_closed_batch() -> None:
    builder = small()
    for age_s, session in ((50, "a"), (40, "b"), (30, "a")):
        builder = builder.job(
            account="me", instance="open", backend="ibm_torino", age_s=age_s, usage_s=2,
            session=session,
        )  # fmt: skip
    world = builder.build(CLOCK)
    first, other, last = world.jobs.values()
    assert first.session is last.session is not other.session
    assert len(world.sessions) == 2
    batch = first.session
    assert batch is not None
    assert (batch.state, batch.accepting_jobs) == (SessionState.CLOSED, False)
    assert (batch.created_at, batch.usage_s, batch.closed_at) == (9_950.0, 4.0, 9_972.0)
    assert [state for state, _ in batch.history] == ["open", "active", "closed"]
    assert batch.state_reason == "The session was closed."
    assert (batch.last_job_started, batch.last_job_completed) == (9_970.0, 9_972.0)


def test_instances_with_one_name_are_told_by_their_crns() -> None:
    other = CRN.replace("eu-de", "us-east").replace("11111111", "22222222")
    builder = (
        small().instance("twin", plan="Lite", crn=CRN).instance("twin", plan="Flex", crn=other)
    )
    ran_in = [
        next(iter(builder.job(account="me", instance=text, backend="ibm_torino")
                  .build(CLOCK).jobs.values())).instance.id
        for text in ("twin", CRN, other)
    ]  # fmt: skip
    assert ran_in == [CRN, CRN, other]


def test_the_example_says_every_key_there_is() -> None:
    from pytest_qchannel.emulator.worlds.toml_file import KEYS

    text = EXAMPLE.read_text(encoding="utf-8")
    said = {line.lstrip("# ").partition("=")[0].strip() for line in text.splitlines()}
    said |= {line.lstrip("# ").partition(":")[0] for line in text.splitlines()}
    said |= {line.partition("]")[0].strip("[").rpartition(".")[2] for line in text.splitlines()}
    wanted = {key.name for spec in (DeviceSpec, AccountSpec, InstanceSpec, JobSpec)
              for key in keys_of(spec)}  # fmt: skip
    assert (wanted | set(KEYS) | {"instances"}) - said == set()
    WorldBuilder.from_file(EXAMPLE).build(CLOCK)
