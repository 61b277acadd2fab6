"""``options.simulator.noise_model``: what the client sends is what the shots suffer."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import RXGate, SXGate
from qiskit.quantum_info import SuperOp
from qiskit_aer.noise import (
    NoiseModel,
    ReadoutError,
    coherent_unitary_error,
    depolarizing_error,
    kraus_error,
)

from pytest_qchannel.emulator.programs.noise_option import NoiseOption
from tests.unit.emulator.circuits_kit import encoded
from tests.unit.emulator.programs.noisy_kit import average_infidelity
from tests.unit.emulator.programs.primitives_kit import (
    RuntimeEncoder,
    failure_of,
    outcome_of,
    read,
)


def sent(model: NoiseModel) -> Any:
    return json.loads(json.dumps(model, cls=RuntimeEncoder))


def options(model: Any) -> dict[str, Any]:
    return {"simulator": {"noise_model": model}}


def flips() -> QuantumCircuit:
    circuit = QuantumCircuit(9, 2)
    circuit.x([3, 8])
    circuit.measure([3, 8], [0, 1])
    return circuit


def ones(model: NoiseModel, circuit: QuantumCircuit, bit: int, shots: int = 4000) -> float:
    [ours] = read(
        outcome_of("sampler", [encoded(circuit), None, shots], options=options(sent(model)))
    )
    return float(ours.data.c.slice_bits(bit).get_counts().get("1", 0)) / shots


def test_errors_of_gates_fall_on_their_own_qubit() -> None:
    model = NoiseModel()
    model.add_quantum_error(depolarizing_error(0.5, 1), ["x"], [8])
    assert ones(model, flips(), 0) == 1.0
    assert ones(model, flips(), 1) == pytest.approx(0.75, abs=0.04)


def test_errors_of_the_readout_do_too_even_on_idle_qubits() -> None:
    model = NoiseModel()
    model.add_readout_error(ReadoutError([[0.9, 0.1], [0.3, 0.7]]), [8])
    assert ones(model, flips(), 1) == pytest.approx(0.7, abs=0.04)
    idle = QuantumCircuit(9, 2)
    idle.measure(8, 1)
    assert ones(model, idle, 1) == pytest.approx(0.1, abs=0.03)


def test_errors_of_all_qubits_and_kraus_operators() -> None:
    model = NoiseModel()
    keep, decay = [[1, 0], [0, 0.6**0.5]], [[0, 0.4**0.5], [0, 0]]
    model.add_all_qubit_quantum_error(kraus_error([keep, decay]), ["x"])
    assert ones(model, flips(), 0) == pytest.approx(0.6, abs=0.04)


def test_the_noise_model_of_a_whole_device() -> None:
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    model = NoiseModel.from_backend(FakeManilaV2())
    circuit = QuantumCircuit(133, 2)
    circuit.x(0)
    circuit.measure([0, 1], [0, 1])
    [error] = [
        one["probabilities"]
        for one in model.to_dict()["errors"]
        if one["type"] == "roerror" and one["gate_qubits"] == [(0,)]
    ]
    assert ones(model, circuit, 0) == pytest.approx(error[1][1], abs=0.02)


def test_the_estimator_takes_it_and_mends_the_readout() -> None:
    model = NoiseModel()
    model.add_readout_error(ReadoutError([[0.9, 0.1], [0.3, 0.7]]), [8])
    circuit = QuantumCircuit(9)
    circuit.x(8)
    evs = {
        level: float(
            read(
                outcome_of(
                    "estimator", [encoded(circuit), "ZIIIIIIII"], resilience_level=level,
                    options=options(sent(model)),
                )
            )[0].data.evs
        )
        for level in (0, 1)
    }  # fmt: skip
    assert evs[0] == pytest.approx(-0.4, abs=0.06)
    assert evs[1] == pytest.approx(-1.0, abs=0.1)


def test_extrapolation_mends_what_folding_amplifies() -> None:
    model = NoiseModel()
    model.add_quantum_error(depolarizing_error(0.06, 2), ["cz"], [0, 1])
    circuit = QuantumCircuit(2)
    circuit.x(0)
    for _ in range(4):
        circuit.cz(0, 1)
    [ours] = read(
        outcome_of(
            "estimator", [encoded(circuit), "IZ"], resilience_level=0,
            options={**options(sent(model)), "resilience": {"zne_mitigation": True}},
        )
    )  # fmt: skip
    expected = [-((1 - 0.06) ** (4 * factor)) for factor in (1, 3, 5)]
    assert ours.data.evs_noise_factors == pytest.approx(expected, abs=0.06)
    assert float(ours.data.evs) == pytest.approx(-1.0, abs=0.12)


def repeated(model: NoiseModel, depth: int, **given: Any) -> Any:
    circuit = QuantumCircuit(2)
    circuit.x(0)
    for _ in range(depth):
        circuit.cz(0, 1)
    chosen = {**options(sent(model)), **given}
    [ours] = read(
        outcome_of("estimator", [encoded(circuit), "IZ"], resilience_level=0, options=chosen)
    )
    return ours


@pytest.mark.parametrize("gates", [False, True])
def test_twirling_keeps_coherent_errors_from_adding_up(gates: bool) -> None:
    """A turn by 0.2 about X in each of ten layers, which CZ and Z leave what it is."""
    model = NoiseModel()
    turn = np.kron(np.eye(2), RXGate(0.2).to_matrix())
    model.add_quantum_error(coherent_unitary_error(turn), ["cz"], [0, 1])
    ours = repeated(model, 10, twirling={"enable_gates": gates})
    expected = -(math.cos(0.2) ** 10) if gates else -math.cos(10 * 0.2)
    assert abs(math.cos(0.2) ** 10 - math.cos(10 * 0.2)) > 0.5
    assert float(ours.data.evs) == pytest.approx(expected, abs=0.06)


def test_random_gates_err_as_the_models_sx_does() -> None:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.03, 1), ["sx", "id"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.5, 1), ["x"])
    ours = repeated(model, 4, twirling={"enable_gates": True})
    # The x is taken in by the first of four layers, in each of which a qubit passes two sx.
    assert float(ours.data.evs) == pytest.approx(-(0.97**8), abs=0.06)


def test_twirled_readout_errs_both_ways_alike() -> None:
    model = NoiseModel()
    model.add_readout_error(ReadoutError([[0.9, 0.1], [0.3, 0.7]]), [8])
    circuit = flips()
    chosen = {**options(sent(model)), "twirling": {"enable_measure": True}}
    [ours] = read(outcome_of("sampler", [encoded(circuit), None, 4096], options=chosen))
    counts = ours.data.c.slice_bits(1).get_counts()
    assert counts["1"] / 4096 == pytest.approx(0.8, abs=0.03)


def test_a_readout_that_decides_is_not_twirled() -> None:
    model = NoiseModel()
    for qubit in (3, 8):
        model.add_readout_error(ReadoutError([[0.9, 0.1], [0.3, 0.7]]), [qubit])
    circuit = QuantumCircuit(9, 2)
    circuit.measure(8, 1)
    with circuit.if_test((circuit.clbits[1], True)):
        circuit.x(8)
    circuit.measure(3, 0)
    chosen = {**options(sent(model)), "twirling": {"enable_measure": True}}
    [ours] = read(outcome_of("sampler", [encoded(circuit), None, 4096], options=chosen))
    shares = [ours.data.c.slice_bits(bit).get_counts()["1"] / 4096 for bit in (0, 1)]
    assert shares == pytest.approx([0.2, 0.1], abs=0.02)


@pytest.mark.parametrize("mitigation", ["pec", "pea"])
def test_the_models_noise_is_learned_and_mitigated(mitigation: str) -> None:
    model = NoiseModel()
    model.add_quantum_error(depolarizing_error(0.06, 2), ["cz"], [0, 1])
    zne = {"amplifier": "pea", "noise_factors": [1, 2]}
    given = {"pec": {"pec_mitigation": True}, "pea": {"zne_mitigation": True, "zne": zne}}
    twirling = {"shots_per_randomization": 16}
    ours = repeated(model, 4, resilience=given[mitigation], twirling=twirling)
    if mitigation == "pec":
        assert float(ours.data.evs) == pytest.approx(-1.0, abs=0.15)
        # Fifteen Paulis, each of which eight of the others do not commute with.
        rate = -math.log(1 - 0.06) / 16
        overhead = ours.metadata["resilience"]["layer_noise"]["noise_overhead"]
        assert overhead == pytest.approx(math.exp(4 * 4 * 15 * rate))
    else:
        expected = [-((1 - 0.06) ** (4 * factor)) for factor in (1, 2)]
        assert ours.data.evs_noise_factors == pytest.approx(expected, abs=0.07)


def test_errors_are_learned_where_aer_would_have_them() -> None:
    """An error of a gate's own qubits replaces that of all; the other direction is another gate."""
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.06, 2), ["cz"])
    model.add_quantum_error(depolarizing_error(0.5, 2), ["cz"], [1, 0], warnings=False)
    option = NoiseOption(model.to_dict()["errors"])
    fidelities = []
    for qubits in ((0, 1), (1, 0), (4, 7)):
        choi = option.channel("cz", qubits)
        assert choi is not None
        fidelities.append(1 - average_infidelity(choi))
    # A depolarised part gives a random state, of which a quarter is the right one.
    assert fidelities == pytest.approx([1 - 0.75 * 0.06, 1 - 0.75 * 0.5, 1 - 0.75 * 0.06])
    assert option.channel("sx", (0,)) is None
    assert option.channel("cz", (0,)) is None


def test_a_models_channel_is_the_one_that_aer_has() -> None:
    """Not symmetric in any way: decay on one qubit, and a turn of both."""
    turn = coherent_unitary_error(np.kron(RXGate(0.3).to_matrix(), SXGate().to_matrix()))
    keep, decay = [[1, 0], [0, 0.6**0.5]], [[0, 0.4**0.5], [0, 0]]
    error = turn.compose(kraus_error([keep, decay]).tensor(kraus_error([np.eye(2)])))
    model = NoiseModel()
    model.add_quantum_error(error, ["cz"], [2, 3])
    choi = NoiseOption(model.to_dict()["errors"]).channel("cz", (2, 3))
    assert choi is not None
    rho = np.arange(16).reshape(4, 4) + 1j * np.arange(16).reshape(4, 4).T
    ours = np.einsum("aibj,ij->ab", choi.reshape(4, 4, 4, 4), rho)
    theirs = SuperOp(error.to_quantumchannel()).data @ rho.reshape(-1, order="F")
    assert np.allclose(ours, theirs.reshape(4, 4, order="F"))


def test_a_models_error_that_cannot_be_learned_fails_the_job() -> None:
    model = NoiseModel()
    model.add_quantum_error(depolarizing_error(0.06, 2), ["cz"], [0, 1])
    whole = sent(model)
    whole["__value__"]["errors"][0]["instructions"] = [[{"name": "zzz", "qubits": [0]}]]
    circuit = QuantumCircuit(2)
    circuit.cz(0, 1)
    chosen = {**options(whole), "resilience": {"pec_mitigation": True}}
    failure = failure_of("estimator", [encoded(circuit), "IZ"], options=chosen)
    assert "options.simulator.noise_model" in failure.reason


def test_the_seed_decides() -> None:
    model = sent(NoiseModel())
    coin = QuantumCircuit(1, 1)
    coin.sx(0)
    coin.measure(0, 0)
    first, again, other = (
        outcome_of("sampler", [encoded(coin)], options=options(model), seed=seed).result
        for seed in (1, 1, 2)
    )
    assert first == again != other


def broken() -> list[Any]:
    model = NoiseModel()
    model.add_quantum_error(depolarizing_error(0.5, 1), ["x"], [8])
    whole = sent(model)

    def with_error(**changes: Any) -> Any:
        changed = copy.deepcopy(whole)
        changed["__value__"]["errors"][0].update(changes)
        return changed

    return [
        {"__type__": "NoiseModel", "__value__": {}},
        {"__type__": "NoiseModel", "__value__": {"errors": 5}},
        {"__type__": "NoiseModel", "__value__": {"errors": [5]}},
        {"__type__": "NoiseModel", "__value__": {"errors": [{"type": "odd"}]}},
        with_error(probabilities=[2.0]),
        with_error(probabilities=None),
        with_error(instructions=[[{"name": "zzz", "qubits": [0]}]]),
        with_error(gate_qubits=[["a"]]),
        with_error(gate_qubits=5),
        with_error(operations={"__type__": "odd", "__value__": 1}),
    ]


@pytest.mark.parametrize("model", broken())
def test_a_noise_model_that_cannot_be_read_fails_the_job(model: Any) -> None:
    failure = failure_of("sampler", [encoded(flips())], options=options(model))
    assert "options.simulator.noise_model" in failure.reason


def test_kerneled_measurements_do_not_go_with_it() -> None:
    both = {**options(sent(NoiseModel())), "execution": {"meas_type": "kerneled"}}
    failure = failure_of("sampler", [encoded(flips())], options=both)
    assert failure.code == 1521


def test_it_goes_with_qubits_that_are_set_to_zero() -> None:
    failure = failure_of(
        "sampler", [encoded(flips()), None, 10],
        options={**options(sent(NoiseModel())), "execution": {"init_qubits": False}},
    )  # fmt: skip
    assert failure.code == 1521
    assert "init_qubits" in failure.reason
