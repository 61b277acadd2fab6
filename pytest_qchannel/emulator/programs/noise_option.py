"""``options.simulator.noise_model``: an Aer noise model that the client sent.

Source: ``NoiseModel.to_dict`` and ``from_dict`` of qiskit-aer 0.17 and 0.18, and the client's
encoder, which writes what is in it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SuperOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, QuantumError, pauli_error

from pytest_qchannel.emulator.programs import codec
from pytest_qchannel.emulator.programs.arrays import Bits, Complexes
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.seeds import following
from pytest_qchannel.emulator.programs.simulate import Active
from pytest_qchannel.emulator.programs.simulate.aer import MEMORY_LIMIT_MB, unpacked
from pytest_qchannel.emulator.programs.simulate.calibration import DRESSING_GATES
from pytest_qchannel.emulator.programs.simulate.channels import pauli_weights
from pytest_qchannel.emulator.programs.simulate.gates import pauli_labels
from pytest_qchannel.emulator.programs.simulate.labels import (
    DRESSING,
    TWIRLED_READOUT,
    twirled_name,
)
from pytest_qchannel.emulator.programs.task import Params, Task

__all__ = ["NoiseOption", "read_noise_option"]


@dataclass(frozen=True, slots=True)
class NoiseOption:
    """A noise model as sent: errors of gates and of the readout, by the device's qubits."""

    errors: Sequence[Params]

    def sample(
        self, active: Active, bound: Sequence[QuantumCircuit], shots: int, seed: int, task: Task
    ) -> list[Bits]:
        """Shots of each circuit: shape ``(shots, num_clbits)``, column k is clbit k.

        Raises:
            JobFailure: Aer cannot do it.
            TooLong: The simulation belongs into the worker process.
        """
        size = active.circuit.num_qubits
        if size == 0 or not any(item.clbits for item in active.circuit.data):
            return [np.zeros((shots, circuit.num_clbits), np.bool_) for circuit in bound]
        # A shot of a noisy state vector: a pass over it for each gate, of which a core does about
        # 5e8 amplitudes a second; at most the whole memory.
        work = len(active.circuit.data) * 2.0 ** min(size, 40) * shots * len(bound)
        task.allow(work / 5e8)
        try:
            model = self._model(active)
            simulator = AerSimulator(noise_model=model, max_memory_mb=MEMORY_LIMIT_MB)
            outcome = simulator.run(
                list(bound), shots=shots, seed_simulator=following(seed, 0), memory=True
            ).result()
            if not outcome.success:
                raise ValueError(outcome.status)
            return [
                unpacked(
                    [int(shot, 16) for shot in outcome.data(number)["memory"]], circuit.num_clbits
                )
                for number, circuit in enumerate(bound)
            ]
        except JobFailure:
            raise
        except Exception as problem:  # the model's errors and Aer's own are of many kinds
            raise _unreadable(problem) from None

    def channel(self, name: str, qubits: tuple[int, ...]) -> Complexes | None:
        """What a gate on the device's qubits suffers, in the form of :mod:`.channels`, if it does.

        Raises:
            JobFailure: It cannot be read.
        """
        here = list(range(len(qubits)))
        local, everywhere = [], []
        try:
            for error in _readable(self._on(qubits)):
                if error.get("type") == "qerror" and name in error.get("operations", ()):
                    places = error.get("gate_qubits")
                    if places is None:
                        everywhere.append(error)
                    elif here in [list(place) for place in places]:
                        local.append(error)
            found = [QuantumError.from_dict(error) for error in local or everywhere]
            if not found or any(one.num_qubits != len(qubits) for one in found):
                return None
            whole = SuperOp(np.eye(4 ** len(qubits)))
            for one in found:
                whole = whole.compose(SuperOp(one.to_quantumchannel()))
        except JobFailure:
            raise
        except Exception as problem:  # Aer raises many kinds on errors that it cannot read
            raise _unreadable(problem) from None
        # Aer's matrix has the columns of the density matrix one below the other.
        size = 2 ** len(qubits)
        tensor: Complexes = whole.data.reshape(size, size, size, size)
        return tensor.transpose(1, 3, 0, 2).reshape(size**2, size**2)

    def _model(self, active: Active) -> NoiseModel:
        """The noise model on a circuit's qubits, with errors for the labels of twirled ones."""
        found = active.circuit.data
        number = {qubit: place for place, qubit in enumerate(active.circuit.qubits)}
        read_twirled = {number[item.qubits[0]] for item in found if item.label == TWIRLED_READOUT}
        # Aer has one readout error for a qubit, however often and by what it is measured.
        read_twirled.difference_update(
            number[qubit]
            for item in found
            if item.is_control_flow() or (item.name == "measure" and item.label is None)
            for qubit in item.qubits
        )
        model = _decoded(
            [_symmetric(error, read_twirled) for error in _readable(self._on(active.physical))]
        )
        labels = {
            (item.label, tuple(number[qubit] for qubit in item.qubits))
            for item in found
            if item.label == DRESSING or twirled_name(item.label) is not None
        }
        for label, places in sorted(labels):
            qubits = tuple(active.physical[place] for place in places)
            name = twirled_name(label)
            for gate in DRESSING_GATES if name is None else (name,):
                if (choi := self.channel(gate, qubits)) is not None:
                    with warnings.catch_warnings():
                        # Aer says that errors of a label are composed: that is what is wanted.
                        warnings.simplefilter("ignore")
                        model.add_quantum_error(_pauli_error(choi), [label], list(places))
        return model

    def _on(self, physical: Sequence[int]) -> list[Params]:
        """The errors of these qubits only, numbered as the circuit's qubits are."""
        number = {qubit: place for place, qubit in enumerate(physical)}
        kept: list[Params] = []
        for error in self.errors:
            places = error.get("gate_qubits")
            if places is None:
                kept.append(dict(error))
                continue
            here = [
                [number[qubit] for qubit in place]
                for place in places
                if all(qubit in number for qubit in place)
            ]
            if here:
                kept.append({**error, "gate_qubits": here})
        return kept


def read_noise_option(sent: Params) -> NoiseOption:
    """The noise model in its envelope.

    Raises:
        JobFailure: It is none that Aer can read.
    """
    errors = sent["__value__"].get("errors")
    if not isinstance(errors, list) or not all(_has_form(error) for error in errors):
        raise JobFailure(
            FailureCode.VALIDATION,
            "options.simulator.noise_model is none: its errors are no list of objects whose "
            "gate_qubits are lists of lists of numbers of qubits.",
        )
    return NoiseOption(errors)


def _has_form(error: object) -> bool:
    if not isinstance(error, dict):
        return False
    places = error.get("gate_qubits")
    return places is None or (
        isinstance(places, list)
        and all(isinstance(place, list) for place in places)
        and all(isinstance(qubit, int) for place in places for qubit in place)
    )


def _readable(errors: Sequence[Params]) -> list[Params]:
    # Decoded for each circuit, on its own qubits: that of a whole device takes half a minute.
    found: list[Params] = codec.decode_nested(list(errors), "options.simulator.noise_model")
    return found


def _unreadable(problem: Exception) -> JobFailure:
    return JobFailure(
        FailureCode.SIMULATOR_FAILED,
        f"The emulator cannot simulate a circuit with options.simulator.noise_model: {problem}",
    )


def _symmetric(error: Params, read_twirled: set[int]) -> Params:
    """A readout error of twirled qubits, averaged over all flips before and behind it."""
    places = error.get("gate_qubits")
    if error.get("type") != "roerror" or not read_twirled:
        return error
    if places is not None and not all(read_twirled.issuperset(place) for place in places):
        return error
    sent = np.asarray(error["probabilities"], float)
    flips = np.arange(len(sent))
    mean = np.mean([sent[np.ix_(flips ^ one, flips ^ one)] for one in flips], axis=0)
    return {**error, "probabilities": mean.tolist()}


def _pauli_error(choi: Complexes) -> QuantumError:
    """The twirl of a channel, as Aer has it."""
    weights = pauli_weights(choi)
    weights = weights / weights.sum()
    labels = pauli_labels((len(weights).bit_length() - 1) // 2)
    # Aer writes the first qubit last.
    return pauli_error(
        [(label[::-1], float(one)) for label, one in zip(labels, weights, strict=True)]
    )


def _decoded(readable: Sequence[Params]) -> NoiseModel:
    with warnings.catch_warnings():
        # Aer has deprecated from_dict since 0.15 without naming a successor.
        warnings.simplefilter("ignore", DeprecationWarning)
        return NoiseModel.from_dict({"errors": list(readable)})
