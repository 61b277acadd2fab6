"""How many shots the estimator takes for a precision, how many it may, and what they cost."""

from __future__ import annotations

import math
from typing import Any

import pytest
from qiskit import QuantumCircuit

from pytest_qchannel.emulator.programs import checks
from tests.unit.emulator.circuits_kit import encoded
from tests.unit.emulator.programs.estimator.estimator_kit import estimate
from tests.unit.emulator.programs.primitives_kit import failure_of, outcome_of, read


@pytest.mark.parametrize(
    ("pub_precision", "params", "shots", "target"),
    [
        (None, {}, 4096, 0.015625),
        (0.1, {}, 128, 0.1),
        (0.1, {"resilience_level": 0}, 100, 0.1),
        (0.05, {"resilience_level": 0}, 400, 0.05),
        (None, {"precision": 0.02, "resilience_level": 0}, 2500, 0.02),
        (0.1, {"precision": 0.02, "resilience_level": 0}, 100, 0.1),
        (None, {"options": {"default_precision": 0.03125}}, 1024, 0.03125),
        (None, {"options": {"default_precision": 0.5, "default_shots": 6400}}, 6400, 0.0125),
        (None, {"options": {"default_shots": None}}, 4096, 0.015625),
        (1.0, {"resilience_level": 0}, 1, 1.0),
        (1e300, {"resilience_level": 0}, 1, 1e300),
        # IBM's own test of these options expects 1600.
        (None, {"options": {"default_shots": 400, "twirling": {
            "num_randomizations": 16, "shots_per_randomization": 100}}}, 1600, 0.025),
        (0.1, {"options": {"twirling": {
            "num_randomizations": 16, "shots_per_randomization": 50}}}, 100, 0.1),
        (None, {"options": {"twirling": {"num_randomizations": 64}}}, 4096, 0.015625),
        (None, {"options": {"resilience": {"pec_mitigation": True}}}, 4096, 0.015625),
    ],
)  # fmt: skip
def test_how_precision_becomes_shots(
    pub_precision: float | None, params: dict[str, Any], shots: int, target: float
) -> None:
    outcome = outcome_of(
        "estimator", [encoded(QuantumCircuit(5)), {"IIIIX": 1.0}, None, pub_precision], **params
    )
    [ours] = read(outcome)
    assert ours.metadata["shots"] == shots == outcome.facts["executions"]
    assert ours.metadata["target_precision"] == pytest.approx(target)
    if shots > 1:
        assert float(ours.data.ensemble_standard_error) == pytest.approx(shots**-0.5, rel=0.1)


@pytest.mark.parametrize("number", [10**400, math.nan, math.inf])
def test_numbers_that_are_not_finite_are_refused(number: float) -> None:
    """A precision of 10**400 ended the job with an OverflowError."""
    for body, place in (
        ({"pubs": [["x", "Z", None, number]]}, "pubs[0][3]"),
        ({"pubs": [["x", "Z"]], "precision": number}, "precision"),
        ({"pubs": [["x", "Z"]], "options": {"default_precision": number}},
         "options.default_precision"),
        ({"pubs": [["x", "Z"]], "options": {"resilience": {"zne": {"noise_factors": [1, number]}}}},
         "options.resilience.zne.noise_factors[1]"),
    ):  # fmt: skip
        assert checks.estimator(body) == f"{place}: expected a finite number"


def test_without_twirling_there_is_one_variant() -> None:
    """A job of the service with all mitigation off told ``num_randomizations`` as 1."""
    [ours] = estimate([encoded(QuantumCircuit(5)), "IIIIX"], resilience_level=0)
    assert ours.metadata["num_randomizations"] == 1
    [ours] = estimate([encoded(QuantumCircuit(5)), "IIIIX"])
    assert ours.metadata["num_randomizations"] == 32
    assert float(ours.data.stds) != float(ours.data.ensemble_standard_error)
    assert 0.5 / 64 < float(ours.data.stds) < 2 / 64


def test_a_precision_that_needs_more_shots_than_the_device_says() -> None:
    """The service splits such a job. What nobody could wait for is the emulator's own limit."""
    [found] = estimate([encoded(QuantumCircuit(5)), "IIIIZ", None, 1e-3])
    assert found.metadata["shots"] == 1_000_000
    failure = failure_of("estimator", [encoded(QuantumCircuit(5)), "IIIIZ", None, 1e-300])
    assert failure.code == 5204
    assert f"{2**62} executions" in failure.reason


def test_more_variants_than_a_mean_can_be_held_of() -> None:
    twirling = {"num_randomizations": 10**9, "shots_per_randomization": 1}
    options = {"twirling": twirling}
    failure = failure_of("estimator", [encoded(QuantumCircuit(5)), "IIIIZ"], options=options)
    assert failure.code == 5204
    assert f"{10**9} variants" in failure.reason


def test_usage_and_facts() -> None:
    circuit = QuantumCircuit(5)
    circuit.cz(0, 1)
    outcome = outcome_of(
        "estimator", [encoded(circuit), ["IIIIX", "IIIIZ", "IIIZI"]], resilience_level=0
    )
    assert outcome.facts == {
        "num_circuits": 1,
        "num_qubits": [5],
        "circuit_depths": [1],
        "executions": 2 * 4096,
    }
    assert outcome.usage_s == pytest.approx(2 * 4096 * 250e-6, rel=0.02)
    assert outcome.usage_s > 2 * 4096 * 250e-6
