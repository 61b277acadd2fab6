"""A device that errs a lot, and what its circuits give by density matrices, worked out anew here.

Its qubits decay fast and its readout is biased, so that twirled noise differs from untwirled.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from qiskit.quantum_info import DensityMatrix, Kraus, Operator, Pauli, SuperOp

from pytest_qchannel.emulator.programs.arrays import Complexes
from pytest_qchannel.emulator.world import snapshots
from tests.unit.emulator.circuits_kit import DEVICE

T1_S = 40e-6
LENGTHS_S = {"sx": 1e-6, "x": 1e-6, "cz": 4e-6}
MISREAD = (0.02, 0.12)  # 1 for 0, 0 for 1


def average_infidelity(choi: Complexes) -> float:
    """1 - the fidelity with the ideal outcome, averaged over all pure states."""
    size = math.isqrt(len(choi))
    nothing = np.eye(size).reshape(-1)
    return float(1 - ((nothing @ choi @ nothing).real / size + 1) / (size + 1))


def snapshot(qubits: int = 5, t1_s: float = T1_S) -> Any:
    """The device: a snapshot in which nothing but relaxation and the readout errs."""
    figures = [
        {"name": "T1", "value": t1_s, "unit": "s"},
        {"name": "T2", "value": t1_s, "unit": "s"},
        {"name": "prob_meas1_prep0", "value": MISREAD[0], "unit": ""},
        {"name": "prob_meas0_prep1", "value": MISREAD[1], "unit": ""},
    ]
    places = [
        (name, on)
        for name, width in (("sx", 1), ("x", 1), ("cz", 2))
        for on in ([one, one + 1] if width == 2 else [one] for one in range(qubits + 1 - width))
    ]
    gates = [
        {
            "gate": name,
            "qubits": on,
            "parameters": [{"name": "gate_length", "value": LENGTHS_S[name], "unit": "s"}],
        }
        for name, on in places
    ]
    properties = json.dumps({"qubits": [figures] * qubits, "gates": gates}).encode()
    return replace(snapshots.load(DEVICE), recorded_properties=properties)


def decay(name: str, t1_s: float = T1_S) -> SuperOp:
    """What a qubit suffers during a gate: T1 and, as T2 is the same, half as much dephasing."""
    stays = math.exp(-LENGTHS_S[name] / t1_s)
    damping = Kraus([[[1, 0], [0, math.sqrt(stays)]], [[0, math.sqrt(1 - stays)], [0, 0]]])
    # exp(-t/T2) = sqrt(stays) * keeps
    keeps = (1 + math.sqrt(stays)) / 2
    dephasing = Kraus([math.sqrt(keeps) * np.eye(2), math.sqrt(1 - keeps) * np.diag([1, -1])])
    return SuperOp(damping).compose(SuperOp(dephasing))


@functools.cache
def noise_of(name: str, t1_s: float = T1_S, *, twirled: bool) -> SuperOp:
    """A gate's noise; ``twirled``: the mean over all Paulis before and behind it, by definition."""
    plain = decay(name, t1_s)
    if name == "cz":
        plain = plain.tensor(plain)
    if not twirled:
        return plain
    width = plain.num_qubits
    paulis = [
        SuperOp(Operator(Pauli("".join(one)))) for one in itertools.product("IXYZ", repeat=width)
    ]
    return sum((one.compose(plain).compose(one) for one in paulis), 0 * plain) / len(paulis)


Step = tuple[str, tuple[int, ...]] | tuple[str, tuple[int, ...], Any]


def evolved(width: int, steps: Iterable[Step], t1_s: float = T1_S) -> DensityMatrix:
    """The state after steps: ideal gates (``sx``), their noise (``sx!``), its twirl (``sx~``)."""
    from qiskit.circuit.library import CZGate, RZGate, SXGate, XGate

    gates = {"cz": CZGate(), "sx": SXGate(), "x": XGate()}
    state = DensityMatrix.from_label("0" * width)
    for name, on, *more in steps:
        if name == "rz":
            state = state.evolve(RZGate(more[0]), list(on))
        elif name == "channel":
            state = state.evolve(more[0], list(on))
        elif name[-1] in "!~":
            state = state.evolve(noise_of(name[:-1], t1_s, twirled=name[-1] == "~"), list(on))
        else:
            state = state.evolve(gates[name], list(on))
    return state


def read_out(state: DensityMatrix, *, twirled: bool) -> Any:
    """The probability of each outcome with readout errors; ``twirled``: equal both ways."""
    false_one, false_zero = (sum(MISREAD) / 2,) * 2 if twirled else MISREAD
    confusion = np.array([[1 - false_one, false_zero], [false_one, 1 - false_zero]])
    whole: Any = np.eye(1)
    for _ in range(state.num_qubits):
        whole = np.kron(whole, confusion)
    return whole @ state.probabilities()


def lindblad(rates: Mapping[str, float], scale: float) -> SuperOp:
    """``exp(scale * sum of rate * (P . P - 1))``, no channel where ``scale`` is below 0."""
    width = len(next(iter(rates)))
    whole = SuperOp(np.eye(4**width))
    for label, rate in rates.items():
        stays = (1 + math.exp(-2 * scale * rate)) / 2
        one = stays * SuperOp(np.eye(4**width)) + (1 - stays) * SuperOp(Operator(Pauli(label)))
        whole = whole.compose(one)
    return whole
