"""State vectors and matrix product states by qiskit-aer."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction
from qiskit.circuit.library import UnitaryGate
from qiskit.result.models import ExperimentResult
from qiskit_aer import AerSimulator

from pytest_qchannel.emulator.programs.arrays import Bits
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.seeds import generator
from pytest_qchannel.emulator.programs.simulate.gates import matrix_of

__all__ = [
    "MEMORY_LIMIT_MB",
    "STATEVECTOR_QUBITS",
    "is_known_to_aer",
    "log_of_mps",
    "on_line",
    "run_aer",
    "unpacked",
]

MEMORY_LIMIT_MB: Final = 4_096
"""What a state may take. Without a limit Aer takes half the machine."""

STATEVECTOR_QUBITS: Final = 28
"""The largest state vector within the limit: 16 bytes for each of 2**28 amplitudes."""

Method: TypeAlias = Literal["statevector", "matrix_product_state"]


@functools.cache
def _simulator(method: Method) -> AerSimulator:
    # Threads share the state, never the shots: those would depend on how many threads there are.
    return AerSimulator(
        method=method,
        max_memory_mb=MEMORY_LIMIT_MB,
        max_parallel_shots=1,
        max_parallel_experiments=1,
        # Tensors are small, and more threads only wait for each other; 0 is as many as there are.
        max_parallel_threads=1 if method == "matrix_product_state" else 0,
        # The other way measures each shot anew, and is several times slower.
        mps_sample_measure_algorithm="mps_probabilities",
    )


@functools.cache
def _known() -> frozenset[str]:
    return frozenset({*_simulator("statevector").operation_names, "barrier", "measure", "delay"})


def is_known_to_aer(circuit: QuantumCircuit) -> bool:
    """Whether Aer has every instruction of a circuit (it lacks ``iswap`` and custom gates)."""
    return _known().issuperset({item.name for item in circuit.data})


def on_line(circuit: QuantumCircuit, order: Sequence[int]) -> QuantumCircuit:
    """The circuit with its qubits in another order, and gates that Aer lacks as their matrices.

    Raises:
        JobFailure: One of them has no matrix.
    """
    qubits = [circuit.qubits[number] for number in order]
    made = QuantumCircuit(qubits, circuit.clbits, *circuit.cregs)
    for variable in circuit.iter_declared_vars():
        made.add_uninitialized_var(variable)
    for item in circuit.data:
        made._append(_readable(item))
    return made


def _readable(item: CircuitInstruction) -> CircuitInstruction:
    if item.is_control_flow():
        blocks = []
        for block in item.operation.blocks:
            made = block.copy_empty_like()
            for inner in block.data:
                made._append(_readable(inner))
            blocks.append(made)
        return item.replace(operation=item.operation.replace_blocks(blocks))
    return item if item.name in _known() else item.replace(operation=UnitaryGate(matrix_of(item)))


def run_aer(circuit: QuantumCircuit, shots: int, seed: int, method: Method = "statevector") -> Bits:
    """Shots as a bool array of shape ``(shots, num_clbits)``, column k is clbit k.

    The shots of a run are independent and equally distributed, so Aer's counts are dealt out in
    a seeded random order, which is much faster than asking Aer for every shot.

    Raises:
        JobFailure: Aer cannot simulate the circuit.
    """
    ran = _ran(circuit, shots, seed, method)
    return _deal(ran.data.counts, circuit.num_clbits, generator(seed))


def log_of_mps(circuit: QuantumCircuit, shots: int, seed: int, max_bond: int) -> str:
    """What Aer tells of a matrix product state, whose cuts keep ``max_bond`` values at most.

    After each gate on two qubits there is a ``BD=[...]`` with the values that each cut has then.

    Raises:
        JobFailure: Aer cannot simulate the circuit.
    """
    pair = QuantumCircuit(2)
    pair.cz(0, 1)
    pair.measure_all()
    before, after = (
        _ran(
            one,
            shots,
            seed,
            "matrix_product_state",
            mps_log_data=True,
            matrix_product_state_max_bond_dimension=max_bond,
        ).metadata["MPS_log_data"]
        for one in (pair, circuit)
    )
    # Aer's log goes on from run to run, for as long as the process lives, and ends with a brace.
    return str(after[len(before) - 1 :])


def _ran(
    circuit: QuantumCircuit, shots: int, seed: int, method: Method, **options: object
) -> ExperimentResult:
    try:
        simulator = _simulator(method)
        outcome = simulator.run(circuit, shots=shots, seed_simulator=seed, **options).result()
    except Exception as problem:  # Aer raises many kinds on an instruction that is malformed
        raise JobFailure(
            FailureCode.SIMULATOR_FAILED, f"The emulator cannot simulate a circuit: {problem}"
        ) from None
    ran = outcome.results[0] if outcome.results else None
    if ran is None or not ran.success:
        said = ran.status if ran is not None else outcome.status
        raise JobFailure(
            FailureCode.SIMULATOR_FAILED,
            f"The emulator cannot simulate a circuit that acts on {circuit.num_qubits} qubits "
            f"exactly: {said}",
        )
    return ran


def _deal(counts: Mapping[str, int], num_bits: int, rng: np.random.Generator) -> Bits:
    # Aer gives the outcomes of a dictionary in no fixed order; sorted, the seed decides alone.
    outcomes = sorted((int(key, 16), number) for key, number in counts.items())
    bits = unpacked([value for value, _ in outcomes], num_bits)
    order = np.repeat(np.arange(len(outcomes)), [number for _, number in outcomes])
    rng.shuffle(order)
    return bits[order]


def unpacked(values: Sequence[int], num_bits: int) -> Bits:
    """The bits of numbers, one in each row, the lowest first."""
    num_bytes = (num_bits + 7) // 8
    packed = b"".join(value.to_bytes(num_bytes, "little") for value in values)
    rows = np.frombuffer(packed, np.uint8).reshape(len(values), num_bytes)
    return np.unpackbits(rows, axis=1, bitorder="little", count=num_bits).astype(np.bool_)
