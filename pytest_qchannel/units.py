"""The ids of units: what shares a lane and a cassette, where that is more than one test.

The unit of a module is ``tests/test_a.py::_module``, so it has a place among the tests of the
module and no test has its name; that of a class ``tests/test_a.py::TestA::_class``, of a package
``tests/pkg::_package``, and of a whole run ``::_session``.
"""

from __future__ import annotations

from typing import Final

from pytest_qchannel.options import SCOPES

__all__ = ["is_grouped", "node_of", "scope_of", "unit_id"]

_WIDE: Final = frozenset(SCOPES[1:])


def unit_id(node: str, scope: str) -> str:
    """The id of a unit.

    Args:
        node: The node that it is: a class, module or folder; empty for the whole run.
        scope: How long its lane lives, any but ``function``.
    """
    return f"{node}::_{scope}"


def scope_of(unit: str) -> str | None:
    """The scope of a unit; ``None`` for the id of a test."""
    _, colons, name = unit.rpartition("::_")
    return name if colons and name in _WIDE else None


def node_of(unit: str) -> str:
    """What a command names to run it: the node of a unit, or a test itself."""
    return unit if scope_of(unit) is None else unit.rpartition("::_")[0]


def is_grouped(node: str) -> bool:
    """Whether a worker of pytest-xdist has put a group at the end of an id.

    With pytest 9.2 pytest-xdist 3.8 does not, and what is in brackets is a parameter.
    """
    return node.rfind("@") > node.rfind("]")
