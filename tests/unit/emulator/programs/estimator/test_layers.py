"""Noise of layers: learned, amplified for extrapolation (PEA), and cancelled (PEC).

What is exact here is worked out with density matrices, from the noise that the emulated noise
learner tells of the same layers.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Pauli, PauliList

from pytest_qchannel.emulator.programs import JobFailure, Noise, Task, noise_learner
from pytest_qchannel.emulator.programs.estimator.injection import Injection
from pytest_qchannel.emulator.programs.estimator_settings import Pec
from tests.unit.emulator.circuits_kit import encoded
from tests.unit.emulator.programs.noisy_kit import Step, evolved, lindblad, snapshot
from tests.unit.emulator.programs.primitives_kit import (
    LayerError,
    NoiseLearnerResult,
    PauliLindbladError,
    RuntimeEncoder,
    outcome_of,
    read,
)

PAIR = (0, 1)
LABELS = ["ZI", "XZ", "ZX", "IX"]
DEPTH = 6
T1_S = 160e-6


def layers() -> QuantumCircuit:
    """Six equal layers of a CZ, with gates between them."""
    circuit = QuantumCircuit(2)
    circuit.x(1)
    circuit.sx(0)
    for layer in range(DEPTH):
        circuit.cz(0, 1)
        circuit.rz(0.3 * layer, 0)
    return circuit


def learned() -> dict[str, float]:
    """The rates of that layer, by the label of the generator; the learner is a job of its own."""
    params = {"circuits": [encoded(layers())], "options": {}, "version": 2}
    outcome = noise_learner.run(Task(params, snapshot(t1_s=T1_S), 3, Noise.CALIBRATION))
    [layer] = read(outcome)["data"]
    labels = layer.error.generators.to_labels()
    return dict(zip(labels, layer.error.rates.tolist(), strict=True))


def exact(scale: float, rates: dict[str, float] | None = None) -> list[float]:
    """Expectation values where so much of the learned noise is added to what is there."""
    extra = lindblad(learned() if rates is None else rates, scale)
    steps: list[Step] = [("x", (1,)), ("sx", (0,))]
    for layer in range(DEPTH):
        steps += [("sx~", (qubit,)) for qubit in (0, 0, 1, 1)]
        steps += [("cz", PAIR), ("cz~", PAIR), ("channel", PAIR, extra)]
        steps.append(("rz", (0,), 0.3 * layer))
    return values_of(evolved(2, steps, T1_S))


def values_of(state: DensityMatrix) -> list[float]:
    return [state.expectation_value(Pauli(label)).real for label in LABELS]


def ideal() -> list[float]:
    return values_of(DensityMatrix(layers()))


def estimated(
    resilience: dict[str, Any], noise: Noise = Noise.CALIBRATION, **options: Any
) -> tuple[Any, Any]:
    """The PUB's result, and what the job told of itself; readout is mended."""
    readout = {"measure_noise_learning": {"shots_per_randomization": 1000}}
    sent = {"resilience": {**readout, **resilience}, **options}
    outcome = outcome_of(
        "estimator",
        [encoded(layers()), LABELS],
        noise=noise,
        device=snapshot(t1_s=T1_S),
        options=sent,
    )
    [found] = read(outcome)
    return found, outcome


def off(found: Any, exact: list[float], stds: Any = None) -> Any:
    """How many standard errors values are off; that of the readout's factor comes on top."""
    stds = np.hypot(found.data.stds if stds is None else stds, 0.005)
    return np.abs(found.data.evs - exact) / stds


def pec(**options: Any) -> dict[str, Any]:
    return {"pec_mitigation": True, "pec": options}


def test_cancellation_takes_the_learned_noise_away() -> None:
    found, outcome = estimated(pec(), twirling={"shots_per_randomization": 4})
    overhead = math.exp(4 * DEPTH * sum(learned().values()))
    assert 3 < overhead < 5
    # The learner cannot tell all, so what is left is known, and small.
    assert off(found, exact(-1.0)).max() < 4
    assert np.abs(np.array(exact(-1.0)) - ideal()).max() < 0.05
    assert np.abs(found.data.evs - exact(0.0)).max() > 0.2  # without it
    told = found.metadata
    assert told["num_randomizations"] == math.ceil(1024 * overhead)
    assert told["shots"] == 4 * told["num_randomizations"]
    assert told["resilience"] == {
        "pec": {"num_randomizations_scaling": pytest.approx(overhead)},
        "layer_noise": {
            "noise_overhead": pytest.approx(overhead),
            "total_mitigated_layers": DEPTH,
            "unique_mitigated_layers": 1,
            "unique_mitigated_layers_noise_overhead": [pytest.approx(overhead ** (1 / DEPTH))],
        },
    }
    # Twice the bases, the readout, and 6 depths of 9 bases: 32 * 128 shots for each of these.
    assert outcome.facts["executions"] > 2 * told["shots"] + 6 * 9 * 4096


def test_errors_grow_as_the_overhead_says() -> None:
    """Each shot gives gamma or -gamma, so a value near 0 has gamma times the error of a mean.

    And the readout's factor, 1 - 0.02 - 0.12, is taken out.
    """
    found, _ = estimated(
        pec(max_overhead=1.0, noise_gain=0), twirling={"shots_per_randomization": 1}
    )
    assert found.metadata["num_randomizations"] == 4096
    gamma = math.exp(2 * DEPTH * sum(learned().values()))
    assert found.data.stds[LABELS.index("IX")] == pytest.approx(gamma / 64 / 0.86, rel=0.1)
    assert off(found, exact(-1.0)).max() < 4


@pytest.mark.parametrize(
    ("gain", "scale"), [(1, 0.0), (0.5, -0.5), (2.5, 1.5)], ids=["all left", "half", "more"]
)
def test_the_gain_says_how_much_noise_is_left(gain: float, scale: float) -> None:
    found, _ = estimated(pec(noise_gain=gain), twirling={"shots_per_randomization": 4})
    assert off(found, exact(scale)).max() < 4
    # Only what is cancelled costs variants.
    overhead = math.exp(4 * DEPTH * sum(learned().values()) * max(0.0, 1 - gain))
    assert found.metadata["num_randomizations"] == math.ceil(1024 * overhead)


def test_the_overhead_limits_what_is_cancelled() -> None:
    logarithm = 4 * DEPTH * sum(learned().values())
    found, _ = estimated(pec(max_overhead=2.0), twirling={"shots_per_randomization": 4})
    assert found.metadata["num_randomizations"] == 2048
    gain = 1 - math.log(2.0) / logarithm  # as PecOptions of the client says
    assert 0.3 < gain < 1
    assert off(found, exact(gain - 1)).max() < 4


@pytest.mark.parametrize(
    ("sent", "gain", "scaling"),
    [
        ({}, 0.0, math.exp(3.0)),
        ({"max_overhead": None}, 0.0, math.exp(3.0)),
        ({"max_overhead": math.exp(1.5)}, 0.5, math.exp(1.5)),
        ({"max_overhead": 0.5}, 1.0, 0.5),
        ({"noise_gain": 0, "max_overhead": 2}, 0.0, 2.0),
        ({"noise_gain": 3}, 3.0, 1.0),
    ],
)
def test_gain_and_scaling(sent: dict[str, Any], gain: float, scaling: float) -> None:
    assert Pec.of(sent).gain(3.0) == pytest.approx(gain)
    assert Pec.of(sent).scaling(3.0) == pytest.approx(scaling)


def test_without_noise_there_is_nothing_to_cancel() -> None:
    given = LayerError(
        QuantumCircuit(2), [0, 1], PauliLindbladError(PauliList(["XI"]), np.array([0.2]))
    )
    given.circuit.cz(0, 1)
    for model in (None, [given]):
        found, _ = estimated({**pec(), "layer_noise_model": model}, Noise.OFF)
        assert found.metadata["num_randomizations"] == 64
        assert found.metadata["resilience"]["layer_noise"]["noise_overhead"] == 1.0
        assert found.data.evs == pytest.approx(ideal(), abs=0.06)
        assert found.data.evs[0] == -1.0


def test_a_mock_device_has_no_more_noise_than_it_is_simulated_with() -> None:
    """A noise learner's job is answered with made-up rates there; an estimator's is simulated."""
    mock = replace(snapshot(t1_s=T1_S), name="mock_torino")
    for noise in Noise:
        options = {"resilience": pec()}
        overheads = [
            read(
                outcome_of(
                    "estimator", [encoded(layers()), "ZI"], noise=noise, device=device,
                    options=options,
                )
            )[0].metadata["resilience"]["layer_noise"]["noise_overhead"]
            for device in (mock, snapshot(t1_s=T1_S))
        ]  # fmt: skip
        assert overheads[0] == overheads[1]
        assert (overheads[0] == 1.0) == (noise is Noise.OFF)


def test_amplification_adds_the_learned_noise() -> None:
    zne = {"amplifier": "pea", "noise_factors": [1, 1.5, 2.5], "extrapolator": ["exponential"]}
    found, _ = estimated(
        {"zne_mitigation": True, "zne": zne}, twirling={"shots_per_randomization": 4}
    )
    expected = np.array([exact(factor - 1) for factor in (1, 1.5, 2.5)]).T
    stds = np.hypot(found.data.stds_noise_factors, 0.005)
    assert (np.abs(found.data.evs_noise_factors - expected) / stds).max() < 4.5
    assert found.data.evs[0] == pytest.approx(-1.0, abs=0.15)
    assert found.metadata["resilience"]["layer_noise"]["unique_mitigated_layers"] == 1


def test_layers_that_are_not_learned_stay_as_noisy_as_they_are() -> None:
    found, _ = estimated(
        {**pec(), "layer_noise_learning": {"max_layers_to_learn": 0}},
        twirling={"shots_per_randomization": 4},
    )
    assert off(found, exact(0.0)).max() < 4
    assert found.metadata["resilience"]["layer_noise"] == {
        "noise_overhead": 1.0,
        "total_mitigated_layers": 0,
        "unique_mitigated_layers": 0,
        "unique_mitigated_layers_noise_overhead": [],
    }


def brought(rates: dict[str, float], qubits: list[int]) -> LayerError:
    circuit = QuantumCircuit(2)
    circuit.cz(qubits.index(0), qubits.index(1))
    error = PauliLindbladError(PauliList(list(rates)), np.array(list(rates.values())))
    return LayerError(circuit, qubits, error)


def test_a_model_that_the_job_brings_along_is_taken_instead() -> None:
    rates = {"XI": 0.01, "ZY": 0.02}
    found, _ = estimated(
        {**pec(), "layer_noise_model": [brought(rates, [0, 1])]},
        twirling={"shots_per_randomization": 4},
    )
    assert off(found, exact(-1.0, rates)).max() < 4
    # The same layer, written down the other way round.
    turned = {label[::-1]: rate for label, rate in rates.items()}
    same, _ = estimated(
        {**pec(), "layer_noise_model": [brought(turned, [1, 0])]},
        twirling={"shots_per_randomization": 4},
    )
    assert same.data.evs.tolist() == found.data.evs.tolist()
    overhead = found.metadata["resilience"]["layer_noise"]["noise_overhead"]
    assert overhead == pytest.approx(math.exp(4 * DEPTH * 0.03))


def test_the_result_of_a_learners_job_is_such_a_model() -> None:
    """IBM's way to learn once and mitigate often: the options take a NoiseLearnerResult."""
    rates = learned()
    result = NoiseLearnerResult([brought(rates, [0, 1])], {"backend": "x"})
    twirling = {"shots_per_randomization": 16}
    given, first = estimated({**pec(), "layer_noise_model": result}, twirling=twirling)
    own, second = estimated(pec(), twirling=twirling)
    assert given.data.evs == pytest.approx(own.data.evs, abs=1e-9)
    assert first.usage_s < second.usage_s  # nothing had to be learned


def test_rates_below_zero_cost_nothing() -> None:
    found, _ = estimated(
        {**pec(noise_gain=0), "layer_noise_model": [brought({"XI": -0.02}, [0, 1])]},
        twirling={"shots_per_randomization": 4},
    )
    assert found.metadata["num_randomizations"] == 1024
    assert off(found, exact(1.0, {"XI": 0.02})).max() < 4


def test_a_layer_that_the_model_lacks_counts_as_noiseless() -> None:
    found, _ = estimated(
        {**pec(), "layer_noise_model": [LayerError(QuantumCircuit(2), [0, 1], None)]},
        twirling={"shots_per_randomization": 4},
    )
    assert found.metadata["num_randomizations"] == 1024
    assert off(found, exact(0.0)).max() < 4


@pytest.mark.parametrize(
    "model",
    [
        [5],
        [{"__value__": {}}],
        [{"__type__": "_json", "__value__": {"circuit": "x", "qubits": [0]}}],
        [LayerError(QuantumCircuit(1), [0], PauliLindbladError(PauliList(["X"]), [np.inf]))],
    ],
)
def test_a_model_that_cannot_be_read_fails_the_job(model: Any) -> None:
    with pytest.raises(JobFailure, match="layer 0 of"):
        estimated({**pec(), "layer_noise_model": model})


@pytest.mark.parametrize("label", ["X", "XIX", "XQ", "-XI"])
def test_a_generator_that_is_no_pauli_of_the_layer_fails_the_job(label: str) -> None:
    model = json.loads(json.dumps([brought({"XI": 0.1}, [0, 1])], cls=RuntimeEncoder))
    model[0]["__value__"]["error"]["__value__"]["generators"]["__value__"]["data"] = [label]
    with pytest.raises(JobFailure, match=f"cannot be read: ValueError: '{label}'"):
        estimated({**pec(), "layer_noise_model": model})


def test_more_variants_than_a_job_may_have() -> None:
    model = [brought({"XI": 20.0}, [0, 1])]
    with pytest.raises(JobFailure, match="executions") as caught:
        estimated({**pec(max_overhead=None), "layer_noise_model": model})
    assert caught.value.code == 5204


def test_what_is_drawn_is_the_product_of_the_generators() -> None:
    """Both signs, and Paulis on the same qubit, which make a third one of two."""
    rates = {("X", (4,)): -0.3, ("Z", (4,)): 0.2, ("XY", (4, 9)): -0.1}
    injection = Injection([{}, rates])
    drawn = injection.draw(200_000, 5, [4, 7])
    assert injection.gamma == pytest.approx(math.exp(0.8))
    weight: dict[str, float] = {}
    signs = drawn.signs * injection.gamma
    for number, pattern in enumerate(drawn.patterns):
        assert set(pattern) <= {(1, 4)}
        weight[pattern.get((1, 4), "I")] = signs[drawn.which == number].sum() / 200_000
    chances = {
        name: (1 - math.exp(-2 * rate)) / 2
        for name, rate in zip("xzy", (-0.3, 0.2, -0.1), strict=True)
    }
    flips = {"x": chances["x"] + chances["y"] - 2 * chances["x"] * chances["y"], "z": chances["z"]}
    for letter, x, z in (("I", 0, 0), ("X", 1, 0), ("Y", 1, 1), ("Z", 0, 1)):
        expected = (flips["x"] if x else 1 - flips["x"]) * (flips["z"] if z else 1 - flips["z"])
        assert weight[letter] == pytest.approx(expected, abs=0.02)


def test_more_variants_than_fit_into_memory() -> None:
    injection = Injection([{("X", (qubit,)): 0.1 for qubit in range(60)}] * 10)
    with pytest.raises(JobFailure, match="1000000 random variants of 10 layers"):
        injection.draw(1_000_000, 1, list(range(60)))


@pytest.mark.slow
def test_mitigation_is_seeded() -> None:
    one, same = (estimated(pec())[1].result for _ in range(2))
    assert one == same
    assert json.loads(one)
