"""What an Estimator job knows of the noise of layers: learned first, or brought along.

Source: ``LayerNoiseLearningOptions``, ``layer_noise_model`` and ``PecOptions`` of
qiskit-ibm-runtime; ``LayerNoiseMetadataModel`` of ibm-quantum-schemas.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qiskit import QuantumCircuit

from pytest_qchannel.counted import counted
from pytest_qchannel.emulator.programs import codec
from pytest_qchannel.emulator.programs.durations import circuit_s
from pytest_qchannel.emulator.programs.estimator.injection import Injection
from pytest_qchannel.emulator.programs.estimator_settings import Settings, layers_given
from pytest_qchannel.emulator.programs.machine import Machine
from pytest_qchannel.emulator.programs.noise_learner.layers import Key, Layer, layered, ranked
from pytest_qchannel.emulator.programs.noise_learner.learning import DEFAULTS, runs_of_layer
from pytest_qchannel.emulator.programs.noise_learner.rates import Generator, layer_rates
from pytest_qchannel.emulator.programs.options import group
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.task import Params, Task, TooLong

__all__ = ["KnownNoise", "Layers"]

_Rates = Mapping[Generator, float]


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of one circuit.

    Attributes:
        keys: For each layer what is equal for the same layers.
        rates: For each layer the rates of its noise; none where it is not known.
    """

    keys: tuple[Key, ...]
    rates: tuple[_Rates, ...]

    def scaled(self, scale: float) -> Injection:
        """What adds so much of the known noise, or takes it away where ``scale`` is negative."""
        return Injection([{on: scale * rate for on, rate in one.items()} for one in self.rates])

    @property
    def log_overhead(self) -> float:
        """The logarithm of the overhead of cancelling all the noise, which is gamma squared."""
        return math.fsum(_log_overhead(one) for one in self.rates)

    @property
    def metadata(self) -> dict[str, object]:
        """What the service says of them in a PUB's metadata."""
        once = dict(zip(self.keys, self.rates, strict=True))
        mitigated = {key: rates for key, rates in once.items() if rates}
        return {
            "noise_overhead": _overhead(self.log_overhead),
            "total_mitigated_layers": sum(map(bool, self.rates)),
            "unique_mitigated_layers": len(mitigated),
            "unique_mitigated_layers_noise_overhead": [
                _overhead(_log_overhead(rates)) for rates in mitigated.values()
            ],
        }


def _log_overhead(rates: _Rates) -> float:
    # What a fit found below zero is cancelled by more noise, which costs nothing.
    return 4.0 * math.fsum(max(rate, 0.0) for rate in rates.values())


def _overhead(logarithm: float) -> float | str:
    return "infinity" if logarithm > 700.0 else math.exp(logarithm)


@dataclass(slots=True)
class KnownNoise:
    """What a job knows of the noise of layers.

    Attributes:
        strategy: By which layers are found.
        rates: By the key of a layer.
        busy: How often circuits were executed to learn it, and how long each takes, in seconds.
    """

    strategy: str
    rates: dict[Key, _Rates] = field(default_factory=dict)
    busy: list[tuple[int, float]] = field(default_factory=list)

    @classmethod
    def of(
        cls, machine: Machine, settings: Settings, circuits: Sequence[QuantumCircuit]
    ) -> KnownNoise:
        """What the job's options say is known, or learned from all its circuits.

        An ideal machine has no noise to mitigate, whatever model the job brings along.

        Raises:
            JobFailure: The model that the job brings along cannot be read.
        """
        known = cls(settings.twirling.strategy)
        layers = [layer for one in circuits for layer in known._layers(one)]
        given = layers_given(settings.options)
        if given is not None:
            known.rates = dict(
                _read(one, machine.task, f"layer {place}") for place, one in enumerate(given)
            )
            if not machine.is_noisy:
                known.rates = {key: dict.fromkeys(rates, 0.0) for key, rates in known.rates.items()}
            return known
        sent = group(group(settings.options, "resilience"), "layer_noise_learning")
        learning = {**DEFAULTS, **sent}
        most = learning["max_layers_to_learn"]
        for layer in ranked(layers)[: None if most is None else int(most)]:
            snapshot = machine.task.snapshot
            rates = layer_rates(layer.gates, layer.qubits, snapshot, machine.channel)
            if machine.is_noisy:
                known._learned(layer, learning, machine)
            else:
                rates = dict.fromkeys(rates, 0.0)
            known.rates[layer.key] = rates
        return known

    def _learned(self, layer: Layer, learning: Params, machine: Machine) -> None:
        executions = int(learning["num_randomizations"]) * int(learning["shots_per_randomization"])
        length_s = circuit_s(layer.circuit(), machine.task.snapshot, layer.qubits)
        self.busy += runs_of_layer(executions, learning["layer_pair_depths"], length_s)

    def layers(self, circuit: QuantumCircuit) -> Layers:
        """The layers of a circuit, with the noise that is known of them."""
        keys = tuple(layer.key for layer in self._layers(circuit))
        return Layers(keys, tuple(self.rates.get(key, {}) for key in keys))

    def _layers(self, circuit: QuantumCircuit) -> Sequence[Layer]:
        return layered(circuit, self.strategy, only_cliffords=True).layers


def _read(sent: Any, task: Task, where: str) -> tuple[Key, _Rates]:
    """The key of a ``LayerError`` as the client sends it, and its rates.

    Raises:
        JobFailure: It is none.
        TooLong: Reading it belongs into the worker process.
    """
    try:
        value = sent["__value__"]
        circuit = codec.decode_circuit(value["circuit"], task, f"{where} of layer_noise_model")
        qubits = [int(one) for one in value["qubits"]]
        gates = tuple(
            (
                item.name,
                tuple(qubits[circuit.find_bit(one).index] for one in item.qubits),
                item.operation,
            )
            for item in circuit.data
            if len(item.qubits) == 2 and item.name != "barrier"
        )
        key = Layer(gates, tuple(sorted(qubits))).key
        if value.get("error") is None:
            return key, {}
        error = value["error"]["__value__"]
        labels = error["generators"]["__value__"]["data"]
        numbers = codec.decode_nested(error["rates"], where)
        if not all(math.isfinite(rate) for rate in numbers):
            raise ValueError("a rate is no finite number")
        return key, {
            _generator(label, qubits): float(rate)
            for label, rate in zip(labels, numbers, strict=True)
        }
    except (JobFailure, TooLong):
        raise
    except Exception as problem:  # whatever was sent instead of such a layer
        raise JobFailure(
            FailureCode.VALIDATION,
            f"The {where} of options.resilience.layer_noise_model cannot be read: "
            f"{type(problem).__name__}: {problem}",
        ) from None


def _generator(label: str, qubits: Sequence[int]) -> Generator:
    if len(label) != len(qubits):
        raise ValueError(f"{label!r} acts on {counted(label, 'qubit')}, the layer on {len(qubits)}")
    found = sorted(
        (qubit, letter)
        for qubit, letter in zip(qubits, reversed(label), strict=True)
        if letter != "I"
    )
    if not {letter for _, letter in found} <= set("XYZ"):
        raise ValueError(f"{label!r} is no Pauli")
    return "".join(letter for _, letter in found), tuple(qubit for qubit, _ in found)
