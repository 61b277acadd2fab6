"""Creating a service and asking it for the least busy of ten devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from benchmarks._flows import DEVICE, Tape, localqpu_server

GROUP: Final = "least_busy, ten devices"


def least_busy(service: Any) -> Any:
    return service.least_busy(operational=True, simulator=False)


@pytest.mark.timeout(300)
@pytest.mark.qchannel("ibm_cloud")
def test_emulator_beside_the_client(qchannel: Any, side_by_side: Callable[..., None]) -> None:
    from pytest_qchannel.emulator.world import snapshots

    tape = Tape()

    def emulator() -> Any:
        return least_busy(qchannel.connect())

    def first_use() -> Any:
        """As the first test of a process has it: the snapshots are not in memory yet."""
        snapshots.load.cache_clear()
        return emulator()

    def client_alone() -> Any:
        with tape.playing():
            return emulator()

    with tape.recording():
        assert len(qchannel.connect().backends()) == 10
        assert emulator().name == DEVICE
    assert client_alone().name == DEVICE
    cases = {"emulator, first use": first_use, "emulator": emulator, "client alone": client_alone}
    side_by_side(GROUP, cases, rounds=30)


@pytest.mark.timeout(300)
def test_localqpu(qchannel_world: Any, timed: Callable[..., None]) -> None:
    localqpu = pytest.importorskip("localqpu", reason="localqpu is not installed")
    from pytest_qchannel.emulator.world.clock import Clock
    from pytest_qchannel.emulator.worlds.default_world import CLOUD_ACCOUNT

    world = qchannel_world.build(Clock(lambda: 0.0))
    account = next(one for one in world.accounts if one.name == CLOUD_ACCOUNT)
    devices = next(iter(account.instances.values())).devices
    with localqpu_server(*devices) as port:
        assert len(localqpu.connect(port=port).backends()) == len(devices) == 10
        timed(GROUP, "localqpu", lambda: least_busy(localqpu.connect(port=port)), rounds=20)
