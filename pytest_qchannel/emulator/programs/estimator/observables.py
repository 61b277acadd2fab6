"""Observables: read from the wire, grouped into measurement bases, told from measured bits.

Source: ``EstimatorPub`` and ``ObservablesArray`` of qiskit 1.4 and 2.6; ``observables_array`` in
``estimator.version_0_1`` of ibm-quantum-schemas. Projectors (``0``, ``1``, ``+``, ``-``, ``r``,
``l``) are sent by client 0.34 only; later ones refuse them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from pytest_qchannel.counted import counted
from pytest_qchannel.emulator.programs.arrays import Bits, Reals
from pytest_qchannel.emulator.programs.options import require_shape
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.wire import is_number

__all__ = ["Basis", "Observable", "Term", "broadcast", "group_terms", "read_observables"]

# Letter -> the Pauli to measure, and for a projector the bit that it projects on.
_LETTERS: Final[Mapping[str, tuple[str, int | None]]] = {
    "X": ("X", None), "Y": ("Y", None), "Z": ("Z", None),
    "0": ("Z", 0), "1": ("Z", 1), "+": ("X", 0), "-": ("X", 1), "r": ("Y", 0), "l": ("Y", 1),
}  # fmt: skip
_ALPHABET: Final = frozenset(_LETTERS) | {"I"}

MOST_PLACES: Final = 1_000_000
"""The most expectation values of a PUB: more would fill this process's memory."""


@dataclass(frozen=True, slots=True)
class Term:
    """A product of Paulis and projectors.

    Attributes:
        paulis: Which Pauli is measured on which qubit; the identity is left out.
        projected: The bit that a qubit is projected on, where it is.
    """

    paulis: tuple[tuple[int, str], ...]
    projected: tuple[tuple[int, int], ...] = ()

    @property
    def qubits(self) -> tuple[int, ...]:
        """The qubits that it looks at, in ascending order."""
        return tuple(qubit for qubit, _ in self.paulis)


@dataclass(slots=True)
class Basis:
    """What is measured at once: a Pauli on each of some qubits, and the terms told from it."""

    paulis: dict[int, str]
    terms: list[Term]

    def takes(self, term: Term) -> bool:
        """Whether a term commutes with it, qubit by qubit."""
        return all(self.paulis.get(qubit, pauli) == pauli for qubit, pauli in term.paulis)

    @property
    def qubits(self) -> tuple[int, ...]:
        """The measured qubits, in ascending order."""
        return tuple(sorted(self.paulis))

    def values(self, term: Term, bits: Bits) -> Reals:
        """A term's value in each shot.

        Args:
            term: One of its terms.
            bits: Of shape ``(shots, len(self.qubits))``, in the order of :attr:`qubits`.
        """
        column = {qubit: number for number, qubit in enumerate(self.qubits)}
        projected = dict(term.projected)
        signs = [column[qubit] for qubit in term.qubits if qubit not in projected]
        values = 1.0 - 2.0 * np.bitwise_xor.reduce(bits[:, signs], axis=1)
        for qubit, bit in projected.items():
            values = values * (bits[:, column[qubit]] == bit)
        return np.asarray(values)


Observable = dict[Term, float]


def group_terms(terms: Iterable[Term], tick: Callable[[], None]) -> list[Basis]:
    """Bases that together tell all terms: each term goes into the first that takes it.

    Wide terms go first, which leaves fewer bases; the identity needs none.

    Args:
        terms: In any order.
        tick: Called for each term; it raises what ends the search.
    """
    bases: list[Basis] = []
    for term in sorted(terms, key=lambda one: (-len(one.paulis), one.paulis, one.projected)):
        tick()
        if not term.paulis:
            continue
        for basis in bases:
            if basis.takes(term):
                break
        else:
            basis = Basis({}, [])
            bases.append(basis)
        basis.paulis.update(term.paulis)
        basis.terms.append(term)
    return bases


def read_observables(
    sent: object, num_qubits: int, where: str
) -> tuple[tuple[int, ...], list[Observable]]:
    """The shape of an array of observables, and they themselves in row-major order.

    Args:
        sent: A mapping of Pauli strings to coefficients, or a Pauli string, or lists of these,
            nested equally deep, or an ``ObservablesArray`` in its envelope. The last letter of a
            string is that of qubit 0.
        num_qubits: The circuit's.
        where: Names the PUB in what is said of it.

    Raises:
        JobFailure: They are not observables of so many qubits.
    """
    if isinstance(sent, dict) and sent.get("__type__") in ("ObservablesArray", "ndarray"):
        sent = sent.get("__value__")
    try:
        shape = _shape(sent)
        listed = [
            _observable(one, num_qubits, f"observable {number} of {where}")
            for number, one in enumerate(_flat(sent, len(shape)))
        ]
    except RecursionError:
        raise _refused(f"The observables of {where} are nested too deep.") from None
    except ValueError as problem:
        raise _refused(f"The observables of {where} are no array: {problem}.") from None
    if not listed:
        raise _refused(f"The observables of {where} are empty; give at least one.")
    return shape, listed


def _refused(said: str) -> JobFailure:
    return JobFailure(FailureCode.OBSERVABLES, said)


def _shape(sent: object) -> tuple[int, ...]:
    """The shape of nested lists.

    Raises:
        ValueError: They are not all of one length.
    """
    if not isinstance(sent, list):
        return ()
    shapes = {_shape(one) for one in sent}
    if len(shapes) > 1:
        raise ValueError("its rows differ in length")
    return (len(sent), *next(iter(shapes), ()))


def _flat(sent: Any, depth: int) -> Iterator[object]:
    if depth == 0:
        yield sent
        return
    for one in sent:
        yield from _flat(one, depth - 1)


def _observable(sent: object, num_qubits: int, what: str) -> Observable:
    if isinstance(sent, str):
        sent = {sent: 1.0}
    if not isinstance(sent, dict):
        raise _refused(f"The {what} is no mapping of Pauli strings to coefficients.")
    found: Observable = {}
    for label, sent_coefficient in sent.items():
        if wrong := sorted(set(label) - _ALPHABET):
            raise _refused(f"The {what} has {wrong[0]!r} in it; write I, X, Y and Z.")
        if len(label) != num_qubits:
            raise _refused(
                f"The {what} acts on {counted(label, 'qubit')} and its circuit has {num_qubits}. "
                "Apply the circuit's layout to the observable: "
                "observable.apply_layout(circuit.layout)."
            )
        term = _term(label)
        found[term] = found.get(term, 0.0) + _coefficient(sent_coefficient, what)
    return found


def _term(label: str) -> Term:
    paulis, projected = [], []
    for qubit, letter in enumerate(reversed(label)):
        if letter == "I":
            continue
        pauli, bit = _LETTERS[letter]
        paulis.append((qubit, pauli))
        if bit is not None:
            projected.append((qubit, bit))
    return Term(tuple(paulis), tuple(projected))


def _coefficient(sent: object, what: str) -> float:
    if isinstance(sent, dict) and sent.get("__type__") == "complex":
        match sent.get("__value__"):
            case [real, int() | float() as imaginary] if imaginary == 0:
                sent = real
    if not is_number(sent):
        raise _refused(f"The {what} has a coefficient that is no real number.")
    try:
        coefficient = float(sent)
    except OverflowError:
        coefficient = math.inf
    if not math.isfinite(coefficient):
        raise _refused(f"The {what} has a coefficient that is not finite.")
    return coefficient


def broadcast(
    observables: Sequence[int], values: Sequence[int], where: str
) -> tuple[tuple[int, ...], list[int], list[int]]:
    """The shape of a PUB, and for each of its places which observable and which parameter set.

    Raises:
        JobFailure: The shapes do not go together.
    """
    try:
        require_shape(observables)
    except ValueError as problem:
        raise _refused(f"The observables of {where} do not fit: {problem}.") from None
    try:
        shape = np.broadcast_shapes(tuple(observables), tuple(values))
        if math.prod(shape) > MOST_PLACES:
            raise _refused(
                f"{where} has the shape {shape}: more than {MOST_PLACES} expectation values."
            )
    except ValueError:
        raise _refused(
            f"The observables of {where} have the shape {tuple(observables)} and its parameter "
            f"values {tuple(values)}, which cannot be broadcast together."
        ) from None
    which = [
        np.broadcast_to(np.arange(math.prod(one)).reshape(one), shape).ravel().tolist()
        for one in (tuple(observables), tuple(values))
    ]
    return shape, which[0], which[1]
