"""What the tasks of the transpiler service do, with the installed Qiskit.

IBM's models for routing and synthesis are in no public package: Qiskit's own passes stand for them.
What they give is a correct circuit within the coupling map; how good it is, is Qiskit's to say.
The modules of the work import qiskit at their top and are imported by :func:`load` only.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from typing import Final, Protocol, cast

from pytest_qchannel.emulator.programs.aside import Unwanted
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure, Outcome
from pytest_qchannel.emulator.transpiler.order import Order, Tick
from pytest_qchannel.qiskit_home import imported_for_good
from pytest_qchannel.wire import Json

__all__ = ["MODULES", "Work", "load", "worked"]

_TRIES: Final = 20

MODULES: Final[Mapping[str, str]] = {
    "transpile": "transpiling",
    "routing": "routing",
    "clifford": "synthesis",
    "linear_functions": "synthesis",
    "permutations": "synthesis",
    "pauli_network": "synthesis",
}
"""What a task does -> the module that does it."""


class Work(Protocol):
    """What such a module offers."""

    def refusal(self, order: Order) -> str | None:
        """What the service says at once to an order that it does not take."""

    def run(self, order: Order, tick: Tick) -> Json:
        """The result of a task; whatever it raises, the task has failed."""


def load(kind: str) -> Work:
    """The module for a kind of task, imported where it was not."""
    imported_for_good()
    return cast("Work", importlib.import_module(f"{__name__}.{MODULES[kind]}"))


def worked(order: Order, tick: Tick) -> Outcome | JobFailure:
    """What becomes of an order; whatever Qiskit raises of its circuits and options is a failure.

    Raises:
        Unwanted: Nobody wants it any more.
    """
    for left in reversed(range(_TRIES)):
        try:
            return Outcome(json.dumps(load(order.kind).run(order, tick)).encode(), circuits_s=0.0)
        except Unwanted:
            raise
        except BaseException as problem:  # a panic in Qiskit's Rust is no Exception
            # Another thread of the test was at Qiskit's library of equivalences: seen with 1.4.6.
            if isinstance(problem, RuntimeError) and "borrowed" in str(problem) and left:
                continue
            reason = f"{type(problem).__name__}: {problem}"
            return JobFailure(FailureCode.NOT_SUPPORTED, reason)
    raise AssertionError("the last try returns")
