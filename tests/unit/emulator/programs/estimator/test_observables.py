"""The estimator's observables: their forms and shapes, and what is none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.primitives import StatevectorEstimator

from tests.unit.emulator.circuits_kit import encoded, encoded_array
from tests.unit.emulator.programs.estimator.estimator_kit import estimate, turned, wide
from tests.unit.emulator.programs.primitives_kit import failure_of

PI = math.pi


@pytest.mark.parametrize(
    ("observables", "values", "shape"),
    [
        ((), (1,), ()),
        ((), (3, 1), (3,)),
        ((2,), (2, 1), (2,)),
        ((3, 1), (1, 2, 1), (3, 2)),
        ((1,), (4, 3, 1), (4, 3)),
        ((2, 1, 1), (3, 4, 1), (2, 3, 4)),
        ((), (0, 1), (0,)),
        ((3, 1), (2, 0, 1), None),
        ((2, 1), (0, 1), (2, 0)),
    ],
)
def test_observables_and_values_are_broadcast(
    observables: tuple[int, ...], values: tuple[int, ...], shape: tuple[int, ...] | None
) -> None:
    rng = np.random.default_rng(4)
    labels = rng.choice([wide("X", at=1), wide("Z", at=1), wide("Y", at=1)], observables)
    angles = rng.uniform(0, 2 * PI, values)
    nested = np.vectorize(lambda one: {one: 1.0}, otypes=[object])(labels).tolist()
    pub = [encoded(turned()), nested, encoded_array(angles)]
    if shape is None:
        failure = failure_of("estimator", pub)
        assert failure.code == 1501
        assert "cannot be broadcast together" in failure.reason
        return
    [ours] = estimate(pub)
    assert ours.data.evs.shape == ours.data.stds.shape == shape
    if ours.data.evs.size:
        [theirs] = StatevectorEstimator().run([(turned(), labels.tolist(), angles)]).result()
        np.testing.assert_allclose(ours.data.evs, theirs.data.evs, atol=0.1)


@pytest.mark.parametrize(
    "sent",
    [
        {"IIIZI": 1.0, "ZIIII": 2},
        {"__type__": "ObservablesArray", "__value__": {"IIIZI": 1.0, "ZIIII": 2.0}},
        {"IIIZI": {"__type__": "complex", "__value__": [1.0, 0.0]}, "ZIIII": 2.0},
    ],
)
def test_forms_of_one_observable(sent: Any) -> None:
    [ours] = estimate([encoded(QuantumCircuit(5)), sent])
    assert ours.data.evs.tolist() == 3.0


@pytest.mark.parametrize(
    ("sent", "shape"),
    [
        ("IIIZI", ()),
        (["IIIZI", {"IIIII": -2.0}], (2,)),
        ([["IIIZI"], ["IIIII"]], (2, 1)),
        ({"__type__": "ndarray", "__value__": ["IIIZI"]}, (1,)),
    ],
)
def test_forms_of_arrays_of_observables(sent: Any, shape: tuple[int, ...]) -> None:
    [ours] = estimate([encoded(QuantumCircuit(5)), sent])
    assert ours.data.evs.shape == shape
    assert ours.data.evs.ravel()[0] == 1.0


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"ZZZZ": 1.0}, "acts on 4 qubits and its circuit has 5. Apply the circuit's layout"),
        ({"Z" * 133: 1.0}, "acts on 133 qubits"),
        ({"IIIIA": 1.0}, "has 'A' in it; write I, X, Y and Z"),
        ({"IIIII": "1"}, "a coefficient that is no real number"),
        ({"IIIII": True}, "a coefficient that is no real number"),
        ({"IIIII": 10**400}, "a coefficient that is not finite"),
        ({"IIIII": float("nan")}, "a coefficient that is not finite"),
        ({"IIIII": {"__type__": "complex", "__value__": [1, 2]}}, "no real number"),
        ([{"IIIII": 1.0}, [{"IIIII": 1.0}]], "its rows differ in length"),
        ([5], "is no mapping of Pauli strings"),
        ([], "are empty"),
        ([[]], "are empty"),
    ],
)
def test_observables_that_are_none(sent: Any, said: str) -> None:
    failure = failure_of("estimator", [encoded(QuantumCircuit(5)), sent])
    assert failure.code == 1501
    assert said in failure.reason
    assert "of pub 0" in failure.reason


def test_projectors_as_client_034_sends_them() -> None:
    circuit = QuantumCircuit(3)
    circuit.x(0)
    circuit.rz(PI / 2, 1)
    circuit.sx(1)
    circuit.rz(PI / 2, 1)  # plus
    labels = ["II1", "II0", "I+I", "I-I", "0+1", "0Z1", "Ir1", "Z-Z"]
    [ours] = estimate([encoded(circuit), [{label: 1.0} for label in labels]])
    assert ours.data.evs[[0, 1, 2, 3, 4, 7]].tolist() == [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]
    assert abs(ours.data.evs[5]) < 0.1
    assert abs(ours.data.evs[6] - 0.5) < 0.05


def test_a_wide_observable_on_a_whole_device() -> None:
    circuit = QuantumCircuit(133)
    circuit.x(130)
    [ours] = estimate([encoded(circuit), ["Z" * 133, "IIZ" + "I" * 130]])
    assert ours.data.evs.tolist() == [-1.0, -1.0]
