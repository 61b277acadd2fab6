"""Backends: the list, and each one's configuration, properties, status and pulse defaults."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from pytest_qchannel.emulator.context import Context
from pytest_qchannel.emulator.refusals import Codes
from pytest_qchannel.emulator.services.runtime import scope
from pytest_qchannel.emulator.wire import Response
from pytest_qchannel.emulator.world import Device, DeviceStatus
from pytest_qchannel.errors import EmulatorGap

# Until this version the list held names only; see IBM's changelog of the API.
FIRST_WITH_OBJECTS: Final = "2025-01-01"
OLDEST_VERSION: Final = "2024-01-01"
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# status.name in the list -> (status, state) in GET /backends/{name}/status
_STATUS: Final[dict[DeviceStatus, tuple[str, bool]]] = {
    DeviceStatus.ONLINE: ("active", True),
    DeviceStatus.PAUSED: ("paused", True),
    DeviceStatus.OFFLINE: ("off", False),
}


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return bool(_DATE.fullmatch(text))


def api_version(ctx: Context) -> str:
    """The version of the API that the request asks for; without a header the oldest one."""
    version = ctx.request.headers.get("ibm-api-version", OLDEST_VERSION)
    if not _is_date(version):
        raise ctx.refuse(
            400, Codes.VALIDATION, "IBM-API-Version must be a date written as YYYY-MM-DD."
        )
    return version


def list_backends(ctx: Context) -> Response:
    """``GET /backends``: names for old versions of the API, objects for newer ones."""
    devices = scope.visible_devices(ctx)
    if ctx.host.service != "runtime" or api_version(ctx) < FIRST_WITH_OBJECTS:
        return Response.json({"devices": [device.name for device in devices]})
    return Response.json({"devices": [_row(device) for device in devices]})


def _row(device: Device) -> dict[str, Any]:
    facts = device.snapshot.facts
    row: dict[str, Any] = {
        "name": device.name,
        "status": {
            "name": device.status.value,
            "reason": "available" if device.status is DeviceStatus.ONLINE else "maintenance",
        },
        "is_simulator": bool(facts["simulator"]),
        "qubits": device.snapshot.num_qubits,
        "queue_length": device.queue_length,
    }
    if isinstance(facts.get("processor_type"), dict):
        row["processor_type"] = {key: str(part) for key, part in facts["processor_type"].items()}
    if isinstance(facts.get("clops_h"), int | float):
        row["clops"] = {"type": "CLOPSh", "value": facts["clops_h"]}
    return row


def _device(ctx: Context) -> Device:
    if ctx.request.first("calibration_id") is not None:
        raise EmulatorGap(
            "the emulator serves one calibration of each device",
            next="leave calibration_id out",
        )
    return scope.device(ctx, ctx.args["name"])


def configuration(ctx: Context) -> Response:
    """``GET /backends/{name}/configuration``: the snapshot's bytes."""
    return Response.raw_json(_device(ctx).snapshot.configuration)


def properties(ctx: Context) -> Response:
    """``GET /backends/{name}/properties``: the snapshot's bytes."""
    if ctx.request.first("updated_before") is not None:
        raise EmulatorGap(
            "the emulator has no history of calibrations",
            next="ask for the properties without a datetime",
        )
    return Response.raw_json(_device(ctx).snapshot.properties)


def defaults(ctx: Context) -> Response:
    """``GET /backends/{name}/defaults``: the snapshot's pulse defaults, ``{}`` without any."""
    return Response.raw_json(_device(ctx).snapshot.defaults)


def status(ctx: Context) -> Response:
    """``GET /backends/{name}/status``."""
    device = _device(ctx)
    word, state = _STATUS[device.status]
    return Response.json(
        {
            "state": state,
            "status": word,
            "message": "",
            "length_queue": device.queue_length,
            "backend_version": str(device.snapshot.facts["backend_version"]),
        }
    )
