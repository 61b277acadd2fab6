"""What qiskit-experiments finds of a noisy emulated device, beside what its snapshot says.

Each experiment goes through the real client, as its documentation has it, and tells a value with an
error bar. How many of its error bars it is from the snapshot's figure is its *pull*: beyond three
the test fails. Where a figure follows from many of the snapshot's (tomography, quantum volume), the
other value is the same experiment's on Aer, with the noise model of the client's own fake device.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any, Final

import pytest
from qiskit import QuantumCircuit

from pytest_qchannel import WorldBuilder

pytest.importorskip("qiskit_experiments", reason="pip install qiskit-experiments")

pytestmark = [pytest.mark.timeout(1800), pytest.mark.filterwarnings("ignore")]

DEVICE: Final = "ibm_torino"
CHAIN: Final = (3, 4, 5, 6)
MOST: Final = 3.0
SHOTS: Final = 4_000


@pytest.fixture
def qchannel_world() -> WorldBuilder:
    return (
        WorldBuilder()
        .seed(7)
        .device(DEVICE, noise="calibration")
        .account("lab", channels=["ibm_quantum_platform"])
        .instance("lab-premium", plan="Premium")
    )


@pytest.fixture
def backend(qchannel_service: Any) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield qchannel_service.backend(DEVICE)


@pytest.fixture
def known(backend: Any) -> Any:
    """The snapshot's figures, as the client reads them."""
    return backend.properties()


def pull_of(what: str, found: Any, expected: Any) -> float:
    """Prints a row, and gives the distance in error bars of both."""
    spread = math.hypot(found.s, getattr(expected, "s", 0.0))
    pull = (found.n - getattr(expected, "n", expected)) / spread
    print(f"\n{what:44} {found:.3e} beside {expected:.3e}, pull {pull:+.2f}", end="")
    return float(pull)


def run(experiment: Any, backend: Any, shots: int = SHOTS, **more: Any) -> Any:
    experiment.set_run_options(shots=shots)
    done = experiment.run(backend, **more).block_for_results()
    assert done.errors() == ""
    return done


def value(done: Any, name: str) -> Any:
    [found] = [one for one in done.analysis_results(dataframe=False) if one.name == name]
    return found.value


def on_aer() -> Any:
    from qiskit_aer import AerSimulator
    from qiskit_ibm_runtime.fake_provider import FakeTorino

    return AerSimulator.from_backend(FakeTorino(), seed_simulator=11)


def delays(time_s: float) -> list[float]:
    return [time_s * 3 * step / 24 for step in range(1, 25)]


def test_relaxation(backend: Any, known: Any) -> None:
    from qiskit_experiments.library import T1

    done = run(T1([4], delays(known.t1(4))), backend)
    assert abs(pull_of("T1", value(done, "T1"), known.t1(4))) < MOST


def test_dephasing(backend: Any, known: Any) -> None:
    """Idle noise is memoryless here: an echo brings nothing back, and both times are T2."""
    from qiskit_experiments.library import T2Hahn, T2Ramsey

    time_s = min(known.t2(4), 2 * known.t1(4))
    done = run(T2Ramsey([4], delays(time_s), osc_freq=2 / time_s), backend)
    assert abs(pull_of("T2 by Ramsey", value(done, "T2star"), time_s)) < MOST
    done = run(T2Hahn([4], delays(time_s)), backend)
    assert abs(pull_of("T2 by Hahn's echo", value(done, "T2"), time_s)) < MOST


def test_readout(backend: Any, known: Any) -> None:
    from qiskit_experiments.library import LocalReadoutError
    from uncertainties import ufloat

    shots = 100_000
    matrices = value(run(LocalReadoutError(CHAIN), backend, shots), "Local Readout Mitigator")
    for qubit in CHAIN:
        matrix = matrices.assignment_matrix(qubit)
        for prepared, name in ((0, "prob_meas1_prep0"), (1, "prob_meas0_prep1")):
            chance = float(known.qubit_property(qubit, name)[0])
            # The qubit is prepared by an x, which errs, too.
            chance += prepared * known.gate_error("x", [qubit])
            found = ufloat(matrix[1 - prepared][prepared], math.sqrt(chance / shots))
            assert abs(pull_of(f"readout of qubit {qubit}, {name}", found, chance)) < MOST


def test_randomized_benchmarking(backend: Any, known: Any) -> None:
    from qiskit_experiments.library import StandardRB

    lengths = [1, 100, 300, 600, 1000, 1500, 2000]
    done = run(StandardRB([4], lengths, num_samples=5, seed=5), backend, 1_000)
    found = value(done, "EPG_sx")
    assert abs(pull_of("error of an sx", found, known.gate_error("sx", [4]))) < MOST


def test_interleaved_randomized_benchmarking(backend: Any, known: Any) -> None:
    from qiskit.circuit.library import CZGate
    from qiskit_experiments.library import InterleavedRB

    lengths = [1, 10, 25, 50, 80, 120]
    done = run(InterleavedRB(CZGate(), (3, 4), lengths, num_samples=8, seed=5), backend, 1_000)
    found = value(done, "EPC")
    assert abs(pull_of("error of a cz, interleaved", found, known.gate_error("cz", [3, 4]))) < MOST


def test_state_tomography(backend: Any) -> None:
    from qiskit_experiments.library import StateTomography

    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    fidelities = []
    for device, more in ((backend, {}), (on_aer(), {"backend_run": True})):
        experiment = StateTomography(bell, physical_qubits=(3, 4))
        experiment.analysis.set_options(target_bootstrap_samples=100)
        done = run(experiment, device, **more)
        fidelities.append(value(done, "state_fidelity"))
    assert abs(pull_of("fidelity of a Bell pair (Aer's)", *fidelities)) < MOST


def test_quantum_volume(backend: Any) -> None:
    from qiskit_experiments.library import QuantumVolume

    # The same circuits on both, so that their spread is in neither.
    outputs = []
    for device, more in ((backend, {}), (on_aer(), {"backend_run": True})):
        experiment = QuantumVolume(CHAIN, trials=100, seed=5)
        outputs.append(value(run(experiment, device, 1_000, **more), "mean_HOP"))
    assert abs(pull_of("heavy outputs (Aer's)", *outputs)) < MOST


def test_layer_fidelity(backend: Any, known: Any) -> None:
    from qiskit_experiments.library.randomized_benchmarking import LayerFidelity

    layers = [[(3, 4), (5, 6)], [(4, 5)]]
    experiment = LayerFidelity(
        CHAIN,
        layers,
        lengths=[2, 8, 16, 30, 50, 80],
        num_samples=8,
        seed=5,
        two_qubit_gate="cz",
        one_qubit_basis_gates=("rz", "sx", "x"),  # what it makes of a backend's is a list
    )
    done = run(experiment, backend, 1_000)
    # A layer has two sx on each qubit around its cz; those that no gate meets stand alone.
    expected = 1.0
    for pair in ((3, 4), (5, 6), (4, 5)):
        expected *= 1 - 5 / 4 * known.gate_error("cz", list(pair))
    for qubit in (*CHAIN, *CHAIN):
        expected *= (1 - 3 / 2 * known.gate_error("sx", [qubit])) ** 2
    assert abs(pull_of("layer fidelity", value(done, "LF"), expected)) < MOST


def test_sixty_qubits_at_once(backend: Any, known: Any) -> None:
    from qiskit_experiments.framework import ParallelExperiment
    from qiskit_experiments.library import T1

    qubits = [qubit for qubit in range(133) if 5e-5 < known.t1(qubit) < 4e-4][:60]
    every = [T1([qubit], delays(2e-4)) for qubit in qubits]
    together = ParallelExperiment(every, flatten_results=False, backend=backend)
    done = run(together, backend, 2_000)
    pulls = [
        pull_of(f"T1 of qubit {qubit}", value(child, "T1"), known.t1(qubit))
        for qubit, child in zip(qubits, done.child_data(), strict=True)
    ]
    squares = sum(one**2 for one in pulls)
    print(f"\nsum of 60 squared pulls: {squares:.1f}", end="")
    # Of sixty such squares the sum is 60, and beyond 100 once in a thousand times.
    assert squares < 100
