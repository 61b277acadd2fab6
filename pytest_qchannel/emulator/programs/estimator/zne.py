"""Zero-noise extrapolation: circuits with more noise, and curves through what they gave."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from qiskit import QuantumCircuit
from scipy.optimize import OptimizeWarning, curve_fit

from pytest_qchannel.emulator.programs.arrays import Reals
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.seeds import generator

__all__ = ["Curve", "fit", "fold"]


MOST_FOLDS: Final = 100_000
"""Gates added by folding: more would take this process minutes to write down."""


def fold(circuit: QuantumCircuit, factor: float, amplifier: str, seed: int) -> QuantumCircuit:
    """The circuit with its two-qubit gates done and undone, which multiplies their noise.

    Gates inside of control flow stay as they are.

    Args:
        circuit: An ISA circuit.
        factor: By how much the noise grows, at least 1.
        amplifier: Which gates are folded once more where the factor does not divide evenly:
            ``gate_folding_front``, ``gate_folding_back``, or else random ones.
        seed: Decides which.

    Raises:
        JobFailure: The circuit would become too long.
    """
    gates = [
        number
        for number, item in enumerate(circuit.data)
        if len(item.qubits) == 2 and not item.clbits and hasattr(item.operation, "to_matrix")
    ]
    wanted = (factor - 1.0) / 2.0 * len(gates)
    if wanted > MOST_FOLDS:
        raise JobFailure(
            FailureCode.VALIDATION,
            f"A noise factor of {factor:g} folds the {len(gates)} two-qubit gates of a circuit "
            f"more than {MOST_FOLDS} times.",
        )
    whole, rest = divmod(round(wanted), max(1, len(gates)))
    if amplifier == "gate_folding_front":
        more = set(gates[:rest])
    elif amplifier == "gate_folding_back":
        more = set(gates[len(gates) - rest :])
    else:
        more = set(generator(seed).permutation(gates)[:rest].tolist())
    foldable = set(gates)
    folded = circuit.copy_empty_like()
    for number, item in enumerate(circuit.data):
        folded._append(item)
        if number in foldable and (times := whole + (number in more)):
            undone = item.replace(operation=item.operation.inverse())
            for _ in range(times):
                folded._append(undone)
                folded._append(item)
    return folded


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve through measured values.

    Attributes:
        values: Of the curve at the points asked for.
        stds: Their standard errors.
        at_zero: Value and standard error without noise.
        is_trusted: Whether it says more than that the data has no such shape.
    """

    values: Reals
    stds: Reals
    at_zero: tuple[float, float]
    is_trusted: bool = True


def fit(
    extrapolator: str,
    factors: Sequence[float],
    values: Reals,
    stds: Reals,
    points: Sequence[float],
) -> Curve | None:
    """A curve through values that were measured at noise factors, or ``None`` where none fits.

    An exponential is trusted where it decays, and where its value without noise is known to
    within ten times the error of the data: through noise around zero any steep curve goes.

    Args:
        extrapolator: Which curve, in the client's words.
        factors: Where it was measured.
        values: What was measured.
        stds: Its standard errors.
        points: Where the curve is evaluated.
    """
    x = np.asarray(factors, float)
    at = np.asarray([0.0, *points], float)
    errors = np.maximum(stds, 1e-9)  # a value without spread still has a weight
    try:
        with np.errstate(all="ignore"):
            is_trusted = True
            if extrapolator == "fallback":
                best = int(np.argmin(x))
                found, spread = np.full(at.shape, values[best]), np.full(at.shape, stds[best])
            elif extrapolator in ("exponential", "double_exponential"):
                fitted = _exponential(
                    1 if extrapolator == "exponential" else 2, x, values, errors, at
                )
                if fitted is None:
                    return None
                found, spread, decays = fitted
                is_trusted = decays and bool(spread[0] <= 10.0 * errors.max())
            else:
                degree = 1 if extrapolator == "linear" else int(extrapolator.rpartition("_")[2])
                found, spread = _polynomial(degree, x, values, errors, at)
    except np.linalg.LinAlgError:
        return None
    if not (np.isfinite(found).all() and np.isfinite(spread).all()):
        return None
    return Curve(found[1:], spread[1:], (float(found[0]), float(spread[0])), is_trusted)


def _polynomial(degree: int, x: Reals, y: Reals, errors: Reals, at: Reals) -> tuple[Reals, Reals]:
    design = np.vander(x, degree + 1, increasing=True) / errors[:, None]
    # Linear in the data, so that the spread follows exactly.
    solved = np.linalg.pinv(design)
    read = np.vander(at, degree + 1, increasing=True) @ solved
    return read @ (y / errors), np.linalg.norm(read, axis=1)


def _exponential(
    count: int, x: Reals, y: Reals, errors: Reals, at: Reals
) -> tuple[Reals, Reals, bool] | None:
    def model(where: Reals, *parameters: float) -> Reals:
        amplitudes, rates = np.split(np.asarray(parameters), 2)
        return np.asarray(np.exp(-np.outer(where, rates)) @ amplitudes)

    start = [float(y[0]) / count] * count + [0.1 * (1 + number) for number in range(count)]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", OptimizeWarning)
            parameters, covariance = curve_fit(
                model, x, y, p0=start, sigma=errors, absolute_sigma=True, maxfev=2_000
            )
            found = model(at, *parameters)
            slopes = _slopes(model, at, parameters)
            spread = np.sqrt(np.einsum("ij,jk,ik->i", slopes, covariance, slopes))
    except (RuntimeError, ValueError, TypeError):
        return None
    return found, spread, bool((parameters[count:] >= 0.0).all())


def _slopes(model: Callable[..., Reals], at: Reals, parameters: Reals) -> Reals:
    columns = []
    for number, parameter in enumerate(parameters):
        step = 1e-6 * max(1.0, abs(parameter))
        up, down = parameters.copy(), parameters.copy()
        up[number], down[number] = parameter + step, parameter - step
        columns.append((model(at, *up) - model(at, *down)) / (2 * step))
    return np.stack(columns, axis=1)
