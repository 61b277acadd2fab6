"""How two circuits differ, in words, from their forms."""

from __future__ import annotations

from itertools import zip_longest
from typing import Final

from pytest_qchannel.cassette.circuits.fingerprint import same_form
from pytest_qchannel.cassette.circuits.shape import CircuitForm, Content, Instruction
from pytest_qchannel.cassette.circuits.words import operation_words, value_words
from pytest_qchannel.counted import counted

__all__ = ["circuit_difference"]

_SIZES: Final = (
    ("qubits", "number of qubits"),
    ("clbits", "number of classical bits"),
    ("cregs", "classical registers"),
    ("params", "parameters"),
)


def circuit_difference(recorded: CircuitForm, sent: CircuitForm) -> str | None:
    """What is different, or ``None`` where the forms say the same.

    Returns:
        As ``recorded depth 3, sent depth 5; first difference: instruction 4, recorded cx(0, 1),
        sent cz(0, 1)``. Instructions are counted from 0.
    """
    if same_form(recorded, sent):
        return None
    said = []
    if recorded.get("depth") != sent.get("depth"):
        said.append(f"recorded depth {recorded.get('depth')}, sent depth {sent.get('depth')}")
    first = _first(recorded, sent)
    said.append(f"first difference: {first}")
    return "; ".join(said)


def _first(recorded: CircuitForm, sent: CircuitForm) -> str:
    for key, name in _SIZES:
        if recorded.get(key) != sent.get(key):
            return f"{name}, {_both(recorded.get(key), sent.get(key))}"
    found = _content_difference(recorded, sent, recorded, sent)
    if found:
        return found
    if not same_form(recorded.get("calibrations"), sent.get("calibrations")):
        return "the calibrations of its gates"
    return "a part of it that has no words"


def _content_difference(
    recorded: Content, sent: Content, whole: CircuitForm, other: CircuitForm
) -> str | None:
    for number, (one, two) in enumerate(zip_longest(recorded["ops"], sent["ops"])):
        if one is None or two is None:
            return f"instruction {number}, {_op_words(one, 'recorded')}, {_op_words(two, 'sent')}"
        found = _op_difference(one, two, whole, other)
        if found:
            return f"instruction {number}, {found}"
    if not same_form(recorded["phase"], sent["phase"]):
        return f"global phase, {_both(recorded['phase'], sent['phase'])}"
    if not same_form(recorded.get("vars"), sent.get("vars")):
        return f"classical variables, {_both(recorded.get('vars'), sent.get('vars'))}"
    return None


def _op_difference(
    one: Instruction, two: Instruction, whole: CircuitForm, other: CircuitForm
) -> str | None:
    outside = {"bodies", "gate"}
    if not same_form(_without(one, outside), _without(two, outside)):
        return f"{_op_words(one, 'recorded')}, {_op_words(two, 'sent')}"
    bodies, others = one.get("bodies", []), two.get("bodies", [])
    if len(bodies) != len(others):
        recorded = f"{_op_words(one, 'recorded')} with {counted(bodies, 'body', 'bodies')}"
        return f"{recorded}, sent with {len(others)}"
    for number, (body, its) in enumerate(zip(bodies, others, strict=True)):
        found = _content_difference(body, its, whole, other)
        if found:
            return f"{one['op']}, in its body {number}: {found}"
    gate, its_gate = one.get("gate"), two.get("gate")
    if gate is None and its_gate is None:
        return None
    if gate is None or its_gate is None:
        return f"definition of {one['op']}, which only one of them has"
    # Numbers of definitions are given in the order of use, so only what they stand for counts.
    found = _content_difference(whole["gates"][gate], other["gates"][its_gate], whole, other)
    return f"in the definition of {one['op']}: {found}" if found else None


def _without(op: Instruction, names: set[str]) -> dict[str, object]:
    return {name: value for name, value in op.items() if name not in names}


def _op_words(op: Instruction | None, which: str) -> str:
    return f"{which} {'no more instructions' if op is None else operation_words(op)}"


def _both(recorded: object, sent: object) -> str:
    return f"recorded {value_words(recorded)}, sent {value_words(sent)}"
