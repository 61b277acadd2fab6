"""Where tasks are run: short ones at once, long ones in a worker process.

Simulators hold Python's global lock while they work, so a thread would not keep a test waiting
any less. Tasks that are estimated to take longer than :data:`INLINE_S` go, one after the other, to
a process of their own, which can be killed; everything else runs where it is asked for, which
costs nothing.
"""

from __future__ import annotations

import atexit
import math
import pickle
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Final

from pytest_qchannel.emulator.programs import PROGRAMS, JobFailure, Outcome, Task
from pytest_qchannel.emulator.programs.aside import Aside
from pytest_qchannel.emulator.programs.outcome import FailureCode
from pytest_qchannel.emulator.transpiler.order import Order

__all__ = ["INLINE_S", "Engine"]

INLINE_S: Final = 3.0
"""Tasks that are estimated to take longer than this many seconds run in the worker process."""

Started = Callable[[], None]
Ended = Callable[["Outcome | JobFailure"], None]


class Engine:
    """Runs tasks; one per world. Its methods may be called from any thread.

    Args:
        inline_s: See :data:`INLINE_S`.
    """

    def __init__(self, inline_s: float = INLINE_S) -> None:
        self.changed = threading.Condition(threading.RLock())
        """Held while a request is handled; told when one ends. Waiting for it lets others in."""
        self.aside = Aside()
        self._inline_s = inline_s
        self._until = math.inf
        self._lock = threading.Condition()
        self._waiting: OrderedDict[str, tuple[bytes, Started, Ended]] = OrderedDict()
        self._running: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._killed: list[subprocess.Popen[bytes]] = []
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._is_wanted = False

    def run(self, program_id: str, task: Task) -> Outcome:
        """Runs a task here and now.

        Raises:
            JobFailure: The job ends as Failed.
            TooLong: It belongs into the worker process.
        """
        program = PROGRAMS[program_id].load()  # imported once, which is no part of a job's time
        now = time.thread_time()
        limit_s = max(0.0, min(self._inline_s, self._until - now))
        here = replace(task, limit_s=limit_s, until=now + limit_s, prepare=self.prepare)
        return program.run(here)

    def prepare(self) -> None:
        """Starts the worker process, where there is none; its first task waits for less then."""
        with self._lock:
            self._is_wanted = True
            self._begin()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Bounds how long :meth:`run` takes, in this thread, for all tasks in it together.

        The caller holds :attr:`changed`.
        """
        self._until = time.thread_time() + seconds
        try:
            yield
        finally:
            self._until = math.inf

    def submit(
        self, key: str, program_id: str, task: Task | Order, started: Started, ended: Ended
    ) -> None:
        """Queues a task for the worker process.

        Args:
            key: Names the task to :meth:`cancel`.
            program_id: The program.
            task: What it is given.
            started: Called from another thread when the task starts.
            ended: Called from another thread with how it ended, unless it was cancelled.
        """
        packed = pickle.dumps((program_id, _portable(task)))
        with self._lock:
            self._waiting[key] = (packed, started, ended)
            self._begin()

    def _begin(self) -> None:
        """Wakes the thread that speaks with the worker; the caller holds the lock."""
        if self._thread is None:
            # The kernel ends the worker when the thread that started it ends, so that is this
            # one, which lives as long as the process.
            self._thread = threading.Thread(target=self._work, name="qchannel-engine", daemon=True)
            self._thread.start()
            atexit.register(self.close)
        self._lock.notify_all()

    def cancel(self, key: str) -> None:
        """Drops a task, or kills the process that runs it, and wakes who waits for it."""
        with self._lock:
            self._waiting.pop(key, None)
            if self._running == key:
                self._running = None
                self._kill()
        with self.changed:
            self.changed.notify_all()

    def close(self) -> None:
        """Drops every task and ends the worker process."""
        self.aside.close()
        with self._lock:
            self._is_closed = True
            self._waiting.clear()
            self._running = None
            self._kill()
            self._lock.notify_all()
        atexit.unregister(self.close)

    def _kill(self) -> None:
        """Ends the worker process; the thread that speaks with it puts it away."""
        if self._process is not None:
            self._process.kill()
            self._killed.append(self._process)
            self._process = None

    def _put_away(self) -> None:
        """Leaves nothing of killed processes that would be warned of, in whatever test it is."""
        while self._killed:
            with suppress(OSError), self._killed.pop():  # which closes its files, and waits for it
                pass

    def _work(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._waiting or self._is_closed or self._is_wanted)
                if self._is_closed:
                    break
                self._is_wanted = False
                process = self._worker()
                if not self._waiting:
                    continue
                key, (packed, started, ended) = self._waiting.popitem(last=False)
                self._running = key
            started()
            how = _unstarted(process) if isinstance(process, OSError) else _ask(process, packed)
            with self._lock:
                is_wanted, self._running = self._running == key, None
                if self._process is not None and self._process.poll() is not None:
                    self._kill()
            self._put_away()
            if is_wanted:
                ended(how)
        self._put_away()

    def _worker(self) -> subprocess.Popen[bytes] | OSError:
        """The worker process, started where there is none, or why it cannot be."""
        try:
            self._process = self._process or _start()
        except OSError as problem:
            return problem
        return self._process


def _portable(task: Task | Order) -> dict[str, object]:
    """A task without its snapshot, which the worker loads again."""
    shot = task.snapshot
    fields = {name: getattr(task, name) for name in task.__slots__ if name != "snapshot"}
    served = None if shot is None else (shot.source, shot.name, shot.has_fractional_gates)
    return {**fields, "served": served}


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pytest_qchannel.emulator.programs.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the tests; they end the worker
    )


def _ask(process: subprocess.Popen[bytes], packed: bytes) -> Outcome | JobFailure:
    """The worker's answer, or how it ended without one."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError, EOFError, pickle.UnpicklingError):
        process.stdin.write(len(packed).to_bytes(8, "big") + packed)
        process.stdin.flush()
        if size := int.from_bytes(process.stdout.read(8), "big"):
            answer: Outcome | JobFailure = pickle.loads(process.stdout.read(size))  # noqa: S301 - our own
            return answer
    # It was killed, or is about to end: how it does is what the job is told.
    try:
        status = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        status = process.wait()
    why = "a bug of the emulator, whose traceback is on standard error"
    if status < 0:
        why = "most likely the machine ran out of memory"
    return _failure(f"ended without a result (exit status {status}): {why}")


def _unstarted(problem: OSError) -> JobFailure:
    return _failure(f"cannot be started: {problem}")


def _failure(said: str) -> JobFailure:
    return JobFailure(FailureCode.SIMULATOR_FAILED, f"The emulator's simulation process {said}.")
