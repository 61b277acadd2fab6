"""Sampler and Estimator of the installed client, from its own objects to its own results."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from tests.e2e.session_kit import isa_of

ALL_CHANNELS = ("ibm_quantum_platform", "ibm_cloud", "ibm_quantum")
pytestmark = pytest.mark.qchannel(*ALL_CHANNELS)


def _rotated() -> Any:
    """Two qubits, entangled by an angle ``a``: <ZI> = <IZ> = cos a, <ZZ> = 1, <XX> = sin a."""
    from qiskit import QuantumCircuit
    from qiskit.circuit import Parameter

    circuit = QuantumCircuit(2, metadata={"from": "e2e"})
    circuit.ry(Parameter("a"), 0)
    circuit.cx(0, 1)
    return circuit


def test_estimator_from_layout_to_values(qchannel_backend: Any) -> None:
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_ibm_runtime import EstimatorV2

    isa = isa_of(_rotated(), qchannel_backend)
    observables = [
        [SparsePauliOp(label).apply_layout(isa.layout)] for label in ("ZI", "ZZ", "XX", "YY")
    ]
    angles = np.array([0.0, 0.7, 2.0])
    job = EstimatorV2(mode=qchannel_backend).run([(isa, observables, angles.reshape(3, 1))])
    [found] = job.result()

    exact = np.stack([np.cos(angles), np.ones(3), np.sin(angles), -np.sin(angles)])
    assert found.data.evs.shape == found.data.stds.shape == (4, 3)
    assert (np.abs(found.data.evs - exact) <= 5 * found.data.ensemble_standard_error + 1e-9).all()
    assert found.data.stds[1].tolist() == [0.0, 0.0, 0.0]
    assert found.metadata["shots"] == 4096
    assert found.metadata["target_precision"] == 0.015625
    assert found.metadata["circuit_metadata"] == {"from": "e2e"}


def test_estimator_with_every_option_that_the_client_has(qchannel_backend: Any) -> None:
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_ibm_runtime import EstimatorV2

    isa = isa_of(_rotated(), qchannel_backend)
    estimator = EstimatorV2(mode=qchannel_backend)
    options: Any = estimator.options
    options.default_precision = 0.05
    options.default_shots = 400
    options.resilience_level = 2
    options.seed_estimator = 42
    options.resilience.measure_mitigation = True
    options.resilience.measure_noise_learning.num_randomizations = 8
    options.resilience.measure_noise_learning.shots_per_randomization = 100
    options.resilience.zne_mitigation = True
    options.resilience.zne.amplifier = "gate_folding_back"
    options.resilience.zne.noise_factors = [1, 3]
    options.resilience.zne.extrapolator = "linear"
    options.resilience.zne.extrapolated_noise_factors = [0, 1]
    options.resilience.pec_mitigation = False
    options.resilience.pec.max_overhead = 50
    options.resilience.pec.noise_gain = "auto"
    options.resilience.layer_noise_learning.max_layers_to_learn = 10
    options.resilience.layer_noise_learning.shots_per_randomization = 64
    options.resilience.layer_noise_learning.num_randomizations = 16
    options.resilience.layer_noise_learning.layer_pair_depths = [0, 1, 2, 4]
    options.dynamical_decoupling.enable = True
    options.dynamical_decoupling.sequence_type = "XY4"
    options.dynamical_decoupling.extra_slack_distribution = "edges"
    options.dynamical_decoupling.scheduling_method = "asap"
    options.dynamical_decoupling.skip_reset_qubits = True
    options.execution.init_qubits = True
    options.execution.rep_delay = 0.0003
    options.twirling.enable_gates = True
    options.twirling.enable_measure = True
    options.twirling.num_randomizations = 16
    options.twirling.shots_per_randomization = 100
    options.twirling.strategy = "active"
    options.experimental = {"execution": {"fast": True}}

    pub = isa, SparsePauliOp("ZZ").apply_layout(isa.layout), [0.4]
    result = estimator.run([pub]).result()
    data = result[0].data
    assert data.evs.shape == ()
    assert float(data.evs) == pytest.approx(1.0, abs=1e-6)
    assert data.evs_noise_factors.shape == (2,)
    assert data.evs_extrapolated.shape == (1, 2)
    assert result[0].metadata["shots"] == 1600
    assert result[0].metadata["num_randomizations"] == 16
    assert result.metadata["resilience"]["zne"]["extrapolator"] == "linear"
    assert result.metadata["dynamical_decoupling"]["sequence_type"] == "XY4"


def test_estimator_precision_of_a_pub_and_of_run(qchannel_backend: Any) -> None:
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_ibm_runtime import EstimatorV2

    isa = isa_of(_rotated(), qchannel_backend)
    pub = isa, SparsePauliOp("ZI").apply_layout(isa.layout), [math.pi / 2]
    estimator = EstimatorV2(mode=qchannel_backend, options={"resilience_level": 0})
    [found] = estimator.run([pub], precision=0.1).result()
    assert found.metadata["shots"] == 100
    assert found.metadata["target_precision"] == 0.1
    assert float(found.data.stds) == pytest.approx(0.1, rel=0.1)


def test_sampler_spans_and_twirling(qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2

    circuit = _rotated()
    circuit.measure_all()
    sampler = SamplerV2(mode=qchannel_backend)
    options: Any = sampler.options
    options.twirling.enable_measure = True
    options.twirling.num_randomizations = 10
    options.twirling.shots_per_randomization = 50
    job = sampler.run([(isa_of(circuit, qchannel_backend), [math.pi])])
    result = job.result()
    assert result[0].data.meas.get_counts() == {"11": 500}
    assert result[0].metadata["num_randomizations"] == 10
    [span] = result.metadata["execution"]["execution_spans"]
    assert span.size == 500
    times = {name: datetime.fromisoformat(at) for name, at in job.metrics()["timestamps"].items()}
    assert times["running"] <= span.start < span.stop <= times["finished"]


@pytest.mark.parametrize("meas_type", ["kerneled", "avg_kerneled"])
def test_sampler_kerneled(qchannel_backend: Any, meas_type: str) -> None:
    from qiskit_ibm_runtime import SamplerV2

    circuit = _rotated()
    circuit.measure_all()
    sampler = SamplerV2(mode=qchannel_backend, options={"execution": {"meas_type": meas_type}})
    pub = isa_of(circuit, qchannel_backend), np.zeros((3, 1)), 64
    data = sampler.run([pub]).result()[0].data.meas
    assert data.shape == ((3, 64, 2) if meas_type == "kerneled" else (3, 2))
    assert np.iscomplexobj(data)


@pytest.mark.parametrize("values", [None, (), [], [()], [(), ()], np.zeros((0, 0))])
def test_sampler_without_parameters_in_every_spelling(qchannel_backend: Any, values: Any) -> None:
    from qiskit import QuantumCircuit
    from qiskit_ibm_runtime import SamplerV2

    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.measure_all()
    isa = isa_of(circuit, qchannel_backend)
    [found] = SamplerV2(mode=qchannel_backend).run([(isa, values, 10)]).result()
    sets = math.prod(found.data.shape)
    assert found.data.meas.get_counts() == ({"1": 10 * sets} if sets else {})


def test_sampler_with_the_noise_model_of_the_simulator_options(qchannel_backend: Any) -> None:
    from qiskit import QuantumCircuit
    from qiskit_aer.noise import NoiseModel, ReadoutError
    from qiskit_ibm_runtime import SamplerV2

    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.measure_all()
    model = NoiseModel()
    model.add_all_qubit_readout_error(ReadoutError([[1.0, 0.0], [0.5, 0.5]]))
    sampler = SamplerV2(mode=qchannel_backend)
    options: Any = sampler.options
    options.simulator.noise_model = model
    options.simulator.seed_simulator = 3
    [found] = sampler.run([(isa_of(circuit, qchannel_backend), None, 1000)]).result()
    assert 400 < found.data.meas.get_counts()["0"] < 600
