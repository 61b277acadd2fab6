"""Random Paulis behind the layers of a circuit, by which their noise is amplified or cancelled.

A layer's noise is known as a product of Pauli channels, one for each generator P with its rate r:
``rho -> exp(r (P rho P - rho))``. That with a scaled rate is done by injecting P in a part of all
variants, ``(1 - exp(-2 |s r|)) / 2`` of them. A negative scale needs a quasi-probability: each
injection turns the sign of what the variant is measured to give, and all is multiplied by
``gamma``, the product of ``exp(2 |s r|)``.

Source: arXiv:2201.09866 for cancellation, Nature 618, 500 (2023) for amplification; ``pec.py`` and
``zne/pea.py`` of qiskit-mitigation, which qiskit-ibm-runtime 0.51 uses.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction
from qiskit.circuit.library import XGate, YGate, ZGate

from pytest_qchannel.emulator.programs.arrays import Integers, Reals
from pytest_qchannel.emulator.programs.noise_learner.rates import Generator
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.pubs import MadeWhenAsked
from pytest_qchannel.emulator.programs.seeds import generator
from pytest_qchannel.emulator.programs.simulate.active import Active
from pytest_qchannel.emulator.programs.simulate.labels import MERGED, layer_of

__all__ = ["Drawn", "Injection", "Variants"]

_MOST_PLACES: Final = 2**29
_LETTERS: Final = {"X": (1, 0), "Y": (1, 1), "Z": (0, 1)}

Pattern = Mapping[tuple[int, int], str]
"""A Pauli by the number of the layer that it comes behind, and by the device's qubit."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Variants, drawn at random.

    Attributes:
        patterns: What is injected; no two are the same.
        which: For each variant the number of its pattern.
        signs: For each variant 1.0 or -1.0.
    """

    patterns: list[Pattern]
    which: Integers
    signs: Reals


@dataclass(frozen=True, slots=True)
class Injection:
    """What is injected behind each layer.

    Attributes:
        rates: For each layer the rates of its generators; those below 0 cancel noise.
    """

    rates: Sequence[Mapping[Generator, float]]

    @property
    def gamma(self) -> float:
        """By what signed results are multiplied; 1 where nothing is cancelled."""
        cancelled = math.fsum(-min(rate, 0.0) for one in self.rates for rate in one.values())
        return math.exp(min(2.0 * cancelled, 700.0))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is ever injected."""
        return not any(rate for one in self.rates for rate in one.values())

    def draw(self, count: int, seed: int, qubits: Sequence[int]) -> Drawn:
        """Draws variants.

        Args:
            count: How many.
            seed: Decides them.
            qubits: The device's qubits on which Paulis matter; on others they are left out.

        Raises:
            JobFailure: They are too many to be held.
        """
        rng = generator(seed)
        place = {qubit: number for number, qubit in enumerate(qubits)}
        if count * len(self.rates) * len(place) > _MOST_PLACES:
            raise JobFailure(
                FailureCode.SIMULATOR_FAILED,
                f"The emulator cannot hold {count} random variants of {len(self.rates)} layers. "
                "Use more shots per randomization.",
            )
        bits = np.zeros((count, len(self.rates), len(place), 2), np.uint8)
        odd = np.zeros(count, np.bool_)
        for layer, rates in enumerate(self.rates):
            for (letters, on), rate in rates.items():
                if not rate:
                    continue
                hit = rng.random(count) < -math.expm1(-2.0 * abs(rate)) / 2.0
                if rate < 0.0:
                    odd ^= hit
                for letter, qubit in zip(letters, on, strict=True):
                    if qubit in place:
                        flips = np.array(_LETTERS[letter], np.uint8)
                        bits[hit, layer, place[qubit]] ^= flips
        rows, which = np.unique(bits.reshape(count, -1), axis=0, return_inverse=True)
        patterns = [_pattern(row.reshape(bits.shape[1:]), qubits) for row in rows.astype(np.uint8)]
        return Drawn(patterns, which.reshape(-1), np.where(odd, -1.0, 1.0))


def _pattern(bits: NDArray[np.uint8], qubits: Sequence[int]) -> Pattern:
    letters = {value: letter for letter, value in _LETTERS.items()}
    found = {}
    for layer, place in np.argwhere(bits.any(axis=2)).tolist():
        x, z = bits[layer, place].tolist()
        found[layer, qubits[place]] = letters[x, z]
    return found


class Variants(MadeWhenAsked):
    """A circuit with each pattern injected at the marks behind its layers.

    The Paulis err as part of the next random gates.

    Args:
        active: Of a circuit from :func:`.twirled`.
        patterns: What is injected.
    """

    def __init__(self, active: Active, patterns: Sequence[Pattern]) -> None:
        place = dict(zip(active.circuit.qubits, active.physical, strict=True))
        self._circuit = active.circuit
        self._patterns = patterns
        self._items = [
            (
                item,
                None if (layer := layer_of(item.label)) is None else (layer, place[item.qubits[0]]),
            )
            for item in active.circuit.data
        ]

    def __len__(self) -> int:
        """How many there are."""
        return len(self._patterns)

    def made(self, number: int) -> QuantumCircuit:
        """The circuit with a pattern."""
        pattern = self._patterns[number]
        paulis = {"X": XGate, "Y": YGate, "Z": ZGate}
        variant = self._circuit.copy_empty_like()
        for item, site in self._items:
            if site is None:
                variant._append(item)
            elif (letter := pattern.get(site)) is not None:
                pauli = paulis[letter](label=MERGED)
                variant._append(CircuitInstruction(pauli, item.qubits))
        return variant
