"""What else a Sampler job gives: spans, twirled shots, IQ points, facts, for each client."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter

from pytest_qchannel.emulator.programs.durations import circuit_s
from pytest_qchannel.emulator.programs.options import Split
from pytest_qchannel.emulator.programs.spans import spans_of
from pytest_qchannel.ibm.releases import READS_NEW_SPANS_SINCE
from tests.unit.emulator.circuits_kit import encoded, encoded_array
from tests.unit.emulator.programs.primitives_kit import (
    SNAPSHOT,
    failure_of,
    outcome_of,
    read,
    release,
)


def flipped() -> QuantumCircuit:
    """Registers a = 01 and b = 100, of which the last bit is a coin."""
    circuit = QuantumCircuit(
        QuantumRegister(5), ClassicalRegister(2, "a"), ClassicalRegister(3, "b")
    )
    circuit.x([0, 4])
    circuit.sx(2)
    circuit.measure(range(5), range(5))
    return circuit


def turned() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 1)
    circuit.rz(Parameter("t"), 1)
    circuit.measure(1, 0)
    return circuit


def sampled(*pubs: list[Any], **params: Any) -> Any:
    return read(outcome_of("sampler", *pubs, **params))


def test_spans_tell_when_which_part_was_measured() -> None:
    start = 1_800_000_000.25
    pubs: list[list[Any]] = [
        [encoded(flipped()), None, 1000],
        [encoded(turned()), np.zeros((2, 3, 1)), 200],
    ]
    result = sampled(*pubs, started_at=start)
    assert result.metadata["version"] == 2
    found = result.metadata["execution"]["execution_spans"]
    assert type(found).__name__ == "ExecutionSpans"
    assert found.pub_idxs == [0, 1]
    first, second = found
    assert [type(one).__name__ for one in found] == ["DoubleSliceSpan"] * 2
    if release() >= (0, 40):  # before, the client's mask() fails for every PUB of shape ()
        assert first.mask(0).shape == (1000,)
        assert first.mask(0).all()
    assert second.mask(1).shape == (2, 3, 200)
    assert second.mask(1).all()
    assert (first.size, second.size) == (1000, 1200)
    assert first.start.timestamp() == start
    assert second.start == first.stop
    for span, circuit, executions in ((first, flipped(), 1000), (second, turned(), 1200)):
        shot_s = circuit_s(circuit, SNAPSHOT) + 250e-6
        assert span.duration == pytest.approx(executions * shot_s, abs=2e-6)


@pytest.mark.parametrize(
    ("pub_shots", "twirling", "shots", "factors"),
    [
        (None, {}, 4096, (32, 128)),
        (1000, {}, 1000, (16, 64)),
        (10_000, {}, 10_000, (32, 313)),
        (1000, {"num_randomizations": 3}, 1000, (3, 334)),
        (1000, {"shots_per_randomization": 7}, 1000, (143, 7)),
        (1000, {"num_randomizations": 3, "shots_per_randomization": 7}, 1000, (143, 7)),
        (None, {"num_randomizations": 3, "shots_per_randomization": 7}, 21, (3, 7)),
        (None, {"num_randomizations": "auto", "shots_per_randomization": "auto"}, 4096, (32, 128)),
    ],
)
def test_twirled_shots_are_spread_as_the_service_does(
    pub_shots: int | None, twirling: dict[str, Any], shots: int, factors: tuple[int, int]
) -> None:
    options = {"twirling": {"enable_measure": True, **twirling}}
    outcome = outcome_of(
        "sampler", [encoded(turned()), np.zeros((2, 1)), pub_shots], options=options
    )
    result = read(outcome)
    found = list(result.metadata["execution"]["execution_spans"])
    assert result[0].data.c.num_shots == shots
    assert result[0].metadata["num_randomizations"] == factors[0]
    assert outcome.facts["executions"] == 2 * factors[0] * factors[1]
    is_old = release() < READS_NEW_SPANS_SINCE
    kind = "TwirledSliceSpan" if is_old else "TwirledSliceSpanV2"
    assert {type(span).__name__ for span in found} == {kind}
    masks = np.sum([span.mask(0) for span in found], axis=0)
    assert masks.shape == (2, factors[0] * factors[1] if is_old else shots)
    assert (masks == 1).all()


@pytest.mark.parametrize(
    ("sets", "shots", "twirling"),
    [((), 100_000, None), ((4, 5), 3_000, None), ((), 2_000_000, None),
     ((), None, {"num_randomizations": 1_000, "shots_per_randomization": 100})],
)  # fmt: skip
def test_what_has_many_executions_has_several_spans(
    sets: tuple[int, ...], shots: int | None, twirling: dict[str, Any] | None
) -> None:
    """One span was as long as the job: nothing lay between the first and the last."""
    split = Split(1_000, 100) if twirling else None
    kept = shots or 100_000
    found = list(spans_of(0, sets, kept, split, lambda done: 5.0 + done * 1e-3))
    assert 2 < len(found) <= 100
    covered = np.zeros((math.prod(sets) * (1_000 if split else 1), 100 if split else kept), int)
    for span in found:
        covered[slice(*span.sets), slice(*span.part)] += 1
    assert (covered == 1).all()
    for before, after in itertools.pairwise(found):
        assert before.stop_s == after.start_s
        assert before.start_s < before.stop_s
    assert found[0].start_s == 5.0
    assert found[-1].stop_s == pytest.approx(5.0 + covered.size * 1e-3)


def test_older_clients_have_an_encoding_of_their_own() -> None:
    options = {"twirling": {"enable_gates": True}}
    outcome = outcome_of("sampler", [encoded(flipped())], options=options)
    newest = outcome.result_for((0, 51, 0)).decode()
    assert newest == outcome.result_for((0, 41, 0)).decode() == outcome.result.decode()
    assert '"ExecutionSpans"' in newest
    assert '"TwirledSliceSpanV2"' in newest
    for old in ((0, 34, 0), (0, 40, 1)):
        text = outcome.result_for(old).decode()
        assert '"ExecutionSpanCollection"' in text
        assert '"TwirledSliceSpan"' in text
    assert (
        json.loads(text)["__value__"]["pub_results"]
        == (json.loads(newest)["__value__"]["pub_results"])
    )


def test_results_have_the_form_of_ibms_own_models() -> None:
    models = pytest.importorskip("ibm_quantum_schemas.sampler.version_0_1")
    for options in ({}, {"twirling": {"enable_gates": True}}):
        outcome = outcome_of("sampler", [encoded(flipped()), None, 100], options=options)
        model = models.PrimitiveResultWrapperModel.model_validate_json(outcome.result)
        [pub] = model.value_.pub_results
        assert pub.value_.metadata.circuit_metadata == {}
        assert list(pub.value_.data.value_.fields) == ["a", "b"]


@pytest.mark.parametrize("shape", [(), (2,), (2, 1), (0,)])
def test_kerneled_points_have_the_shape_that_the_client_tells(shape: tuple[int, ...]) -> None:
    values = encoded_array(np.zeros((*shape, 1)))
    one, many = (
        sampled([encoded(turned()), values, 50], options={"execution": {"meas_type": meas_type}})
        for meas_type in ("avg_kerneled", "kerneled")
    )
    assert many[0].data.c.shape == (*shape, 50, 1)
    assert one[0].data.c.shape == (*shape, 1)
    assert many[0].data.c.dtype == one[0].data.c.dtype == np.complex128
    np.testing.assert_allclose(one[0].data.c, many[0].data.c.mean(axis=-2))


def test_kerneled_points_tell_the_states_apart() -> None:
    options = {"execution": {"meas_type": "kerneled"}}
    [ours] = sampled([encoded(flipped()), None, 200], options=options)
    a, b = ours.data.a, ours.data.b
    assert (a.shape, b.shape) == ((200, 2), (200, 3))
    excited, ground = a[:, 0].mean(), a[:, 1].mean()
    gap = abs(excited - ground)
    assert gap > 3 * a[:, 0].std() / math.sqrt(200)
    assert abs(b[:, 2].mean() - excited) < 0.2 * gap
    assert abs(b[:, 1].mean() - ground) < 0.2 * gap


def test_plain_kerneled_points_are_pairs_of_numbers() -> None:
    outcome = outcome_of(
        "sampler",
        [encoded(turned()), [0.0], 3],
        support_qiskit=False,
        options={"execution": {"meas_type": "kerneled"}},
    )
    [result] = json.loads(outcome.result)["results"]
    assert np.shape(result["data"]["c"]["samples"]) == (3, 1, 2)
    assert result["data"]["c"]["num_bits"] == 1


def test_facts_for_the_metrics() -> None:
    outcome = outcome_of(
        "sampler", [encoded(flipped()), None, 10], [encoded(turned()), np.zeros((4, 1)), 5]
    )
    assert outcome.facts == {
        "num_circuits": 2,
        "num_qubits": [5, 2],
        "circuit_depths": [2, 2],
        "executions": 30,
    }


def test_more_executions_than_a_job_may_have() -> None:
    values = encoded_array(np.zeros((60, 1)))
    failure = failure_of(
        "sampler", [encoded(flipped()), None, 100_000], [encoded(turned()), values, 100_000],
        [encoded(turned()), encoded_array(np.zeros((50, 1))), 100_000],
    )  # fmt: skip
    assert failure.code == 1520
    assert "number of circuit shots 11100000 exceeds" in failure.reason


def test_values_as_a_bindings_array() -> None:
    circuit = QuantumCircuit(2, 2)
    for bit, name in enumerate("ab"):
        circuit.sx(bit)
        circuit.rz(Parameter(name), bit)
        circuit.sx(bit)
    circuit.measure([0, 1], [0, 1])
    values = {
        "__type__": "BindingsArray",
        "__value__": {"shape": [2], "data": {'["a", "b"]': encoded_array([[0, math.pi], [0, 0]])}},
    }
    [ours] = sampled([encoded(circuit), values, 5])
    assert ours.data.c.get_int_counts(0) == {1: 5}
    assert ours.data.c.get_int_counts(1) == {3: 5}


@pytest.mark.parametrize(
    "value", [None, {}, {"data": []}, {"data": {"{": [1]}}, {"data": {"5": [1]}}, "x"]
)
def test_a_bindings_array_that_is_none(value: Any) -> None:
    sent = {"__type__": "BindingsArray", "__value__": value}
    failure = failure_of("sampler", [encoded(turned()), sent, 5])
    assert failure.code == 1503
    assert "parameter values of pub 0" in failure.reason


def test_a_dynamic_circuit_with_a_reset_and_a_repeated_bit() -> None:
    circuit = QuantumCircuit(
        QuantumRegister(3), ClassicalRegister(2, "m"), ClassicalRegister(1, "r")
    )
    circuit.sx(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], True)) as otherwise:
        circuit.x(1)
    with otherwise:
        circuit.x(2)
    circuit.reset(0)
    circuit.measure(0, 0)
    circuit.measure(1, 1)
    circuit.measure(2, 2)
    [ours] = sampled([encoded(circuit), None, 400])
    m, r = ours.data.m.get_bitstrings(), ours.data.r.get_bitstrings()
    assert set(zip(m, r, strict=True)) == {("10", "0"), ("00", "1")}
    assert 120 < m.count("10") < 280
