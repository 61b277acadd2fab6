"""Noise from the calibration: the calibrated figures come out, in channels and in shots."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import Choi, DensityMatrix, Kraus, average_gate_fidelity

from pytest_qchannel.emulator.programs.simulate import active_part, calibration, sample, sample_iq
from pytest_qchannel.emulator.programs.simulate.channels import (
    gate_channel,
    parted,
    relaxation,
)
from pytest_qchannel.emulator.programs.task import Noise, Task
from pytest_qchannel.emulator.world import snapshots
from tests.unit.emulator.programs.noisy_kit import average_infidelity
from tests.unit.emulator.programs.simulate.simulate_kit import (
    DEVICE,
    assert_drawn_from,
    shots_of,
    task,
    values,
)

SNAPSHOT = snapshots.load(DEVICE)
NOISY = Noise.CALIBRATION


def channel_of(probability: float, kraus: Any) -> Kraus:
    """Nothing, or with a probability the rest, as qiskit's own kind of channel."""
    nothing = math.sqrt(1 - probability) * np.eye(kraus.shape[-1])
    return Kraus([nothing, *(math.sqrt(probability) * one for one in kraus)])


@st.composite
def calibrated(draw: st.DrawFn) -> tuple[float, float, tuple[tuple[float, float], ...]]:
    times = []
    for _ in range(draw(st.integers(1, 2))):
        t1_s = draw(st.floats(5e-7, 5e-4))
        times.append((t1_s, t1_s * draw(st.floats(0.01, 1.98))))
    return draw(st.floats(0, 1)) ** 4, draw(st.floats(0, 2e-6)), tuple(times)


@settings(derandomize=True, deadline=None, max_examples=80)
@given(calibrated())
def test_channels_are_physical_and_have_the_calibrated_error(
    case: tuple[float, float, tuple[tuple[float, float], ...]],
) -> None:
    error, length_s, times_s = case
    choi = gate_channel(error, length_s, times_s)
    probability, kraus = parted(choi)
    channel = channel_of(probability, kraus)
    assert channel.is_cptp(atol=1e-6)
    alone = average_infidelity(gate_channel(0.0, length_s, times_s))  # relaxation only
    random = 1 - 1 / 2 ** len(times_s)
    expected = alone if alone > error else min(error, random)
    assert 1 - average_gate_fidelity(channel) == pytest.approx(expected, abs=1e-8)
    # Both forms are the same channel: Kraus operators with their rows first, as qiskit's Choi has
    # the columns first.
    size = 2 ** len(times_s)
    ours = choi.reshape(size, size, size, size).transpose(1, 0, 3, 2).reshape(choi.shape)
    assert np.allclose(Choi(channel).data, ours, atol=1e-8)


def test_relaxation_decays_as_t1_and_t2_say() -> None:
    channel = channel_of(*parted(relaxation(30e-6, 100e-6, 70e-6)))
    state = DensityMatrix([[0.25, 0.4], [0.4, 0.75]]).evolve(channel).data
    assert state[1, 1] == pytest.approx(0.75 * math.exp(-0.3))
    assert state[0, 1] == pytest.approx(0.4 * math.exp(-3 / 7))


def test_every_gate_of_every_device_has_its_calibrated_error() -> None:
    """Or its relaxation's where that is worse; missing, zero and broken figures among them."""
    for name in ("ibm_torino", "ibm_sherbrooke", "ibmq_belem"):
        snapshot = snapshots.load(name)
        known = calibration.calibration(snapshot)
        for (gate, places), (error, length_s) in list(known.gates.items())[::7]:
            probability, kraus = calibration._gate_noise(snapshot, gate, places)
            if kraus is None or gate.startswith(("reset", "measure")):
                continue
            times_s = tuple(known.times_s[one] for one in places)
            alone = average_infidelity(gate_channel(0.0, length_s, times_s))
            expected = max(alone, min(error, 1 - 1 / 2 ** len(places)))
            has = 1 - average_gate_fidelity(channel_of(probability, kraus))
            assert has == pytest.approx(expected, abs=1e-8)


def exact(circuit: QuantumCircuit, physical: tuple[int, ...]) -> Any:
    """Probabilities from the density matrix, with readout errors; every qubit is measured."""
    noise = calibration.DeviceNoise(SNAPSHOT, physical)
    state = DensityMatrix.from_label("0" * circuit.num_qubits)
    for item in circuit.data:
        qubits = tuple(circuit.find_bit(one).index for one in item.qubits)
        if item.operation.name in ("measure", "barrier"):
            continue
        if item.operation.name == "delay":
            events = noise.during(item, qubits)
        else:
            state = state.evolve(item.operation, list(qubits))
            events = noise.after(item, qubits)
        for one in events:
            state = state.evolve(channel_of(one.probability, one.kraus), list(one.qubits))
    probabilities = state.probabilities()
    for qubit in range(circuit.num_qubits):
        false_one, false_zero = noise.readout(qubit)
        confusion = np.array([[1 - false_one, false_zero], [false_one, 1 - false_zero]])
        tensor = probabilities.reshape(2 ** (circuit.num_qubits - 1 - qubit), 2, -1)
        probabilities = np.einsum("ab,ibj->iaj", confusion, tensor).reshape(-1)
    return probabilities


@pytest.mark.parametrize("seed", range(2))
def test_shots_follow_the_exact_density_matrix(seed: int) -> None:
    rng = np.random.default_rng(seed)
    [pairs] = [one["coupling_map"] for one in SNAPSHOT.facts["gates"] if one["name"] == "cz"]
    coupled = {tuple(one) for one in pairs}
    size = 4
    physical = [0, 1, 2, 3]
    circuit = QuantumCircuit(SNAPSHOT.num_qubits, size)
    for layer in range(20):
        for qubit in range(size):
            circuit.rz(rng.uniform(0, 6), qubit)
            circuit.sx(qubit)
        low = layer % 3
        assert (low, low + 1) in coupled or (low + 1, low) in coupled
        circuit.cz(*((low, low + 1) if (low, low + 1) in coupled else (low + 1, low)))
        circuit.delay(int(rng.integers(0, 400)) * 8, int(rng.integers(size)), "dt")
    circuit.measure(physical, range(size))
    active = active_part(circuit, keep_idle_time=True)
    assert active.physical == (0, 1, 2, 3)
    bits = shots_of(circuit, 20_000, seed=seed, noise=NOISY)
    assert_drawn_from(bits, exact(active.circuit, active.physical))


def test_a_delay_decays_and_a_readout_errs() -> None:
    known = calibration.calibration(SNAPSHOT)
    circuit = QuantumCircuit(SNAPSHOT.num_qubits, 2)
    circuit.x(7)
    circuit.delay(80, 7, "us")
    circuit.measure([7, 20], [0, 1])
    bits = shots_of(circuit, 40_000, noise=NOISY)
    excited = math.exp(-80e-6 / known.times_s[7][0])
    false_one, false_zero = known.readout[7]
    expected = excited * (1 - false_zero) + (1 - excited) * false_one
    assert bits[:, 0].mean() == pytest.approx(expected, abs=0.012)
    assert bits[:, 1].mean() == pytest.approx(known.readout[20][0], abs=0.005)


def test_a_measurement_in_the_middle_errs_and_the_qubit_relaxes_meanwhile() -> None:
    known = calibration.calibration(SNAPSHOT)
    circuit = QuantumCircuit(SNAPSHOT.num_qubits, 2)
    circuit.x(3)
    circuit.measure(3, 0)
    circuit.rz(0.1, 3)
    circuit.measure(3, 1)
    with circuit.if_test((circuit.clbits[0], True)):
        circuit.id(3)
    bits = shots_of(circuit, 40_000, noise=NOISY)
    excited = math.exp(-known.readout_s[3] / known.times_s[3][0])
    false_one, false_zero = known.readout[3]
    assert bits[:, 0].mean() == pytest.approx(1 - false_zero, abs=0.01)
    second = excited * (1 - false_zero) + (1 - excited) * false_one
    assert bits[:, 1].mean() == pytest.approx(second, abs=0.01)


def test_reset_ends_in_the_ground_state() -> None:
    circuit = QuantumCircuit(SNAPSHOT.num_qubits, 1)
    circuit.x(3)
    circuit.reset(3)
    circuit.measure(3, 0)
    bits = shots_of(circuit, 40_000, noise=NOISY)
    assert bits.mean() == pytest.approx(calibration.calibration(SNAPSHOT).readout[3][0], abs=0.005)


ODD = [{"name": "T1", "value": 0.0, "unit": "us"}, {"name": "readout_error", "value": 0.25}]


@pytest.mark.parametrize(
    ("qubits", "gates", "mean"),
    [
        ([], [], 1.0),
        ([ODD], [], 0.75),
        ([[{"name": "T1", "value": None}, {"name": "T2", "value": math.nan}]], [], 1.0),
        ([[]], [{"gate": "x", "qubits": [0], "parameters": [
            {"name": "gate_error", "value": 1.0}]}], 0.5),
        ([[]], [{"gate": "x", "qubits": [0], "parameters": [
            {"name": "gate_error", "value": -1.0}, {"name": "gate_length"}]}], 1.0),
        ([[{"name": "T1", "value": 1e-3, "unit": "us"}]], [{"gate": "x", "qubits": [0],
            "parameters": [{"name": "gate_length", "value": 1, "unit": "ms"}]}], 0.0),
    ],
)  # fmt: skip
def test_odd_figures_in_the_calibration(qubits: Any, gates: Any, mean: float) -> None:
    odd = replace(
        SNAPSHOT, recorded_properties=json.dumps({"qubits": qubits, "gates": gates}).encode()
    )
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    active = active_part(circuit, keep_idle_time=True)
    [bits] = sample(active, [circuit], 4_000, 3, Task({}, odd, 1, NOISY))
    assert bits.mean() == pytest.approx(mean, abs=0.04)


def test_memory_of_many_histories_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shots in small groups give the same distribution as all at once."""
    from pytest_qchannel.emulator.programs.simulate import branching

    circuit = QuantumCircuit(SNAPSHOT.num_qubits, 3)
    for _ in range(60):
        circuit.sx([0, 1, 2])
        circuit.cz(0, 1)
        circuit.cz(2, 1)
    circuit.measure([0, 1, 2], [0, 1, 2])
    active = active_part(circuit, keep_idle_time=True)
    monkeypatch.setattr(branching, "_STATES_BYTES", 200)
    bits = shots_of(circuit, 3_000, noise=NOISY)
    assert_drawn_from(bits, exact(active.circuit, active.physical))


def test_iq_points_are_told_apart_as_badly_as_the_calibration_says() -> None:
    circuit = QuantumCircuit(SNAPSHOT.num_qubits, 4)
    circuit.x([7, 8])
    circuit.measure([7, 20, 8], [0, 1, 2])
    known = calibration.calibration(SNAPSHOT)
    active = active_part(circuit, keep_idle_time=True)
    arguments = (active, [active.circuit], 40_000, 5)
    [points] = sample_iq(*arguments, task(NOISY))
    assert points.shape == (40_000, 4)
    assert points.dtype == np.complex128
    assert not points[:, 3].any()
    read = points.real < 0
    assert read[:, 0].mean() == pytest.approx(1 - known.readout[7][1], abs=0.006)
    assert read[:, 1].mean() == pytest.approx(known.readout[20][0], abs=0.005)
    [ideal] = sample_iq(*arguments, task())
    assert ideal[:, :3].mean(axis=0) == pytest.approx([-1, 1, -1], abs=0.01)
    assert (values(ideal.real < 0) == 0b101).all()
    assert (sample_iq(*arguments, task(NOISY))[0] == points).all()
