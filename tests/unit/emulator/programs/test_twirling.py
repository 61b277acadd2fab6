"""Twirling: on a device that errs it makes Pauli noise of any, and symmetric errors of readout."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import Pauli

from pytest_qchannel.emulator.programs import Noise
from pytest_qchannel.emulator.programs.options import Twirling
from pytest_qchannel.emulator.programs.twirling import twirled
from tests.unit.emulator.circuits_kit import encoded, encoded_array
from tests.unit.emulator.programs.noisy_kit import MISREAD, Step, evolved, read_out, snapshot
from tests.unit.emulator.programs.primitives_kit import outcome_of, read
from tests.unit.emulator.programs.simulate.simulate_kit import assert_drawn_from

PAIR = (0, 1)


def turned(angle: Any = 0.4) -> QuantumCircuit:
    """Gates of every kind: taken in by the first layer, by the second, and by none."""
    circuit = QuantumCircuit(2, 2)
    circuit.x(0)
    circuit.sx(1)
    circuit.cz(0, 1)
    circuit.sx(1)
    circuit.rz(angle, 1)
    circuit.cz(0, 1)
    circuit.sx(1)
    circuit.measure([0, 1], [0, 1])
    return circuit


BARE: list[Step] = [
    ("x", (0,)), ("x!", (0,)), ("sx", (1,)), ("sx!", (1,)), ("cz", PAIR), ("cz!", PAIR),
    ("sx", (1,)), ("sx!", (1,)), ("rz", (1,), 0.4), ("cz", PAIR), ("cz!", PAIR),
    ("sx", (1,)), ("sx!", (1,)),
]  # fmt: skip
DRESSED: list[Step] = [
    ("x", (0,)), ("sx", (1,)), *[("sx~", (qubit,)) for qubit in (0, 0, 1, 1)],
    ("cz", PAIR), ("cz~", PAIR),
    ("sx", (1,)), ("rz", (1,), 0.4), *[("sx~", (qubit,)) for qubit in (0, 0, 1, 1)],
    ("cz", PAIR), ("cz~", PAIR),
    ("sx", (1,)), ("sx!", (1,)),
]  # fmt: skip


def shots_of(circuit: QuantumCircuit, shots: int, values: Any = None, **twirling: Any) -> Any:
    sent = None if values is None else encoded_array(values)
    [found] = read(
        outcome_of(
            "sampler", [encoded(circuit), sent, shots], noise=Noise.CALIBRATION,
            device=snapshot(), options={"twirling": twirling},
        )
    )  # fmt: skip
    # The client's array is packed with bit 0 last; qiskit 1 has no way to unpack it.
    return np.unpackbits(found.data.c.array, axis=-1)[..., :-3:-1].astype(np.bool_)


@pytest.mark.parametrize("gates", [False, True])
@pytest.mark.parametrize("measure", [False, True])
def test_shots_follow_the_density_matrix(gates: bool, measure: bool) -> None:
    bits = shots_of(turned(), 40_000, enable_gates=gates, enable_measure=measure)
    exact = {
        (one, other): read_out(evolved(2, DRESSED if one else BARE), twirled=other)
        for one in (False, True)
        for other in (False, True)
    }
    assert_drawn_from(bits, exact.pop((gates, measure)))
    for other in exact.values():  # the test would tell
        with pytest.raises(AssertionError):
            assert_drawn_from(bits, other)


def test_parameters_are_bound_in_twirled_circuits() -> None:
    circuit = turned(Parameter("angle"))
    bits = shots_of(circuit, 20_000, [[0.4]], enable_gates=True, enable_measure=True)
    assert_drawn_from(bits[0], read_out(evolved(2, DRESSED), twirled=True))


@pytest.mark.parametrize("level", [0, 1])
def test_expectation_values_are_those_of_the_density_matrix(level: int) -> None:
    """Level 1 mends the readout, so that its errors are none of the exact value's."""
    circuit = turned()
    circuit.remove_final_measurements()
    for gates in (False, True):
        [found] = read(
            outcome_of(
                "estimator", [encoded(circuit), ["ZI", "IZ", "ZZ"], None, 0.005],
                noise=Noise.CALIBRATION, device=snapshot(), resilience_level=level,
                options={"twirling": {"enable_gates": gates}},
            )
        )  # fmt: skip
        state = evolved(2, DRESSED if gates else BARE)
        if level:
            exact = [state.expectation_value(Pauli(one)).real for one in ("ZI", "IZ", "ZZ")]
        else:
            seen = read_out(state, twirled=False)
            signs = np.array([[1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]])
            exact = list(signs @ seen)
        assert found.data.evs == pytest.approx(exact, abs=0.025)


@pytest.mark.parametrize(
    ("strategy", "dressed"),
    [
        ("active", [{0, 1}, {1, 2}, {0, 1}]),
        ("active-accum", [{0, 1}, {0, 1, 2}, {0, 1, 2}]),
        ("active-circuit", [{0, 1, 2}] * 3),
        ("all", [{0, 1, 2, 3}] * 3),  # the fifth qubit does nothing that noise could spoil
    ],
)
def test_the_strategy_decides_which_qubits_get_random_gates(
    strategy: str, dressed: list[set[int]]
) -> None:
    circuit = QuantumCircuit(5, 1)
    for pair in ((0, 1), (1, 2), (0, 1)):
        circuit.cz(*pair)
    circuit.measure(3, 0)
    applied = twirled(circuit, Twirling(True, False, strategy))
    found: list[set[int]] = [set()]
    for item in applied.data:
        if item.label == "qchannel-dressing":
            found[-1].add(applied.find_bit(item.qubits[0]).index)
        elif item.name == "cz":
            found.append(set())
    assert found == [*dressed, set()]


def test_a_random_gate_on_an_idle_qubit_errs() -> None:
    circuit = QuantumCircuit(3, 1)
    circuit.x(2)
    circuit.cz(0, 1)
    circuit.cz(0, 1)
    circuit.measure(2, 0)
    for strategy, steps in (
        ("active", [("x", (0,)), ("x!", (0,))]),
        ("all", [("x", (0,)), *[("sx~", (0,))] * 4]),
    ):
        bits = shots_of(circuit, 20_000, enable_gates=True, strategy=strategy)
        assert_drawn_from(bits, read_out(evolved(1, steps), twirled=False))


def test_what_cannot_be_twirled_stays_as_it_is() -> None:
    """Gates that are no Cliffords or in control flow, gates before a reset, and what decides."""
    circuit = QuantumCircuit(2, 2)
    circuit.x(0)
    circuit.reset(0)
    circuit.rzz(0.3, 0, 1)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], True)):
        circuit.cz(0, 1)
        circuit.measure(0, 1)
    circuit.cz(0, 1)
    circuit.measure(1, 1)
    applied = twirled(circuit, Twirling(True, True))
    labels = [
        (item.name, item.label)
        for item in applied.data
        if item.label is not None or item.name != "id"
    ]
    assert labels == [
        ("x", None), ("reset", None), ("rzz", None), ("measure", None),
        ("if_else", None), ("id", "qchannel-dressing"), ("id", "qchannel-dressing"),
        ("cz", "qchannel-twirled:cz"), ("measure", "qchannel-twirled"),
    ]  # fmt: skip
    [block] = applied.data[4].operation.blocks
    assert [item.label for item in block.data] == [None, None]


def test_a_readout_that_decides_errs_as_it_is() -> None:
    """A flip is undone in the results only: what is done meanwhile would be decided wrongly."""
    circuit = QuantumCircuit(2, 2)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], True)):
        circuit.x(1)
    circuit.measure(1, 1)
    bits = shots_of(circuit, 20_000, enable_measure=True)
    assert bits[:, 0].mean() == pytest.approx(MISREAD[0], abs=0.005)
    untouched = bits[~bits[:, 0], 1]
    assert untouched.mean() == pytest.approx(sum(MISREAD) / 2, abs=0.01)


def test_ideal_circuits_stay_as_they_are() -> None:
    pub = [encoded(turned()), None, 500]
    twirling = {"enable_gates": True, "enable_measure": True, "num_randomizations": 5}
    plain, twirled = (
        read(outcome_of("sampler", pub, options=options))[0].data.c.get_bitstrings()
        for options in ({}, {"twirling": twirling})
    )
    assert plain == twirled
