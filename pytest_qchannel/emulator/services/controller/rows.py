"""A resource instance as Resource Controller writes it."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from pytest_qchannel.crn import CRN
from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.emulator.world.records import Account, Instance
from pytest_qchannel.wire import Json

__all__ = ["ALLOCATION", "BACKENDS", "LIMIT", "asked", "row"]

ALLOCATION: Final = "usage_allocation_seconds"
LIMIT: Final = "instance_limit_seconds"
BACKENDS: Final = "backends"

RESOURCE_ID: Final = "b6049020-80f4-11eb-a0f7-e35ec9b4054f"
"""The offering that all instances of the quantum service are of. Source: IBM's tool qauvern."""


def row(account: Account, instance: Instance) -> dict[str, Json]:
    """One instance; ``parameters`` is there once somebody has sent some.

    ``extensions`` always has both times, the allocation as a number and the limit as text, as
    IBM's tool qauvern 0.14.0 reads them: it adds up the allocations, and converts the limits. A
    script beside it that was run on the live service compares what it sent as text with a number.
    """
    limit_s = instance.usage_limit_s
    known: dict[str, Json] = {
        "id": instance.id,
        "crn": instance.id,
        "guid": CRN.parse(instance.id).guid,
        "name": instance.name,
        "account_id": account.id,
        "region_id": instance.region,
        "resource_id": RESOURCE_ID,
        "resource_plan_id": instance.plan_id,
        "type": "service_instance",
        "state": "active",
        "extensions": {
            BACKENDS: list(instance.devices),
            ALLOCATION: instance.usage_allocation_s,
            LIMIT: None if limit_s is None else str(limit_s),
        },
    }
    parameters = instance.parameters
    return known if parameters is None else {**known, "parameters": parameters}


def asked(ctx: Context) -> Instance:
    """The instance that the path names, by its CRN or its GUID, if it is the caller's."""
    name = unquote(ctx.args["instance_id"])
    for one in ctx.caller.account.instances.values():
        if name in (one.id, CRN.parse(one.id).guid):
            return one
    raise ctx.refuse(404, Codes.NOT_FOUND, "The account has no resource instance of this id.")
