"""Work beside the requests: a few pieces at once, and none that nobody wants any more."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pytest_qchannel.emulator.programs.aside import MOST, Aside


def test_a_few_pieces_are_worked_on_at_once_and_all_are_done() -> None:
    aside, together, done = Aside(), threading.Barrier(MOST + 1), threading.Semaphore(0)

    def work(tick: Callable[[], None]) -> None:
        tick()
        together.wait(timeout=10)
        done.release()

    for _ in range(2 * MOST):
        aside.submit(work)
    together.wait(timeout=10)
    together.wait(timeout=10)
    assert all(done.acquire(timeout=10) for _ in range(2 * MOST))


def test_nothing_goes_on_once_it_is_closed() -> None:
    """A test that ends leaves no transpiling behind that slows the next one down."""
    aside, started, closed, ended = (Aside(), *(threading.Event() for _ in range(3)))
    further = []

    def work(tick: Callable[[], None]) -> None:
        started.set()
        closed.wait(timeout=10)
        try:
            tick()
            further.append("it went on")
        finally:
            ended.set()

    aside.submit(work)
    assert started.wait(timeout=10)
    aside.close()
    aside.submit(lambda _: further.append("a new one"))
    closed.set()
    assert ended.wait(timeout=10)
    assert further == []
