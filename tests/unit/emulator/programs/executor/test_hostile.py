"""Whatever is sent: a refusal, a failure, a gap or an answer; never another exception."""

from __future__ import annotations

import base64
import copy
import sys
import zlib
from typing import Any

import pytest

pytest.importorskip("samplomatic", reason="only newer clients bring it")

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit_ibm_runtime.options_models.executor import ExecutorOptions
from qiskit_ibm_runtime.quantum_program import QuantumProgram
from samplomatic import build
from samplomatic.transpiler import generate_boxing_pass_manager

from pytest_qchannel.emulator.programs import (
    PROGRAMS,
    JobFailure,
    Noise,
    Task,
    TooLong,
    checks,
    executor,
)
from pytest_qchannel.emulator.programs.durations import LONGEST_S
from pytest_qchannel.emulator.world import snapshots
from pytest_qchannel.errors import EmulatorGap
from tests.unit.emulator.programs.executor.executor_kit import DEVICE, isa, params_of
from tests.unit.emulator.programs.noise_learner.test_boxed import boxes
from tests.unit.emulator.programs.noise_learner.test_boxed import (
    params_of as boxed_params_of,
)
from tests.unit.emulator.programs.test_size import nested


def _valid(version: str) -> dict[str, Any]:
    circuit = QuantumCircuit(2)
    circuit.ry(Parameter("a"), 0)
    circuit.cz(0, 1)
    circuit.measure_all()
    whole = isa(circuit)
    passes = generate_boxing_pass_manager(enable_gates=True, enable_measures=True)
    template, samplex = build(passes.run(whole))
    program = QuantumProgram(4, passthrough_data={"x": [1]})
    program.append_circuit_item(whole, circuit_arguments=np.zeros((2, 1)))
    program.append_samplex_item(
        template, samplex=samplex, samplex_arguments={"parameter_values": [0.5]}, shape=(2,)
    )
    return params_of(program, version=version)


VALID = {version: _valid(version) for version in ("v0.1", "v1.1", "v2.0")}
BOXED = boxed_params_of(boxes())

NASTY: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([10**9, -(10**20), 2**64])
    | st.floats()
    | st.text(max_size=8)
    | st.just([])
    | st.just({})
    | st.lists(st.integers(-1, 4), max_size=70)
    | st.sampled_from(
        [
            base64.b64encode(zlib.compress(b"\0" * 8)).decode(),
            base64.b64encode(zlib.compress(b"QISKIT" + bytes(range(60)))).decode(),
            base64.b64encode(b"QISKIT" + bytes([17]) + bytes(60)).decode(),
        ]
    )
    | st.dictionaries(st.text(max_size=4), st.integers(), max_size=2)
)


def _places(part: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    steps: Any = ()
    if isinstance(part, dict):
        steps = part.items()
    elif isinstance(part, list):
        steps = enumerate(part)
    for step, inner in steps:
        found += _places(inner, (*path, step))
    return found


def _changed(valid: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    params = copy.deepcopy(valid)
    part: Any = params
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return params


def _damaged(text: str, place: float, letter: str) -> str:
    at = int(place * (len(text) - 1))
    return text[:at] + letter + text[at + 1 :]


def _require_orderly(program_id: str, params: dict[str, Any], noise: Noise = Noise.OFF) -> None:
    try:
        said = PROGRAMS[program_id].check(params)
    except EmulatorGap:
        return
    if said is not None:
        assert said
        assert "\n" not in said
        assert len(said) <= 400
        return
    try:
        outcome = PROGRAMS[program_id].run(Task(params, snapshots.load(DEVICE), 3, noise))
    except JobFailure:
        return
    assert outcome.result


def test_the_valid_ones_are_answered() -> None:
    for params in VALID.values():
        assert checks.executor(params) is None
        assert executor.run(Task(params, snapshots.load(DEVICE), 3)).result
    assert checks.noise_learner(BOXED) is None


@pytest.mark.slow
@settings(max_examples=150)
@given(st.data(), st.sampled_from(sorted(VALID)), NASTY)
def test_one_value_is_replaced(data: st.DataObject, version: str, value: Any) -> None:
    path = data.draw(st.sampled_from(_places(VALID[version])))
    _require_orderly("executor", _changed(VALID[version], path, value))


@pytest.mark.slow
@settings(max_examples=150)
@given(
    st.data(),
    st.sampled_from(sorted(VALID)),
    st.floats(0, 1),
    st.sampled_from('A/z09={}[]",:'),
)
def test_one_letter_is_damaged(
    data: st.DataObject, version: str, place: float, letter: str
) -> None:
    """In base64 that is a byte of a circuit or tensor, in a samplex a word of its JSON."""
    texts = [path for path in _places(VALID[version]) if len(str(_at(version, path))) > 40]
    texts = [path for path in texts if isinstance(_at(version, path), str)]
    path = data.draw(st.sampled_from(texts))
    value = _damaged(_at(version, path), place, letter)
    _require_orderly("executor", _changed(VALID[version], path, value))


def _at(version: str, path: tuple[Any, ...]) -> Any:
    part: Any = VALID[version]
    for step in path:
        part = part[step]
    return part


@settings(max_examples=60)
@given(st.data(), NASTY)
def test_the_boxed_noise_learner(data: st.DataObject, value: Any) -> None:
    path = data.draw(st.sampled_from(_places(BOXED)))
    _require_orderly("noise-learner", _changed(BOXED, path, value), Noise.CALIBRATION)


@settings(max_examples=60)
@given(st.floats(0, 1), st.sampled_from("A/z09="))
def test_damaged_boxes(place: float, letter: str) -> None:
    text = BOXED["instructions"]["circuit_b64"]
    path = ("instructions", "circuit_b64")
    _require_orderly("noise-learner", _changed(BOXED, path, _damaged(text, place, letter)))


@given(st.dictionaries(st.sampled_from(["schema_version", "options"]), NASTY))
@example({"schema_version": "v0.1", "options": {}})
def test_calibrate_is_refused_or_a_gap(params: dict[str, Any]) -> None:
    _require_orderly("calibrate", params)


def test_calibrate_says_why_not() -> None:
    with pytest.raises(EmulatorGap, match="recorded snapshots"):
        checks.calibrate({"schema_version": "v0.1", "options": {"experimental": {"a": 1}}})


def test_deep_nesting_is_refused() -> None:
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    params = _changed(VALID["v2.0"], ("quantum_program", "passthrough_data"), deep)
    assert "levels deep" in str(checks.executor(params))


def test_without_the_schemas_it_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in sys.modules if one.startswith("ibm_quantum_schemas")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ibm_quantum_schemas", None)
    with pytest.raises(EmulatorGap, match="pip install"):
        checks.executor({"schema_version": "v2.0"})


@pytest.mark.parametrize(("duration", "unit"), [(1e300, "s"), (2**62, "dt")])
def test_delays_that_are_longer_than_a_calendar(duration: float, unit: str) -> None:
    """The times of the job's chunks raised OverflowError, at each look at it."""
    circuit = QuantumCircuit(1, 1)
    circuit.delay(duration, 0, unit)
    circuit.measure(0, 0)
    program = QuantumProgram(4_000)
    for _ in range(3):
        program.append_circuit_item(circuit)
    options = ExecutorOptions()
    options.execution.scheduler_timing = True
    params = params_of(program, options)
    assert checks.executor(params) is None
    task = Task(params, snapshots.load(DEVICE), 7, started_at=1.7e9)
    assert executor.run(task).usage_s == LONGEST_S


def test_gates_that_are_made_of_gates_are_not_read_at_once() -> None:
    """The process stopped for as long as that took, as did every other request."""
    program = QuantumProgram(4)
    program.append_circuit_item(nested(13))
    params = params_of(program)
    assert checks.executor(params) is None
    with pytest.raises(TooLong):
        executor.run(Task(params, snapshots.load(DEVICE), 7, limit_s=0.5))
