"""The devices of the emulated world: a calibration snapshot, a status, a queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pytest_qchannel.emulator.programs.task import Noise
from pytest_qchannel.emulator.world import snapshots
from pytest_qchannel.emulator.world.progression import IMMEDIATE, Progression

__all__ = ["Device", "DeviceStatus"]


class DeviceStatus(StrEnum):
    """``status.name`` of a device in ``GET /backends``."""

    ONLINE = "online"
    PAUSED = "paused"
    OFFLINE = "offline"


@dataclass(slots=True)
class Device:
    """A backend as an instance sees it: a calibration snapshot, a status, a queue.

    Attributes:
        name: The name that the service lists.
        queue_length: How many jobs of other people wait.
        source: The device whose snapshot is served; empty: the one called ``name``.
        kind: ``class`` in the list of backends; ``mock`` hides it unless mocks are asked for.
        has_fractional_gates: Whether ``rx`` and ``rzz`` are offered; ``None``: if it is a Heron.
        calibrations: More calibrations by id: the device whose snapshot each serves.
        progression: How fast its jobs move on.
        noise: Whether it errs.
    """

    name: str
    queue_length: int = 0
    status: DeviceStatus = DeviceStatus.ONLINE
    source: str = ""
    kind: str = ""
    has_fractional_gates: bool | None = None
    calibrations: Mapping[str, str] = field(default_factory=dict)
    progression: Progression = IMMEDIATE
    noise: Noise = Noise.OFF

    @property
    def is_dry_run(self) -> bool:
        """Whether it is the twin of a device, whose jobs take no QPU time."""
        return self.kind == "mock"

    @property
    def snapshot(self) -> snapshots.Snapshot:
        """The calibration data that the device is served from."""
        return snapshots.served(self.source or self.name, self.name, self.has_fractional_gates)

    def calibrated(self, calibration_id: str | None) -> snapshots.Snapshot | None:
        """The snapshot of a calibration; ``None``: the device has no such calibration."""
        if calibration_id is None:
            return self.snapshot
        source = self.calibrations.get(calibration_id)
        if source is None:
            return None
        return snapshots.served(source, self.name, self.has_fractional_gates)
