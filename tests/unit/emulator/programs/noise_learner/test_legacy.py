"""The noise learner of whole circuits, read back by whatever client is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit

from pytest_qchannel.emulator.programs import JobFailure, Noise, Task, checks, noise_learner
from pytest_qchannel.emulator.world import snapshots
from tests.unit.emulator.circuits_kit import DEVICE, encoded


def line(*pairs: tuple[int, int], width: int = 4) -> QuantumCircuit:
    circuit = QuantumCircuit(width)
    for first, second in pairs:
        circuit.cz(first, second)
    return circuit


def learn(*circuits: QuantumCircuit, noise: Noise = Noise.CALIBRATION, **options: Any) -> Any:
    """The ``NoiseLearnerResult`` that the installed client makes of the answer."""
    try:
        from qiskit_ibm_runtime.decoders.noise_learner import NoiseLearnerResultDecoder
    except ImportError:  # before 0.48 or so
        from qiskit_ibm_runtime.utils.noise_learner_result_decoder import NoiseLearnerResultDecoder

    params = {"circuits": [encoded(one) for one in circuits], "options": options, "version": 2}
    assert checks.noise_learner(params) is None
    outcome = noise_learner.run(Task(params, snapshots.load(DEVICE), 3, noise))
    return NoiseLearnerResultDecoder.decode(outcome.result.decode())


def test_layers_are_found_with_the_qubits_twirled_so_far() -> None:
    result = learn(line((0, 1)), line((0, 1), (1, 2), (0, 1)))
    assert [one.qubits for one in result] == [[0, 1], [0, 1, 2], [0, 1, 2]]
    assert [one.circuit.num_qubits for one in result] == [2, 3, 3]
    assert [one.error.num_qubits for one in result] == [2, 3, 3]
    # (0, 1) alone comes twice, so it is first; gates at the same time are one layer.
    assert len(learn(line((0, 1), (2, 3)))) == 1


@pytest.mark.parametrize(
    ("strategy", "qubits"),
    [
        ("active", [[0, 1], [1, 2]]),
        ("active-accum", [[0, 1], [0, 1, 2]]),
        ("active-circuit", [[0, 1, 2], [0, 1, 2]]),
        ("all", [[0, 1, 2, 3], [0, 1, 2, 3]]),
    ],
)
def test_strategies(strategy: str, qubits: list[list[int]]) -> None:
    result = learn(line((0, 1), (1, 2)), twirling_strategy=strategy)
    assert [one.qubits for one in result] == qubits


def test_the_most_frequent_layers_are_learnt() -> None:
    circuit = line((1, 2), (0, 1), (1, 2), (0, 1), (1, 2))
    first = learn(circuit, twirling_strategy="active", max_layers_to_learn=1)
    assert [one.qubits for one in first] == [[1, 2]]
    assert learn(circuit, max_layers_to_learn=0).data == []
    assert len(learn(*[line((n, n + 1), width=9) for n in range(8)])) == 4
    assert len(learn(*[line((n, n + 1), width=9) for n in range(8)], max_layers_to_learn=None)) == 8


def test_metadata_tells_the_options_in_effect() -> None:
    metadata = learn(line((0, 1)), layer_pair_depths=[0, 1]).metadata
    assert metadata == {
        "backend": DEVICE,
        "input_options": {
            "max_layers_to_learn": 4,
            "shots_per_randomization": 128,
            "num_randomizations": 32,
            "layer_pair_depths": [0, 1],
            "twirling_strategy": "active-accum",
        },
    }


def test_rates_are_of_the_calibration_or_zero() -> None:
    noisy, ideal = (
        learn(line((0, 1), (1, 2)), noise=one) for one in (Noise.CALIBRATION, Noise.OFF)
    )
    for with_noise, without in zip(noisy, ideal, strict=True):
        assert with_noise.error.generators == without.error.generators
        assert (without.error.rates == 0).all()
        assert 1e-4 < with_noise.error.rates.sum() < 0.2
    # Every Pauli of weight one, and of weight two on coupled qubits; a label's last letter is
    # the first qubit.
    labels = noisy[1].error.generators.to_labels()
    assert len(labels) == len(set(labels)) == 3 * 3 + 2 * 9
    assert all(not (label[0] != "I" and label[2] != "I") for label in labels)
    gate = [
        rate for label, rate in zip(labels, noisy[1].error.rates, strict=True) if label == "XXI"
    ]
    idle = [
        rate for label, rate in zip(labels, noisy[1].error.rates, strict=True) if label == "IXX"
    ]
    assert gate[0] > 0
    assert idle[0] == 0


def test_the_circuit_of_a_layer_is_its_gates() -> None:
    result = learn(line((0, 1), (2, 3)))
    assert sorted(
        tuple(result[0].circuit.find_bit(qubit).index for qubit in item.qubits)
        for item in result[0].circuit.data
    ) == [(0, 1), (2, 3)]


def test_circuits_that_are_not_for_the_device_fail() -> None:
    params = {"circuits": [encoded(line((0, 3)))]}
    assert checks.noise_learner(params) is None
    with pytest.raises(JobFailure, match=r"The instruction cz on qubits \(0, 3\)"):
        noise_learner.run(Task(params, snapshots.load(DEVICE), 3))


def test_params_that_do_not_fit_are_refused() -> None:
    assert "circuits" in str(checks.noise_learner({}))
    assert "shots" in str(checks.noise_learner({"circuits": [], "options": {"shots": 4}}))
    bad = {"circuits": [], "options": {"layer_pair_depths": [-1]}}
    assert "layer_pair_depths" in str(checks.noise_learner(bad))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
CIRCUITS = st.lists(
    JSON
    | st.just(encoded(line((0, 1))))
    | st.builds(
        lambda text: {"__type__": "QuantumCircuit", "__value__": text},
        st.text() | st.sampled_from(["", "eJwDAAAAAAE="]),
    ),
    max_size=2,
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "max_layers_to_learn": JSON,
        "layer_pair_depths": st.lists(st.integers(-1, 2) | JSON, max_size=2),
        "num_randomizations": st.integers(0, 3) | st.floats(0, 3) | JSON,
        "twirling_strategy": st.sampled_from(["all", "active"]) | JSON,
        "simulator": JSON,
    },
)


@given(st.fixed_dictionaries({"circuits": CIRCUITS}, optional={"options": OPTIONS | JSON}) | JSON)
def test_whatever_is_sent_is_refused_or_fails_or_is_answered(params: Any) -> None:
    if not isinstance(params, dict):
        return  # the service's own schema demands an object
    if checks.noise_learner(params) is None:
        try:
            outcome = noise_learner.run(Task(params, snapshots.load(DEVICE), 3, Noise.CALIBRATION))
        except JobFailure:
            return
        assert outcome.usage_s >= 1
        assert np.isfinite(outcome.usage_s)
