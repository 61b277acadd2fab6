"""The client's own sampler and estimator on the emulated executor."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("samplomatic", reason="only newer clients bring it")

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import PauliLindbladMap, SparsePauliOp
from qiskit_ibm_runtime.options_models import EstimatorOptions, SamplerOptions

from tests.unit.emulator.programs.executor.executor_kit import (
    backend,
    estimated,
    ghz,
    isa,
    sampled,
)


def _turned() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.ry(Parameter("theta"), 0)
    circuit.cx(0, 1)
    return circuit


@pytest.mark.parametrize("measure", [False, True])
@pytest.mark.parametrize("gates", [False, True])
def test_twirling_leaves_the_counts_as_they_are(gates: bool, measure: bool) -> None:
    options = SamplerOptions()
    options.twirling.enable_gates = gates
    options.twirling.enable_measure = measure
    result = sampled([isa(ghz(3))], options, shots=2000)
    counts = result[0].data.meas.get_counts()
    assert counts.keys() == {"000", "111"}
    assert sum(counts.values()) >= 2000
    assert counts["000"] / sum(counts.values()) == pytest.approx(0.5, abs=0.06)


@pytest.mark.slow
def test_twirled_cliffords_stay_cliffords() -> None:
    """40 qubits, twirled: no state vector holds them, and no angle may be off by rounding."""
    options = SamplerOptions()
    options.twirling.enable_gates = options.twirling.enable_measure = True
    options.twirling.num_randomizations = 4
    counts = sampled([isa(ghz(40))], options, shots=400)[0].data.meas.get_counts()
    assert counts.keys() == {"0" * 40, "1" * 40}


@pytest.mark.parametrize("twirled", [False, True])
def test_a_sweep_keeps_each_element_in_its_place(twirled: bool) -> None:
    circuit = _turned()
    circuit.measure_all()
    angles = np.array([[0.0, np.pi / 3, np.pi / 2], [np.pi, 2 * np.pi / 3, 0.3]])
    options = SamplerOptions()
    options.twirling.enable_gates = options.twirling.enable_measure = twirled
    bits = sampled([(isa(circuit), angles[..., None])], options, shots=2048)[0].data.meas
    assert bits.shape == angles.shape
    for index in np.ndindex(angles.shape):
        counts = bits[index].get_counts()
        assert counts.keys() <= {"00", "11"}
        ones = counts.get("11", 0) / sum(counts.values())
        assert ones == pytest.approx(np.sin(angles[index] / 2) ** 2, abs=0.06)


def test_circuit_metadata_comes_back() -> None:
    circuit = isa(ghz(2))
    circuit.metadata = {"tuple": (1, 2)}
    assert sampled([circuit])[0].metadata["circuit_metadata"] == {"tuple": [1, 2]}


def _observables(circuit: QuantumCircuit) -> list[Any]:
    plain = [SparsePauliOp(["ZZ"]), SparsePauliOp(["XX", "II"], [1, 3]), SparsePauliOp(["IZ"])]
    return [one.apply_layout(circuit.layout) for one in plain]


def _expected(angle: float) -> list[float]:
    return [1.0, np.sin(angle) + 3, np.cos(angle)]


def _require_right(result: Any, angles: list[float], abs_: float) -> None:
    for column, angle in enumerate(angles):
        assert result[0].data.evs[:, column] == pytest.approx(_expected(angle), abs=abs_)


def _pub(angles: list[float]) -> tuple[Any, ...]:
    circuit = isa(_turned())
    return circuit, [[one] for one in _observables(circuit)], [[angle] for angle in angles]


@pytest.mark.slow
@pytest.mark.parametrize("level", [0, 1])
def test_estimator_at_every_resilience_level(level: int) -> None:
    options = EstimatorOptions(resilience_level=level)
    angles = [0.0, 0.7, 2.0]
    _require_right(estimated([_pub(angles)], options), angles, 0.12)


def _learnt(options: EstimatorOptions, rate: float) -> None:
    from qiskit_ibm_runtime.executor_estimator import Estimator

    layers = Estimator(backend(), options).find_unique_layers([_pub([0.0])], types="gates")
    assert layers
    options.resilience.layer_noise_model = [
        (layer, PauliLindbladMap.from_list([("X" * layer.operation.num_qubits, rate)]))
        for layer in layers
    ]


@pytest.mark.slow
def test_pec_with_a_noise_model_of_no_noise() -> None:
    """The mitigation inverts a noise of rate zero: the expectation values stay."""
    options = EstimatorOptions()
    options.resilience.pec_mitigation = True
    _learnt(options, 0.0)
    _require_right(estimated([_pub([0.7])], options), [0.7], 0.12)


@pytest.mark.slow
def test_pec_overcorrects_noise_that_is_not_there() -> None:
    """The signs that the samplex draws reach the client: it scales up what was never damped."""
    options = EstimatorOptions()
    options.resilience.pec_mitigation = True
    options.resilience.measure_mitigation = False
    _learnt(options, 0.1)
    circuit = isa(_turned())
    observables = [SparsePauliOp([one]).apply_layout(circuit.layout) for one in ("ZI", "IZ")]
    evs = estimated([(circuit, observables, [0.0])], options, precision=0.006)[0].data.evs
    # Right after the CZ the first is X on the target (a Hadamard follows), which commutes with
    # the generator XX; the second is Z on the control and grows by exp(2 * 0.1).
    assert evs[0] == pytest.approx(1.0, abs=0.1)
    assert evs[1] == pytest.approx(np.exp(0.2), abs=0.1)


# The extrapolation says so when a value has no spread at all, as <ZZ> of an ideal device.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:No positive, finite standard errors")
@pytest.mark.parametrize("amplifier", ["gate_folding", "pea"])
def test_zne(amplifier: str) -> None:
    options = EstimatorOptions()
    options.resilience.zne_mitigation = True
    options.resilience.zne.amplifier = amplifier
    if amplifier == "pea":
        _learnt(options, 0.0)
    _require_right(estimated([_pub([0.7])], options), [0.7], 0.25)
