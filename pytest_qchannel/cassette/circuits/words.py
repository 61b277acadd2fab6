"""The form of a circuit in words: instructions, values, conditions, and all of it as a listing."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pytest_qchannel.cassette.circuits.shape import CircuitForm, Content, Instruction
from pytest_qchannel.counted import counted

__all__ = ["condition_words", "listing", "operation_words", "value_words"]


def listing(form: CircuitForm) -> str:
    """The instructions of a circuit's form, a line each."""
    head = f"// {counted(form['qubits'], 'qubit')}, {counted(form['clbits'], 'classical bit')}"
    registers = [f"// {name}: {bits}" for name, bits in form["cregs"]]
    lines = [head, *registers, *_lines(form, "")]
    for number, gate in enumerate(form.get("gates", ())):
        lines += [f"gate {number}:", *_lines(gate, "  ")]
    return "\n".join(lines) + "\n"


def _lines(content: Content, indent: str) -> Iterator[str]:
    if content["phase"] != 0.0:
        yield f"{indent}global phase {value_words(content['phase'])}"
    for op in content["ops"]:
        yield indent + operation_words(op)
        for number, body in enumerate(op.get("bodies", ())):
            yield f"{indent}  body {number}:"
            yield from _lines(body, indent + "    ")


def operation_words(op: Instruction) -> str:
    """One instruction on one line, as ``rz[0.5](3)`` or ``measure(0) -> 1``."""
    said = op["op"]
    if "p" in op:
        said += "[" + ", ".join(map(value_words, op["p"])) + (op.get("unit") or "") + "]"
    said += "(" + ", ".join(map(str, op["q"])) + ")"
    if "c" in op:
        said += " -> " + ", ".join(map(str, op["c"]))
    if "if" in op:
        said += f" if {condition_words(op['if'])}"
    if "on" in op:
        said += f" on {condition_words(op['on'])}"
    known = {"op", "q", "p", "c", "if", "on", "unit", "bodies"}
    for name, value in sorted(op.items()):
        if name not in known:
            said += f" {name}={value_words(value)}"
    return said


def value_words(value: object) -> str:
    """A value of a form, short."""
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "[" + ", ".join(map(value_words, value)) + "]"
    match value:
        case {"param": name}:
            return str(name)
        case {"expr": _, "text": text}:
            return str(text)
        case {"re": real, "im": imaginary}:
            return f"({value_words(real)}, {value_words(imaginary)}i)"
        case {"array": _, "shape": shape}:
            return f"array of shape {tuple(shape)}"
        case dict():
            return json.dumps(value, ensure_ascii=False)
    return (
        "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )


def condition_words(condition: object) -> str:
    """A condition of a form, as ``c0 == 1``."""
    match condition:
        case {"bit": bit, "is": value}:
            return f"c{bit} == {value}"
        case {"bits": bits, "is": value}:
            return f"{_bits(bits)} == {value}"
        case {"bit": bit}:
            return f"c{bit}"
        case {"bits": bits}:
            return _bits(bits)
        case {"var": name} | {"stretch": name}:
            return str(name)
        case {"value": value}:
            return value_words(value)
        case {"cast": kind, "of": inner}:
            return f"{kind}({condition_words(inner)})"
        case {"apply": name, "to": inner}:
            return f"{str(name).lower()}({', '.join(map(condition_words, inner))})"
    return value_words(condition)


def _bits(bits: list[int]) -> str:
    return "(" + ", ".join(f"c{bit}" for bit in bits) + ")"
