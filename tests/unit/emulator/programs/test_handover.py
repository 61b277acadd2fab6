"""Jobs of many PUBs that turn out to be long: nothing is done twice, and the worker is ready."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from qiskit import QuantumCircuit

from pytest_qchannel.emulator.programs import Task, TooLong, engine, sampler
from pytest_qchannel.emulator.programs.engine import Engine
from pytest_qchannel.emulator.world import snapshots
from tests.unit.emulator.circuits_kit import DEVICE, encoded


def coin() -> dict[str, Any]:
    circuit = QuantumCircuit(1, 1)
    circuit.sx(0)
    circuit.measure(0, 0)
    return encoded(circuit)


def job(*shots: int) -> Task:
    pubs = [[coin(), None, one] for one in shots]
    return Task({"pubs": pubs, "support_qiskit": True}, snapshots.load(DEVICE), 7)


def test_what_was_done_here_is_not_done_again_and_the_result_is_the_same() -> None:
    """The worker began from the start: three seconds of a long job were for nothing."""
    whole = job(10, 20, 1_000_000)
    with pytest.raises(TooLong) as long:
        sampler.run(replace(whole, limit_s=0.01))
    assert len(long.value.done) == 2
    unread = [["no circuit"], ["none either"], whole.params["pubs"][2]]
    rest = replace(whole, params={**whole.params, "pubs": unread}, done=long.value.done)
    assert sampler.run(rest) == sampler.run(whole)


@pytest.mark.parametrize(
    ("spent_s", "part", "is_long"),
    [(2.0, 0.9, False), (2.0, 0.5, True), (0.1, 0.01, False), (0.6, 0.1, True)],
)
def test_the_worker_is_made_ready_for_what_will_not_end_here(
    spent_s: float, part: float, is_long: bool
) -> None:
    """The first half second tells little: it has what is only done once."""
    told: list[None] = []
    until = time.thread_time() + 3.0 - spent_s
    task = replace(job(10), limit_s=3.0, until=until, prepare=lambda: told.append(None))
    task.foresee(part)
    assert bool(told) is is_long
    replace(task, until=None).foresee(part)  # in the worker nothing is foreseen
    assert len(told) == is_long


def test_a_worker_that_was_made_ready_is_the_one_that_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began = threading.Event()
    started: list[Any] = []

    def start() -> Any:
        started.append(SimpleNamespace(poll=lambda: None))
        began.set()
        return started[-1]

    monkeypatch.setattr(engine, "_start", start)
    answer = sampler.run(job(10))
    monkeypatch.setattr(engine, "_ask", lambda process, _: process is started[0] and answer)
    ended: list[object] = []
    done = threading.Event()

    def ends(how: object) -> None:
        ended.append(how)
        done.set()

    one = Engine()
    one.prepare()
    assert began.wait(10)
    one.submit("a", "sampler", job(10), lambda: None, ends)
    assert done.wait(10)
    assert (ended, len(started)) == ([answer], 1)
    one._process = None  # there is nothing to kill
    one.close()


def test_facts_that_nobody_asks_for_are_not_worked_out() -> None:
    assert sampler.run(replace(job(10), with_facts=False)).facts == {}
