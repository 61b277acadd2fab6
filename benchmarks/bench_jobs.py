"""Many jobs: two hundred in flight from eight threads, and a list of ten thousand."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from benchmarks._flows import DEVICE, SHOTS, isa_circuit

JOBS: Final = 200
THREADS: Final = 8
HISTORIES: Final = (100, 10_000)
OTHER_DEVICE: Final = "ibm_torino"

WANTED: Final = 50
CUT: Final = 1_700_100_000.0

# Arguments of service.jobs(); each but the first and "pending" finds the newest fifty jobs.
FILTERS: Final[dict[str, dict[str, Any]]] = {
    "no filter": {},
    "job_tags": {"job_tags": ["wanted"]},
    "program_id": {"program_id": "estimator"},
    "backend_name": {"backend_name": OTHER_DEVICE},
    "created_after": {"created_after": datetime.fromtimestamp(CUT, UTC)},
    "pending": {"pending": True},
}


def _prepared(number: int, backend: Any) -> Any:
    """A circuit whose outcome is the number itself, in nine bits."""
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(backend.num_qubits, 9)
    for bit in range(9):
        if number >> bit & 1:
            circuit.x(bit)
        circuit.measure(bit, bit)
    return circuit


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.timeout(600)
@pytest.mark.qchannel("ibm_cloud")
def test_two_hundred_jobs_in_flight(
    qchannel_service: Any, timed: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    from qiskit_ibm_runtime import SamplerV2

    backend = qchannel_service.backend(DEVICE)
    circuits = [_prepared(number, backend) for number in range(JOBS)]
    sampler = SamplerV2(mode=backend)
    sampler.run([isa_circuit("Bell pair", backend)], shots=SHOTS).result()

    def submit(number: int) -> Any:
        return sampler.run([circuits[number]], shots=SHOTS)

    def counts(job: Any) -> dict[str, int]:
        found: dict[str, int] = job.result()[0].data.c.get_counts()
        return found

    def all_of_them() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            jobs = list(pool.map(submit, range(JOBS)))
            assert len({job.job_id() for job in jobs}) == JOBS
            for number, seen in enumerate(pool.map(counts, jobs)):
                assert seen == {f"{number:09b}": SHOTS}

    gc.collect()
    before = _peak_mb()
    begun = time.perf_counter()
    all_of_them()
    taken = time.perf_counter() - begun
    with capsys.disabled():
        print(
            f"\n{JOBS} jobs in flight from {THREADS} threads: {taken:.1f} s, each right; "
            f"peak memory {before:.0f} MB before, {_peak_mb():.0f} MB after"
        )
    timed(f"{JOBS} jobs in flight", f"{THREADS} threads", all_of_them, rounds=2)


def _fill(world: Any, instance: Any, count: int) -> None:
    """Gives an instance a history of finished jobs, a second apart; the last fifty stand out."""
    from pytest_qchannel.emulator.world.jobs import Job
    from pytest_qchannel.emulator.world.lifecycle import JobState

    for second in range(count):
        number = world.new_job_number()
        is_wanted = second >= count - WANTED
        world.add_job(
            Job(
                id=world.job_id(number),
                number=number,
                account=world.accounts[1],
                instance=instance,
                backend=OTHER_DEVICE if is_wanted else DEVICE,
                program_id="estimator" if is_wanted else "sampler",
                params={},
                created_at=CUT + second - (count - WANTED),
                tags=["wanted"] if is_wanted else ["odd", "seldom"],
                state=JobState.COMPLETED,
            )
        )


@pytest.mark.timeout(600)
@pytest.mark.qchannel("ibm_cloud")
@pytest.mark.parametrize("name", FILTERS)
def test_a_long_history(name: str, qchannel: Any, side_by_side: Callable[..., None]) -> None:
    from qiskit_ibm_runtime import QiskitRuntimeService

    world = qchannel.emulator._app.world
    cloud = world.accounts[1]
    # Two instances of one account and region: the second has a hundred times as many jobs.
    small = next(iter(cloud.instances.values()))
    large = replace(small, id=small.id[:-4] + "ff::", name="large-instance")
    cloud.instances[large.id] = large

    def listing(instance: Any) -> Callable[[], Any]:
        service = QiskitRuntimeService(
            channel="ibm_cloud", token=cloud.credential, instance=instance.id
        )
        return lambda: service.jobs(limit=200, **FILTERS[name])

    cases = {}
    for instance, count in zip((small, large), HISTORIES, strict=True):
        _fill(world, instance, count)
        cases[f"{count} jobs"] = listing(instance)
    found = [len(case()) for case in cases.values()]
    assert found == {"no filter": [100, 200], "pending": [0, 0]}.get(name, [WANTED, WANTED])
    side_by_side(f"service.jobs(limit=200), {name}", cases, rounds=5)
