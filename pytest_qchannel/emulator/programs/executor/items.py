"""What an executor job asks for, item by item, whatever its schema version."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from qiskit import QuantumCircuit

from pytest_qchannel.emulator.programs.arrays import Data, Reals
from pytest_qchannel.emulator.programs.models import Model, one_line
from pytest_qchannel.emulator.programs.options import require_executions
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.seeds import generator

__all__ = ["Item", "read_items"]

_ROUNDING: Final = 1e-6

TensorInterface: TypeAlias = Any
"""Arguments of a samplex: samplomatic's own class, which older clients lack."""


@dataclass(frozen=True, slots=True)
class Item:
    """One circuit and the values that it is run with.

    Attributes:
        circuit: The circuit, for samplex items the template.
        shape: One element is one bound circuit.
        values: Parameter values, shape ``(elements, circuit.num_parameters)``; row-major order.
        extras: What the samplex gives besides them (``measurement_flips.meas``,
            ``pauli_signs``): each of shape ``(*shape, ...)``.
        chunk_size: The most elements of a chunk, or ``None`` when it was left to the service.
    """

    circuit: QuantumCircuit
    shape: tuple[int, ...]
    values: Reals
    extras: Mapping[str, Data]
    chunk_size: int | None


def read_items(program: Model, seed: int) -> list[Item]:
    """The items of a ``QuantumProgramModel``, their randomisations drawn.

    Raises:
        JobFailure: A circuit or samplex cannot be read, or values do not fit.
    """
    circuits = _circuits(program)
    items = []
    executions = 0
    for number, (circuit, sent) in enumerate(zip(circuits, program.items, strict=True)):
        where = f"item {number}"
        try:
            if sent.item_type == "samplex":
                bound, shape = _samplex_arguments(sent)
            else:
                bound, shape = None, _circuit_shape(sent, circuit)
            executions += math.prod(shape) * program.shots
            require_executions(executions)
            extras: dict[str, Data] = {}
            if bound is None:
                values = _circuit_values(sent, shape)
            else:
                values, extras = _draw(sent, bound, shape, [seed, number])
        except JobFailure:
            raise
        except Exception as problem:  # samplomatic and numpy raise many kinds
            said = f"{where} has arguments that do not fit: {one_line(problem)}"
            raise JobFailure(FailureCode.VALIDATION, said) from None
        _require_values(values, circuit, where)
        chunk_size = None if sent.chunk_size == "auto" else int(sent.chunk_size)
        items.append(Item(circuit, shape, values, extras, chunk_size))
    return items


def _circuits(program: Model) -> list[QuantumCircuit]:
    """One circuit per item: in one blob since schema v1.0, in each item before."""
    try:
        if hasattr(program, "circuits"):
            circuits = list(program.circuits.to_python())
        else:
            circuits = [item.circuit.to_quantum_circuit(use_cached=True) for item in program.items]
        for circuit in circuits:
            if not isinstance(circuit, QuantumCircuit):
                raise TypeError(f"a {type(circuit).__name__} is no circuit")
            for instruction in circuit.data:
                _ = instruction.operation  # made when first asked for, and refused only then
    except Exception as problem:  # qpy and the QASM importer raise many kinds
        raise JobFailure(
            FailureCode.VALIDATION,
            f"The circuits of the program cannot be read: {one_line(problem)}",
        ) from None
    return circuits


def _circuit_shape(sent: Model, circuit: QuantumCircuit) -> tuple[int, ...]:
    arguments = tuple(sent.circuit_arguments.shape)
    columns = arguments[-1] if arguments else 0
    if columns != circuit.num_parameters:
        raise ValueError(
            f"the last axis of circuit_arguments has size {columns}, the circuit has "
            f"{circuit.num_parameters} parameters"
        )
    return np.broadcast_shapes(tuple(getattr(sent, "shape", ())), arguments[:-1])


def _circuit_values(sent: Model, shape: tuple[int, ...]) -> Reals:
    given = np.asarray(sent.circuit_arguments.to_numpy(), dtype=np.float64)
    columns = given.shape[-1] if given.ndim else 0
    given = given.reshape(*given.shape[:-1], columns)
    return np.broadcast_to(given, (*shape, columns)).reshape(math.prod(shape), columns)


def _samplex_arguments(sent: Model) -> tuple[TensorInterface, tuple[int, ...]]:
    """The samplex's inputs with the arguments in, and the item's shape."""
    samplex = sent.samplex.to_samplex(use_cached=True)
    samplex.finalize()
    inputs = samplex.inputs().make_broadcastable()
    for name, value in sent.samplex_arguments.items():
        if hasattr(value, "to_pauli_lindblad_map"):
            inputs[name] = value.to_pauli_lindblad_map()
        else:
            inputs[name] = value.to_numpy() if hasattr(value, "to_numpy") else value
    if not inputs.fully_bound:
        raise ValueError(
            f"samplex arguments are missing: {inputs.describe(prefix='', include_bound=False)}"
        )
    return inputs, np.broadcast_shapes(tuple(sent.shape), inputs.shape)


def _draw(
    sent: Model, inputs: TensorInterface, shape: tuple[int, ...], seed: list[int]
) -> tuple[Reals, dict[str, Data]]:
    """Samples of the samplex for each element of the item.

    Axes on which the arguments vary sweep them, the others count randomisations: elements that
    share an argument are drawn together.
    """
    samplex = sent.samplex.to_samplex(use_cached=True)
    size = math.prod(shape)
    rng = generator(*seed)
    # Which argument each element takes.
    argument = np.broadcast_to(np.arange(inputs.size).reshape(inputs.shape), shape).reshape(size)
    order = np.argsort(argument, kind="stable")
    drawn: dict[str, Data] = {}
    for places in np.split(order, np.flatnonzero(np.diff(argument[order])) + 1):
        if not len(places):
            continue
        index = np.unravel_index(int(argument[places[0]]), inputs.shape)
        taken = inputs[tuple(int(step) for step in index)]
        for name, array in samplex.sample(taken, num_randomizations=len(places), rng=rng).items():
            if name not in drawn:
                drawn[name] = np.empty((size, *array.shape[1:]), array.dtype)
            drawn[name][places] = array
    values = drawn.pop("parameter_values", np.empty((size, 0)))
    extras = {name: array.reshape(*shape, *array.shape[1:]) for name, array in drawn.items()}
    return _snapped(np.asarray(values, dtype=np.float64)), extras


def _snapped(values: Reals) -> Reals:
    """Angles that are a quarter turn but for rounding, made exact.

    A samplex works with pi in single precision, which is off by 9e-8. What is left out here moves
    no probability by more than that squared, and circuits of Cliffords stay such.
    """
    quarter = np.pi / 2
    whole = np.round(values / quarter) * quarter
    return np.where(np.abs(values - whole) < _ROUNDING, whole, values)


def _require_values(values: Reals, circuit: QuantumCircuit, where: str) -> None:
    if values.shape[1] != circuit.num_parameters:
        raise JobFailure(
            FailureCode.VALIDATION,
            f"The samplex of {where} gives {values.shape[1]} parameter values; its circuit has "
            f"{circuit.num_parameters} parameters.",
        )
    if not np.isfinite(values).all():
        raise JobFailure(
            FailureCode.VALIDATION, f"The values of {where} are not all finite numbers."
        )
