"""Backends: the list, and each one's configuration, properties, status and pulse defaults."""

from __future__ import annotations

from typing import Final

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes, Known
from pytest_qchannel.emulator.services.runtime import scope
from pytest_qchannel.emulator.services.runtime.api_version import api_version
from pytest_qchannel.emulator.services.runtime.query import moment
from pytest_qchannel.emulator.world.devices import Device, DeviceStatus
from pytest_qchannel.emulator.world.snapshots import Snapshot
from pytest_qchannel.hosts import RUNTIME
from pytest_qchannel.ibm.releases import READS_PULSES_UNTIL
from pytest_qchannel.wire import Json, Response

# Until this version the list held names only; see IBM's changelog of the API.
FIRST_WITH_OBJECTS: Final = "2025-01-01"

# status.name in the list -> (status, state) in GET /backends/{name}/status
_STATUS: Final[dict[DeviceStatus, tuple[str, bool]]] = {
    DeviceStatus.ONLINE: ("active", True),
    DeviceStatus.PAUSED: ("paused", True),
    DeviceStatus.OFFLINE: ("off", False),
}


def list_backends(ctx: Context) -> Response:
    """``GET /backends``: names for old versions of the API, objects for newer ones."""
    hidden = scope.hidden_backends(ctx)
    devices = [one for one in scope.visible_devices(ctx) if one.name not in hidden]
    if ctx.host.service != RUNTIME or api_version(ctx) < FIRST_WITH_OBJECTS:
        return Response.json({"devices": [device.name for device in devices]})
    return Response.json({"devices": [_row(device) for device in devices]})


def _row(device: Device) -> dict[str, Json]:
    facts = device.snapshot.facts
    row: dict[str, Json] = {
        "name": device.name,
        "status": {
            "name": device.status.value,
            "reason": "available" if device.status is DeviceStatus.ONLINE else "Maintenance",
        },
        "is_simulator": bool(facts["simulator"]),
        "qubits": device.snapshot.num_qubits,
        "physical_qubits": device.snapshot.num_qubits,
        "queue_length": device.queue_length,
    }
    if device.kind:
        row["class"] = device.kind
    if isinstance(facts.get("processor_type"), dict):
        row["processor_type"] = {key: str(part) for key, part in facts["processor_type"].items()}
    if isinstance(facts.get("clops_h"), int | float):
        row["clops"] = {"type": "hardware", "value": round(facts["clops_h"])}
    return row


def _snapshot(ctx: Context) -> Snapshot:
    """The calibration of the device that the request names, its newest one by default."""
    device = scope.device(ctx, ctx.args["backend"])
    calibration_id, instance = ctx.request.first("calibration_id"), ctx.caller.instance
    if calibration_id is not None and instance is not None and not instance.plan.has_calibrations:
        raise ctx.refuse_as(Known.NO_CALIBRATIONS)
    return scope.calibrated(ctx, device, calibration_id)


def configuration(ctx: Context) -> Response:
    """``GET /backends/{name}/configuration``: the snapshot's, with pulses for who can play them."""
    snapshot = _snapshot(ctx)
    has_pulses = ctx.host.service != RUNTIME or (
        ctx.release is not None and ctx.release < READS_PULSES_UNTIL
    )
    return Response.raw_json(
        snapshot.configuration if has_pulses else snapshot.configuration_without_pulses
    )


def properties(ctx: Context) -> Response:
    """``GET /backends/{name}/properties``: the snapshot's, also for times before it was taken.

    The service has properties from a device's first day on; the oldest that there are here are the
    snapshot's. Of a time before that day it can have none. Source of both: the client's
    documentation of ``IBMBackend.properties(datetime=...)``; the 404 is inferred.
    """
    snapshot = _snapshot(ctx)
    before = ctx.request.first("updated_before")
    if before is not None and moment(ctx, "updated_before") < snapshot.online_at:
        raise ctx.refuse(
            404, Codes.NOT_FOUND, f"{snapshot.name} has no properties of before {before[:100]}."
        )
    return Response.raw_json(snapshot.properties)


def defaults(ctx: Context) -> Response:
    """``GET /backends/{name}/defaults``: ``null`` for every device, as seen in 2026.

    The classic platform had pulse defaults: those of the snapshot, ``{}`` without any.
    """
    snapshot = _snapshot(ctx)
    return Response.raw_json(b"null" if ctx.host.service == RUNTIME else snapshot.defaults)


def status(ctx: Context) -> Response:
    """``GET /backends/{name}/status``."""
    device = scope.device(ctx, ctx.args["backend"])
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
