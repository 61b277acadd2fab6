"""What the tasks of the transpiler service do, with the installed Qiskit.

IBM's models for routing and synthesis are in no public package: Qiskit's own passes stand for them.
What they give is a correct circuit within the coupling map; how good it is, is Qiskit's to say.
The modules of the work import qiskit at their top and are imported by :func:`load` only.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Final, Protocol, cast

from pytest_qchannel.emulator.transpiler.order import Order, Tick
from pytest_qchannel.qiskit_home import imported_for_good
from pytest_qchannel.wire import Json

__all__ = ["MODULES", "Work", "load"]

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
