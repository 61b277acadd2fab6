"""The world that a test gets when it asks for nothing special.

Two IBM Cloud accounts and one classic user, ten devices in us-east and three in eu-de. Every
credential says of itself that it is emulated, and none of them works anywhere else.
"""

from __future__ import annotations

import functools
import itertools
from typing import Final

from pytest_qchannel.emulator.world import snapshots
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.devices import DeviceStatus
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds.assemble import assemble, fixed_hex
from pytest_qchannel.emulator.worlds.description import (
    AccountSpec,
    Description,
    DeviceSpec,
    InstanceSpec,
)

__all__ = [
    "CLASSIC_USER",
    "CLOUD_ACCOUNT",
    "PLATFORM_ACCOUNT",
    "default_description",
    "default_world",
]

PLATFORM_ACCOUNT: Final = "emulated-platform"
CLOUD_ACCOUNT: Final = "emulated-cloud"
CLASSIC_USER: Final = "emulated-classic"

# Candidates in order of preference: older clients ship fewer snapshots, so the first ten (three)
# that the installed client has are taken.
_US_EAST: Final = (
    "ibm_torino", "ibm_sherbrooke", "ibm_brisbane", "ibm_kyoto", "ibm_osaka",
    "ibm_fez", "ibm_marrakesh", "ibm_kyiv", "ibm_quebec", "ibm_cusco",
    "ibm_algiers", "ibm_hanoi",
)  # fmt: skip
_EU_DE: Final = (
    "ibm_strasbourg",
    "ibm_brussels",
    "ibm_aachen",
    "ibm_geneva",
    "ibm_prague",
    "ibm_peekskill",
)

# The shortest queues belong to devices that are not online: who forgets to look picks a wrong one.
_STATUS: Final = {"ibm_kyoto": DeviceStatus.OFFLINE, "ibm_osaka": DeviceStatus.PAUSED}
_QUEUES: Final = {
    "ibm_kyoto": 0,
    "ibm_osaka": 1,
    "ibm_torino": 7,
    "ibm_sherbrooke": 3,
    "ibm_brisbane": 12,
}


def _take(candidates: tuple[str, ...], count: int) -> tuple[str, ...]:
    return tuple(name for name in candidates if name in snapshots.available())[:count]


@functools.cache
def default_description() -> Description:
    """What is in the default world: see ``docs/emulator.md``.

    The first instance of each account is the one that the fixtures use. It is made without being
    read and checked, which would cost each run more than all its worlds; a test does both.
    """
    us_east, eu_de = _take(_US_EAST, 10), _take(_EU_DE, 3)
    devices: list[DeviceSpec] = []
    for names in (us_east, eu_de):
        spare = itertools.count(20, 7)
        devices += [
            DeviceSpec(
                name,
                queue_length=_QUEUES[name] if name in _QUEUES else next(spare),
                status=_STATUS.get(name, DeviceStatus.ONLINE),
            )
            for name in names
        ]
    free, premium = ("qchannel", "open"), ("qchannel", "premium")
    standard, lite = ("qchannel", "pay-as-you-go"), ("qchannel", "lite")
    first_us = us_east[:5]
    platform = AccountSpec(
        PLATFORM_ACCOUNT,
        channels=("ibm_quantum_platform",),
        instances=(
            InstanceSpec(
                "open-instance", plan="Open", devices=first_us, tags=free, usage_limit_s=600
            ),
            InstanceSpec("premium-instance", plan="Premium", devices=us_east, tags=premium),
            InstanceSpec(
                "premium-instance-eu", plan="Premium", region="eu-de", devices=eu_de, tags=premium
            ),
        ),
    )
    cloud = AccountSpec(
        CLOUD_ACCOUNT,
        channels=("ibm_cloud",),
        instances=(
            InstanceSpec("standard-instance", plan="Pay-As-You-Go", devices=us_east, tags=standard),
            InstanceSpec(
                "standard-instance-eu",
                plan="Pay-As-You-Go",
                region="eu-de",
                devices=eu_de,
                tags=standard,
            ),
            # The Lite plan had simulators only, and they are gone: it has no allocation left.
            InstanceSpec("lite-instance", plan="Lite", devices=(), tags=lite),
        ),
    )
    classic = AccountSpec(
        CLASSIC_USER,
        channels=("ibm_quantum",),
        id=fixed_hex("classic account", 24),
        user_id=fixed_hex("classic user", 24),
        credential="qchannelemulated" + fixed_hex("classic a", 56) + fixed_hex("classic b", 56),
        instances=(
            InstanceSpec("ibm-q/open/main", plan="Open", devices=first_us, usage_limit_s=600),
            InstanceSpec("ibm-q-emulated/premium/main", plan="Premium", devices=us_east),
        ),
    )
    return Description(devices=tuple(devices), accounts=(platform, cloud, classic))


def default_world(clock: Clock, seed: int = 0) -> World:
    """A fresh world with nothing special in it."""
    return assemble(default_description(), clock, seed)
