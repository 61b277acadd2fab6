"""The estimator: values and their errors, shapes, shots, options, and what the clients decode."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp, Statevector

from pytest_qchannel.emulator.programs import Noise, estimator
from tests.unit.emulator.circuits_kit import DEVICE, encoded, encoded_array
from tests.unit.emulator.programs.primitives_kit import LayerError, failure_of, outcome_of, read

PI = math.pi


def estimate(*pubs: list[Any], **params: Any) -> Any:
    return read(outcome_of("estimator", *pubs, **params))


def wide(label: str, width: int = 5, at: int = 0) -> str:
    """A short Pauli string among identities."""
    return "I" * (width - at - len(label)) + label + "I" * at


def turned() -> QuantumCircuit:
    """Qubit 1 is turned about x by the angle a (ISA: ry in three gates)."""
    circuit = QuantumCircuit(5)
    circuit.rz(PI / 2, 1)
    circuit.sx(1)
    circuit.rz(Parameter("a"), 1)
    circuit.sx(1)
    return circuit


PAULIS = ["X", "Y", "Z"]


@settings(derandomize=True, deadline=None, max_examples=25)
@given(
    gates=st.lists(
        st.tuples(st.sampled_from(["rz", "sx", "x", "cz"]), st.integers(0, 2), st.floats(-4, 4)),
        max_size=10,
    ),
    labels=st.lists(st.text("IXYZ", min_size=4, max_size=4), min_size=1, max_size=6, unique=True),
    seed=st.integers(0, 1000),
)
def test_values_agree_with_the_exact_ones_within_their_errors(
    gates: list[tuple[str, int, float]], labels: list[str], seed: int
) -> None:
    circuit = QuantumCircuit(4)  # qubit 3 stays idle, and is measured all the same
    for name, qubit, angle in gates:
        if name == "rz":
            circuit.rz(angle, qubit)
        elif name == "cz":
            if qubit < 2:
                circuit.cz(qubit, qubit + 1)
        else:
            getattr(circuit, name)(qubit)
    coefficients = {label: 1.0 + number for number, label in enumerate(labels)}
    exact = Statevector(circuit).expectation_value(
        SparsePauliOp(list(coefficients), list(coefficients.values()))
    )
    [ours] = estimate([encoded(circuit), coefficients], seed=seed, resilience_level=0)
    spread = float(ours.data.stds)
    assert abs(float(ours.data.evs) - exact.real) <= 5 * spread + 1e-9
    assert spread <= sum(coefficients.values()) / 64  # 4096 shots
    assert float(ours.data.ensemble_standard_error) == spread


def test_each_pauli_has_its_sign() -> None:
    """Two qubits for each Pauli, one in each of its eigenstates."""
    circuit = QuantumCircuit(6)
    expected = {}
    for number, (pauli, sign) in enumerate(itertools.product(PAULIS, (1, -1))):
        if sign < 0:
            circuit.x(number)
        if pauli != "Z":
            circuit.rz(PI / 2, number)
            circuit.sx(number)
            circuit.rz(PI / 2 if pauli == "X" else PI, number)
        expected[wide(pauli, 6, number)] = sign
    exact = [Statevector(circuit).expectation_value(SparsePauliOp(one)).real for one in expected]
    assert exact == pytest.approx(list(expected.values()))
    [ours] = estimate([encoded(circuit), [{one: 1.0} for one in expected]])
    assert ours.data.evs.tolist() == list(expected.values())
    assert ours.data.stds.tolist() == [0.0] * 6


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
        assert failure.code == 1002
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
    assert failure.code == 1002
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
        assert estimator.check(body) == f"{place}: expected a finite number"


def test_without_twirling_there_are_no_random_variants() -> None:
    [ours] = estimate([encoded(QuantumCircuit(5)), "IIIIX"], resilience_level=0)
    assert "num_randomizations" not in ours.metadata
    [ours] = estimate([encoded(QuantumCircuit(5)), "IIIIX"])
    assert ours.metadata["num_randomizations"] == 32
    assert float(ours.data.stds) != float(ours.data.ensemble_standard_error)
    assert 0.5 / 64 < float(ours.data.stds) < 2 / 64


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
    problem = estimator.check({"pubs": [["x", "Z"]], "options": {"resilience": resilience}})
    assert problem is not None
    assert said in problem


def test_without_initialisation_each_shot_starts_where_the_one_before_ended() -> None:
    """A flip in every shot: Z is -1 and 1 by turns, and X of a qubit that was read is random."""
    circuit = QuantumCircuit(2)
    circuit.x(0)
    [ours] = estimate(
        [encoded(circuit), ["IZ", "IX", "ZI"]], resilience_level=0,
        options={"execution": {"init_qubits": False}},
    )  # fmt: skip
    assert ours.data.evs == pytest.approx([0.0, 0.0, 1.0], abs=0.07)
    assert ours.data.evs[0] == 0.0  # an even number of shots, exactly half of them in each state
    [usual] = estimate([encoded(circuit), ["IZ"]], resilience_level=0)
    assert usual.data.evs == [-1.0]


def test_the_readout_is_learned_from_initialised_qubits_all_the_same() -> None:
    """Else the factors by which readout errors shrink a term would be those of chance."""
    circuit = QuantumCircuit(2)
    circuit.reset(0)
    circuit.x(0)
    [ours] = read(
        outcome_of(
            "estimator", [encoded(circuit), "IZ"], noise=Noise.CALIBRATION,
            options={"execution": {"init_qubits": False}},
        )
    )  # fmt: skip
    assert float(ours.data.evs) == pytest.approx(-1.0, abs=0.1)


def test_more_shots_than_the_device_takes() -> None:
    failure = failure_of("estimator", [encoded(QuantumCircuit(5)), "IIIIZ", None, 1e-3])
    assert failure.code == 6000
    assert f"{DEVICE} takes at most 100000" in failure.reason
    failure = failure_of("estimator", [encoded(QuantumCircuit(5)), "IIIIZ", None, 1e-300])
    assert failure.code == 6000


def test_more_executions_than_a_job_may_have() -> None:
    values = encoded_array(np.zeros((3_000, 1)))
    failure = failure_of("estimator", [encoded(turned()), wide("Z"), values])
    assert failure.code == 6000
    assert "12288000 executions" in failure.reason


def test_the_seed_of_the_option_decides() -> None:
    pub = [encoded(QuantumCircuit(5)), "IIIIX"]

    def evs(**params: Any) -> float:
        return float(estimate(pub, **params)[0].data.evs)

    option = {"options": {"seed_estimator": 3}}
    assert evs(seed=1, **option) == evs(seed=2, **option) != evs(seed=2)
    assert evs(seed=2) == evs(seed=2) != evs(seed=1)


def test_pubs_are_measured_apart() -> None:
    pub = [encoded(QuantumCircuit(5)), ["IIIIX", "IIIXI"]]
    first, second = estimate(pub, pub)
    assert first.data.evs.tolist() != second.data.evs.tolist()
    assert first.data.evs[0] != first.data.evs[1]


def test_a_circuit_may_measure_and_branch_itself() -> None:
    circuit = QuantumCircuit(QuantumRegister(5), ClassicalRegister(1, "mid"))
    circuit.sx(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], True)):
        circuit.x(1)
    [ours] = estimate([encoded(circuit), ["IIIZZ", "IIIIZ", "ZIIII"]])
    assert ours.data.evs[0] == ours.data.evs[2] == 1.0
    assert abs(ours.data.evs[1]) < 0.1


def test_a_wide_observable_on_a_whole_device() -> None:
    circuit = QuantumCircuit(133)
    circuit.x(130)
    [ours] = estimate([encoded(circuit), ["Z" * 133, "IIZ" + "I" * 130]])
    assert ours.data.evs.tolist() == [-1.0, -1.0]


def test_plain_json_for_rest_users_and_circuits_as_text() -> None:
    text = 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; x q[1];'
    outcome = outcome_of("estimator", [text, ["ZI", "IZ"]], support_qiskit=False)
    answer = json.loads(outcome.result)
    assert answer["results"][0]["data"]["evs"] == [-1.0, 1.0]
    assert answer["results"][0]["data"]["stds"] == [0.0, 0.0]
    assert answer["results"][0]["metadata"]["shots"] == 4096
    assert answer["metadata"]["version"] == 2
    assert outcome.older == ()


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
