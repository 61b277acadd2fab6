"""The executor and the noise learner through the real client and the service."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("samplomatic", reason="only newer clients bring it")
pytest.importorskip("qiskit_ibm_runtime.executor_sampler", reason="only newer clients have it")

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import generate_preset_pass_manager

from tests.e2e.session_kit import isa_of

pytestmark = pytest.mark.qchannel("ibm_quantum_platform", "ibm_cloud")


def _ghz(width: int) -> QuantumCircuit:
    circuit = QuantumCircuit(width)
    circuit.h(0)
    for number in range(1, width):
        circuit.cx(number - 1, number)
    return circuit


def test_executor(qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime import Executor, QuantumProgram

    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("a"), 0)
    circuit.measure_all()
    program = QuantumProgram(500, passthrough_data={"mine": np.array([1.0, 2.0])})
    angles = np.array([[0.0], [np.pi / 2], [np.pi]])
    program.append_circuit_item(isa_of(circuit, qchannel_backend), circuit_arguments=angles)
    job = Executor(qchannel_backend).run(program)
    result = job.result()
    assert result[0]["meas"].shape == (3, 500, 1)
    assert result[0]["meas"].mean(axis=(1, 2)) == pytest.approx([0, 0.5, 1], abs=0.1)
    assert result.passthrough_data["mine"].tolist() == [1.0, 2.0]
    assert job.inputs["quantum_program"].shots == 500
    spans = result.metadata.chunk_timing
    assert spans[0].start < spans[0].stop


def test_sampler_over_the_executor(qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime.executor_sampler import SamplerV2

    circuit = _ghz(4)
    circuit.measure_all()
    sampler = SamplerV2(qchannel_backend)
    sampler.options.twirling.enable_gates = True
    sampler.options.twirling.enable_measure = True
    counts = sampler.run([isa_of(circuit, qchannel_backend)], shots=2000).result()[0].data.meas
    assert counts.get_counts().keys() == {"0000", "1111"}


@pytest.mark.parametrize("level", [0, 1])
def test_estimator_over_the_executor(qchannel_backend: Any, level: int) -> None:
    from qiskit_ibm_runtime.executor_estimator import EstimatorV2

    circuit = isa_of(_ghz(3), qchannel_backend)
    observables = [
        SparsePauliOp([one]).apply_layout(circuit.layout) for one in ("XXX", "ZIZ", "IIZ")
    ]
    estimator = EstimatorV2(qchannel_backend)
    estimator.options.resilience_level = level
    values = estimator.run([(circuit, observables)]).result()[0].data.evs
    assert values == pytest.approx([1, 1, 0], abs=0.1)


def test_noise_learner_of_boxes(qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime import NoiseLearnerV3
    from samplomatic.transpiler import generate_boxing_pass_manager
    from samplomatic.utils import find_unique_box_instructions

    circuit = _ghz(3)
    circuit.measure_all()
    passes = generate_preset_pass_manager(0, qchannel_backend)
    passes.post_scheduling = generate_boxing_pass_manager(enable_gates=True, enable_measures=True)
    boxes = find_unique_box_instructions(passes.run(circuit))
    result = NoiseLearnerV3(qchannel_backend).run(boxes).result()
    assert len(result) == len(boxes)
    assert all((one.to_pauli_lindblad_map().rates == 0).all() for one in result)


def test_noise_learner_of_circuits(qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime.noise_learner import NoiseLearner

    result = NoiseLearner(qchannel_backend).run([isa_of(_ghz(3), qchannel_backend)]).result()
    assert len(result) >= 2
    assert result.metadata["backend"] == qchannel_backend.name
    assert all((one.error.rates == 0).all() for one in result)


def test_a_failed_job_tells_why(qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime import Executor, QuantumProgram

    program = QuantumProgram(100)
    circuit = QuantumCircuit(1)
    circuit.h(0)
    circuit.measure_all()
    program.append_circuit_item(circuit)
    job = Executor(qchannel_backend).run(program)
    with pytest.raises(Exception, match=r"1517.*The instruction h on qubits .*Transpile"):
        job.result()
