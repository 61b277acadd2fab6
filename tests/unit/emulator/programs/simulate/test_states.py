"""State vectors and matrix product states: exact, seeded, in parts, or refused in words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Parameter
from qiskit.quantum_info import Statevector

from pytest_qchannel.emulator.programs.outcome import JobFailure
from pytest_qchannel.emulator.programs.simulate import active_part, aer, entanglement, sample
from pytest_qchannel.emulator.programs.simulate.components import groups_of
from pytest_qchannel.emulator.programs.simulate.steps import steps_of
from pytest_qchannel.emulator.programs.task import TooLong
from tests.unit.emulator.programs.simulate.simulate_kit import (
    assert_drawn_from,
    bare,
    chain,
    shots_of,
    task,
)


def on_line(circuit: QuantumCircuit) -> QuantumCircuit:
    order = entanglement.line_order(steps_of(circuit), circuit.num_qubits)
    return aer.on_line(circuit, order)


def by_mps(circuit: QuantumCircuit, shots: int, seed: int = 3) -> Any:
    return aer.run_aer(on_line(circuit), shots, seed, "matrix_product_state")


@st.composite
def circuits(draw: st.DrawFn) -> QuantumCircuit:
    size = draw(st.integers(2, 5))
    circuit = QuantumCircuit(size, size)
    for _ in range(draw(st.integers(1, 20))):
        first, second = draw(st.permutations(range(size)))[:2]
        angle = draw(st.floats(-4, 4))
        match draw(st.sampled_from(["rx", "rz", "ry", "cx", "rzz", "ecr", "swap", "cp"])):
            case "cx" | "ecr" | "swap" as name:
                getattr(circuit, name)(first, second)
            case "rzz" | "cp" as name:
                getattr(circuit, name)(angle, first, second)
            case name:
                getattr(circuit, name)(angle, first)
    circuit.measure(range(size), range(size))
    return circuit


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=25)
@given(circuits())
def test_every_method_draws_from_the_exact_probabilities(circuit: QuantumCircuit) -> None:
    from pytest_qchannel.emulator.programs.simulate.branching import run_branching

    exact = Statevector(QuantumCircuit.copy(bare_of(circuit))).probabilities()
    size = circuit.num_qubits
    assert_drawn_from(shots_of(circuit, 3_000), exact)
    assert_drawn_from(by_mps(circuit, 3_000), exact)
    for single in (False, True):
        bits = run_branching(steps_of(circuit), size, size, 3_000, 5, single=single)
        assert_drawn_from(bits, np.where(exact < 1e-9, 0, exact))


def bare_of(circuit: QuantumCircuit) -> QuantumCircuit:
    """Without measurements, on all its qubits."""
    without = QuantumCircuit(circuit.num_qubits)
    for item in circuit.data:
        if item.operation.name != "measure":
            without.append(item.operation, [circuit.find_bit(one).index for one in item.qubits])
    return without


def test_mps_of_an_entangled_chain() -> None:
    circuit = chain(10, 6)
    assert_drawn_from(by_mps(circuit, 20_000), Statevector(bare(circuit)).probabilities())


def test_the_bond_bound_holds() -> None:
    circuit = chain(10, 5)
    circuit.cx(0, 7)
    steps = steps_of(circuit)
    line = entanglement.Line(entanglement.line_order(steps, 10))
    line.run(steps)
    needed = entanglement._widest(on_line(circuit), len(circuit.data), 1)
    assert 4 < needed <= line.worst <= 32


def test_the_order_of_a_shuffled_chain_is_the_chain() -> None:
    places = np.random.default_rng(1).permutation(30).tolist()
    circuit = QuantumCircuit(30, 30)
    for low in range(29):
        circuit.cz(places[low], places[low + 1])
    circuit.measure(range(30), range(30))
    order = entanglement.line_order(steps_of(circuit), 30)
    assert order in (places, places[::-1])


def test_sixty_qubits_with_a_few_layers() -> None:
    """Each pair of the last layer, whatever the rest does: its exact reduced probabilities."""
    circuit = chain(60, 3, wide=133)
    bits = shots_of(circuit, 4_000)
    light_cone = chain(60, 3)
    for low in (0, 30):
        kept = list(range(low, low + 8))
        small = QuantumCircuit(8)
        for item in light_cone.data:
            qubits = [light_cone.find_bit(one).index for one in item.qubits]
            if item.operation.name != "measure" and set(qubits) <= set(kept):
                small.append(item.operation, [one - low for one in qubits])
        inside = [3, 4]  # three layers do not bring them what was cut off
        exact = Statevector(small).probabilities(inside)
        assert_drawn_from(bits[:, [low + 3, low + 4]], exact)


def test_too_much_entanglement_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entanglement, "MAX_BOND", 16)  # refused as at 256, sooner
    with pytest.raises(JobFailure, match=r"on 32 qubits exactly: .*\(more than 16 Schmidt") as e:
        shots_of(chain(32, 12), 10)
    assert e.value.code == 5204


def test_what_is_refused_is_told_without_running_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hundred layers would take an hour; the first ones tell that they need too much."""
    monkeypatch.setattr(entanglement, "MAX_BOND", 16)
    circuit, tried = chain(36, 100), []
    ask = aer.log_of_mps

    def log_of_mps(begun: QuantumCircuit, *args: int) -> str:
        tried.append(len(begun.data))
        return ask(begun, *args)

    monkeypatch.setattr(aer, "log_of_mps", log_of_mps)
    with pytest.raises(JobFailure, match="too entangled"):
        shots_of(circuit, 10)
    assert 0 < max(tried) < len(circuit.data) / 5


def test_many_layers_that_hardly_entangle_run() -> None:
    """The gates alone tell nothing of that: any of them may double what a cut needs."""
    circuit = QuantumCircuit(40, 40)
    circuit.rx(0.4, 0)
    for layer in range(10):
        for low in range(39):
            circuit.rzz(0.3 if layer % 2 else -0.3, low, low + 1)
            circuit.rx(0.0, low)
    circuit.rx(0.3, 0)
    circuit.measure(range(40), range(40))
    bits = shots_of(circuit, 4_000)
    assert_drawn_from(bits[:, :2], [np.cos(0.35) ** 2, np.sin(0.35) ** 2, 0, 0])
    assert not bits[:, 1:].any()


@pytest.mark.parametrize(("size", "layers"), [(24, 40), (40, 14), (40, 40)])
def test_long_simulations_are_not_started(size: int, layers: int) -> None:
    """A large state vector, a wide matrix product state, and one of which nobody knows how wide."""
    active = active_part(chain(size, layers))
    with pytest.raises(TooLong) as caught:
        sample(active, [active.circuit], 100, 1, task(limit_s=0.5))
    assert caught.value.estimate_s > 0.5


def test_a_hundred_and_thirty_lone_qubits() -> None:
    circuit = QuantumCircuit(130, 130)
    circuit.rx(1.0, range(130))
    circuit.measure(range(130), range(130))
    bits = shots_of(circuit, 4_000)
    expected = np.sin(0.5) ** 2
    assert (
        abs(bits.mean(axis=0) - expected) < 5 * np.sqrt(expected * (1 - expected) / 4_000)
    ).all()
    together = np.corrcoef(bits.T.astype(float))
    assert abs(together - np.eye(130)).max() < 0.1


def test_parts_are_drawn_independently_of_each_other() -> None:
    one = chain(8, 3)
    circuit = QuantumCircuit(32, 32)
    for place in range(4):
        where = range(8 * place, 8 * place + 8)
        circuit.compose(one, where, where, inplace=True)
    assert groups_of(circuit) == [list(range(8 * k, 8 * k + 8)) for k in range(4)]
    bits = shots_of(circuit, 10_000)
    exact = Statevector(bare(one)).probabilities()
    for place in range(4):
        assert_drawn_from(bits[:, 8 * place : 8 * place + 8], exact)
    two = Statevector(bare(one)).probabilities([3])
    assert_drawn_from(bits[:, [3, 19]], np.kron(two, two))


def test_a_shared_bit_and_feed_forward_keep_qubits_together() -> None:
    circuit = QuantumCircuit(20, 1)
    circuit.rx(1.0, range(20))
    circuit.measure(0, 0)
    circuit.measure(15, 0)
    assert any({0, 15} <= set(group) for group in groups_of(circuit))
    with circuit.if_test((circuit.clbits[0], True)):
        circuit.x(3)
    assert groups_of(circuit) == [list(range(20))]


def test_parameter_sets_have_their_own_states() -> None:
    theta = Parameter("theta")
    circuit = QuantumCircuit(5, 1)
    circuit.rx(theta, 3)
    circuit.measure(3, 0)
    active = active_part(circuit)
    angles = np.linspace(0, np.pi, 101)
    bound = [active.circuit.assign_parameters([one]) for one in angles]
    means = np.array([one.mean() for one in sample(active, bound, 2_000, 3, task())])
    assert abs(means - np.sin(angles / 2) ** 2).max() < 0.06
    assert means[0] == 0
    assert means[-1] == 1


PROGRAM = """
from tests.unit.emulator.programs.simulate.simulate_kit import chain, shots_of
from pytest_qchannel.emulator.programs.task import Noise
import hashlib
circuit = chain(6, 3, wide=133)
for one, noise in ((circuit, Noise.OFF), (chain(40, 2), Noise.OFF), (circuit, Noise.CALIBRATION)):
    print(hashlib.sha256(shots_of(one, 500, noise=noise).tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_the_same_bytes_on_any_number_of_threads_and_in_every_process() -> None:
    outputs = set()
    for threads in ("1", "2"):
        env = {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        env["PYTHONPATH"] = str(Path(__file__).parents[5])  # where the tests are
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, env=env, capture_output=True, check=True, text=True)
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert len(set(outputs.pop().split())) == 3


def test_another_seed_gives_other_shots() -> None:
    circuit = chain(4, 2)
    assert (shots_of(circuit, seed=1) != shots_of(circuit, seed=2)).any()


def unknown_gate() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.append(Gate("secret", 1, []), [0])
    return circuit


def no_angle() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.append(Gate("rz", 1, []), [0])
    return circuit


def unbound() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.rx(Parameter("x"), 0)
    return circuit


def not_a_number() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.append(Gate("rx", 1, [float("nan")]), [0])
    return circuit


@pytest.mark.parametrize("size", [1, 20, 30])
@pytest.mark.parametrize("is_dynamic", [False, True])
@pytest.mark.parametrize("build", [unknown_gate, no_angle, unbound, not_a_number])
def test_malformed_circuits_fail_the_job_in_words(build: Any, is_dynamic: bool, size: int) -> None:
    inner = build()
    circuit = QuantumCircuit(size, size)
    circuit.rx(0.3, range(size))
    for low in range(size - 1):
        circuit.cz(low, low + 1)
    if is_dynamic:
        circuit.measure(0, 0)
    circuit.append(inner.data[0].operation, [0])
    circuit.measure(range(size), range(size))
    with pytest.raises(JobFailure, match="emulator") as caught:
        shots_of(circuit, 10)
    assert caught.value.code == 5204
