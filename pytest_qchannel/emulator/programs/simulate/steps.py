"""A circuit as the steps of a simulation: gates, noise, measurements, and what decides on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from qiskit import QuantumCircuit
from qiskit.circuit import CASE_DEFAULT, CircuitInstruction, Clbit, Qubit

from pytest_qchannel.counted import counted
from pytest_qchannel.emulator.programs.arrays import Complexes
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.simulate.active import condition_of
from pytest_qchannel.emulator.programs.simulate.calibration import DeviceNoise
from pytest_qchannel.emulator.programs.simulate.channels import Event
from pytest_qchannel.emulator.programs.simulate.classical import Reader, Writer, reader, writer
from pytest_qchannel.emulator.programs.simulate.gates import matrix_of
from pytest_qchannel.emulator.programs.simulate.labels import TWIRLED_READOUT

__all__ = [
    "MAX_TURNS",
    "Choose",
    "Flow",
    "Gate",
    "Loop",
    "Measure",
    "Reset",
    "Sample",
    "Step",
    "Store",
    "steps_of",
]

MAX_TURNS = 10_000
"""How often a loop may go round."""

_EACH_TICK: Final = 100

MAX_STEPS: Final = 2_000_000
"""Steps of a circuit: loops in loops that set parameters have one for each turn of each."""


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """A unitary matrix on qubits; the first one is the lowest bit of its index (as in qiskit)."""

    qubits: tuple[int, ...]
    matrix: Complexes


@dataclass(frozen=True, slots=True)
class Measure:
    """A measurement; ``errors`` are the probabilities to read 1 for 0, and 0 for 1."""

    qubit: int
    clbit: int
    errors: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """The measurements that nothing follows, made together."""

    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class Reset:
    """Brings a qubit to its ground state."""

    qubit: int


@dataclass(frozen=True, slots=True)
class Choose:
    """Branches: the first ``choices`` entry with the target's value; without labels: any."""

    target: Reader
    choices: tuple[tuple[tuple[int, ...] | None, tuple[Step, ...]], ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """Bodies one after the other, or one body while ``condition`` holds."""

    bodies: tuple[tuple[Step, ...], ...]
    condition: Reader | None = None


@dataclass(frozen=True, slots=True)
class Store:
    """Computes a value for each shot and keeps it."""

    value: Reader
    keep: Writer


@dataclass(frozen=True, slots=True)
class Flow:
    """Leaves a loop (``is_break``), or goes on with its next turn."""

    is_break: bool


Step = Gate | Event | Measure | Sample | Reset | Choose | Loop | Store | Flow


@dataclass(slots=True)
class _Budget:
    tick: Callable[[], None]
    left: int = field(default_factory=lambda: MAX_STEPS)

    def spend(self) -> None:
        if self.left % _EACH_TICK == 0:
            self.tick()
        self.left -= 1
        if self.left < 0:
            raise JobFailure(
                FailureCode.SIMULATOR_FAILED,
                f"A circuit has more than {MAX_STEPS} instructions, with those of each turn of "
                "its loops; that is too long for the emulator.",
            )


@dataclass(slots=True)
class _Scope:
    qubits: Mapping[Qubit, int]
    clbits: Mapping[Clbit, int]
    noise: DeviceNoise | None
    budget: _Budget
    known: dict[tuple[object, ...], list[Step]]
    steps: list[Step] = field(default_factory=list)


def steps_of(
    circuit: QuantumCircuit,
    noise: DeviceNoise | None = None,
    tick: Callable[[], None] = lambda: None,
    *,
    keeps_state: bool = False,
) -> list[Step]:
    """The steps of a circuit whose parameters are bound.

    Args:
        circuit: The circuit.
        noise: What errs on the device; ``None``: nothing.
        tick: Called now and then; it raises what ends the search.
        keeps_state: Whether the state behind the last step matters, and not only what was read.

    Raises:
        JobFailure: An instruction is none that the emulator can simulate.
    """
    qubits = {bit: number for number, bit in enumerate(circuit.qubits)}
    clbits = {bit: number for number, bit in enumerate(circuit.clbits)}
    scope = _Scope(qubits, clbits, noise, _Budget(tick), {})
    steps = _steps(circuit, scope)
    return steps if keeps_state else _last_measurements_together(steps)


def _steps(circuit: QuantumCircuit, scope: _Scope) -> list[Step]:
    for item in circuit.data:
        condition = condition_of(item)
        if condition is None:
            _add(item, scope)
            continue
        inner = _Scope(scope.qubits, scope.clbits, scope.noise, scope.budget, scope.known)
        _add(item, inner)
        read = reader(condition, scope.clbits)
        scope.steps.append(Choose(read, (((1,), tuple(inner.steps)),)))
    return scope.steps


def _add(item: CircuitInstruction, scope: _Scope) -> None:
    scope.budget.spend()
    name = item.name
    qubits = tuple([scope.qubits[one] for one in item.qubits])
    if item.is_standard_gate():
        # Long circuits have few different gates, whose steps they share.
        key = (name, item.label, qubits, *item.params)
        if (found := scope.known.get(key)) is None:
            found = scope.known[key] = _gate(item, qubits, scope)
        scope.steps += found
    elif name == "delay":
        if scope.noise is not None:
            scope.steps += scope.noise.during(item, qubits)
    elif name == "measure":
        errors = (0.0, 0.0)
        if scope.noise is not None:
            is_twirled = item.label == TWIRLED_READOUT
            errors = scope.noise.readout(qubits[0], is_twirled=is_twirled)
        scope.steps.append(Measure(qubits[0], scope.clbits[item.clbits[0]], errors))
        if scope.noise is not None:
            scope.steps += scope.noise.measured(qubits[0])
    elif name == "reset":
        scope.steps += [Reset(one) for one in qubits]
    elif name in _CLASSICAL:
        scope.steps.append(_CLASSICAL[name](item, scope))
    elif name != "barrier":
        scope.steps += _gate(item, qubits, scope)


def _gate(item: CircuitInstruction, qubits: tuple[int, ...], scope: _Scope) -> list[Step]:
    matrix = matrix_of(item)
    if len(matrix) != 2 ** len(qubits):
        raise JobFailure(
            FailureCode.SIMULATOR_FAILED,
            f"The emulator cannot simulate the instruction {item.name!r} on "
            f"{counted(qubits, 'qubit')}.",
        )
    acting: list[Step] = [] if item.name == "id" else [Gate(qubits, matrix)]
    return acting if scope.noise is None else acting + list(scope.noise.after(item, qubits))


def _body(block: QuantumCircuit, item: CircuitInstruction, scope: _Scope) -> tuple[Step, ...]:
    """The steps of a block, whose bits stand for those of the instruction, one by one."""
    inner = _Scope(
        {a: scope.qubits[b] for a, b in zip(block.qubits, item.qubits, strict=True)},
        {**scope.clbits, **{
            a: scope.clbits[b] for a, b in zip(block.clbits, item.clbits, strict=True)
        }},
        scope.noise,
        scope.budget,
        scope.known,
    )  # fmt: skip
    return tuple(_steps(block, inner))


def _if_else(item: CircuitInstruction, scope: _Scope) -> Step:
    blocks = item.operation.blocks
    labels: list[tuple[int, ...] | None] = [(1,), None]
    choices = zip(labels, (_body(one, item, scope) for one in blocks), strict=False)
    return Choose(reader(item.operation.condition, scope.clbits), tuple(choices))


def _switch(item: CircuitInstruction, scope: _Scope) -> Step:
    choices: list[tuple[tuple[int, ...] | None, tuple[Step, ...]]] = []
    for labels, block in item.operation.cases_specifier():
        values = None if CASE_DEFAULT in labels else tuple(int(one) for one in labels)
        choices.append((values, _body(block, item, scope)))
    return Choose(reader(item.operation.target, scope.clbits), tuple(choices))


def _for_loop(item: CircuitInstruction, scope: _Scope) -> Step:
    values, parameter, block = item.operation.params
    if len(values) > MAX_TURNS:
        raise JobFailure(
            FailureCode.SIMULATOR_FAILED,
            f"A for loop of {counted(values, 'turn')} is too long for the emulator ({MAX_TURNS}).",
        )
    if parameter is None or parameter not in block.parameters:
        return Loop((_body(block, item, scope),) * len(values))
    bound = (block.assign_parameters({parameter: value}) for value in values)
    return Loop(tuple(_body(one, item, scope) for one in bound))


def _while_loop(item: CircuitInstruction, scope: _Scope) -> Step:
    condition = reader(item.operation.condition, scope.clbits)
    return Loop((_body(item.operation.blocks[0], item, scope),), condition)


def _store(item: CircuitInstruction, scope: _Scope) -> Step:
    operation = item.operation
    return Store(reader(operation.rvalue, scope.clbits), writer(operation.lvalue, scope.clbits))


_CLASSICAL: Mapping[str, Callable[[CircuitInstruction, _Scope], Step]] = {
    "if_else": _if_else,
    "switch_case": _switch,
    "for_loop": _for_loop,
    "while_loop": _while_loop,
    "store": _store,
    "break_loop": lambda _item, _scope: Flow(is_break=True),
    "continue_loop": lambda _item, _scope: Flow(is_break=False),
}


def _last_measurements_together(steps: list[Step]) -> list[Step]:
    """Moves the measurements behind which nothing looks at the qubit or the bit to the end.

    One by one they would split the state into as many as there are outcomes.
    """
    kept: list[Step] = []
    last: list[Measure] = []
    touched: set[int] = set()
    written: set[int] = set()
    read: set[int] = set()
    open_end = True  # no control flow behind, which may read any bit
    for step in reversed(steps):
        if isinstance(step, Measure):
            if open_end and step.qubit not in touched and step.clbit not in written:
                last.append(step)
                read.add(step.qubit)
                written.add(step.clbit)
                continue
            written.add(step.clbit)
            touched.add(step.qubit)
        elif isinstance(step, Gate | Event):
            if open_end and touched.isdisjoint(step.qubits) and read.isdisjoint(step.qubits):
                continue  # nobody sees it
            touched.update(step.qubits)
        elif isinstance(step, Reset):
            touched.add(step.qubit)
        else:
            open_end = False
        kept.append(step)
    kept.reverse()
    return [*kept, Sample(tuple(reversed(last)))] if last else kept
