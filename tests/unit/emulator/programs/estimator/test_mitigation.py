"""Mitigation: readout errors are mended, folding amplifies noise, curves find the way back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from pytest_qchannel.emulator.programs import JobFailure, Noise
from pytest_qchannel.emulator.programs.estimator import zne
from tests.unit.emulator.circuits_kit import encoded
from tests.unit.emulator.programs.primitives_kit import SNAPSHOT, outcome_of, read

FACTORS = (1.0, 3.0, 5.0)


def layered() -> QuantumCircuit:
    circuit = QuantumCircuit(3, 1)
    circuit.cz(0, 1)
    circuit.sx(0)
    circuit.rzz(0.3, 1, 2)
    circuit.cz(0, 1)
    circuit.cz(1, 2)
    circuit.measure(0, 0)
    return circuit


@pytest.mark.parametrize("amplifier", ["gate_folding", "gate_folding_front", "gate_folding_back"])
@pytest.mark.parametrize(
    ("factor", "gates"), [(1.0, 4), (3.0, 12), (5.0, 20), (1.5, 6), (2.0, 8), (1.1, 4)]
)
def test_folding_adds_gates_and_changes_nothing(amplifier: str, factor: float, gates: int) -> None:
    circuit = layered()
    folded = zne.fold(circuit, factor, amplifier, 5)
    ops = folded.count_ops()
    assert ops["cz"] + ops["rzz"] == gates
    assert (ops["sx"], ops["measure"]) == (1, 1)
    for one in (circuit, folded):
        one.remove_final_measurements()
    assert Operator(folded).equiv(Operator(circuit))


def test_folding_begins_where_it_is_told() -> None:
    front, back = (
        [item.name for item in zne.fold(layered(), 1.5, f"gate_folding_{end}", 5).data]
        for end in ("front", "back")
    )
    assert front == ["cz", "cz", "cz", "sx", "rzz", "cz", "cz", "measure"]
    assert back == ["cz", "sx", "rzz", "cz", "cz", "cz", "cz", "measure"]


def test_folding_at_random_is_seeded() -> None:
    seen = {
        tuple(item.name for item in zne.fold(layered(), 1.5, "pea", seed).data)
        for seed in range(20)
    }
    assert len(seen) > 1
    one, same = (zne.fold(layered(), 1.5, "pea", 3) for _ in range(2))
    assert one == same


def test_too_much_folding_is_refused() -> None:
    with pytest.raises(JobFailure, match="A noise factor of 1e"):
        zne.fold(layered(), 1e6, "gate_folding", 5)


@pytest.mark.parametrize(
    ("name", "values", "at_zero"),
    [
        ("linear", [0.9, 0.7, 0.5], 1.0),
        ("polynomial_degree_1", [0.9, 0.7, 0.5], 1.0),
        ("polynomial_degree_2", [1.0, 9.0, 25.0], 0.0),
        ("exponential", list(0.8 * np.exp(-0.3 * np.array(FACTORS))), 0.8),
        ("exponential", list(-2.0 * np.exp(-0.05 * np.array(FACTORS))), -2.0),
        ("fallback", [0.9, 0.7, 0.5], 0.9),
    ],
)
def test_curves_find_the_value_without_noise(
    name: str, values: list[float], at_zero: float
) -> None:
    curve = zne.fit(name, FACTORS, np.array(values), np.full(3, 0.01), FACTORS)
    assert curve is not None
    assert curve.is_trusted
    assert curve.at_zero[0] == pytest.approx(at_zero, abs=1e-4)
    assert curve.at_zero[1] > 0
    if name != "fallback":
        assert curve.values == pytest.approx(values, abs=1e-4)


def test_two_exponentials_through_their_own_values() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0, 6.0])
    values = 0.5 * np.exp(-0.1 * x) + 0.5 * np.exp(-1.0 * x)
    curve = zne.fit("double_exponential", tuple(x), values, np.full(5, 1e-6), (0.0,))
    assert curve is not None
    assert curve.at_zero[0] == pytest.approx(1.0, abs=1e-2)


def test_an_exponential_that_grows_or_tells_nothing_is_not_trusted() -> None:
    for values in ([0.5, 0.7, 0.9], [0.013, -0.004, -0.01]):
        curve = zne.fit("exponential", FACTORS, np.array(values), np.full(3, 0.015), FACTORS)
        assert curve is None or not curve.is_trusted


def test_the_error_of_a_line_is_the_one_that_follows_from_its_data() -> None:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(400):
        values = np.array([0.9, 0.7, 0.5]) + rng.normal(0, [0.01, 0.02, 0.03])
        curve = zne.fit("linear", FACTORS, values, np.array([0.01, 0.02, 0.03]), ())
        assert curve is not None
        found.append(curve.at_zero)
    means, errors = np.array(found).T
    assert means.std() == pytest.approx(errors[0], rel=0.15)
    assert means.mean() == pytest.approx(1.0, abs=0.005)


def test_calibration_noise_and_what_each_level_mends() -> None:
    """The readout of torino's qubit 0 errs in one of six or ten shots, by the client's snapshot."""
    [misread] = [
        one["value"]
        for one in json.loads(SNAPSHOT.properties)["qubits"][0]
        if one["name"] == "prob_meas0_prep1"
    ]
    circuit = QuantumCircuit(2)
    circuit.x(0)
    for _ in range(10):
        circuit.cz(0, 1)
    evs: dict[int, Any] = {}
    for level in (0, 1, 2):
        outcome = outcome_of(
            "estimator", [encoded(circuit), ["IZ", "ZZ", "II"]], resilience_level=level,
            noise=Noise.CALIBRATION,
        )  # fmt: skip
        data = read(outcome)[0].data
        evs[level] = data.evs
        assert data.evs[2] == pytest.approx(1.0, abs=1e-6)
        assert data.stds[2] == pytest.approx(0.0, abs=1e-6)
    assert misread > 0.05
    assert -1.02 + 2 * misread < evs[0][0] < -0.85 + 2 * misread
    assert -1.06 < evs[1][0] < -0.85
    assert np.abs(evs[2][:2] + 1.0).max() < 0.15
    assert outcome.facts["executions"] == 3 * 4096 + 32 * 128  # and the readout is learned


def test_projectors_do_not_go_with_the_mitigation_of_a_noisy_readout() -> None:
    pub = [encoded(QuantumCircuit(2)), ["I0"]]
    with pytest.raises(JobFailure, match="projectors") as caught:
        outcome_of("estimator", pub, noise=Noise.CALIBRATION)
    assert caught.value.code == 7001
    [found] = read(outcome_of("estimator", pub, noise=Noise.CALIBRATION, resilience_level=0))
    assert 0.7 < found.data.evs[0] < 0.95


def test_an_observable_that_no_readout_can_tell_fails_the_job() -> None:
    pub = [encoded(QuantumCircuit(40)), ["Z" * 40]]
    options = {"resilience": {"measure_noise_learning": {
        "num_randomizations": 2, "shots_per_randomization": 4}}}  # fmt: skip
    with pytest.raises(JobFailure, match="too noisy to be mitigated with 8 shots"):
        outcome_of("estimator", pub, noise=Noise.CALIBRATION, options=options)


def test_noisy_jobs_are_seeded() -> None:
    circuit = QuantumCircuit(3)
    circuit.sx([0, 1])
    circuit.cz(0, 1)
    pub = [encoded(circuit), ["IIX", "ZZI"]]

    def result(seed: int) -> bytes:
        return outcome_of("estimator", pub, noise=Noise.CALIBRATION, seed=seed).result

    assert result(1) == result(1) != result(2)
