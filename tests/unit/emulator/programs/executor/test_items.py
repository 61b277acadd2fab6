"""Items of executor programs: shapes, schemas, what comes back beside the bits."""

from __future__ import annotations

import base64
import itertools
import json
import math
import zlib
from datetime import timedelta
from typing import Any

import pytest

pytest.importorskip("samplomatic", reason="only newer clients bring it")

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit_ibm_runtime.options_models.executor import ExecutorOptions
from qiskit_ibm_runtime.quantum_program import QuantumProgram
from samplomatic import build
from samplomatic.transpiler import generate_boxing_pass_manager

from pytest_qchannel.emulator.programs import (
    JobFailure,
    Noise,
    Task,
    TooLong,
    checks,
    executor,
    models,
)
from pytest_qchannel.emulator.world import snapshots
from tests.unit.emulator.programs.executor.executor_kit import (
    DEVICE,
    ghz,
    isa,
    params_of,
    run,
    run_params,
    share,
)

VERSIONS = ("v0.1", "v0.2", "v1.0", "v1.1", "v2.0")


def turned() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.ry(Parameter("a"), 0)
    circuit.ry(Parameter("b"), 1)
    circuit.measure_all()
    return isa(circuit)


def twirled(circuit: QuantumCircuit) -> tuple[QuantumCircuit, Any]:
    passes = generate_boxing_pass_manager(enable_gates=True, enable_measures=True)
    template, samplex = build(passes.run(circuit))
    return template, samplex


def program(circuit: QuantumCircuit, shots: int = 200, **how: Any) -> QuantumProgram:
    values = how.pop("values", None)
    made = QuantumProgram(shots, **how)
    made.append_circuit_item(circuit, circuit_arguments=values)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_every_schema_version(version: str) -> None:
    """A circuit item and a samplex item, and the answer in the version that was asked for."""
    template, samplex = twirled(isa(ghz(3)))
    made = program(turned(), values=np.array([[0.0, np.pi], [np.pi, 0.0]]))
    made.append_samplex_item(template, samplex=samplex, shape=(5,))
    params = params_of(made, version=version)
    assert json.loads(run_params(params))["schema_version"] == version
    plain, random = run(made, version=version)
    assert plain["meas"].shape == (2, 200, 2)
    assert share(plain["meas"][0], [0, 1]) == 1
    assert share(plain["meas"][1], [1, 0]) == 1
    assert random.keys() == {"meas", "measurement_flips.meas"}
    assert random["meas"].shape == (5, 200, 3)
    assert random["measurement_flips.meas"].shape == (5, 1, 3)
    flips = random["measurement_flips.meas"]
    assert 0 < flips.mean() < 1
    bits = random["meas"] ^ flips
    assert share(bits, [0, 0, 0]) + share(bits, [1, 1, 1]) == 1


def test_parameters_take_their_columns_in_the_circuits_order() -> None:
    circuit = turned()
    assert [one.name for one in circuit.parameters] == ["a", "b"]
    bits = run(program(circuit, values=np.array([np.pi, 0.0])))[0]["meas"]
    assert bits.shape == (200, 2)
    assert share(bits, [1, 0]) == 1


def test_a_larger_shape_repeats_a_circuit() -> None:
    params = params_of(program(turned(), values=np.array([[[0.0, 0.0]], [[np.pi, np.pi]]])))
    params["quantum_program"]["items"][0]["shape"] = [3, 2, 4]
    from tests.unit.emulator.programs.executor.executor_kit import decoded

    bits = decoded(run_params(params))[0]["meas"]
    assert bits.shape == (3, 2, 4, 200, 2)
    assert not bits[:, 0].any()
    assert bits[:, 1].all()


def test_quarter_turns_of_a_samplex_are_exact() -> None:
    """Samplomatic computes with pi in single precision: 9e-8 off, and no Clifford any more."""
    from pytest_qchannel.emulator.programs.executor.items import read_items

    template, samplex = twirled(isa(ghz(3)))
    made = QuantumProgram(1)
    made.append_samplex_item(template, samplex=samplex, shape=(8,))
    _, parsed = models.read(models.EXECUTOR, params_of(made))
    [item] = read_items(parsed.quantum_program, 1)
    turns = item.values / (np.pi / 2)
    assert turns.any()
    assert (np.abs(turns - np.round(turns)) < 1e-12).all()


@pytest.mark.slow
def test_samplex_axes_sweep_arguments_and_repeat_the_rest() -> None:
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("a"), 0)
    circuit.measure_all()
    template, samplex = twirled(isa(circuit))
    angles = np.array([0.0, np.pi / 2, np.pi]).reshape(3, 1, 1)
    made = QuantumProgram(300)
    made.append_samplex_item(
        template, samplex=samplex, samplex_arguments={"parameter_values": angles}, shape=(6, 3, 4)
    )
    result = run(made)[0]
    assert result["meas"].shape == (6, 3, 4, 300, 1)
    bits = result["meas"] ^ result["measurement_flips.meas"]
    assert not bits[:, 0].any()
    assert bits[:, 1].mean() == pytest.approx(0.5, abs=0.03)
    assert bits[:, 2].all()
    # Each element has its own randomisation, also along the axis that nothing sweeps.
    flips = result["measurement_flips.meas"]
    assert 0 < flips[:, 0].mean() < 1
    assert (flips[0] != flips[1]).any()


def test_registers_keep_their_names_and_their_bits() -> None:
    left, right = ClassicalRegister(1, "left"), ClassicalRegister(2, "right")
    circuit = QuantumCircuit(QuantumRegister(3), left, right)
    circuit.x([0, 2])
    circuit.measure([0, 1, 2], [left[0], right[0], right[1]])
    result = run(program(isa(circuit)))[0]
    assert result.keys() == {"left", "right"}
    assert share(result["left"], [1]) == share(result["right"], [0, 1]) == 1


def test_dynamic_circuits_and_repeated_measurement() -> None:
    first, second = ClassicalRegister(1, "first"), ClassicalRegister(1, "second")
    circuit = QuantumCircuit(QuantumRegister(3), first, second)
    circuit.h(0)
    circuit.measure(0, first[0])
    with circuit.if_test((first, 1)):
        circuit.x(1)
    circuit.measure(1, second[0])
    result = run(program(isa(circuit), 500))[0]
    assert (result["first"] == result["second"]).all()
    assert 0.4 < result["first"].mean() < 0.6


@pytest.mark.slow
def test_what_is_not_measured_stays_zero_and_a_program_may_be_empty() -> None:
    circuit = QuantumCircuit(1, 2)
    circuit.x(0)
    circuit.measure(0, 1)
    assert share(run(program(isa(circuit)))[0]["c"], [0, 1]) == 1
    bare = QuantumCircuit(1)
    assert run(program(isa(bare)))[0].keys() == set()
    assert run(program(turned(), values=np.zeros((0, 2))))[0]["meas"].shape == (0, 200, 2)


def test_what_passes_through_is_unchanged() -> None:
    data = {"a": [1, 2.5, "x", None, True], "b": {"c": np.array([1.0, 2.0])}}
    made = program(isa(ghz(2)), passthrough_data=data)
    made._semantic_role = "somebody_elses"
    params = params_of(made)
    answer = json.loads(run_params(params))
    assert answer["semantic_role"] == "somebody_elses"
    assert answer["passthrough_data"] == params["quantum_program"]["passthrough_data"]


def test_the_same_task_gives_the_same_bytes() -> None:
    template, samplex = twirled(isa(ghz(3)))
    made = QuantumProgram(100)
    made.append_samplex_item(template, samplex=samplex, shape=(4,))
    made.append_samplex_item(template, samplex=samplex, shape=(4,))
    params = params_of(made)
    assert run_params(params) == run_params(params)
    assert run_params(params, seed=1) != run_params(params, seed=2)
    one, other = (item["measurement_flips.meas"] for item in run(made))
    assert (one != other).any()


def test_chunks_cover_every_element_one_after_the_other() -> None:
    made = QuantumProgram(100)
    made.append_circuit_item(turned(), circuit_arguments=np.zeros((5, 3, 2)), chunk_size=4)
    made.append_circuit_item(turned(), circuit_arguments=np.zeros((2, 2)), chunk_size=4)
    params = params_of(made)
    task = Task(params, snapshots.load(DEVICE), 1, started_at=1_700_000_000.0)
    from tests.unit.emulator.programs.executor.executor_kit import decoded

    outcome = executor.run(task)
    spans = decoded(outcome.result.decode()).metadata.chunk_timing
    assert [span.parts[0].idx_item for span in spans] == [0, 0, 0, 0, 1]
    assert [span.parts[0].size for span in spans] == [4, 4, 4, 3, 2]
    assert spans[0].start.timestamp() == 1_700_000_000.0
    for before, after in itertools.pairwise(spans):
        assert before.start < before.stop == after.start
    # At least the repetition delay for each shot.
    total = spans[-1].stop - spans[0].start
    assert total > timedelta(seconds=17 * 100 * 250e-6)
    assert outcome.usage_s == pytest.approx(max(2.0, total.total_seconds()), rel=1e-6)
    parts = [chunk["parts"][0] for chunk in json.loads(outcome.result)["metadata"]["chunk_timing"]]
    assert [part["element_range"][:2] for part in parts] == [
        [0, 4], [4, 8], [8, 12], [12, 15], [0, 2],
    ]  # fmt: skip
    assert parts[0]["permutation"] == [0, 1]


@pytest.mark.slow
def test_a_longer_pause_takes_longer_and_must_be_the_devices() -> None:
    options = ExecutorOptions()

    def usage(delay_s: float) -> float:
        options.execution.rep_delay = delay_s
        params = params_of(program(isa(ghz(2)), 10_000), options)
        return executor.run(Task(params, snapshots.load(DEVICE), 1)).usage_s

    assert usage(0.0005) > 1.8 * usage(0.00025) > 3.6
    with pytest.raises(JobFailure, match=r"rep_delay.*0 to 0\.0005 s"):
        usage(1.0)


def test_schedule_is_consistent() -> None:
    options = ExecutorOptions()
    options.execution.scheduler_timing = options.execution.stretch_values = True
    timing = run(program(isa(ghz(2))), options)[0].metadata.scheduler_timing
    rows = [row.split(",") for row in timing.timing.splitlines()]
    ends: dict[str, int] = {}
    for branch, _, channel, start, length, _ in rows:
        assert branch == "main"
        assert int(start) >= ends.get(channel, 0)  # nothing overlaps on a qubit
        ends[channel] = int(start) + int(length)
    assert max(ends.values()) == timing.circuit_duration > 0
    names = [row[1] for row in rows]
    assert any(name.startswith("cz_") for name in names)
    assert sum(name.startswith("measure_") for name in names) == 2
    assert run(program(isa(ghz(2))))[0].metadata.scheduler_timing is None


@pytest.mark.parametrize(
    ("level", "names"),
    [("kerneled", {"meas_iq"}), ("avg_kerneled", {"meas_avg_iq"}), ("both", {"meas", "meas_iq"})],
)
def test_measurement_levels(level: str, names: set[str]) -> None:
    circuit = QuantumCircuit(2)
    circuit.x(1)
    circuit.measure_all()
    result = run(program(isa(circuit), 300, meas_level=level))[0]
    assert result.keys() == names
    if level == "avg_kerneled":
        mean = result["meas_avg_iq"]
        assert mean.shape == (2,)
    else:
        assert result["meas_iq"].shape == (300, 2)
        mean = result["meas_iq"].mean(axis=0)
        assert result["meas_iq"].std() > 0
    if level == "both":
        assert (result["meas"] == (result["meas_iq"].real < 0)).all()
        assert share(result["meas"], [0, 1]) == 1
    assert mean.dtype == np.complex128
    assert abs(mean[0] - mean[1]) > 0.5


def test_a_dry_run_has_the_shape_and_made_up_bits() -> None:
    params = params_of(program(isa(ghz(3)), 500))
    from tests.unit.emulator.programs.executor.executor_kit import decoded

    bits = decoded(run_params(params, device="mock_torino"))[0]["meas"]
    assert bits.shape == (500, 3)
    assert bits.mean() == pytest.approx(0.5, abs=0.1)
    assert share(bits, [0, 1, 0]) > 0  # which no GHZ state gives


@pytest.mark.slow
def test_too_long_simulations_are_left_to_the_worker() -> None:
    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.measure_all()
    params = params_of(program(isa(circuit), 5000))
    with pytest.raises(TooLong):
        executor.run(Task(params, snapshots.load(DEVICE), 1, limit_s=0.0))


@pytest.mark.slow
def test_what_the_device_cannot_run_fails() -> None:
    with pytest.raises(JobFailure, match="The instruction h on qubits"):
        run(program(ghz(2)))
    with pytest.raises(JobFailure, match="10000001 exceeds the system limit"):
        run(program(isa(ghz(2)), 10_000_001))
    circuit = QuantumCircuit(1, 301)
    circuit.x(0)
    circuit.measure(0, 300)
    params = params_of(program(isa(circuit), 40_000))
    params["quantum_program"]["items"][0]["shape"] = [200]
    with pytest.raises(JobFailure, match="200 x 40000 x 301 values"):
        run_params(params)
    with pytest.raises(JobFailure, match="10050000 exceeds the system limit"):
        run(program(turned(), 50_000, values=np.zeros((201, 2))))
    params = params_of(program(turned(), values=np.zeros(2)))
    from ibm_quantum_schemas.common import F64CompressedTensorModel

    item = params["quantum_program"]["items"][0]
    for values in (np.zeros(3), np.array([0.0, np.nan])):
        sent = F64CompressedTensorModel.from_numpy(values).model_dump()
        item["circuit_arguments"] = {**sent, "shape": list(sent["shape"])}
        with pytest.raises(JobFailure, match=r"size 3|finite"):
            run_params(params)


@pytest.mark.parametrize("noise", [Noise.OFF, Noise.CALIBRATION])
def test_without_initialisation_each_shot_starts_where_the_one_before_ended(noise: Noise) -> None:
    """Lone qubits and pairs have ways of their own to be simulated, and each knows the chain."""
    options = ExecutorOptions()
    options.execution.init_qubits = False
    circuit = QuantumCircuit(3)
    circuit.x(0)
    circuit.rx(0.6, 1)
    circuit.cx(1, 2)
    circuit.measure_all()
    [found] = run(program(isa(circuit), 4_000), options, noise=noise)
    bits = found["meas"]
    assert bits.shape == (4_000, 3)
    turns = (bits[1:, 0] != bits[:-1, 0]).mean()
    # Qubit 1 turns with the same chance from either state, and qubit 2 adds up what it showed.
    turned = (bits[1:, 1] != bits[:-1, 1]).mean()
    added = (bits[1:, 2] == (bits[:-1, 2] ^ bits[1:, 1])).mean()
    if noise is Noise.OFF:
        assert turns == added == 1.0
        assert turned == pytest.approx(math.sin(0.3) ** 2, abs=0.03)
    else:  # what is left of a 1 during the pause is not known here, but it is more than nothing
        assert 0.1 < 1 - turns < 0.9
        assert 0.5 < added < 1.0


def test_params_without_a_known_version_are_refused() -> None:
    assert "schema_version: missing; one of v0.1" in str(checks.executor({}))
    assert "v9.9" in str(checks.executor({"schema_version": "v9.9"}))
    params = params_of(program(isa(ghz(2))))
    params["quantum_program"]["shots"] = 0
    said = checks.executor(params)
    assert said is not None
    assert "quantum_program.shots" in said
    assert "\n" not in said


@pytest.mark.slow
def test_a_bomb_is_refused_before_it_is_inflated() -> None:
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(bytes(1 << 24)) for _ in range(20)) + packer.flush()
    params = params_of(program(turned(), values=np.zeros(2)))
    item = params["quantum_program"]["items"][0]
    item["circuit_arguments"] = {
        "data": base64.b64encode(body).decode(), "shape": [20 << 21], "dtype": "f64"
    }  # fmt: skip
    assert "inflates to more than" in str(checks.executor(params))


def test_idle_qubits_that_are_twirled_err_as_calibrated() -> None:
    """A lone qubit's outcome is worked out and not simulated; on a device that errs, too."""
    circuit = QuantumCircuit(133, 2)
    circuit.x(0)
    circuit.measure([0, 1], [0, 1])
    bits = run(program(circuit, 20_000), noise=Noise.CALIBRATION)[0]["c"]
    properties = json.loads(snapshots.load(DEVICE).properties)

    def of(qubit: int, name: str) -> float:
        return float(
            next(one["value"] for one in properties["qubits"][qubit] if one["name"] == name)
        )

    assert 1 - bits[:, 0].mean() == pytest.approx(of(0, "prob_meas0_prep1"), abs=0.01)
    assert bits[:, 1].mean() == pytest.approx(of(1, "prob_meas1_prep0"), abs=0.01)
