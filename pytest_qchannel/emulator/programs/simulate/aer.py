"""State vectors, by qiskit-aer: circuits in which nothing happens at random before their end."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure

if TYPE_CHECKING:
    import numpy as np
    from qiskit import QuantumCircuit

__all__ = ["MEMORY_LIMIT_MB", "STATEVECTOR_QUBITS", "is_known_to_aer", "run_aer"]

MEMORY_LIMIT_MB: Final = 4_096
"""What a state may take. Without a limit Aer takes half the machine."""

STATEVECTOR_QUBITS: Final = 28
"""The largest state vector within the limit: 16 bytes for each of 2**28 amplitudes."""


@functools.cache
def _simulator(method: str) -> Any:
    from qiskit_aer import AerSimulator

    # Threads share the state, never the shots: those would depend on how many threads there are.
    return AerSimulator(
        method=method,
        max_memory_mb=MEMORY_LIMIT_MB,
        max_parallel_shots=1,
        max_parallel_experiments=1,
    )


@functools.cache
def _known() -> frozenset[str]:
    return frozenset({*_simulator("statevector").operation_names, "barrier", "measure", "delay"})


def is_known_to_aer(circuit: QuantumCircuit) -> bool:
    """Whether Aer has every instruction of a circuit (it lacks ``iswap`` and custom gates)."""
    return _known().issuperset({item.name for item in circuit.data})


def run_aer(
    circuits: Sequence[QuantumCircuit], shots: int, seed: int, method: str = "statevector"
) -> list[np.ndarray[Any, np.dtype[np.bool_]]]:
    """Shots of each circuit: a bool array of shape ``(shots, num_clbits)``, column k is clbit k.

    The shots of a run are independent and equally distributed, so Aer's counts are dealt out in
    a seeded random order, which is much faster than asking Aer for every shot.

    Raises:
        JobFailure: Aer cannot simulate a circuit.
    """
    import numpy as np

    try:
        outcome = _simulator(method).run(list(circuits), shots=shots, seed_simulator=seed).result()
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
