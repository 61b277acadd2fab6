"""The noise learner of whole circuits: it looks for their layers of two-qubit gates itself.

Source: ``noise_learner_v2.version_0_1`` of ibm-quantum-schemas; ``NoiseLearner``, its options and
``NoiseLearnerResult`` in qiskit-ibm-runtime.
"""

from __future__ import annotations

import base64
import io
import zlib
from typing import Final

import numpy as np
from qiskit import QuantumCircuit, qpy

from pytest_qchannel.emulator.programs import codec
from pytest_qchannel.emulator.programs.durations import circuit_s, qpu_s
from pytest_qchannel.emulator.programs.isa import require_isa, require_twirlable
from pytest_qchannel.emulator.programs.mid_circuit import with_usual_readout
from pytest_qchannel.emulator.programs.noise_learner.layers import Layer, layered, ranked
from pytest_qchannel.emulator.programs.noise_learner.learning import (
    DEFAULTS,
    noise_of_layer,
    runs_of_layer,
)
from pytest_qchannel.emulator.programs.options import DEFAULT_STRATEGY
from pytest_qchannel.emulator.programs.outcome import Outcome
from pytest_qchannel.emulator.programs.task import Params, Task
from pytest_qchannel.wire import compact

__all__ = ["run"]

_DEFAULTS: Final[Params] = {**DEFAULTS, "twirling_strategy": DEFAULT_STRATEGY}
# The result names its classes as all clients know them.
_MODULE: Final = "qiskit_ibm_runtime.utils.noise_learner_result"


def run(task: Task) -> Outcome:
    """The noise of the layers that occur most often.

    Raises:
        JobFailure: A circuit cannot be read, or is not what the device can run.
    """
    options = {**_DEFAULTS, **(task.params.get("options") or {})}
    circuits = []
    for number, sent in enumerate(task.params["circuits"]):
        circuit = codec.decode_circuit(sent, task, f"circuit {number}")
        require_isa(circuit, task.snapshot)
        require_twirlable(circuit)
        circuits.append(with_usual_readout(circuit, task.snapshot))
    strategy, most = options["twirling_strategy"], options["max_layers_to_learn"]
    layers = ranked(layer for one in circuits for layer in layered(one, strategy).layers)
    layers = layers if most is None else layers[: int(most)]
    version = min((_qpy_version(sent) for sent in task.params["circuits"]), default=13)
    answer = {
        "data": [_encode(layer, task, version) for layer in layers],
        "metadata": {
            "backend": task.snapshot.name,
            "input_options": {name: options[name] for name in _DEFAULTS},
        },
    }
    return Outcome(compact(answer), _circuits_s(layers, options, task))


def _encode(layer: Layer, task: Task, version: int) -> codec.Encoded:
    rates = noise_of_layer(layer.gates, layer.qubits, task)
    place = {qubit: number for number, qubit in enumerate(layer.qubits)}
    labels = []
    for letters, on in rates:
        label = ["I"] * len(layer.qubits)
        for letter, qubit in zip(letters, on, strict=True):
            label[-1 - place[qubit]] = letter  # the first qubit stands last
        labels.append("".join(label))
    generators = {
        "__type__": "settings",
        "__module__": "qiskit.quantum_info.operators.symplectic.pauli_list",
        "__class__": "PauliList",
        "__value__": {"data": labels},
    }
    error: codec.Encoded = {
        "generators": generators,
        "rates": codec.encode_array(np.array(list(rates.values()), dtype=np.float64)),
    }
    value: codec.Encoded = {
        "circuit": _encode_circuit(layer.circuit(), version),
        "qubits": list(layer.qubits),
        "error": _instance("PauliLindbladError", error),
    }
    return _instance("LayerError", value)


def _instance(name: str, value: dict[str, object]) -> codec.Encoded:
    return {"__type__": "_json", "__module__": _MODULE, "__class__": name, "__value__": value}


def _encode_circuit(circuit: QuantumCircuit, version: int) -> codec.Encoded:
    buffer = io.BytesIO()
    version = min(max(version, qpy.QPY_COMPATIBILITY_VERSION), qpy.QPY_VERSION)
    qpy.dump(circuit, buffer, version=version)
    packed = base64.b64encode(zlib.compress(buffer.getvalue())).decode("ascii")
    return {"__type__": "QuantumCircuit", "__value__": packed}


def _qpy_version(sent: str | Params) -> int:
    """The version that a circuit was sent in: who wrote it can read it."""
    if isinstance(sent, str):
        return 13
    head = zlib.decompressobj().decompress(base64.b64decode(sent["__value__"]), 16)
    return head[6] if len(head) > 6 else 13


def _circuits_s(layers: list[Layer], options: Params, task: Task) -> float:
    executions = int(options["num_randomizations"]) * int(options["shots_per_randomization"])
    runs = []
    for layer in layers:
        length_s = circuit_s(layer.circuit(), task.snapshot, layer.qubits)
        runs += runs_of_layer(executions, options["layer_pair_depths"], length_s)
    return qpu_s(runs, task.snapshot.default_rep_delay_s)
