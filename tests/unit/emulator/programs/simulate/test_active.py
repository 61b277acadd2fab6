"""Only touched qubits are simulated; what is read agrees with exact probabilities and with Aer."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.quantum_info import Statevector

from pytest_qchannel.emulator.programs.simulate import active_part
from pytest_qchannel.emulator.programs.task import Noise
from pytest_qchannel.emulator.world import snapshots
from tests.unit.emulator.circuits_kit import distance
from tests.unit.emulator.programs.simulate.simulate_kit import DEVICE, shots_of, values

SNAPSHOT = snapshots.load(DEVICE)
WIDTH = SNAPSHOT.num_qubits
[CZ] = [one["coupling_map"] for one in SNAPSHOT.facts["gates"] if one["name"] == "cz"]
NEIGHBOURS: dict[int, list[int]] = {}
for _a, _b in CZ:
    NEIGHBOURS.setdefault(_a, []).append(_b)
SHOTS = 4_000


def chain(length: int, rng: random.Random) -> list[int]:
    """Physical qubits, each coupled to the next, in a random place."""
    while True:
        path = [rng.randrange(WIDTH)]
        while len(path) < length:
            free = [one for one in NEIGHBOURS[path[-1]] if one not in path]
            if not free:
                break
            path.append(rng.choice(free))
        else:
            return path


@st.composite
def placed(draw: st.DrawFn) -> tuple[QuantumCircuit, list[int], list[int]]:
    """A small circuit of gates, its place on the device, and which qubits are read out."""
    size = draw(st.integers(1, 4))
    small = QuantumCircuit(size)
    for _ in range(draw(st.integers(0, 12))):
        qubit = draw(st.integers(0, size - 1))
        gate = draw(st.sampled_from(["rz", "sx", "x", "cz", "barrier", "delay", "id"]))
        if gate == "rz":
            small.rz(draw(st.floats(-4, 4)), qubit)
        elif gate == "cz":
            if qubit + 1 < size:
                small.cz(qubit, qubit + 1)
        elif gate == "delay":
            small.delay(16, qubit)
        else:
            getattr(small, gate)(qubit)
    path = chain(size, random.Random(draw(st.integers(0, 10**6))))
    read = draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=size, unique=True))
    return small, path, read


@settings(derandomize=True, deadline=None, max_examples=40)
@given(placed())
def test_counts_follow_the_exact_probabilities(
    case: tuple[QuantumCircuit, list[int], list[int]],
) -> None:
    small, path, read = case
    wide = QuantumCircuit(WIDTH, len(read))
    wide.compose(small, path, inplace=True)
    wide.measure([path[qubit] for qubit in read], range(len(read)))

    counts = Counter(values(shots_of(wide, SHOTS)).tolist())

    bare = small.copy_empty_like()
    for item in small.data:
        if item.operation.name not in ("barrier", "delay"):
            bare.append(item.operation, item.qubits)
    exact = Statevector(bare).probabilities_dict(read)
    expected = {int(key, 2): value for key, value in exact.items() if value > 1e-9}
    assert sum(counts.values()) == SHOTS
    assert set(counts) <= set(expected)
    assert distance(counts, expected) < 0.06


def teleport() -> QuantumCircuit:
    circuit = QuantumCircuit(3, 3)
    circuit.rx(0.7, 0)
    circuit.h(1)
    circuit.cx(1, 2)
    circuit.cx(0, 1)
    circuit.h(0)
    circuit.measure([0, 1], [0, 1])
    with circuit.if_test((circuit.clbits[1], True)):
        circuit.x(2)
    with circuit.if_test((circuit.clbits[0], True)):
        circuit.z(2)
    circuit.measure(2, 2)
    return circuit


def reuse() -> QuantumCircuit:
    """A qubit that is measured, reset and used again, with a register's value as condition."""
    circuit = QuantumCircuit(
        QuantumRegister(2), ClassicalRegister(2, "a"), ClassicalRegister(1, "b")
    )
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    circuit.reset(0)
    with circuit.if_test((circuit.cregs[0], 3)) as otherwise:
        circuit.ry(0.9, 0)
    with otherwise:
        circuit.ry(2.0, 0)
    circuit.measure(0, 2)
    return circuit


def loops() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2)
    with circuit.for_loop(range(3)):
        circuit.ry(0.4, 0)
        circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def overwritten() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.ry(1.1, 1)
    circuit.measure(1, 0)
    return circuit


@pytest.mark.parametrize("build", [teleport, reuse, loops, overwritten])
def test_dynamic_circuits_agree_with_bare_aer(build: Any) -> None:
    from qiskit_aer import AerSimulator

    circuit = build()
    wide = QuantumCircuit(*[QuantumRegister(40, "w")], circuit.clbits, *circuit.cregs)
    wide.compose(circuit, [30, 3, 17][: circuit.num_qubits], circuit.clbits, inplace=True)
    wide.barrier()
    bare = AerSimulator().run(circuit, shots=6_000, seed_simulator=1).result().get_counts()
    expected = {int(key.replace(" ", ""), 2): float(value) for key, value in bare.items()}

    small = active_part(wide).circuit
    bits = shots_of(wide, 6_000, seed=5)

    assert small.num_qubits == circuit.num_qubits
    weights = 2 ** np.arange(bits.shape[1])
    assert distance(Counter((bits @ weights).tolist()), expected) < 0.03


def test_a_measurement_of_an_idle_qubit_gives_zero() -> None:
    circuit = QuantumCircuit(WIDTH, 3)
    circuit.x(100)
    circuit.measure([100, 5, 132], [1, 0, 2])
    assert active_part(circuit).circuit.num_qubits == 1
    assert values(shots_of(circuit, 9)).tolist() == [2] * 9


@pytest.mark.parametrize(("order", "value"), [((7, 60), 0), ((60, 7), 1)])
def test_of_two_measurements_into_one_bit_the_last_counts(
    order: tuple[int, int], value: int
) -> None:
    """One of the two qubits is idle: its measurement may not be left out."""
    circuit = QuantumCircuit(WIDTH, 1)
    circuit.x(7)
    for qubit in order:
        circuit.measure(qubit, 0)
    assert values(shots_of(circuit, 5)).tolist() == [value] * 5


def test_a_condition_on_the_bit_of_an_idle_qubit() -> None:
    circuit = QuantumCircuit(WIDTH, 2)
    circuit.measure(4, 0)
    with circuit.if_test((circuit.clbits[0], True)) as otherwise:
        circuit.id(9)
    with otherwise:
        circuit.x(9)
    circuit.measure(9, 1)
    assert values(shots_of(circuit, 5)).tolist() == [2] * 5


def test_reset_brings_a_qubit_back() -> None:
    circuit = QuantumCircuit(WIDTH, 2)
    circuit.x(8)
    circuit.measure(8, 0)
    circuit.reset(8)
    circuit.reset(50)
    circuit.measure(8, 1)
    assert values(shots_of(circuit, 5)).tolist() == [1] * 5


@pytest.mark.parametrize("width", [0, 1, WIDTH])
def test_an_empty_circuit_that_reads_out_nothing(width: int) -> None:
    assert shots_of(QuantumCircuit(width), 4).shape == (4, 0)


@pytest.mark.parametrize("measured", [False, True])
def test_bits_that_nothing_writes_are_zero(measured: bool) -> None:
    circuit = QuantumCircuit(WIDTH, 2)
    circuit.sx(0)
    if measured:
        circuit.measure(1, 1)
    assert values(shots_of(circuit, 4)).tolist() == [0] * 4


def test_more_bits_than_a_machine_word() -> None:
    circuit = QuantumCircuit(WIDTH, 100)
    circuit.x([0, 64, 99])
    circuit.sx(70)
    circuit.measure(range(100), range(100))
    found = [int("".join(map(str, row[::-1])), 2) for row in shots_of(circuit, 200).astype(int)]
    base = 2**0 + 2**64 + 2**99
    assert set(found) == {base, base + 2**70}
    assert 60 < found.count(base) < 140


def test_the_same_seed_gives_the_same_shots_and_another_one_others() -> None:
    circuit = QuantumCircuit(3, 3)
    circuit.h(range(3))
    circuit.measure(range(3), range(3))
    one, same, other = (shots_of(circuit, 500, seed) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_shots_are_not_sorted() -> None:
    circuit = QuantumCircuit(1, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    bits = shots_of(circuit, 1_000, seed=3)
    first, second = bits[:500, 0].sum(), bits[500:, 0].sum()
    assert 150 < first < 350
    assert 150 < second < 350


def test_a_bound_delay_parameter_is_no_missing_parameter() -> None:
    """T1 experiments: dropping the delay lost its parameter, and the values no longer fitted."""
    circuit = QuantumCircuit(3, 1)
    circuit.x(1)
    circuit.delay(Parameter("wait"), 1, "us")
    circuit.delay(Parameter("idle"), 2, "us")
    circuit.measure(1, 0)
    small = active_part(circuit).circuit
    assert [one.name for one in small.parameters] == ["idle", "wait"]
    bits = shots_of(small.assign_parameters([5.0, 1.0]), 10)
    assert bits.tolist() == [[True]] * 10


def test_global_phase_and_its_parameter_survive() -> None:
    phase = Parameter("phase")
    circuit = QuantumCircuit(5, 1, global_phase=phase)
    circuit.sx(3)
    circuit.rz(math.pi, 3)
    circuit.sx(3)
    circuit.measure(3, 0)
    small = active_part(circuit).circuit
    assert small.global_phase == phase
    bits = shots_of(small.assign_parameters([0.3]), 10)
    assert bits.tolist() == [[False]] * 10


def test_barriers_and_delays_do_not_make_a_qubit_active() -> None:
    circuit = QuantumCircuit(WIDTH, 1)
    circuit.sx(3)
    circuit.barrier()
    for qubit in range(WIDTH):
        circuit.delay(100, qubit)
    circuit.reset(9)
    circuit.measure(3, 0)
    small = active_part(circuit).circuit
    assert [item.operation.name for item in small.data] == ["sx", "measure"]
    assert small.qubits == [circuit.qubits[3]]


def test_idle_time_is_kept_where_it_matters() -> None:
    circuit = QuantumCircuit(WIDTH, 2)
    circuit.sx(3)
    circuit.delay(100, 3)
    circuit.delay(100, 4)
    circuit.measure([3, 9], [0, 1])
    active = active_part(circuit, keep_idle_time=True)
    assert active.physical == (3, 9)  # an idle qubit's readout errs too
    assert [item.operation.name for item in active.circuit.data] == [
        "sx", "delay", "measure", "measure",
    ]  # fmt: skip
    assert active_part(circuit).physical == (3,)


def test_a_bit_that_a_store_writes() -> None:
    """It was 0 where nothing else wrote it, and 1 where an idle qubit was read into it after."""
    circuit = QuantumCircuit(2, 3)
    circuit.store(circuit.clbits[0], True)
    circuit.store(circuit.clbits[2], True)
    circuit.measure([0, 1], [1, 2])
    for noise in Noise:
        assert shots_of(circuit, 50, noise=noise)[:, 0].all()
    assert not shots_of(circuit, 50)[:, 1:].any()
