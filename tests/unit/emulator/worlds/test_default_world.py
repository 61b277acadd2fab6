"""The devices of the default world, and the world that it was before."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_qchannel.emulator.world import snapshots
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.devices import DeviceStatus
from pytest_qchannel.emulator.worlds.absent import OF_2024 as OF_2024_NAMES
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.emulator.worlds.default_world import FLEETS, default_world, fleet

OF_2024 = Path(__file__).parents[4] / "examples" / "world-2024.toml"
CLOCK = Clock(lambda: 1_760_000_000.0)
ONLINE = DeviceStatus.ONLINE


def test_an_open_instance_has_what_an_open_account_has() -> None:
    world = default_world(CLOCK)
    free = world.accounts[0].instances
    names = next(iter(free.values())).devices
    states = [world.devices[name].status for name in names]
    assert states == [DeviceStatus.ONLINE] * 3 + [DeviceStatus.OFFLINE, DeviceStatus.PAUSED]
    online = {world.devices[name].snapshot.num_qubits for name in names[:3]}
    if "ibm_kingston" in snapshots.available():
        assert names[:3] == ("ibm_fez", "ibm_kingston", "ibm_marrakesh")
        assert online == {156}


def test_who_pays_has_a_newer_heron_and_a_nighthawk() -> None:
    if fleet() is not FLEETS[0]:
        pytest.skip("the installed client ships no snapshot of them")
    world = default_world(CLOCK)
    for instance in list(world.accounts[0].instances.values())[1:]:
        kinds = {
            tuple(world.devices[name].snapshot.facts["processor_type"].values())
            for name in instance.devices
            if world.devices[name].status is DeviceStatus.ONLINE
        }
        assert {("Heron", "3"), ("Nighthawk", "1")} <= kinds


def test_a_premium_instance_has_what_its_plan_has() -> None:
    """Its dry runs were nowhere, and ``usage()`` told no time that is left."""
    world = default_world(CLOCK)
    platform, cloud, classic = ([*one.instances.values()] for one in world.accounts)
    for one in platform[1:]:
        assert one.usage_allocation_s
        assert one.usage_limit_s is None, "it is allotted, and no limit"
        assert len(one.reached) == 2 * len(one.devices)
        assert set(one.reached) <= set(world.devices)
    others = [platform[0], *cloud, *classic]
    assert [one for one in others if one.usage_allocation_s or one.reached != one.devices] == []
    assert not [name for name in world.listed if name.startswith("mock_")]


@pytest.mark.parametrize("number", range(len(FLEETS)))
def test_a_client_gets_the_newest_fleet_that_it_ships(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = {name: OF_2024 for one in FLEETS[number:] for name in one.names}
    monkeypatch.setattr(snapshots, "available", lambda: shipped)
    assert fleet.__wrapped__() is FLEETS[number]


def test_the_least_busy_device_is_the_same_with_every_client_from_0_40() -> None:
    """It was another with the newest, so that a test that names it had to know its client."""
    by_queue = [one for one in default_world(CLOCK).devices.values() if one.status is ONLINE]
    assert min(by_queue, key=lambda one: one.queue_length).name == fleet().online[2]
    assert len({one.online[2] for one in FLEETS[:2]}) == 1


def test_no_fleet_has_a_device_twice() -> None:
    assert [one for one in FLEETS if len(set(one.names)) != len(one.names)] == []


def test_the_world_of_2024_is_the_old_default_world() -> None:
    """With the same accounts and instances as today's; five devices on Open, ten for who pays."""
    old = WorldBuilder.from_file(OF_2024)
    accounts = old.build(CLOCK).accounts
    assert [[len(one.devices) for one in owner.instances.values()] for owner in accounts] == [
        [5, 10, 3],
        [10, 3, 0],
        [5, 10],
    ]
    names = [[one.name for one in owner.instances.values()] for owner in accounts]
    today = WorldBuilder.default().described.accounts
    assert names == [[one.name for one in owner.instances] for owner in today]
    queues = {one.name: (one.queue_length, one.status) for one in old.described.devices[:5]}
    assert queues == {
        "ibm_torino": (7, "online"),
        "ibm_sherbrooke": (3, "online"),
        "ibm_brisbane": (12, "online"),
        "ibm_kyoto": (0, "offline"),
        "ibm_osaka": (1, "paused"),
    }


def test_what_is_told_of_old_devices_is_what_the_file_has() -> None:
    described = WorldBuilder.from_file(OF_2024).described
    assert set(OF_2024_NAMES) == {one.name for one in described.devices}
