"""Ideal simulation of what a circuit does to the qubits that it touches.

A circuit for a device has over a hundred qubits, and a gate on a few of them. The others stay in
their ground state, so they are left out; measuring one gives 0.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure

if TYPE_CHECKING:
    import numpy as np
    from qiskit import QuantumCircuit
    from qiskit.circuit import CircuitInstruction

__all__ = ["sample", "without_idle_qubits"]

_PASSIVE: Final = frozenset({"barrier", "delay"})
_READOUT: Final = frozenset({"measure", "reset"})
# What a state may take: 28 qubits as a state vector. Without a limit Aer takes half the machine.
MEMORY_LIMIT_MB: Final = 4_096


def _is_passive(item: CircuitInstruction) -> bool:
    return item.operation.name in _PASSIVE and not any(
        getattr(one, "parameters", None) for one in item.operation.params
    )


def without_idle_qubits(circuit: QuantumCircuit) -> QuantumCircuit:
    """The same circuit on its active qubits only, classical registers and parameters unchanged.

    Barriers and delays are dropped: in an ideal simulation they do nothing. (A delay that a
    parameter sets stays, for the parameter's sake.) A measurement of an idle qubit is dropped
    where nothing else writes its bit, which then keeps its 0.
    """
    from qiskit import QuantumCircuit

    writers = Counter(bit for item in circuit.data for bit in item.clbits)
    active: set[Any] = set()
    for item in circuit.data:
        shared = any(writers[bit] > 1 for bit in item.clbits)
        if not _is_passive(item) and (item.operation.name not in _READOUT or shared):
            active.update(item.qubits)
    kept = [qubit for qubit in circuit.qubits if qubit in active]
    small = QuantumCircuit(kept, circuit.clbits, *circuit.cregs, global_phase=circuit.global_phase)
    for variable in circuit.iter_declared_vars():
        small.add_uninitialized_var(variable)
    for item in circuit.data:
        if not _is_passive(item) and active.issuperset(item.qubits):
            small._append(item)
    return small


@functools.cache
def _simulator() -> Any:
    from qiskit_aer import AerSimulator

    return AerSimulator(max_memory_mb=MEMORY_LIMIT_MB)


def sample(
    circuits: Sequence[QuantumCircuit], shots: int, seed: int
) -> list[np.ndarray[Any, np.dtype[np.bool_]]]:
    """Shots of each circuit: a bool array of shape ``(shots, num_clbits)``, column k is clbit k.

    The shots of a run are independent and equally distributed, so Aer's counts are dealt out in
    a seeded random order, which is much faster than asking Aer for every shot.

    Raises:
        JobFailure: Aer cannot simulate a circuit, for example for want of memory.
    """
    import numpy as np

    if not any(item.clbits for item in circuits[0].data):
        # Nothing is read out (circuits of one PUB differ in parameters only): all bits stay 0.
        return [np.zeros((shots, circuit.num_clbits), np.bool_) for circuit in circuits]
    try:
        outcome = _simulator().run(list(circuits), shots=shots, seed_simulator=seed).result()
    except Exception as problem:  # Aer raises many kinds on an instruction that is malformed
        raise JobFailure(
            FailureCode.SIMULATOR_FAILED, f"The emulator cannot simulate a circuit: {problem}"
        ) from None
    rng = np.random.default_rng(seed)
    samples = []
    for number, circuit in enumerate(circuits):
        ran = outcome.results[number] if number < len(outcome.results) else None
        if ran is None or not ran.success:
            said = ran.status if ran is not None else outcome.status
            raise JobFailure(
                FailureCode.SIMULATOR_FAILED,
                f"The emulator cannot simulate a circuit that acts on {circuit.num_qubits} qubits "
                f"exactly: {said}",
            )
        samples.append(_deal(ran.data.counts, circuit.num_clbits, rng))
    return samples


def _deal(
    counts: dict[str, int], num_bits: int, rng: np.random.Generator
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    import numpy as np

    num_bytes = (num_bits + 7) // 8
    # Aer gives the outcomes of a dictionary in no fixed order; sorted, the seed decides alone.
    outcomes = sorted((int(key, 16), number) for key, number in counts.items())
    packed = b"".join(value.to_bytes(num_bytes, "little") for value, _ in outcomes)
    rows = np.frombuffer(packed, np.uint8).reshape(len(outcomes), num_bytes)
    bits = np.unpackbits(rows, axis=1, bitorder="little", count=num_bits).astype(np.bool_)
    order = np.repeat(np.arange(len(outcomes)), [number for _, number in outcomes])
    rng.shuffle(order)
    return np.asarray(bits[order])
