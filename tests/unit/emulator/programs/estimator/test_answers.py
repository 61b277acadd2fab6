"""What the estimator says of its options: what it refuses, metadata, and the forms of results."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit

from pytest_qchannel.emulator.programs import Noise, checks
from tests.unit.emulator.circuits_kit import encoded
from tests.unit.emulator.programs.estimator.estimator_kit import estimate
from tests.unit.emulator.programs.primitives_kit import LayerError, outcome_of


@pytest.mark.parametrize("amplifier", ["pea", "gate_folding"])
def test_noise_models_of_layers_are_told_again_where_layers_are_mitigated(amplifier: str) -> None:
    """IBM's own suite looks for the models that a noise learner's job gave the estimator."""
    layers = [LayerError(QuantumCircuit(2), [0, 1], None)]
    zne = {"amplifier": amplifier, "noise_factors": [1, 2, 3], "extrapolator": "linear"}
    resilience = {"zne_mitigation": True, "zne": zne, "layer_noise_model": layers}
    result = estimate([encoded(QuantumCircuit(1)), "Z"], options={"resilience": resilience})
    told = result.metadata["resilience"].get("layer_noise_model")
    if amplifier == "pea":
        assert [(one.qubits, one.error) for one in told] == [([0, 1], None)]
    else:
        assert told is None


def test_metadata_of_the_defaults_is_that_of_the_service() -> None:
    circuit = QuantumCircuit(5, metadata={"who": "me"})
    result = estimate([encoded(circuit), "IIIIZ"])
    assert type(result).__name__ == "PrimitiveResult"
    assert type(result[0]).__name__ == "PubResult"
    assert result[0].metadata == {
        "shots": 4096,
        "target_precision": 0.015625,
        "circuit_metadata": {"who": "me"},
        "resilience": {},
        "num_randomizations": 32,
    }
    assert result.metadata == {
        "dynamical_decoupling": {
            "enable": False,
            "sequence_type": "XX",
            "extra_slack_distribution": "middle",
            "scheduling_method": "alap",
        },
        "twirling": {
            "enable_gates": False,
            "enable_measure": True,
            "num_randomizations": "auto",
            "shots_per_randomization": "auto",
            "interleave_randomizations": True,
            "strategy": "active-accum",
        },
        "resilience": {
            "measure_mitigation": True,
            "zne_mitigation": False,
            "pec_mitigation": False,
        },
        "version": 2,
    }


@pytest.mark.parametrize(
    ("params", "flags"),
    [
        ({"resilience_level": 0}, (False, False, False, False, False)),
        ({"resilience_level": 1}, (False, True, True, False, False)),
        ({"resilience_level": "2"}, (True, True, True, True, False)),
        ({"resilience_level": 2, "options": {"resilience": {"pec_mitigation": True}}},
         (True, True, True, False, True)),
        ({"options": {"twirling": {"enable_gates": True, "enable_measure": False}}},
         (True, False, True, False, False)),
        ({"options": {"resilience": {"measure_mitigation": False, "zne_mitigation": True}}},
         (False, True, False, True, False)),
    ],
)  # fmt: skip
def test_what_a_level_turns_on(params: dict[str, Any], flags: tuple[bool, ...]) -> None:
    told = estimate([encoded(QuantumCircuit(5)), "IIIIZ"], **params).metadata
    assert flags == (
        told["twirling"]["enable_gates"],
        told["twirling"]["enable_measure"],
        told["resilience"]["measure_mitigation"],
        told["resilience"]["zne_mitigation"],
        told["resilience"]["pec_mitigation"],
    )


@pytest.mark.parametrize("shape", [(), (2,)])
def test_extrapolation_adds_the_services_fields(shape: tuple[int, ...]) -> None:
    observables = "IIIZI" if shape == () else ["IIIZI", "IIIII"]
    zne = {"noise_factors": [1, 2, 3], "extrapolator": ["exponential", "linear", "fallback"]}
    result = estimate(
        [encoded(QuantumCircuit(5)), observables],
        options={"resilience": {"zne_mitigation": True, "zne": zne}},
    )
    data = result[0].data
    assert data.evs.shape == data.stds.shape == shape
    for name in ("evs_noise_factors", "stds_noise_factors", "ensemble_stds_noise_factors"):
        assert getattr(data, name).shape == (*shape, 3)
    for name in ("evs_extrapolated", "stds_extrapolated"):
        assert getattr(data, name).shape == (*shape, 3, 4)
    np.testing.assert_allclose(data.evs, 1.0, atol=1e-6)
    assert result.metadata["resilience"]["zne"] == {
        "noise_factors": [1.0, 2.0, 3.0],
        "extrapolator": ["exponential", "linear", "fallback"],
        "extrapolated_noise_factors": [0.0, 1.0, 2.0, 3.0],
    }
    chosen = result[0].metadata["resilience"]["zne"]["extrapolator"]
    assert np.shape(chosen) == shape
    assert set(np.ravel(chosen).tolist()) <= {"exponential", "linear", "fallback"}


@pytest.mark.parametrize(
    ("resilience", "said"),
    [
        ({"pec_mitigation": True, "zne_mitigation": True}, "exclude each other"),
        ({"zne": {"noise_factors": [1]}}, "exponential needs at least 2 noise_factors, not 1"),
        ({"zne": {"extrapolator": "double_exponential"}}, "needs at least 4 noise_factors"),
        ({"zne": {"extrapolator": ["linear", "polynomial_degree_3"]}}, "at least 4 noise_factors"),
        ({"zne": {"noise_factors": [0.5, 1]}}, "noise_factors[0]: expected at least 1"),
        ({"zne": {"extrapolator": []}}, "options.resilience.zne.extrapolator"),
        ({"pec": {"max_overhead": 0}}, "max_overhead: expected more than 0"),
        ({"layer_noise_model": {"__value__": 5}}, "layer_noise_model: expected a list of"),
        ({"layer_noise_model": {"data": []}}, "layer_noise_model: expected a list of"),
        ({"layer_noise_learning": {"layer_pair_depths": [1, -1]}}, "[1]: expected at least 0"),
        ({"measure_noise": {}}, "did you mean 'measure_noise_learning'"),
    ],
)
def test_resilience_options_that_the_service_refuses(resilience: Any, said: str) -> None:
    problem = checks.estimator({"pubs": [["x", "Z"]], "options": {"resilience": resilience}})
    assert problem is not None
    assert said in problem


def test_plain_json_for_rest_users_and_circuits_as_text() -> None:
    text = 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; x q[1];'
    outcome = outcome_of("estimator", [text, ["ZI", "IZ"]], support_qiskit=False)
    answer = json.loads(outcome.result)
    assert answer["results"][0]["data"]["evs"] == [-1.0, 1.0]
    assert answer["results"][0]["data"]["stds"] == [0.0, 0.0]
    assert answer["results"][0]["metadata"]["shots"] == 4096
    assert answer["metadata"]["version"] == 2
    assert outcome.older == ()


@pytest.mark.parametrize("noise", list(Noise))
@pytest.mark.parametrize(
    ("level", "resilience"),
    [
        (1, {}),
        (2, {}),
        (0, {"pec_mitigation": True}),
        (0, {"zne_mitigation": True, "zne": {"amplifier": "pea"}}),
    ],
)
def test_results_have_the_form_of_ibms_own_models(
    level: int, resilience: dict[str, Any], noise: Noise
) -> None:
    models = pytest.importorskip("ibm_quantum_schemas.estimator.version_0_1.primitive_result")
    circuit = QuantumCircuit(5)
    circuit.cz(0, 1)
    outcome = outcome_of(
        "estimator", [encoded(circuit), "IIIIX"], resilience_level=level,
        options={"resilience": resilience}, noise=noise,
    )  # fmt: skip
    model = models.PrimitiveResultWrapperModel.model_validate_json(outcome.result)
    metadata = model.value_.pub_results[0].value_.metadata
    assert metadata.shots >= 4096
    mitigated = metadata.resilience.layer_noise
    assert (mitigated is not None) == bool(resilience)
    if mitigated is not None:
        assert mitigated.total_mitigated_layers == 1
        assert (mitigated.noise_overhead > 1.0) == (noise is Noise.CALIBRATION)
