"""A Sampler job, from submission to result, on a device of 127 qubits with 4096 shots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final
from unittest import mock

import pytest
from qiskit import QuantumCircuit

from benchmarks._flows import (
    BELL,
    DEVICE,
    GHZ,
    NOISE,
    NOISY,
    RANDOM,
    SHOTS,
    WIDE,
    Tape,
    isa_circuit,
    localqpu_server,
    on_active_qubits,
    sampler_job,
)

pytestmark = pytest.mark.timeout(900)

# What a job costs beyond these is the emulator's: the fastest bare simulation of the circuit that
# we know of, and what the client needs for itself.
CIRCUITS: Final = {BELL: 100, RANDOM: 60, WIDE: 12, GHZ: 40}
ACTIVE: Final = {BELL: 2, RANDOM: 12, WIDE: 20, GHZ: 100}


def bits_of(result: Any) -> Any:
    return next(iter(result[0].data.values()))


def bare_aer(circuit: QuantumCircuit) -> Callable[[], Any]:
    from qiskit_aer import AerSimulator

    simulator, small = AerSimulator(), on_active_qubits(circuit)
    return lambda: simulator.run(small, shots=SHOTS).result().get_counts()


def bare_stim() -> Any:
    import stim  # type: ignore[import-untyped]

    pairs = "\n".join(f"CX {low} {low + 1}" for low in range(99))
    program = stim.Circuit(f"H 0\n{pairs}\nM {' '.join(map(str, range(100)))}")
    return program.compile_sampler().sample(SHOTS)


@pytest.mark.parametrize("name", CIRCUITS)
@pytest.mark.qchannel("ibm_cloud")
def test_emulator_beside_its_parts(
    name: str, qchannel_service: Any, side_by_side: Callable[..., None]
) -> None:
    backend = qchannel_service.backend(DEVICE)
    circuit = isa_circuit(name, backend)
    assert on_active_qubits(circuit).num_qubits == ACTIVE[name]
    job = sampler_job(backend, circuit)
    tape = Tape()

    def client_alone() -> Any:
        with tape.playing():
            return job()

    no_sleep = mock.patch("time.sleep", side_effect=AssertionError("the client waited"))
    with no_sleep, tape.recording():
        counts = bits_of(job()).get_counts()
    assert sum(counts.values()) == SHOTS
    assert bits_of(client_alone()).get_counts() == counts
    if name == GHZ:
        assert set(counts) == {"0" * 100, "1" * 100}
    bare = {"bare stim": bare_stim} if name == GHZ else {"bare Aer": bare_aer(circuit)}
    cases = {"emulator": job, **bare, "client alone": client_alone}
    side_by_side(f"sampler, {name}", cases, rounds=CIRCUITS[name])


def test_the_other_bare_simulation_of_the_ghz_state(
    qchannel_service: Any, timed: Callable[..., None]
) -> None:
    circuit = isa_circuit(GHZ, qchannel_service.backend(DEVICE))
    timed(f"sampler, {GHZ}", "bare Aer", bare_aer(circuit), rounds=5)


@pytest.fixture(scope="module")
def localqpu_backend() -> Iterator[Any]:
    localqpu = pytest.importorskip("localqpu", reason="localqpu is not installed")
    with localqpu_server(DEVICE) as port:
        yield localqpu.connect(port=port).backend(DEVICE)


@pytest.mark.parametrize("name", CIRCUITS)
def test_localqpu(name: str, localqpu_backend: Any, timed: Callable[..., None]) -> None:
    job = sampler_job(localqpu_backend, isa_circuit(name, localqpu_backend))
    timed(f"sampler, {name}", "localqpu", job, rounds=5)


@pytest.mark.parametrize("name", [BELL, RANDOM])
def test_local_testing_mode(name: str, timed: Callable[..., None]) -> None:
    from qiskit_ibm_runtime.fake_provider import FakeSherbrooke

    backend = FakeSherbrooke()
    job = sampler_job(backend, isa_circuit(name, backend))
    rounds = 3 if name == BELL else 1  # it simulates noise on twelve qubits: half a minute
    timed(f"sampler, {name}", "local testing mode", job, rounds=rounds)


class TestNoise:
    """Twelve qubits of a device that errs as its calibration says."""

    @pytest.fixture
    def qchannel_world(self) -> Any:
        from pytest_qchannel import WorldBuilder

        world = WorldBuilder().device(NOISY, noise="calibration")
        return world.account("bench", channels=["ibm_cloud"]).instance("bench", plan="Premium")

    @pytest.mark.qchannel("ibm_cloud")
    def test_emulator(self, qchannel_service: Any, timed: Callable[..., None]) -> None:
        backend = qchannel_service.backend(NOISY)
        job = sampler_job(backend, isa_circuit(RANDOM, backend))
        assert sum(bits_of(job()).get_counts().values()) == SHOTS
        timed(NOISE, "emulator", job, rounds=20)

    def test_local_testing_mode(self, timed: Callable[..., None]) -> None:
        from qiskit_ibm_runtime.fake_provider import FakeTorino

        backend = FakeTorino()
        timed(
            NOISE,
            "local testing mode",
            sampler_job(backend, isa_circuit(RANDOM, backend)),
            rounds=1,
        )
