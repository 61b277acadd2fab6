"""The step that gives a world one thing more, by where the world was read from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.snapshots import available
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds.adding import BUILDER, adding
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from tests.world_kit import world_text

DEVICE = min(available())
OTHERS = f"""dry_run_devices = true
[[devices]]
name = "gone"
source = "{DEVICE}"
status = "offline"

[[accounts]]
name = "classic"
channels = ["ibm_quantum"]

[[accounts.instances]]
name = "a/b/c"
plan = "Premium"
"""
MORE = """usage_limit_s = 600

[[accounts.instances]]
name = "eu"
plan = "Premium"
region = "eu-de"
tags = ["far"]
usage_allocation_s = 900
devices = ["gone"]"""
FILE = world_text("ours", DEVICE, top=OTHERS, channels=["ibm_cloud"], instance="first", more=MORE)
KEYS = {"name": "it's 'mine'", "plan": "Open"}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """That of ``worlds/it.toml``, which does not end with a newline."""
    monkeypatch.chdir(tmp_path)
    Path("worlds").mkdir()
    Path("worlds/it.toml").write_text(FILE, encoding="utf-8")
    return read("worlds/it.toml")


def read(file: str) -> World:
    return WorldBuilder.from_file(file).build(Clock(lambda: 1_800_000_000.0), 0)


def test_a_file_of_the_persons_own_has_one_table_more(world: World) -> None:
    classic, lab = world.accounts
    step = adding(world, "worlds/it.toml", lab, "accounts.instances", KEYS)
    subprocess.run(["sh", "-c", step], check=True)
    names = [one.name for one in read("worlds/it.toml").accounts[1].instances.values()]
    assert names == ["first", "eu", KEYS["name"]]
    edit = adding(world, "worlds/it.toml", classic, "accounts.instances", KEYS)
    assert (
        edit.splitlines()[0]
        == "write into worlds/it.toml, below an instance of the account 'classic':"
    )
    assert edit.splitlines()[1:] == [
        "[[accounts.instances]]",
        "name = \"it's 'mine'\"",
        'plan = "Open"',
    ]


def test_another_world_is_replaced_by_a_file_with_its_devices(world: World) -> None:
    classic, lab = world.accounts
    elsewhere = str(Path("worlds/it.toml").absolute())
    edit, _, run = adding(world, elsewhere, lab, "accounts.instances", KEYS).partition(" && ")
    assert run == "pytest --qchannel-world=qchannel-world.toml"
    assert edit.count("region = ") == 1, "the first region is the one that is meant without"
    subprocess.run(["sh", "-c", edit], check=True)
    made = read("qchannel-world.toml")
    # A device that is offline, what was allotted and dry runs were lost behind the step.
    told = {one.name: (one.source, one.status.value) for one in made.devices.values()}
    listed = {"ours": (DEVICE, "online"), "gone": (DEVICE, "offline")}
    assert {name: told[name] for name in made.listed} == listed
    assert any(one.is_dry_run for one in made.devices.values())
    (account,) = made.accounts
    assert account.channels == ("ibm_quantum_platform", "ibm_cloud")
    # Code that names an instance of the world ended in another error behind the step.
    assert [one.name for one in account.instances.values()] == ["first", "eu", KEYS["name"]]
    assert [one.region for one in account.instances.values()] == ["us-east", "eu-de", "us-east"]
    assert [one.usage_allocation_s for one in account.instances.values()] == [None, 900, None]
    offered = [one.devices for one in account.instances.values()]
    assert offered == [("gone", "ours"), ("gone",), ("gone", "ours")]
    edit, _, _ = adding(world, elsewhere, lab, "devices", {"name": DEVICE}).partition(" && ")
    subprocess.run(["sh", "-c", edit], check=True)
    # It was not there: a program that reads how much time is left failed behind the step.
    kept, eu = read("qchannel-world.toml").accounts[0].instances.values()
    assert kept.usage_limit_s == 600
    assert kept.devices == ("gone", "ours", DEVICE)
    assert (eu.devices, eu.tags) == (("gone", DEVICE), ("far",))
    step = adding(world, elsewhere, classic, "accounts.instances", KEYS)
    assert 'channels = ["ibm_quantum"]' in step


def test_a_builder_is_told_its_method(world: World) -> None:
    step = adding(world, BUILDER, world.accounts[0], "devices", {"name": "new", "source": DEVICE})
    assert step == f'describe it: .device(name="new", source="{DEVICE}") of the WorldBuilder'


def test_a_device_is_to_be_listed_where_an_instance_lists_its_own(world: World) -> None:
    """The command alone added a device that nobody could ask for."""
    classic, lab = world.accounts
    said = {"name": "ibm_new", "source": DEVICE}
    command, what_is_left = adding(world, "worlds/it.toml", lab, "devices", said).splitlines()
    assert what_is_left == '# and write "ibm_new" into `devices` of eu there'
    assert adding(world, "worlds/it.toml", classic, "devices", said) == command
    subprocess.run(command, shell=True, check=True)
    after = read("worlds/it.toml").accounts[-1].instances.values()
    assert ["ibm_new" in one.devices for one in after] == [True, False]
