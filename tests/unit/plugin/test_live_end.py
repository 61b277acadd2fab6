"""The end of a live run sweeps, whatever others do at it, and tells what is left."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pytest_qchannel.lanes.live.entry import Kind
from pytest_qchannel.lanes.live.sweep import Did, Line
from pytest_qchannel.plugin.live_end import LiveEnd
from pytest_qchannel.plugin.live_shown import Shown

SESSION = cast("pytest.Session", SimpleNamespace(exitstatus=0))


End = Callable[["Run"], LiveEnd]


class Run:
    """A live run whose sweeps end as told."""

    def __init__(self, *ends: list[Line]) -> None:
        self._ends = list(ends)
        self.seconds: list[float] = []
        self.is_hurried = False

    def hurry(self) -> None:
        self.is_hurried = True

    def sweep_all(self, seconds: float) -> list[Line]:
        self.seconds.append(seconds)
        return self._ends.pop(0) if self._ends else []

    def summary(self) -> list[str]:
        return []

    def close(self) -> None: ...


@pytest.fixture
def lines() -> list[str]:
    """What the terminal shows."""
    return []


@pytest.fixture
def ending() -> Iterator[Callable[[Run], LiveEnd]]:
    """Gives the end of a run, which takes SIGTERM until the test is over."""
    made: list[LiveEnd] = []

    def end(run: Run) -> LiveEnd:
        plugins = SimpleNamespace(get_plugin=lambda _: None)
        config: Any = SimpleNamespace(pluginmanager=plugins, get_verbosity=lambda: 0)
        settings: Any = SimpleNamespace(require_live=False, sweep_timeout=60)
        made.append(LiveEnd(config, settings, cast("Any", run), Shown(list)))
        return made[-1]

    yield end
    for one in made:
        one.close()


def line(name: str, did: Did) -> Line:
    return Line(Kind.JOB, name, "a-run", did)


def test_a_hook_that_raises_keeps_nothing_from_being_swept(ending: End) -> None:
    """A project's own hook raised at the end: jobs of workers that had died stayed alive."""
    run = Run()
    finish = ending(run).pytest_sessionfinish(SESSION)
    next(finish)
    with pytest.raises(ZeroDivisionError):
        finish.throw(ZeroDivisionError())
    assert run.seconds == [60]


def test_of_what_is_swept_twice_the_last_word_is_told(ending: End, lines: list[str]) -> None:
    """After a signal a job was left behind, with a command to clean up, and cancelled as well."""
    run = Run(
        [line("one", "left"), line("two", "left"), line("three", "cancelled")],
        [line("one", "cancelled"), line("two", "left"), line("three", "ended")],
    )
    end = ending(run)
    end.pytest_keyboard_interrupt()
    finish = end.pytest_sessionfinish(SESSION)
    next(finish)
    with pytest.raises(StopIteration):
        next(finish)
    assert (run.is_hurried, run.seconds) == (True, [5, 5])
    reporter = cast("pytest.TerminalReporter", SimpleNamespace(write_line=lines.append))
    end.pytest_terminal_summary(reporter)
    assert [one.partition(":")[2].partition(";")[0].strip() for one in lines] == [
        "cancelled job three, which was left",
        "cancelled job one, which was left",
        "left behind: job two:",
    ]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_fork_that_is_terminated_ends_as_without_a_live_run(ending: End) -> None:
    """``multiprocessing`` ends its processes so: they had a traceback, and another exit status."""
    ending(Run())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that are not in the fork
        child = os.fork()
    if not child:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
