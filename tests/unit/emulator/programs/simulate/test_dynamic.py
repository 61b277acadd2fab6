"""Dynamic circuits: loops, switches, variables and expressions, against bare Aer or by hand."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.circuit.classical import expr, types
from qiskit_aer import AerSimulator

from pytest_qchannel.emulator.programs.outcome import JobFailure
from pytest_qchannel.emulator.programs.simulate import active_part, sample, steps
from pytest_qchannel.emulator.programs.task import Noise, TooLong
from tests.unit.emulator.programs.simulate.simulate_kit import (
    assert_drawn_from,
    shots_of,
    task,
    values,
)


def switched() -> QuantumCircuit:
    low = ClassicalRegister(2, "low")
    circuit = QuantumCircuit(QuantumRegister(3), low, ClassicalRegister(1, "out"))
    circuit.ry(0.9, 0)
    circuit.ry(1.9, 1)
    circuit.measure([0, 1], [0, 1])
    with circuit.switch(low) as case:
        with case(0):
            circuit.ry(0.4, 2)
        with case(1, 2):
            circuit.ry(1.2, 2)
        with case(case.DEFAULT):
            circuit.ry(2.4, 2)
    circuit.measure(2, 2)
    return circuit


def repeated_until_success() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2)
    circuit.ry(1.0, 0)
    circuit.cx(0, 1)
    circuit.measure(0, 0)
    with circuit.while_loop((circuit.clbits[0], False)):
        circuit.reset(0)
        circuit.ry(1.0, 0)
        circuit.measure(0, 0)
        circuit.ry(0.3, 1)
    circuit.measure(1, 1)
    return circuit


def left_early() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2)
    with circuit.for_loop(range(4)):
        circuit.ry(0.8, 0)
        circuit.measure(0, 0)
        with circuit.if_test((circuit.clbits[0], True)):
            circuit.break_loop()
        circuit.ry(0.5, 1)
    circuit.measure(1, 1)
    return circuit


def skipping() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2)
    angle = Parameter("angle")
    with circuit.for_loop(range(3), angle):
        circuit.ry(0.4 * angle, 0)
        circuit.measure(0, 0)
        with circuit.if_test((circuit.clbits[0], True)):
            circuit.continue_loop()
        circuit.ry(0.5, 1)
    circuit.measure(1, 1)
    return circuit


def expressed() -> QuantumCircuit:
    register = ClassicalRegister(2, "a")
    circuit = QuantumCircuit(QuantumRegister(2), register, ClassicalRegister(1, "b"))
    circuit.ry(0.9, 0)
    circuit.ry(2.1, 1)
    circuit.measure([0, 1], [0, 1])
    circuit.reset(1)
    either = expr.logic_or(expr.equal(register, 2), expr.less(register, 1))
    with circuit.if_test(either) as otherwise:
        circuit.ry(0.7, 1)
    with otherwise:
        circuit.cx(0, 1)
    with circuit.if_test(expr.logic_not(expr.bit_xor(register[0], register[1]))):
        circuit.ry(0.2, 1)
    circuit.measure(1, 2)
    return circuit


@pytest.mark.parametrize(
    "build", [switched, repeated_until_success, left_early, skipping, expressed]
)
def test_dynamic_circuits_agree_with_bare_aer(build: Any) -> None:
    circuit = build()
    size = 2**circuit.num_clbits
    theirs = AerSimulator().run(circuit, shots=20_000, seed_simulator=1).result().get_counts()
    expected = np.zeros(size)
    for key, number in theirs.items():
        expected[int(key.replace(" ", ""), 2)] = number
    wide = QuantumCircuit(*[QuantumRegister(40, "w")], circuit.clbits, *circuit.cregs)
    wide.compose(circuit, [30, 3, 17][: circuit.num_qubits], circuit.clbits, inplace=True)
    counts = np.bincount(values(shots_of(wide, 20_000)), minlength=size)
    # Two samples of the same size: the variance of a difference is the sum of both counts.
    assert (abs(counts - expected) < 5 * np.sqrt(counts + expected) + 5).all()


def test_variables_count() -> None:
    """Aer has none of these: each shot counts its own heads, up to three of four."""
    circuit = QuantumCircuit(2, 3)
    heads = circuit.add_var("heads", expr.lift(0, types.Uint(8)))
    masks = expr.lift(1, types.Uint(8)), expr.lift(2, types.Uint(8)), expr.lift(3, types.Uint(8))
    for _ in range(3):
        circuit.ry(0.7, 0)
        circuit.measure(0, 0)
        circuit.reset(0)
        with circuit.if_test((circuit.clbits[0], True)):
            # heads + 1 for numbers below three, without qiskit 2's addition
            after = expr.bit_xor(heads, expr.bit_or(masks[0], expr.shift_left(
                expr.bit_and(heads, masks[0]), 1)))  # fmt: skip
            circuit.store(heads, after)
    for bit, mask in ((1, masks[0]), (2, masks[1])):
        with circuit.if_test(
            expr.not_equal(expr.bit_and(heads, mask), expr.lift(0, types.Uint(8)))
        ):
            circuit.x(1)
        circuit.measure(1, bit)
        circuit.reset(1)
    bits = shots_of(circuit, 8_000)
    one = np.sin(0.35) ** 2
    expected = [(1 - one) ** 3, 3 * one * (1 - one) ** 2, 3 * one**2 * (1 - one), one**3]
    assert_drawn_from(bits[:, 1:], expected)


def test_a_loop_that_never_ends_fails_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_qchannel.emulator.programs.simulate import branching

    monkeypatch.setattr(branching, "MAX_TURNS", 50)
    circuit = QuantumCircuit(1, 1)
    with circuit.while_loop((circuit.clbits[0], False)):
        circuit.rz(0.1, 0)
    circuit.measure(0, 0)
    with pytest.raises(JobFailure, match="went round 50 times"):
        shots_of(circuit, 5)


def test_a_very_long_loop_is_refused() -> None:
    circuit = QuantumCircuit(1, 1)
    with circuit.for_loop(range(steps.MAX_TURNS + 1)):
        circuit.x(0)
    circuit.measure(0, 0)
    with pytest.raises(JobFailure, match="for loop of 10001 turns"):
        shots_of(circuit, 5)


def row(size: int) -> QuantumCircuit:
    circuit = QuantumCircuit(size, size)
    for low in range(size - 1):
        circuit.rx(0.3, low)
        circuit.cz(low, low + 1)
    return circuit


def test_too_many_qubits_for_shared_states_are_refused_in_words() -> None:
    circuit = row(30)
    circuit.measure(range(30), range(30))
    with pytest.raises(JobFailure, match=r"30 qubits with noise .* 25 qubits fit into") as caught:
        shots_of(circuit, 5, noise=Noise.CALIBRATION)
    assert caught.value.code == 5204


def test_a_while_loop_on_many_qubits_is_refused_in_words() -> None:
    circuit = row(30)
    with circuit.while_loop((circuit.clbits[0], False)):
        circuit.rx(0.3, 0)
    circuit.measure(range(30), range(30))
    with pytest.raises(JobFailure, match="while loop in a circuit that acts on 30 qubits") as e:
        shots_of(circuit, 5)
    assert e.value.code == 5204


def test_forty_qubits_with_feed_forward() -> None:
    """This was refused: state vectors of so many qubits do not fit, and nothing else was tried.

    It is not even long, so that it runs where it is asked for.
    """

    def drawn(size: int, shots: int) -> Any:
        circuit = QuantumCircuit(size, size)
        for layer in range(4):
            rng = random.Random(layer)
            for low in range(size):
                circuit.rx(rng.uniform(0, 3), low)
            for low in range(layer % 2, size - 1, 2):
                circuit.cz(low, low + 1)
            circuit.measure(layer, layer)
            with circuit.if_test((circuit.clbits[layer], True)):
                circuit.rx(0.7, layer + 1)
                circuit.iswap(layer + 1, layer + 2)  # Aer has none
        circuit.measure(range(size), range(size))
        active = active_part(circuit)
        [bits] = sample(active, [active.circuit], shots, 3, task(limit_s=3.0))
        return values(bits[:, :5])

    # What is left out of the smaller one is too far away to be seen.
    few, many = drawn(14, 100_000), drawn(40, 400)
    exact = np.bincount(few, minlength=32) / len(few)
    expected = exact * len(many)
    seen = np.bincount(many, minlength=32)
    usual = expected > 4
    assert usual.sum() > 5
    assert (abs(seen - expected)[usual] < 5 * np.sqrt(expected[usual])).all()


def test_long_dynamic_simulations_are_not_started() -> None:
    circuit = QuantumCircuit(16, 16)
    for _ in range(20):
        for low in range(15):
            circuit.rx(0.3, low)
            circuit.cz(low, low + 1)
        circuit.measure(range(16), range(16))
    active = active_part(circuit)
    with pytest.raises(TooLong):
        sample(active, [active.circuit], 4_000, 1, task(limit_s=3))


@pytest.mark.skipif(not hasattr(QuantumCircuit(1, 1).x(0), "c_if"), reason="qiskit 2 has no c_if")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_instruction_under_a_condition() -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.ry(1.0, 0)
    circuit.measure(0, 0)
    circuit.x(1).c_if(0, 1)
    circuit.measure(1, 1)
    one = np.sin(0.5) ** 2
    assert_drawn_from(shots_of(circuit), [1 - one, 0, 0, one])
