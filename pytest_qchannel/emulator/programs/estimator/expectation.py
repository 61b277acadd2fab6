"""Expectation values of a PUB: which bases are measured, and what their shots say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives.containers.bindings_array import BindingsArray

from pytest_qchannel.counted import counted
from pytest_qchannel.emulator.programs.arrays import Bits, Reals
from pytest_qchannel.emulator.programs.durations import circuit_s, qpu_s
from pytest_qchannel.emulator.programs.estimator import zne
from pytest_qchannel.emulator.programs.estimator.injection import Injection
from pytest_qchannel.emulator.programs.estimator.layer_noise import Layers
from pytest_qchannel.emulator.programs.estimator.measuring import learn_readout, measure
from pytest_qchannel.emulator.programs.estimator.observables import (
    Basis,
    Observable,
    Term,
    group_terms,
)
from pytest_qchannel.emulator.programs.estimator.portions import (
    Told,
    pieces,
    runs_of_sets,
    variance_of,
)
from pytest_qchannel.emulator.programs.estimator_settings import Settings, Zne
from pytest_qchannel.emulator.programs.machine import Machine
from pytest_qchannel.emulator.programs.options import Split
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure, OverLimit
from pytest_qchannel.emulator.programs.seeds import seed_from

__all__ = ["Estimate", "Paired", "estimate"]

MOST_SIMULATED: Final = 10_000_000_000
"""Executions of a job: more than its three hours have room for, at a microsecond a shot."""

MOST_MEANS: Final = 2**28
"""Places times variants, of each of which a mean is held: two gigabytes."""


@dataclass(frozen=True, slots=True)
class Paired:
    """A PUB's places: each pairs an observable with a parameter set.

    Attributes:
        shape: The PUB's.
        observables: All of them, row-major.
        observable_of: For each place, which.
        values_of: For each place, which parameter set.
    """

    shape: tuple[int, ...]
    observables: Sequence[Observable]
    observable_of: Sequence[int]
    values_of: Sequence[int]


@dataclass(slots=True)
class Estimate:
    """What a PUB gave.

    Attributes:
        shape: The PUB's.
        fields: The data bin's arrays, by name.
        extrapolators: Which curve was taken at each place; ``None`` without extrapolation.
        busy: How often circuits were executed, and how long each takes, in seconds.
    """

    shape: tuple[int, ...]
    fields: dict[str, Reals] = field(default_factory=dict)
    extrapolators: NDArray[np.object_] | None = None
    busy: list[tuple[int, float]] = field(default_factory=list)

    @property
    def executions(self) -> int:
        """How often a circuit was executed."""
        return sum(times for times, _ in self.busy)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Parameter sets that are measured in the same bases, and the places that they decide."""

    values: tuple[int, ...]
    places: tuple[tuple[int, ...], ...]
    bases: tuple[Basis, ...]


def estimate(
    machine: Machine,
    settings: Settings,
    circuit: QuantumCircuit,
    values: BindingsArray,
    paired: Paired,
    split: Split,
    seed: int,
    *,
    layers: Layers | None = None,
    where: str,
    before: int,
    delay_s: float,
) -> Estimate:
    """Measures what a PUB asks for.

    Args:
        machine: What runs it.
        settings: What the options mean.
        circuit: On the device's qubits.
        values: The parameter values.
        paired: Which observable is measured with which parameter set.
        split: The shots of each circuit in each basis.
        seed: Decides the shots.
        layers: The circuit's, where their noise is amplified or cancelled.
        where: Names the PUB in what is said of it.
        before: Executions of the job's earlier PUBs.
        delay_s: The pause between two shots.

    Raises:
        JobFailure: It cannot be simulated.
        OverLimit: It takes longer than the job may.
        TooLong: The simulation belongs into the worker process.
    """
    plans = _plans(paired, machine.task.tick)
    factors = settings.zne.noise_factors if settings.zne is not None else (1.0,)
    circuits = sum(len(plan.values) * len(plan.bases) for plan in plans) * len(factors)
    _require_room(machine, circuit, before, circuits * split.shots, delay_s)
    _require_simulable(before + circuits * split.shots, size=math.prod(paired.shape), split=split)
    found = Estimate(paired.shape)
    factor_of = _readout_factors(machine, settings, circuit, plans, split, seed, found)
    measured = []
    for number, factor in enumerate(factors):
        at = seed_from(seed, 1, number)
        stronger, injection = _noisier(machine, settings, circuit, layers, factor, at)
        shots = _Shots(machine, settings, stronger, injection, values, split, where)
        with np.errstate(all="ignore"):  # a coefficient may be as large as a float can be
            measured.append(_evaluate(shots, paired, plans, factor_of, at, found))
    evs, stds, ensemble = (np.stack(arrays) for arrays in zip(*measured, strict=True))
    if settings.zne is None:
        names = ("evs", "stds", "ensemble_standard_error")
        for name, array in zip(names, (evs, stds, ensemble), strict=True):
            found.fields[name] = array[0].reshape(paired.shape)
    else:
        _extrapolate(settings.zne, evs, stds, ensemble, found)
    return found


def _noisier(
    machine: Machine,
    settings: Settings,
    circuit: QuantumCircuit,
    layers: Layers | None,
    factor: float,
    seed: int,
) -> tuple[QuantumCircuit, Injection | None]:
    """The circuit with its noise amplified by a factor: folded, or by what is injected into it."""
    if layers is not None:  # a part of their own noise is added; a negative one is taken away
        pec = settings.pec
        whole = pec.gain(layers.log_overhead) if pec is not None else factor
        return circuit, layers.scaled(whole - 1.0)
    if machine.is_noisy and settings.zne is not None:
        return zne.fold(circuit, factor, settings.zne.amplifier, seed), None
    return circuit, None


def _plans(paired: Paired, tick: Callable[[], None]) -> list[_Plan]:
    """Parameter sets by the observables that they are paired with: usually one plan for all."""
    places: dict[int, list[int]] = {}
    for place, number in enumerate(paired.values_of):
        places.setdefault(number, []).append(place)
    alike: dict[tuple[int, ...], list[int]] = {}
    for number, here in places.items():
        seen = tuple(sorted({paired.observable_of[place] for place in here}))
        alike.setdefault(seen, []).append(number)
    return [
        _Plan(
            tuple(numbers),
            tuple(tuple(places[number]) for number in numbers),
            tuple(group_terms({term for one in seen for term in paired.observables[one]}, tick)),
        )
        for seen, numbers in alike.items()
    ]


@dataclass(frozen=True, slots=True)
class _Shots:
    """How shots are taken."""

    machine: Machine
    settings: Settings
    circuit: QuantumCircuit
    injection: Injection | None
    values: BindingsArray
    split: Split
    where: str


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the shots of one basis after the other add up to.

    Attributes:
        by_variant: The mean of each place in each variant, of shape ``(places, variants)``.
        variance: Of each place's mean, by single shots.
    """

    paired: Paired
    factor_of: dict[Term, float]
    by_variant: Reals
    variance: Reals

    def take(self, shots: _Shots, plan: _Plan, some: slice, basis: Basis, seed: int) -> float:
        """Measures some of a plan's parameter sets in a basis, and gives a shot's length."""
        length_s = 0.0
        told: dict[tuple[int, ...], list[Told]] = {}
        for piece in pieces(shots.split):
            shots.machine.task.tick()
            measured = measure(
                shots.machine,
                shots.circuit,
                shots.values,
                plan.values[some],
                basis.paulis,
                piece.split,
                seed if piece.number == 0 else seed_from(seed, 0, piece.number),
                twirling=shots.settings.simulated,
                injection=shots.injection,
                where=shots.where,
            )
            length_s = measured.length_s
            for bits, places in zip(measured.bits, plan.places[some], strict=True):
                values = self._values(basis, bits, places)
                if measured.weights is not None:
                    values = values * measured.weights
                spread = values.reshape(len(places), piece.split.num_randomizations, -1)
                means = spread.mean(axis=2) * piece.of_each
                self.by_variant[list(places), piece.variants] += means
                one = Told(piece.of_all, values.mean(axis=1), values.var(axis=1))
                told.setdefault(places, []).append(one)
        for places, every in told.items():
            self.variance[list(places)] += variance_of(every) / shots.split.shots
        return length_s

    def _values(self, basis: Basis, bits: Bits, places: Sequence[int]) -> Reals:
        """What each shot says of some places, of shape ``(places, shots)``."""
        terms = np.stack(
            [basis.values(term, bits) / self.factor_of.get(term, 1.0) for term in basis.terms]
        )
        paired = self.paired
        weights = np.array(
            [
                [paired.observables[paired.observable_of[one]].get(term, 0.0)
                 for term in basis.terms]
                for one in places
            ]
        )  # fmt: skip
        return np.asarray(weights @ terms)


def _evaluate(
    shots: _Shots,
    paired: Paired,
    plans: Sequence[_Plan],
    factor_of: dict[Term, float],
    seed: int,
    found: Estimate,
) -> tuple[Reals, Reals, Reals]:
    """Mean, standard error by variants, and by single shots, of each place."""
    size = math.prod(paired.shape)
    split = shots.split
    sums = _Sums(paired, factor_of, np.zeros((size, split.num_randomizations)), np.zeros(size))
    by_variant = sums.by_variant
    for place, number in enumerate(paired.observable_of):
        by_variant[place] += paired.observables[number].get(Term(()), 0.0)
    for number, plan in enumerate(plans):
        for place, basis in enumerate(plan.bases):
            own, length_s = seed_from(seed, number, place), 0.0
            for some in runs_of_sets(len(plan.values), split.shots):
                at = own if some.start == 0 else seed_from(own, some.start)
                length_s = sums.take(shots, plan, some, basis, at)
            found.busy.append((len(plan.values) * split.shots, length_s))
    ensemble = np.sqrt(sums.variance)
    stds = ensemble
    if split.num_randomizations > 1:
        stds = by_variant.std(axis=1, ddof=1) / math.sqrt(split.num_randomizations)
    return by_variant.mean(axis=1), stds, ensemble


def _readout_factors(
    machine: Machine,
    settings: Settings,
    circuit: QuantumCircuit,
    plans: Sequence[_Plan],
    split: Split,
    seed: int,
    found: Estimate,
) -> dict[Term, float]:
    """By what twirled readout errors shrink each term; nothing where there is nothing to mend."""
    terms = {term for plan in plans for basis in plan.bases for term in basis.terms}
    if not (machine.is_noisy and settings.mitigate_measure and terms):
        return {}
    if any(term.projected for term in terms):
        raise JobFailure(
            FailureCode.NOT_SUPPORTED,
            "Measurement mitigation of noisy shots does not go with observables that have "
            "projectors (0, 1, +, -, r, l). Write them with I, X, Y and Z, or set "
            "options.resilience.measure_mitigation to False.",
        )
    qubits = tuple(sorted({qubit for term in terms for qubit in term.qubits}))
    learning = settings.learning_shots(split.shots_per_randomization)
    basis = Basis(dict.fromkeys(qubits, "Z"), [])
    factors = dict.fromkeys(terms, 0.0)
    at, length_s = seed_from(seed, 0), 0.0
    for piece in pieces(learning):
        own = at if piece.number == 0 else seed_from(at, piece.number)
        learned = learn_readout(machine, circuit.num_qubits, qubits, piece.split, own)
        length_s = learned.length_s
        for term in terms:
            factors[term] += float(basis.values(term, learned.bits[0]).mean()) * piece.of_all
    found.busy.append((learning.shots, length_s))
    for term, factor in factors.items():
        if abs(factor) <= 3.0 / math.sqrt(learning.shots):
            raise JobFailure(
                FailureCode.NOT_SUPPORTED,
                f"The readout of the qubits {term.qubits} is too noisy to be mitigated with "
                f"{counted(learning.shots, 'shot')} of learning.",
            )
    return factors


def _require_room(
    machine: Machine, circuit: QuantumCircuit, before: int, executions: int, delay_s: float
) -> None:
    """Passes what does not take longer than the job may: nobody sees what is measured beyond.

    Basis changes, readout and what learns of noise take some more, which the job's end tells.
    """
    length_s = circuit_s(circuit, machine.task.snapshot)
    least_s = qpu_s([(before, 0.0), (executions, length_s)], delay_s)
    if least_s > machine.task.most_s:
        raise OverLimit(least_s)


def _require_simulable(executions: int, *, size: int, split: Split) -> None:
    """Passes what can be simulated: the service splits large jobs and has no such bound."""
    if executions > MOST_SIMULATED or size * split.num_randomizations > MOST_MEANS:
        raise JobFailure(
            FailureCode.SIMULATOR_FAILED,
            f"The job needs {executions} executions (bases times parameter sets times shots) in "
            f"{split.num_randomizations} variants; the emulator simulates {MOST_SIMULATED}. Ask "
            "for a larger precision, or split it.",
        )


def _extrapolate(
    settings: Zne,
    evs: Reals,
    stds: Reals,
    ensemble: Reals,
    found: Estimate,
) -> None:
    """Adds what extrapolation gives; the arrays have the shape ``(noise factors, places)``."""
    places, names = evs.shape[1], settings.extrapolators
    at = settings.evaluated_at
    curves = np.full((2, places, len(names), len(at)), np.nan)
    best = np.zeros((2, places))
    taken = np.full(places, "fallback", dtype=object)
    for place in range(places):
        args = settings.noise_factors, evs[:, place], stds[:, place], at
        fits = [zne.fit(name, *args) for name in names]
        for number, curve in enumerate(fits):
            if curve is not None:
                curves[:, place, number] = curve.values, curve.stds
        tried = zip(names, fits, strict=True)
        for name, curve in (*tried, ("fallback", zne.fit("fallback", *args))):
            if curve is not None and curve.is_trusted:
                taken[place], best[:, place] = name, curve.at_zero
                break
    shape = found.shape
    found.extrapolators = taken.reshape(shape)
    found.fields = {
        "evs": best[0].reshape(shape),
        "stds": best[1].reshape(shape),
        "evs_noise_factors": np.moveaxis(evs, 0, -1).reshape(*shape, -1),
        "stds_noise_factors": np.moveaxis(stds, 0, -1).reshape(*shape, -1),
        "ensemble_stds_noise_factors": np.moveaxis(ensemble, 0, -1).reshape(*shape, -1),
        "evs_extrapolated": curves[0].reshape(*shape, len(names), len(at)),
        "stds_extrapolated": curves[1].reshape(*shape, len(names), len(at)),
    }
