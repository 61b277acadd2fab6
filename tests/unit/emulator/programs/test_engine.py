"""Long tasks: a process of their own, truly queued and running, cancelled, gone with the run."""

from __future__ import annotations

import functools
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from qiskit import QuantumCircuit

from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.programs import JobFailure, Outcome, Task, TooLong
from pytest_qchannel.emulator.programs import engine as engines
from pytest_qchannel.emulator.programs.engine import Engine
from pytest_qchannel.emulator.services.runtime import clockwork
from pytest_qchannel.emulator.world import snapshots
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.worlds.default_world import default_world
from tests.contract.contract_client import Door, through_core
from tests.devices_kit import DEVICE
from tests.unit.emulator.circuits_kit import encoded

BACKEND = DEVICE
COIN = 'OPENQASM 3.0; include "stdgates.inc"; bit[1] c; sx $7; c[0] = measure $7;'


def _path(length: int) -> list[int]:
    """That many neighbours in a row on the device's map."""
    pairs = {tuple(sorted(pair)) for pair in snapshots.load(BACKEND).facts["coupling_map"]}

    def longer(path: list[int]) -> list[int]:
        if len(path) == length:
            return path
        for low, high in sorted(pairs):
            after = {low: high, high: low}.get(path[-1])
            if after is not None and after not in path and (found := longer([*path, after])):
                return found
        return []

    return longer([0])


def task(circuit: Any = COIN, shots: int = 100) -> Task:
    return Task({"pubs": [[circuit, None, shots]]}, snapshots.load(BACKEND), 7)


@functools.cache
def entangled(qubits: int, layers: int) -> dict[str, Any]:
    """Non-Clifford layers on neighbours: too entangled for anything but a state vector."""
    circuit = QuantumCircuit(133, qubits)
    line = _path(qubits)
    for layer in range(layers):
        for qubit in line:
            circuit.rz(0.3 + 0.01 * layer, qubit)
            circuit.sx(qubit)
        for low, high in itertools.pairwise(line):
            circuit.cz(low, high)
    circuit.measure(line, range(qubits))
    return encoded(circuit)


LONG = entangled(22, 60)
SHORTER = entangled(18, 60)


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine(inline_s=0.0)
    yield made
    made.close()


def until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


class Ears:
    """Hears what an engine says of a task."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.ended = threading.Event()
        self.how: Outcome | JobFailure | None = None

    def hear_end(self, how: Outcome | JobFailure) -> None:
        self.how = how
        self.ended.set()

    def submit(self, engine: Engine, key: str, what: Task) -> Ears:
        engine.submit(key, "sampler", what, self.started.set, self.hear_end)
        return self


def test_the_worker_gives_the_same_bytes_as_this_process(engine: Engine) -> None:
    ears = Ears().submit(engine, "a", task())
    assert ears.ended.wait(60)
    assert isinstance(ears.how, Outcome)
    assert ears.how.result == Engine().run("sampler", task()).result


def test_a_failure_of_the_job_comes_back_as_one(engine: Engine) -> None:
    ears = Ears().submit(engine, "a", task("OPENQASM 3.0; bit c; nonsense $0;"))
    assert ears.ended.wait(60)
    assert isinstance(ears.how, JobFailure)
    assert ears.how.code == 1603
    assert "gate 'nonsense' is not defined" in ears.how.reason


def test_what_is_short_stays_here_and_what_is_long_is_refused_before_it_starts() -> None:
    assert Engine().run("sampler", task()).usage_s >= 1
    begun = time.perf_counter()
    with pytest.raises(TooLong, match="estimated to take"):
        Engine(inline_s=0.001).run("sampler", task(LONG))
    assert time.perf_counter() - begun < 30


def test_a_running_task_is_killed_and_the_next_one_runs(engine: Engine) -> None:
    long, waiting = Ears().submit(engine, "long", task(LONG)), Ears()
    assert long.started.wait(60)
    waiting.submit(engine, "waiting", task())
    short = Ears().submit(engine, "short", task())
    engine.cancel("waiting")
    engine.cancel("long")
    assert short.ended.wait(60)
    assert isinstance(short.how, Outcome)
    assert not long.ended.is_set()
    assert not waiting.started.is_set()
    engine.cancel("nobody")


def test_a_worker_that_dies_fails_its_job_and_nobody_elses(engine: Engine) -> None:
    dying = Ears().submit(engine, "dying", task(LONG))
    assert dying.started.wait(60)
    process = engine._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    assert dying.ended.wait(60)
    assert isinstance(dying.how, JobFailure)
    assert "ended without a result" in dying.how.reason
    assert "ran out of memory" in dying.how.reason
    assert Ears().submit(engine, "next", task()).ended.wait(60)


@pytest.fixture
def door() -> Iterator[Door]:
    app = App(default_world(Clock(time.time)), engine=Engine(inline_s=0.3))
    yield Door(app, through_core(app.handle))
    app.close()


def state(door: Door, job_id: str) -> str:
    return str(door.get(f"/jobs/{job_id}").json["state"]["status"])


@pytest.mark.slow
def test_a_long_job_is_running_while_it_runs_and_others_are_answered(door: Door) -> None:
    long = door.submit(pubs=[[LONG, None, 10]])
    second = door.submit(pubs=[[LONG, None, 10]])
    until(lambda: state(door, long) == "Running")
    assert state(door, second) == "Queued"
    assert door.get("/backends").status == 200
    assert state(door, door.submit()) == "Completed"
    assert state(door, long) == "Running", "they were answered after it"
    assert door.get(f"/jobs/{long}/results").status == 204
    assert door.post(f"/jobs/{long}/cancel").status == 204
    assert state(door, long) == "Cancelled"
    until(lambda: state(door, second) == "Running")


def test_a_worker_that_cannot_be_started_fails_the_job(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that starts it died of that, and every long job was queued for ever."""

    def none_left() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(engines, "_start", none_left)
    for key in ("a", "b"):
        ears = Ears().submit(engine, key, task())
        assert ears.ended.wait(60)
        assert isinstance(ears.how, JobFailure)
        assert "cannot be started: [Errno 24] Too many open files." in ears.how.reason


def test_nothing_is_left_of_a_worker() -> None:
    """With ``-W error`` some later test failed: a process was still running, its files open."""
    made = Engine()
    made.prepare()
    until(lambda: made._process is not None)
    process, thread = made._process, made._thread
    assert process is not None
    assert thread is not None
    made.close()
    thread.join(60)
    assert process.returncode == -signal.SIGKILL
    assert [file.closed for file in (process.stdin, process.stdout) if file] == [True, True]


def test_a_bug_in_the_worker_is_not_taken_for_a_lack_of_memory(engine: Engine) -> None:
    """The job's reason was that memory had run out, and the traceback said something else."""
    ears = Ears()
    engine.submit("a", "nonsense", task(), ears.started.set, ears.hear_end)
    assert ears.ended.wait(60)
    assert isinstance(ears.how, JobFailure)
    assert "exit status 1" in ears.how.reason
    assert "traceback is on standard error" in ears.how.reason


def test_a_list_of_many_jobs_does_not_wait_for_all_of_them(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of 200 jobs of two seconds each was answered after minutes."""
    ids = {door.submit() for _ in range(3)}
    monkeypatch.setattr(clockwork, "TOGETHER_S", 0.0)
    rows = door.get("/jobs").json["jobs"]
    assert {row["id"] for row in rows} == ids
    assert {row["state"]["status"] for row in rows} <= {"Queued", "Running"}
    monkeypatch.undo()
    until(lambda: {state(door, one) for one in ids} == {"Completed"})


@pytest.mark.slow
def test_a_long_job_comes_to_its_end(door: Door) -> None:
    job_id = door.submit(pubs=[[SHORTER, None, 10]])
    assert state(door, job_id) in ("Queued", "Running", "Completed")
    until(lambda: state(door, job_id) == "Completed")
    [job] = door.control.jobs
    assert job.is_with_worker, "the circuit is meant to be too long for this engine"
    assert job.running_at is not None
    assert door.get(f"/jobs/{job_id}/results").status == 200


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a promise for Linux only")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_worker_ends_with_a_killed_parent(how: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys, threading
            from tests.unit.emulator.programs.test_engine import Ears, Engine, LONG, task

            engine = Engine()
            ears = Ears().submit(engine, "long", task(LONG))
            assert ears.started.wait(60)
            print(engine._process.pid, flush=True)
            threading.Event().wait()
            """
        )
    )
    root = Path(__file__).parents[4]
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    time.sleep(2)  # into the simulation, where Python's own handlers do not run
    parent.send_signal(how)
    parent.wait(60)
    until(lambda: not Path(f"/proc/{worker}").exists())
