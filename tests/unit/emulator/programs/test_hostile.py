"""Whatever is sent: a refusal in a line, or a failed job with a reason; never another error."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from pytest_qchannel.emulator.programs import PROGRAMS, JobFailure, Task
from pytest_qchannel.emulator.programs.schemas import ESTIMATOR, SAMPLER
from pytest_qchannel.errors import EmulatorGap
from tests.unit.emulator.circuits_kit import encoded, encoded_array, packed
from tests.unit.emulator.programs.primitives_kit import SNAPSHOT


def turned() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 1)
    circuit.rz(Parameter("t"), 1)
    circuit.sx(1)
    circuit.measure(1, 0)
    return circuit


GOOD = encoded(turned())
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([10**400, -(2**70), 2**63, 1.5, 1e300, 1e-300, math.nan, math.inf, 0.0, True]),
)
LEAVES = st.one_of(st.none(), NUMBERS, st.text(max_size=5), st.sampled_from(["ZZ", "auto", "II"]))
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text("IXYZab0_", max_size=3), inner, max_size=3),
    ),
    max_leaves=8,
)
ENVELOPES = st.builds(
    lambda kind, value: {"__type__": kind, "__value__": value},
    st.sampled_from(
        ["ndarray", "complex", "QuantumCircuit", "BindingsArray", "ObservablesArray", "NoiseModel"]
    ),
    st.one_of(ANYTHING, st.sampled_from([packed(b"x"), packed(b""), GOOD["__value__"]])),
)
SENT = st.one_of(ANYTHING, ENVELOPES, st.lists(ENVELOPES, max_size=2))
VALUES = st.one_of(SENT, st.just([0.5]), st.just(encoded_array([[0.1], [0.2]])))
CIRCUITS = st.one_of(st.just(GOOD), st.just(GOOD), SENT)
OBSERVABLES = st.one_of(
    SENT, st.just({"ZZ": 1.0}), st.dictionaries(st.text("IZX1", max_size=3), LEAVES)
)


def from_schema(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values for a group of options: some that fit, some that do not."""
    if "properties" in schema:
        inner = {name: from_schema(one) for name, one in schema["properties"].items()}
        return st.fixed_dictionaries({}, optional=inner)
    fitting: list[Any] = list(schema.get("enum", ()))
    kinds = schema.get("type", ())
    if "boolean" in kinds:
        fitting += [True, False]
    if "integer" in kinds or "number" in kinds or "anyOf" in schema:
        fitting += [1, 2, 7, 32]
    if "null" in kinds:
        fitting += [None]
    likely = [st.sampled_from(fitting)] * 9 if fitting else []
    return st.one_of(*likely, SENT)


def said_of(program: str, body: Any) -> str | None:
    """What a job is refused or fails with; ``None`` where it has a result."""
    body = json.loads(json.dumps(body))
    try:
        problem = PROGRAMS[program].check(body)
        if problem is None:
            outcome = PROGRAMS[program].run(Task(body, SNAPSHOT, 7))
            json.loads(outcome.result)
            assert outcome.usage_s >= 1.0
    except EmulatorGap as gap:
        return gap.headline
    except JobFailure as failure:
        return f"{failure.code} {failure.reason}"
    return problem


def accepted_or_refused(program: str, body: Any) -> None:
    said = said_of(program, body)
    if said is not None:
        event("refused or failed")
        assert len(said) > 5
    else:
        event("has a result")


harsh = settings(derandomize=True, deadline=None, max_examples=150)


@harsh
@given(st.tuples(CIRCUITS, VALUES, SENT), SENT, st.booleans())
def test_hostile_sampler_pubs(pub: tuple[Any, ...], shots: Any, is_qiskit: bool) -> None:
    params = {"pubs": [list(pub)], "shots": shots, "support_qiskit": is_qiskit}
    accepted_or_refused("sampler", params)
    accepted_or_refused("sampler", {"pubs": [[*pub[:2], 3]], "support_qiskit": is_qiskit})


@harsh
@given(st.tuples(CIRCUITS, OBSERVABLES, VALUES, SENT), SENT, st.booleans())
def test_hostile_estimator_pubs(pub: tuple[Any, ...], precision: Any, is_qiskit: bool) -> None:
    params = {"pubs": [list(pub)], "precision": precision, "support_qiskit": is_qiskit}
    accepted_or_refused("estimator", params)
    accepted_or_refused("estimator", {"pubs": [[*pub[:3], 0.5]], "support_qiskit": is_qiskit})


@harsh
@given(from_schema(SAMPLER["properties"]["options"]))
def test_hostile_sampler_options(options: Any) -> None:
    accepted_or_refused("sampler", {"pubs": [[GOOD, [0.5], 5]], "options": options})


@harsh
@given(from_schema(ESTIMATOR["properties"]["options"]), st.sampled_from([0, 1, 2, "2", 3, None]))
def test_hostile_estimator_options(options: Any, level: Any) -> None:
    pub = [GOOD, ["ZX", "IZ"], [0.5], 0.3]
    accepted_or_refused("estimator", {"pubs": [pub], "options": options, "resilience_level": level})


@pytest.mark.parametrize("program", ["sampler", "estimator"])
@pytest.mark.parametrize(
    "pub",
    [
        [GOOD, encoded_array([[0.5]] * 3), 5],
        [GOOD, {"ZZ": 1e308, "XX": 1e308}, [0.5]],
        [GOOD, ["ZZ"] * 2, encoded_array([[[0.5]]] * 3)],
        [GOOD, json.loads("[" * 400 + "]" * 400)],
        [GOOD, json.loads("[" * 400 + '"ZZ"' + "]" * 400)],
        [GOOD, {"": 1.0}],
        [encoded(QuantumCircuit()), {"": 1.0}],
        [encoded(QuantumCircuit(0, 3)), None],
        [encoded(QuantumCircuit(3)), None],
        ["OPENQASM 3.0; qubit[2] q; while (true) { }", "ZZ"],
    ],
)
def test_odd_pubs(program: str, pub: list[Any]) -> None:
    said = said_of(program, {"pubs": [pub]})
    assert said is None or len(said) > 5


def test_more_expectation_values_than_fit_into_memory() -> None:
    pub = [encoded(turned()), [["II"]] * 2_000, encoded_array([[0.1]] * 2_000)]
    with pytest.raises(JobFailure) as caught:
        PROGRAMS["estimator"].run(Task({"pubs": [pub]}, SNAPSHOT, 7))
    assert "more than 1000000 expectation values" in caught.value.reason
