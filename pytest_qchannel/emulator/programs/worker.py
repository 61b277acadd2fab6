"""The process that long simulations run in: ``python -m pytest_qchannel.emulator.programs.worker``.

It reads pickled tasks from its standard input, each behind its length in eight bytes, and writes
what became of them to its standard output in the same form. It ends with its parent.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import signal
import sys
from typing import Any, BinaryIO

from pytest_qchannel.emulator.programs import PROGRAMS, JobFailure, Outcome, Task
from pytest_qchannel.emulator.transpiler import worked
from pytest_qchannel.emulator.transpiler.order import ORDER, Order
from pytest_qchannel.emulator.world import snapshots


def _end_with_parent() -> None:
    """Asks the kernel to end this process with its parent, even in the middle of a simulation.

    On Linux only; elsewhere the parent ends it when it exits, and a parent that was killed is
    noticed after the simulation, when there is nobody to read its result.
    """
    if sys.platform.startswith("linux"):
        set_parent_death_signal = 1
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def _run(program_id: str, fields: dict[str, Any]) -> Outcome | JobFailure:
    served = fields.pop("served")
    snapshot = snapshots.served(*served) if served else None
    if program_id == ORDER:
        return worked(Order(**{**fields, "snapshot": snapshot}), lambda: None)
    task = Task(**{**fields, "snapshot": snapshot, "limit_s": None})
    try:
        return PROGRAMS[program_id].run(task)
    except JobFailure as failure:
        return failure


def main(source: BinaryIO, sink: BinaryIO) -> None:
    """Serves tasks until ``source`` ends."""
    while size := int.from_bytes(source.read(8), "big"):
        program_id, fields = pickle.loads(source.read(size))  # noqa: S301 - from our own parent
        packed = pickle.dumps(_run(program_id, fields))
        sink.write(len(packed).to_bytes(8, "big") + packed)
        sink.flush()


if __name__ == "__main__":
    _end_with_parent()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    with contextlib.suppress(BrokenPipeError):
        main(sys.stdin.buffer, answers)
