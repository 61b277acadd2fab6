"""``options.simulator.noise_model``: an Aer noise model that the client sent.

Source: ``NoiseModel.to_dict`` and ``from_dict`` of qiskit-aer 0.17 and 0.18, and the client's
encoder, which writes what is in it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_qchannel.emulator.programs import codec
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.task import Task

if TYPE_CHECKING:
    import numpy as np
    from qiskit import QuantumCircuit

    from pytest_qchannel.emulator.programs.simulate import Active

__all__ = ["NoiseOption", "read_noise_option"]

MEMORY_LIMIT_MB: Final = 4_096


@dataclass(frozen=True, slots=True)
class NoiseOption:
    """A noise model as sent: errors of gates and of the readout, by the device's qubits."""

    errors: Sequence[Mapping[str, Any]]

    def sample(
        self, active: Active, bound: Sequence[QuantumCircuit], shots: int, seed: int, task: Task
    ) -> list[np.ndarray[Any, np.dtype[np.bool_]]]:
        """Shots of each circuit: shape ``(shots, num_clbits)``, column k is clbit k.

        Raises:
            JobFailure: Aer cannot do it.
            TooLong: The simulation belongs into the worker process.
        """
        import numpy as np
        from qiskit_aer import AerSimulator

        size = active.circuit.num_qubits
        if size == 0 or not any(item.clbits for item in active.circuit.data):
            return [np.zeros((shots, circuit.num_clbits), np.bool_) for circuit in bound]
        # A shot of a noisy state vector: a pass over it for each gate, of which a core does about
        # 5e8 amplitudes a second; at most the whole memory.
        work = len(active.circuit.data) * 2.0 ** min(size, 40) * shots * len(bound)
        task.allow(work / 5e8)
        try:
            model = _decoded(self._on(active.physical))
            simulator = AerSimulator(noise_model=model, max_memory_mb=MEMORY_LIMIT_MB)
            outcome = simulator.run(
                list(bound), shots=shots, seed_simulator=seed % 2**31, memory=True
            ).result()
            if not outcome.success:
                raise ValueError(outcome.status)
            return [
                _bits(outcome.data(number)["memory"], circuit.num_clbits)
                for number, circuit in enumerate(bound)
            ]
        except JobFailure:
            raise
        except Exception as problem:  # the model's errors and Aer's own are of many kinds
            raise JobFailure(
                FailureCode.SIMULATOR_FAILED,
                "The emulator cannot simulate a circuit with options.simulator.noise_model: "
                f"{problem}",
            ) from None

    def _on(self, physical: Sequence[int]) -> list[dict[str, Any]]:
        """The errors of these qubits only, numbered as the circuit's qubits are."""
        number = {qubit: place for place, qubit in enumerate(physical)}
        kept = []
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


def read_noise_option(sent: Mapping[str, Any]) -> NoiseOption:
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


def _has_form(error: Any) -> bool:
    if not isinstance(error, dict):
        return False
    places = error.get("gate_qubits")
    return places is None or (
        isinstance(places, list)
        and all(isinstance(place, list) for place in places)
        and all(isinstance(qubit, int) for place in places for qubit in place)
    )


def _decoded(errors: Sequence[Mapping[str, Any]]) -> Any:
    from qiskit_aer.noise import NoiseModel

    # Decoded for each circuit, on its own qubits: that of a whole device takes half a minute.
    readable = codec.decode_nested(list(errors), "options.simulator.noise_model")
    with warnings.catch_warnings():
        # Aer has deprecated from_dict since 0.15 without naming a successor.
        warnings.simplefilter("ignore", DeprecationWarning)
        return NoiseModel.from_dict({"errors": readable})


def _bits(memory: Sequence[str], num_bits: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    import numpy as np

    num_bytes = (num_bits + 7) // 8
    packed = b"".join(int(shot, 16).to_bytes(num_bytes, "little") for shot in memory)
    rows = np.frombuffer(packed, np.uint8).reshape(len(memory), num_bytes)
    return np.unpackbits(rows, axis=1, bitorder="little", count=num_bits).astype(np.bool_)
