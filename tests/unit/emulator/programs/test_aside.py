"""Work beside the requests: a piece at a time, and none that nobody wants any more."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pytest_qchannel.emulator.programs.aside import Aside


def test_pieces_are_worked_on_one_after_the_other() -> None:
    """Qiskit cannot be used by two threads at once."""
    aside, done, inside = Aside(), threading.Semaphore(0), threading.Lock()
    alone = []

    def work(tick: Callable[[], None]) -> None:
        tick()
        alone.append(inside.acquire(blocking=False))
        inside.release()
        done.release()

    for _ in range(8):
        aside.submit(work)
    assert all(done.acquire(timeout=60) for _ in range(8))
    assert alone == [True] * 8


def test_nothing_goes_on_once_it_is_closed() -> None:
    """A test that ends leaves no transpiling behind that slows the next one down."""
    aside, started, closed, ended = (Aside(), *(threading.Event() for _ in range(3)))
    further = []

    def work(tick: Callable[[], None]) -> None:
        started.set()
        closed.wait(timeout=60)
        try:
            tick()
            further.append("it went on")
        finally:
            ended.set()

    aside.submit(work)
    assert started.wait(timeout=60)
    aside.close()
    aside.submit(lambda _: further.append("a new one"))
    closed.set()
    assert ended.wait(timeout=60)
    assert further == []
