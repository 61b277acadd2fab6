"""A Sampler job, from submission to result, on a device of 127 qubits with 4096 shots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest

from benchmarks._flows import (
    BELL,
    DEVICE,
    RANDOM,
    SHOTS,
    Tape,
    isa_circuit,
    localqpu_server,
    on_active_qubits,
    sampler_job,
)

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.parametrize("circuit", [BELL, RANDOM]),
]


def bits_of(result: Any) -> Any:
    return next(iter(result[0].data.values()))


def test_emulator_beside_its_parts(
    circuit: str, qchannel_service: Any, side_by_side: Callable[..., None]
) -> None:
    from qiskit_aer import AerSimulator

    backend = qchannel_service.backend(DEVICE)
    isa = isa_circuit(circuit, backend)
    job = sampler_job(backend, isa)
    small = on_active_qubits(isa)
    assert small.num_qubits == (2 if circuit == BELL else 12)
    simulator = AerSimulator()
    tape = Tape()

    def bare_aer() -> Any:
        return simulator.run(small, shots=SHOTS).result().get_counts()

    def client_alone() -> Any:
        with tape.playing():
            return job()

    no_sleep = mock.patch("time.sleep", side_effect=AssertionError("the client waited"))
    with no_sleep, tape.recording():
        counts = bits_of(job()).get_counts()
    assert sum(counts.values()) == SHOTS
    assert bits_of(client_alone()).get_counts() == counts
    cases = {"emulator": job, "bare Aer": bare_aer, "client alone": client_alone}
    side_by_side(f"sampler, {circuit}", cases, rounds=100)


@pytest.fixture(scope="module")
def localqpu_backend() -> Iterator[Any]:
    localqpu = pytest.importorskip("localqpu", reason="localqpu is not installed")
    with localqpu_server(DEVICE) as port:
        yield localqpu.connect(port=port).backend(DEVICE)


def test_localqpu(circuit: str, localqpu_backend: Any, timed: Callable[..., None]) -> None:
    job = sampler_job(localqpu_backend, isa_circuit(circuit, localqpu_backend))
    timed(f"sampler, {circuit}", "localqpu", job, rounds=10)


def test_local_testing_mode(circuit: str, timed: Callable[..., None]) -> None:
    from qiskit_ibm_runtime.fake_provider import FakeSherbrooke

    backend = FakeSherbrooke()
    job = sampler_job(backend, isa_circuit(circuit, backend))
    rounds = 3 if circuit == BELL else 1  # it simulates noise on twelve qubits: half a minute
    timed(f"sampler, {circuit}", "local testing mode", job, rounds=rounds)
