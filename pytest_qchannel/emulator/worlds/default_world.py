"""The world that a test gets when it asks for nothing special.

Two IBM Cloud accounts and one classic user, seven devices in us-east and two in eu-de: those of
today, or the nearest of which the installed client has snapshots. Every credential says of itself
that it is emulated, and none of them works anywhere else.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
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
    "FLEETS",
    "PLATFORM_ACCOUNT",
    "Fleet",
    "default_description",
    "default_world",
    "fleet",
]

PLATFORM_ACCOUNT: Final = "emulated-platform"
CLOUD_ACCOUNT: Final = "emulated-cloud"
CLASSIC_USER: Final = "emulated-classic"


@dataclass(frozen=True, slots=True)
class Fleet:
    """The devices of the default world, by the part that each plays there.

    Attributes:
        online: Those of the free instance that run jobs; the third has the shortest queue:
            the same one with every client from 0.40 on.
        offline: One that is switched off.
        paused: One that keeps its jobs queued.
        paid: What only paid instances in us-east have beside all these.
        eu_de: What instances in eu-de have.
    """

    online: tuple[str, str, str]
    offline: str
    paused: str
    paid: tuple[str, ...]
    eu_de: tuple[str, ...]

    @property
    def free(self) -> tuple[str, ...]:
        """The devices of the free instance, in their order."""
        return (*self.online, self.offline, self.paused)

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, us-east first."""
        return (*self.free, *self.paid, *self.eu_de)


FLEETS: Final = (
    # What an Open account saw in 2026, a Heron r3 and a Nighthawk in each region.
    Fleet(
        ("ibm_fez", "ibm_kingston", "ibm_marrakesh"), "ibm_quebec", "ibm_pittsburgh",
        paid=("ibm_boston", "ibm_miami"), eu_de=("ibm_aachen", "ibm_berlin"),
    ),
    # Clients from 0.40 on have two of the three, and one Heron more, of 133 qubits.
    Fleet(
        ("ibm_fez", "ibm_torino", "ibm_marrakesh"), "ibm_quebec", "ibm_osaka",
        paid=("ibm_kyiv", "ibm_brisbane"), eu_de=("ibm_geneva", "ibm_peekskill"),
    ),
    Fleet(
        ("ibm_torino", "ibm_sherbrooke", "ibm_brisbane"), "ibm_quebec", "ibm_osaka",
        paid=("ibm_kyiv", "ibm_cusco"), eu_de=("ibm_geneva", "ibm_peekskill"),
    ),
)  # fmt: skip
"""By age of the client, the newest first: each ships the snapshots that IBM had taken by then."""


@functools.cache
def fleet() -> Fleet:
    """The newest of which the installed client ships every device."""
    shipped = snapshots.available()
    return next(one for one in FLEETS if all(name in shipped for name in one.names))


@functools.cache
def default_description() -> Description:
    """What is in the default world: see ``docs/emulator.md``.

    The first instance of each account is the one that the fixtures use. It is made without being
    read and checked, which would cost each run more than all its worlds; a test does both.
    """
    chosen = fleet()
    # Premium instances have dry runs. Source: IBM's guide "Dry-run jobs".
    return Description(
        devices=tuple(_devices(chosen)), accounts=_accounts(chosen), dry_run_devices=True
    )


def _devices(chosen: Fleet) -> Iterator[DeviceSpec]:
    # The shortest queues belong to devices that are not online: who forgets to look picks a wrong
    # one.
    queues = dict(zip(chosen.free, (7, 12, 3, 0, 1), strict=True))
    states = {chosen.offline: DeviceStatus.OFFLINE, chosen.paused: DeviceStatus.PAUSED}
    for names in ((*chosen.free, *chosen.paid), chosen.eu_de):
        spare = itertools.count(20, 7)
        for name in names:
            queue_length = queues[name] if name in queues else next(spare)
            status = states.get(name, DeviceStatus.ONLINE)
            yield DeviceSpec(name, queue_length=queue_length, status=status)


def _accounts(chosen: Fleet) -> tuple[AccountSpec, ...]:
    """One for each channel."""
    us_east, eu_de = (*chosen.free, *chosen.paid), chosen.eu_de
    platform = AccountSpec(
        PLATFORM_ACCOUNT,
        channels=("ibm_quantum_platform",),
        instances=(
            _instance("open-instance", "Open", chosen.free, usage_limit_s=600),
            _instance("premium-instance", "Premium", us_east),
            _instance("premium-instance-eu", "Premium", eu_de, region="eu-de"),
        ),
    )
    cloud = AccountSpec(
        CLOUD_ACCOUNT,
        channels=("ibm_cloud",),
        instances=(
            _instance("standard-instance", "Pay-As-You-Go", us_east),
            _instance("standard-instance-eu", "Pay-As-You-Go", eu_de, region="eu-de"),
            # The Lite plan had simulators only, and they are gone: it has no allocation left.
            _instance("lite-instance", "Lite", ()),
        ),
    )
    classic = AccountSpec(
        CLASSIC_USER,
        channels=("ibm_quantum",),
        id=fixed_hex("classic account", 24),
        user_id=fixed_hex("classic user", 24),
        credential="qchannelemulated" + fixed_hex("classic a", 56) + fixed_hex("classic b", 56),
        instances=(
            InstanceSpec("ibm-q/open/main", plan="Open", devices=chosen.free, usage_limit_s=600),
            InstanceSpec("ibm-q-emulated/premium/main", plan="Premium", devices=us_east),
        ),
    )
    return platform, cloud, classic


def _instance(
    name: str,
    plan: str,
    devices: tuple[str, ...],
    region: str = "",
    usage_limit_s: int | None = None,
) -> InstanceSpec:
    """An instance with the tag of its plan, and with what the plan allots."""
    # The time of a Premium instance is allotted when it is made, and need be no limit. Source:
    # IBM's guide "Set instance allocation limits"; 1,600 minutes are the unit of its tool qauvern.
    return InstanceSpec(
        name,
        plan=plan,
        region=region,
        devices=devices,
        tags=("qchannel", plan.lower()),
        usage_limit_s=usage_limit_s,
        usage_allocation_s=1_600 * 60 if plan == "Premium" else None,
    )


def default_world(clock: Clock, seed: int = 0) -> World:
    """A fresh world with nothing special in it."""
    return assemble(default_description(), clock, seed)
