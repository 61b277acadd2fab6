"""What the form of a circuit is made of, as types: see :mod:`.form` for what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired, TypedDict

__all__ = ["ArrayForm", "CircuitForm", "Content", "Instruction"]

Instruction = TypedDict(
    "Instruction",
    {
        "op": str,
        "q": list[int],
        "c": NotRequired[list[int]],
        "p": NotRequired[list[object]],
        "unit": NotRequired[str],
        "label": NotRequired[str],
        "if": NotRequired[object],
        "on": NotRequired[object],
        "bodies": NotRequired[list["Content"]],
        "gate": NotRequired[int],
    },
)
"""One instruction; what few have (``over``, ``modifiers``, ``base``) is not named here."""


class Content(TypedDict):
    """The instructions of a circuit, of a body, or of a definition."""

    phase: object
    ops: list[Instruction]
    vars: NotRequired[list[list[str]]]


class CircuitForm(Content):
    """A whole circuit."""

    qubits: int
    clbits: int
    cregs: list[list[object]]
    params: list[str]
    depth: int
    gates: NotRequired[list[Content]]
    calibrations: NotRequired[Sequence[object]]


class ArrayForm(TypedDict):
    """An array; of one with very many elements there is a hash instead of the ``values``."""

    array: str
    shape: list[int]
    values: NotRequired[list[object]]
