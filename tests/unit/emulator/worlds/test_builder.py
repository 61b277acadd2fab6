"""The builder: never changes, says kindly what is wrong; and what it builds."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path
from typing import Any

import pytest

from pytest_qchannel.emulator.programs.task import Noise
from pytest_qchannel.emulator.tables import keys_of, read
from pytest_qchannel.emulator.world.devices import DeviceStatus
from pytest_qchannel.emulator.world.progression import polls, seconds
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.emulator.worlds.checks import check
from pytest_qchannel.emulator.worlds.default_world import default_description, default_world
from pytest_qchannel.emulator.worlds.description import (
    AccountSpec,
    Description,
    DeviceSpec,
    InstanceSpec,
    JobSpec,
)
from pytest_qchannel.errors import UsageProblem
from tests.devices_kit import DEVICE
from tests.unit.emulator.worlds.worlds_kit import CLOCK, CRN, small

EXAMPLE = Path(__file__).parents[4] / "examples" / "world.toml"


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
    assert (device.kind, device.has_fractional_gates) == ("mock", None)
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
    assert (first.usage_limit_s, first.pending_limit) == (600, None)
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
    assert [one.name for one in second.described.accounts[0].instances] == ["open"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.source = ""  # type: ignore[misc]


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
    more = builder.instance("mine", plan="Flex", account="emulated-cloud", devices=[DEVICE])
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


def test_the_default_world_could_have_been_written() -> None:
    """It is made without being read and checked: so they are here."""
    world = default_description()
    check(world)
    instances = [one for account in world.accounts for one in account.instances]
    accounts = [dataclasses.replace(account, instances=()) for account in world.accounts]
    for spec in (*world.devices, *instances, *accounts):
        given = {key.name: getattr(spec, key.name) for key in keys_of(type(spec))}
        table = {
            key.name: given[key.name]
            for key in keys_of(type(spec))
            if given[key.name] != key.default
        }
        assert read(type(spec), table) == spec


def test_what_is_added_to_a_checked_builder_is_checked_again() -> None:
    for builder in (WorldBuilder.default(), WorldBuilder.from_file(EXAMPLE), small().check()):
        with pytest.raises(UsageProblem, match="the device 'x': the installed client ships no"):
            builder.device("x").build(CLOCK)


def test_an_argument_that_is_none_is_not_given() -> None:
    optional = dict.fromkeys(("source", "status", "queue_length", "calibrations"))
    assert WorldBuilder().device("x", **optional) == WorldBuilder().device("x")  # type: ignore[arg-type]


def test_any_iterable_is_a_list_of_texts() -> None:
    names = {"ibm_torino": 1}.keys()
    builder = small().instance("more", plan="Open", tags=(text for text in "ab"), devices=names)
    made = builder.described.accounts[0].instances[1]
    assert (made.tags, made.devices) == (("a", "b"), ("ibm_torino",))


def test_an_argument_that_there_is_not_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"WorldBuilder.device\(\) got an unexpected .* 'statsu'"):
        WorldBuilder().device("x", statsu="online")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"WorldBuilder.instance\(\) missing .*'plan'"):
        small().instance("x")  # type: ignore[call-arg]


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
            lambda: WorldBuilder().device("ibm_torino", calibrations={"": "ibm_fez"}),
            "the device 'ibm_torino': calibrations wants a table of texts, as "
            '{ spring = "ibm_torino" }, not ""',
            "WorldBuilder, at calibrations.",
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


def test_the_example_says_every_key_there_is() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    said = {line.lstrip("# ").partition("=")[0].strip() for line in text.splitlines()}
    said |= {line.lstrip("# ").partition(":")[0] for line in text.splitlines()}
    said |= {line.partition("]")[0].strip("[").rpartition(".")[2] for line in text.splitlines()}
    wanted = {key.name for spec in (Description, DeviceSpec, AccountSpec, InstanceSpec, JobSpec)
              for key in keys_of(spec)}  # fmt: skip
    assert (wanted | {"instances"}) - said == set()
    WorldBuilder.from_file(EXAMPLE).build(CLOCK)
