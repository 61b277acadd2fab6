"""The world that a test gets when it asks for nothing special.

Two IBM Cloud accounts and one classic user, ten devices in us-east and three in eu-de. Every
credential says of itself that it is emulated, and none of them works anywhere else.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import Final

from pytest_qchannel.crn import CRN
from pytest_qchannel.emulator import snapshots
from pytest_qchannel.emulator.world import (
    PLANS,
    Account,
    Clock,
    Device,
    DeviceStatus,
    Instance,
    World,
)

__all__ = ["CLASSIC_USER", "CLOUD_ACCOUNT", "PLATFORM_ACCOUNT", "default_world"]

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


def _fixed_hex(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def _crn(account_id: str, name: str, region: str) -> str:
    digits = _fixed_hex(f"{account_id}/{name}", 32)
    guid = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
    return str(CRN(region=region, account_id=account_id, guid=guid))


def _api_key(name: str) -> str:
    """44 characters, as IBM Cloud's keys have, that say what they are."""
    return f"qchannel-emulated-api-key-{_fixed_hex(name, 18)}"


def _take(candidates: tuple[str, ...], count: int) -> list[Device]:
    shipped = [name for name in candidates if name in snapshots.available()]
    spare = itertools.count(20, 7)
    return [
        Device(
            name,
            queue_length=_QUEUES[name] if name in _QUEUES else next(spare),
            status=_STATUS.get(name, DeviceStatus.ONLINE),
        )
        for name in shipped[:count]
    ]


def _cloud_account(
    name: str, instances: list[tuple[str, str, str, tuple[str, ...], int | None]]
) -> Account:
    account_id = _fixed_hex(f"account {name}", 32)
    account = Account(
        id=account_id,
        platform="cloud",
        user_id=f"IBMid-{_fixed_hex(name, 10).upper()}",
        email=f"{name}@example.invalid",
        name=name,
        credential=_api_key(name),
    )
    for instance_name, plan, region, devices, limit_s in instances:
        crn = _crn(account_id, instance_name, region)
        account.instances[crn] = Instance(
            id=crn,
            name=instance_name,
            plan=PLANS[plan],
            region=region,
            devices=devices,
            tags=("qchannel", plan.lower()),
            usage_limit_s=limit_s,
        )
    return account


def default_world(clock: Clock, seed: int = 0) -> World:
    """A fresh world: see ``docs/emulator.md`` for what is in it.

    The first instance of each account is the one that the fixtures use.
    """
    us_east, eu_de = _take(_US_EAST, 10), _take(_EU_DE, 3)
    all_us = tuple(device.name for device in us_east)
    open_us = all_us[:5]
    all_eu = tuple(device.name for device in eu_de)
    platform = _cloud_account(
        PLATFORM_ACCOUNT,
        [
            ("open-instance", "Open", "us-east", open_us, 600),
            ("premium-instance", "Premium", "us-east", all_us, None),
            ("premium-instance-eu", "Premium", "eu-de", all_eu, None),
        ],
    )
    cloud = _cloud_account(
        CLOUD_ACCOUNT,
        [
            ("standard-instance", "Pay-As-You-Go", "us-east", all_us, None),
            ("standard-instance-eu", "Pay-As-You-Go", "eu-de", all_eu, None),
            # The Lite plan had simulators only, and they are gone: it has no allocation left.
            ("lite-instance", "Lite", "us-east", (), None),
        ],
    )
    classic = Account(
        id=_fixed_hex("classic account", 24),
        platform="classic",
        user_id=_fixed_hex("classic user", 24),
        email=f"{CLASSIC_USER}@example.invalid",
        name=CLASSIC_USER,
        credential=f"qchannelemulated{_fixed_hex('classic a', 56)}{_fixed_hex('classic b', 56)}",
    )
    for hgp, plan, devices, limit_s in (
        ("ibm-q/open/main", "Open", open_us, 600),
        ("ibm-q-emulated/premium/main", "Premium", all_us, None),
    ):
        classic.instances[hgp] = Instance(
            id=hgp,
            name=hgp,
            plan=PLANS[plan],
            region="us-east",
            devices=devices,
            usage_limit_s=limit_s,
        )
    return World([platform, cloud, classic], us_east + eu_de, clock=clock, seed=seed)
