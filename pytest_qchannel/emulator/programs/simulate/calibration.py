"""The noise of a device, from the calibration that its own snapshot holds.

What errs: each gate (relaxation for its length, and depolarisation up to its calibrated error),
the readout of each qubit (the two assignment errors), a qubit during a delay, and after it was
measured in the middle of a circuit (relaxation for as long as that takes). A reset is perfect:
calibrations have no figure for it. Crosstalk, leakage and qubits that wait without a delay are
left out, for the same reason.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from qiskit.circuit import CircuitInstruction

from pytest_qchannel.emulator.programs.arrays import Complexes
from pytest_qchannel.emulator.programs.durations import SECONDS
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.simulate.channels import (
    Event,
    Part,
    gate_channel,
    parted,
    relaxation,
    twirled,
)
from pytest_qchannel.emulator.programs.simulate.labels import DRESSING, twirled_name
from pytest_qchannel.emulator.programs.task import Params
from pytest_qchannel.emulator.world.snapshots import Snapshot

__all__ = ["DRESSING_GATES", "Calibration", "DeviceNoise", "calibration", "channel_of"]

DRESSING_GATES: Final = ("sx", "sx")
"""What a random gate on a qubit is made of; its rotations about Z do not err."""

# T2 is at most twice T1. Right at that limit no part of the channel is "nothing happens", so that
# every shot would need a state of its own; estimates beyond it are measurement errors anyway.
_T2_LIMIT: Final = 1.98


@dataclass(frozen=True, slots=True)
class Calibration:
    """What errs on a device; figures that the snapshot lacks err nowhere.

    Attributes:
        times_s: T1 and T2 of each qubit, infinite where unknown.
        readout: Of each qubit the probabilities to read 1 for 0, and 0 for 1.
        readout_s: How long it takes.
        gates: The error and the length in seconds, by name and qubits.
    """

    times_s: tuple[tuple[float, float], ...]
    readout: tuple[tuple[float, float], ...]
    readout_s: tuple[float, ...]
    gates: Mapping[tuple[str, tuple[int, ...]], tuple[float, float]]


@functools.lru_cache(maxsize=16)
def calibration(snapshot: Snapshot) -> Calibration:
    """The calibration of a device, read once."""
    found = json.loads(snapshot.properties)
    qubits = [_figures(one) for one in found.get("qubits") or ()]
    gates = {}
    for gate in found.get("gates") or ():
        figures = _figures(gate.get("parameters") or ())
        error = min(figures.get("gate_error", 0.0), 1.0)
        place = (str(gate.get("gate")), tuple(int(one) for one in gate.get("qubits") or ()))
        gates[place] = (error, figures.get("gate_length", 0.0))
    return Calibration(
        tuple(_times(one) for one in qubits),
        tuple(_readout(one) for one in qubits),
        tuple(one.get("readout_length", 0.0) for one in qubits),
        gates,
    )


def _figures(entries: Sequence[Params]) -> dict[str, float]:
    """Name -> value in seconds or without unit; what is no finite number >= 0 is left out."""
    figures = {}
    for entry in entries:
        value = entry.get("value")
        if isinstance(value, int | float) and math.isfinite(value) and value >= 0:
            figures[str(entry.get("name"))] = value * SECONDS.get(entry.get("unit") or "", 1.0)
    return figures


def _times(figures: Mapping[str, float]) -> tuple[float, float]:
    t1_s = figures.get("T1") or math.inf
    t2_s = figures.get("T2") or (math.inf if math.isinf(t1_s) else t1_s)
    return t1_s, min(t2_s, _T2_LIMIT * t1_s)


def _readout(figures: Mapping[str, float]) -> tuple[float, float]:
    either = figures.get("readout_error", 0.0)
    pair = (figures.get("prob_meas1_prep0", either), figures.get("prob_meas0_prep1", either))
    return min(pair[0], 1.0), min(pair[1], 1.0)


def channel_of(snapshot: Snapshot, name: str, places: tuple[int, ...]) -> Complexes | None:
    """What a gate's qubits suffer beside the gate (see :func:`.gate_channel`), if they do."""
    known = calibration(snapshot)
    figures = known.gates.get((name, places)) or known.gates.get((name, places[::-1]))
    if figures is None or len(places) > 2 or max(places) >= len(known.times_s):
        return None
    error, length_s = figures
    if error == 0 and length_s == 0:
        return None
    return gate_channel(error, length_s, tuple(known.times_s[one] for one in places))


@functools.lru_cache(maxsize=4096)
def _gate_noise(
    snapshot: Snapshot, name: str, places: tuple[int, ...], *, is_twirled: bool = False
) -> Part:
    """How likely something befalls the qubits of a gate, and the Kraus operators of that."""
    choi = channel_of(snapshot, name, places)
    if choi is None:
        return 0.0, np.zeros((0, 1, 1), np.complex128)
    return twirled(choi) if is_twirled else parted(choi)


@functools.lru_cache(maxsize=4096)
def _idle_noise(time_s: float, times_s: tuple[float, float]) -> Part:
    return parted(relaxation(time_s, *times_s))


class DeviceNoise:
    """The noise on some qubits of a device, event by event.

    Args:
        snapshot: The device.
        physical: Which of its qubits each qubit of the circuit is.
        true_readout: Whether readout never errs.
    """

    def __init__(
        self, snapshot: Snapshot, physical: Sequence[int], *, true_readout: bool = False
    ) -> None:
        self._true_readout = true_readout
        self._snapshot = snapshot
        self._known = calibration(snapshot)
        self._physical = physical
        self._after: dict[tuple[str, str | None, tuple[int, ...]], list[Event]] = {}

    def after(self, item: CircuitInstruction, qubits: tuple[int, ...]) -> list[Event]:
        """What may befall the qubits of a gate."""
        key = (item.name, item.label, qubits)
        if (found := self._after.get(key)) is None:
            found = self._after[key] = self._after_one(*key)
        return found

    def _after_one(self, gate: str, label: str | None, qubits: tuple[int, ...]) -> list[Event]:
        places = tuple(self._physical[one] for one in qubits)
        if label is None or not label.startswith("qchannel-"):
            found = [_gate_noise(self._snapshot, gate, places)]
        elif label == DRESSING:
            found = [
                _gate_noise(self._snapshot, name, places, is_twirled=True)
                for name in DRESSING_GATES
            ]
        elif (name := twirled_name(label)) is not None:
            found = [_gate_noise(self._snapshot, name, places, is_twirled=True)]
        else:  # merged with random gates, or a mark
            found = []
        return [Event(qubits, probability, kraus) for probability, kraus in found if probability]

    def during(self, item: CircuitInstruction, qubits: tuple[int, ...]) -> list[Event]:
        """What may befall the qubits of a delay.

        Raises:
            JobFailure: Its duration is in no unit that the emulator knows.
        """
        return self.idle(self._seconds(item), qubits)

    def measured(self, qubit: int) -> list[Event]:
        """What may befall a qubit while it is read out."""
        place = self._physical[qubit]
        known = self._known.readout_s
        return self.idle(known[place] if place < len(known) else 0.0, (qubit,))

    def readout(self, qubit: int, *, is_twirled: bool = False) -> tuple[float, float]:
        """The probabilities to read 1 for 0, and 0 for 1; once twirled both are their mean."""
        place = self._physical[qubit]
        known = self._known.readout
        if self._true_readout or place >= len(known):
            return 0.0, 0.0
        if is_twirled:
            return (sum(known[place]) / 2,) * 2
        return known[place]

    def idle(self, time_s: float, qubits: Sequence[int]) -> list[Event]:
        """What may befall qubits that are left alone for so many seconds."""
        events = []
        for qubit in qubits:
            place = self._physical[qubit]
            if time_s > 0 and place < len(self._known.times_s):
                probability, kraus = _idle_noise(time_s, self._known.times_s[place])
                if probability:
                    events.append(Event((qubit,), probability, kraus))
        return events

    def _seconds(self, item: CircuitInstruction) -> float:
        try:
            duration, unit = item.params[0], item.operation.unit
            if unit == "dt":
                # In nanoseconds; the few old devices that do not tell it have no pulses either.
                return max(0.0, float(duration) * float(self._snapshot.facts.get("dt") or 0) * 1e-9)
            return max(0.0, float(duration) * SECONDS[unit])
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError, IndexError):
            raise JobFailure(
                FailureCode.SIMULATOR_FAILED,
                "The emulator cannot tell how long a delay of the circuit is: "
                f"{item.params!r:.100}. Give it in dt or seconds.",
            ) from None
