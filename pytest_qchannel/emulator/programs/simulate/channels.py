"""Noise channels from calibrated figures, and how they part into nothing and something.

A channel is kept as its Choi matrix ``C[(a, i), (b, j)] = <a| E(|i><j|) |b>`` of shape
``(4**k, 4**k)``, which is the sum of ``vec(K) vec(K)^dagger`` over its Kraus operators; the index
of ``vec(K)`` is ``a * 2**k + i``, as of ``K.reshape(-1)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from pytest_qchannel.emulator.programs.arrays import Complexes, Reals
from pytest_qchannel.emulator.programs.simulate.gates import paulis

__all__ = [
    "Event",
    "Part",
    "gate_channel",
    "parted",
    "pauli_weights",
    "relaxation",
    "twirled",
]

# Below this the rounding of the decomposition would be taken for noise.
_NOTHING: Final = 1e-12

Part: TypeAlias = tuple[float, Complexes]
"""How likely something happens at all, whatever the state is, and the Kraus operators of that, an
array of shape ``(number, 2**k, 2**k)``."""


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Noise: with ``probability``, whatever the state is, a channel with these Kraus operators.

    Otherwise nothing happens. ``kraus`` has the shape ``(number, 2**k, 2**k)``.
    """

    qubits: tuple[int, ...]
    probability: float
    kraus: Complexes


def relaxation(time_s: float, t1_s: float, t2_s: float) -> Complexes:
    """One qubit left alone: it decays to its ground state with T1 and loses phase with T2.

    Args:
        time_s: How long.
        t1_s: May be infinite.
        t2_s: May be infinite, at most twice ``t1_s``.
    """
    stays, coherence = math.exp(-time_s / t1_s), math.exp(-time_s / t2_s)
    choi = np.zeros((4, 4), np.complex128)
    choi[0, 0] = 1  # |0><0| stays
    choi[3, 3] = stays  # |1><1| stays...
    choi[1, 1] = 1 - stays  # ...or falls
    choi[0, 3] = choi[3, 0] = coherence
    return choi


def _product(high: Complexes, low: Complexes) -> Complexes:
    """The channel of two qubits that have one each; ``low`` is the lower bit of the index."""
    both = np.einsum("aibj,ckdl->acikbdjl", high.reshape(2, 2, 2, 2), low.reshape(2, 2, 2, 2))
    return np.asarray(both.reshape(16, 16), np.complex128)


def _process_fidelity(choi: Complexes) -> float:
    size = math.isqrt(len(choi))
    one = np.eye(size).reshape(-1)
    return float((one @ choi @ one).real / size**2)


def gate_channel(
    error: float, length_s: float, times_s: tuple[tuple[float, float], ...]
) -> Complexes:
    """What a gate's qubits suffer beside the gate, for one or two qubits.

    They relax for the length of the gate. What that leaves of the calibrated error is
    depolarisation, so that the average infidelity of both together is the calibrated one. Where
    relaxation alone is worse it is all there is; an error that is worse than a fully random
    state (broken gates are listed with 1.0) leaves a fully random state.

    Args:
        error: The calibrated average infidelity.
        length_s: The gate's length.
        times_s: T1 and T2 of each qubit, the first one is the lowest bit of the index.
    """
    choi = relaxation(length_s, *times_s[0])
    for one in times_s[1:]:
        choi = _product(relaxation(length_s, *one), choi)
    size = 2 ** len(times_s)
    has = _process_fidelity(choi)
    wanted = ((1 - error) * (size + 1) - 1) / size
    left = has - 1 / size**2  # nothing is left where the qubits relax completely
    weight = min(max((has - wanted) / left, 0.0), 1.0) if left > _NOTHING else 0.0
    return np.asarray((1 - weight) * choi + weight * np.eye(size**2) / size, np.complex128)


def parted(choi: Complexes) -> Part:
    """The channel as a mixture of "nothing happens", as likely as can be, and of the rest.

    Returns:
        The probability of the rest, whatever the state is, and its Kraus operators, an array of
        shape ``(number, 2**k, 2**k)``.
    """
    size = math.isqrt(len(choi))
    one = np.eye(size).reshape(-1)
    values, vectors = np.linalg.eigh(choi)
    along = np.abs(vectors.conj().T @ one) ** 2
    good = values > _NOTHING
    # The most of |1><1| that leaves a positive matrix; none where |1> is not in its range.
    nothing = 0.0 if along[~good].sum() > 1e-9 else 1 / float((along[good] / values[good]).sum())
    nothing = min(nothing, 1.0)
    if 1 - nothing < _NOTHING:
        return 0.0, np.zeros((0, size, size), np.complex128)
    values, vectors = np.linalg.eigh(choi - nothing * np.outer(one, one))
    values = values / (1 - nothing)
    kept = values > 1e-10
    kraus = (np.sqrt(values[kept]) * vectors[:, kept]).T.reshape(-1, size, size)
    return 1 - nothing, kraus


def pauli_weights(choi: Complexes) -> Reals:
    """How likely each Pauli is in the channel's twirl, in the order of :func:`pauli_labels`.

    The twirl is the mean of ``P E(P . P) P`` over all Paulis P. It keeps the diagonal of the
    channel's process matrix and nothing else, so coherent errors and decay become Pauli errors.
    """
    size = math.isqrt(len(choi))
    rows = paulis(size.bit_length() - 1).reshape(-1, size * size)
    weights = np.einsum("pa,ab,pb->p", rows.conj(), choi, rows).real / size**2
    return np.asarray(weights.clip(0.0), np.float64)


def twirled(choi: Complexes) -> Part:
    """The twirl of a channel over all Paulis, in the form that :func:`parted` gives."""
    weights = pauli_weights(choi)
    total = float(weights[1:].sum())
    size = math.isqrt(len(choi))
    if total < _NOTHING:
        return 0.0, np.zeros((0, size, size), np.complex128)
    kept = np.flatnonzero(weights[1:] > _NOTHING * total) + 1
    kraus = np.sqrt(weights[kept] / total)[:, None, None] * paulis(size.bit_length() - 1)[kept]
    return min(total, 1.0), kraus
