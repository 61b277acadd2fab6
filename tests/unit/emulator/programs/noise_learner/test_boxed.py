"""The noise learner of boxed instructions, between the client's own encoder and decoder."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.transpiler import generate_preset_pass_manager

from pytest_qchannel.emulator.programs import JobFailure, Noise, Task, checks, noise_learner
from pytest_qchannel.emulator.world import snapshots
from tests.unit.emulator.programs.executor.executor_kit import DEVICE, backend, estimated

VERSIONS = ("v0.1", "v0.2", "v0.3")
LAYOUT = [4, 5, 3]  # not in order: a box numbers its qubits otherwise than the device


def boxes(*, gates: bool = True) -> list[Any]:
    """The unique boxes of a GHZ circuit: two of gates and one of measurements (and a last one)."""
    from samplomatic.transpiler import generate_boxing_pass_manager
    from samplomatic.utils import find_unique_box_instructions

    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.cx(0, 2)
    circuit.measure_all()
    passes = generate_preset_pass_manager(0, backend(), initial_layout=LAYOUT)
    passes.post_scheduling = generate_boxing_pass_manager(
        enable_gates=gates, enable_measures=True, inject_noise_site="after"
    )
    return list(find_unique_box_instructions(passes.run(circuit)))


def params_of(instructions: list[Any], version: str = "v0.3", **options: Any) -> dict[str, Any]:
    from qiskit_ibm_runtime.noise_learner_v3.params_converters import (
        NOISE_LEARNER_V3_PARAMS_CONVERTERS,
    )
    from qiskit_ibm_runtime.options_models import NoiseLearnerV3Options

    encoder = NOISE_LEARNER_V3_PARAMS_CONVERTERS[version].encoder
    params: dict[str, Any] = encoder(instructions, NoiseLearnerV3Options(**options)).model_dump(
        mode="json"
    )
    return params


def learn(params: dict[str, Any], noise: Noise = Noise.CALIBRATION, device: str = DEVICE) -> Any:
    from qiskit_ibm_runtime.decoders.noise_learner_v3.decoder import NoiseLearnerV3ResultDecoder

    assert checks.noise_learner(params) is None
    snapshot = snapshots.served(device.replace("mock_", "ibm_"), device)
    outcome = noise_learner.run(Task(params, snapshot, 5, noise))
    assert outcome.usage_s >= 1
    return NoiseLearnerV3ResultDecoder.decode(outcome.result.decode())


def test_fractional_gates_cannot_be_learnt() -> None:
    """A learner twirls whatever it learns, and failed so in 2026; here it was a code of ours."""
    from samplomatic import Twirl

    circuit = QuantumCircuit(6)
    with circuit.box([Twirl()]):
        circuit.rzz(0.5, *LAYOUT[:2])
    device = snapshots.served(DEVICE, DEVICE)
    with pytest.raises(JobFailure, match="does not support fractional gates") as caught:
        noise_learner.run(Task(params_of(list(circuit.data)), device, 5))
    assert caught.value.code == 1519


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_each_box_has_its_map(version: str) -> None:
    instructions = boxes()
    result = learn(params_of(instructions, version))
    assert len(result) == len(instructions)
    protocols = []
    for box, one in zip(instructions, result, strict=True):
        learnt = one.to_pauli_lindblad_map()
        assert learnt.num_qubits == len(box.qubits)
        assert (learnt.rates >= 0).all()
        protocols.append(one.metadata["learning_protocol"])
    assert set(protocols) == {"lindblad", "trex"}
    trex = result[protocols.index("trex")].to_pauli_lindblad_map()
    assert trex.num_terms == trex.num_qubits == 3


def test_an_ideal_device_has_no_noise() -> None:
    for one in learn(params_of(boxes()), Noise.OFF):
        rates = one.to_pauli_lindblad_map().rates
        assert len(rates) >= 3
        assert (rates == 0).all()


def _properties() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(snapshots.load(DEVICE).properties)
    return found


def test_flips_are_those_of_the_qubits_that_are_measured() -> None:
    """Generators are numbered by the device's order, whatever the box's own is."""
    measured = [box for box in boxes(gates=False) if box.clbits]
    learnt = learn(params_of(measured))[0].to_pauli_lindblad_map()
    flips = (1 - np.exp(-2 * learnt.rates)) / 2
    expected = [
        next(
            one["value"] for one in _properties()["qubits"][qubit] if one["name"] == "readout_error"
        )
        for qubit in sorted(LAYOUT)
    ]
    terms = dict(zip([on[0] for _, on, _ in learnt.to_sparse_list()], flips, strict=True))
    assert [terms[number] for number in range(3)] == pytest.approx(expected)


def test_the_layers_fidelity_is_that_of_its_gates() -> None:
    """Sum over all Paulis of the fidelities that the map gives: the calibrated process fidelity."""
    from qiskit.circuit import BoxOp
    from samplomatic import Twirl

    body = QuantumCircuit(2)
    body.cz(0, 1)
    whole = QuantumCircuit(backend().num_qubits)
    whole.append(BoxOp(body, annotations=[Twirl()]), [4, 3])
    learnt = learn(params_of(list(whole.data)))[0].to_pauli_lindblad_map()
    assert learnt.num_terms == 15
    from qiskit.quantum_info import Pauli, pauli_basis

    fidelities = []
    for pauli in pauli_basis(2):
        rate = 0.0
        for letters, on, one in learnt.to_sparse_list():
            generator = ["I", "I"]
            for letter, place in zip(letters, on, strict=True):
                generator[1 - place] = letter
            rate += one * (not Pauli("".join(generator)).commutes(pauli))
        fidelities.append(np.exp(-2 * rate))
    process = np.mean(fidelities)

    def error(name: str, qubits: set[int]) -> float:
        for gate in _properties()["gates"]:
            if gate["gate"] == name and set(gate["qubits"]) == qubits:
                return float(
                    next(p["value"] for p in gate["parameters"] if p["name"] == "gate_error")
                )
        raise LookupError(name)

    # Average to process fidelity: F = ((d + 1) f - 1) / d; the two sx of each qubit come on top.
    expected = ((4 + 1) * (1 - error("cz", {3, 4})) - 1) / 4
    for qubit in (3, 4):
        expected *= (((2 + 1) * (1 - error("sx", {qubit})) - 1) / 2) ** 2
    assert 1 - process == pytest.approx(1 - expected, rel=0.02)


@pytest.mark.slow
def test_rates_cannot_tell_what_the_gate_exchanges() -> None:
    """CZ makes IX of ZX: the learner finds the two Paulis' rates equal, as on a device."""
    learnt = learn(params_of(boxes()))[0].to_pauli_lindblad_map()
    rates = {(letters, tuple(on)): rate for letters, on, rate in learnt.to_sparse_list()}
    pairs = {on for letters, on in rates if len(letters) == 2}
    equal = [
        on
        for on in pairs
        if rates["X", (on[0],)] == pytest.approx(rates["XZ", on])
        and rates["Y", (on[1],)] == pytest.approx(rates["ZY", on])
        and rates["XX", on] > 0
    ]
    assert len(equal) == 1


CHECKS = [
    ("v0.3", {"bit_flip_checks": {"post_circuit": {"enable": True}}}, "post_circuit"),
    ("v0.3", {"bit_flip_checks": {"pre_circuit": {"enable": True, "strategy": "edge"}}}, "pre_"),
    ("v0.1", {"post_selection": {"enable": True, "x_pulse_type": "rx"}}, "post_selection"),
    ("v0.3", {"init_qubits": False}, "init_qubits=False"),
]


@pytest.mark.parametrize(("version", "options", "said"), CHECKS)
def test_an_ideal_device_passes_every_check(
    version: str, options: dict[str, Any], said: str
) -> None:
    params = params_of(boxes(), version)
    params["options"].update(options)
    for one in learn(params, Noise.OFF):
        assert (one.to_pauli_lindblad_map().rates == 0).all()
        selected = one.metadata["post_selection"]["fraction_kept"]
        kept = selected.values() if isinstance(selected, dict) else [selected]
        assert set(kept) == {1.0}


@pytest.mark.slow
@pytest.mark.parametrize(("version", "options", "said"), CHECKS)
def test_what_the_calibration_does_not_tell_fails_the_job(
    version: str, options: dict[str, Any], said: str
) -> None:
    params = params_of(boxes(), version)
    params["options"].update(options)
    with pytest.raises(JobFailure, match=said) as caught:
        learn(params)
    assert caught.value.code == 7001


@pytest.mark.slow
def test_depths_and_shots_decide_the_usage() -> None:
    def usage(**options: Any) -> float:
        task = Task(params_of(boxes(), **options), snapshots.load(DEVICE), 5)
        return noise_learner.run(task).usage_s

    assert usage(shots_per_randomization=256) == pytest.approx(2 * usage())
    assert usage(layer_pair_depths=[0, 1]) < usage()


def test_a_dry_run_has_the_shape_and_made_up_rates() -> None:
    params = params_of(boxes())
    real, mock = learn(params), learn(params, device="mock_torino")
    assert [len(one) for one in mock] == [len(one) for one in real]
    assert not np.allclose(mock[0]._rates, real[0]._rates)
    assert (mock[0]._rates > 0).any()


@pytest.mark.slow
def test_learnt_rates_are_those_that_damp_the_device() -> None:
    """Twenty layers on the device that errs lose what the learnt rates say that they lose."""
    from qiskit.quantum_info import Pauli, SparsePauliOp
    from qiskit_ibm_runtime.executor_estimator import Estimator
    from qiskit_ibm_runtime.options_models import EstimatorOptions

    depth = 20
    circuit = QuantumCircuit(2)
    circuit.x(0)
    for _ in range(depth):
        circuit.cz(0, 1)
        circuit.barrier()
    whole = generate_preset_pass_manager(0, backend(), initial_layout=[4, 3]).run(circuit)
    labels = ["IZ", "ZI", "ZZ"]  # a CZ leaves them what they are
    observables = [SparsePauliOp([label]).apply_layout(whole.layout) for label in labels]
    options = EstimatorOptions(resilience_level=1)
    options.twirling.enable_gates = True
    pubs = [(whole, observables)]
    evs = estimated(pubs, options, precision=0.01, noise=Noise.CALIBRATION)[0].data.evs
    layers = [
        layer
        for layer in Estimator(backend(), options).find_unique_layers(pubs, types="gates")
        if layer.operation.body.count_ops().get("cz")
    ]
    assert len(layers) == 1
    learnt = learn(params_of(layers))[0].to_pauli_lindblad_map()
    places = sorted(layers[0].qubits, key=lambda qubit: qubit._index)
    for label, ideal, found in zip(labels, (-1, 1, -1), evs, strict=True):
        rate = 0.0
        for letters, on, one in learnt.to_sparse_list():
            generator = ["I", "I"]
            for letter, place in zip(letters, on, strict=True):
                generator[-1 - {4: 0, 3: 1}[places[place]._index]] = letter
            rate += one * (not Pauli("".join(generator)).commutes(Pauli(label)))
        expected = ideal * np.exp(-2 * rate * depth)
        assert abs(expected) < 0.96
        assert found == pytest.approx(expected, abs=0.03)
