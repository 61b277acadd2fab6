"""How long it takes to read a circuit, told before it is read: if long, in the worker.

A gate of OpenQASM 3 is copied with all that it is made of wherever it is used, and QPY holds these
copies: a page of definitions that use each other, twice each, unfolds to a million gates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

__all__ = ["is_nested_deeply", "most_bits", "qasm3_s", "qpy_s", "register_sizes"]

# Measured in 2026, on one core of a small machine.
_CHARACTER_S: Final = 2e-5
_COPY_S: Final = 6e-5
_BYTE_S: Final = 1e-7
_DEFINED_S: Final = 1.2e-4
_BIT_S: Final = 1e-6
_MANY_BITS: Final = 1_000_000
"""So many has a register, for all that is known, whose size is no plain number."""

_WORD: Final = re.compile(r"[^\W\d]\w*|[{}]")
_DEFINED: Final = re.compile(rb"[acgip]\0\0..\0\0..\x01\0", re.DOTALL)
"""What stands before a definition in QPY: its kind, how many qubits and clbits it has, and that it
has a definition, whose size follows. Source: ``CUSTOM_CIRCUIT_INST_DEF_V2`` of qiskit's formats.
"""
_NAMED: Final = re.compile(r"(?:\$|\bctrl\s*\(\s*|\bnegctrl\s*\(\s*)(\d+)")
_DEEPEST: Final = 500
_OPENED: Final = re.compile(r"[()\[\]{}]")
_PREFIXES: Final = re.compile(r"(?:[-~!]\s*+){500}")
_REGISTER: Final = re.compile(r"\b(qubit|bit|[qc]reg\s+\w+)\s*\[\s*([^\]\s]+)\s*\]")


def qpy_s(data: bytes) -> float:
    """Seconds for a circuit of this data: for its bytes, and for the gates that it defines."""
    return len(data) * _BYTE_S + sum(1 for _ in _DEFINED.finditer(data)) * _DEFINED_S


def qasm3_s(text: str) -> float:
    """Seconds for a circuit of this text: for characters, bits, and the gates that it copies."""
    copies = _copies(text, max(register_sizes(text, of="q"), default=1))
    bits = sum(register_sizes(text))
    return len(text) * _CHARACTER_S + bits * _BIT_S + copies * _COPY_S


def register_sizes(text: str, of: str = "") -> list[int]:
    """How many bits the registers of a text have, or those whose kind begins like that."""
    found = _REGISTER.findall(text)
    return [_number(size) for kind, size in found if kind.startswith(of)]


def most_bits(text: str) -> int:
    """How many bits Qiskit makes room for: of registers, up to a physical qubit, of controls."""
    named = (_number(size) for size in _NAMED.findall(text))
    return max(sum(register_sizes(text)), *named, 0)


def is_nested_deeply(text: str) -> bool:
    """Whether something in a text is deeper than the parser goes, which it finds out slowly."""
    depth = deepest = 0
    for found in _OPENED.finditer(text):
        depth += 1 if found[0] in "([{" else -1
        deepest = max(deepest, depth)
    return deepest > _DEEPEST or _PREFIXES.search(text) is not None


def _number(size: str) -> int:
    try:
        return int(size, 0)
    except ValueError:  # a constant, or an expression; or a number with zeros before it
        return int(size) if size.isdecimal() and len(size) < 20 else _MANY_BITS


def _copies(text: str, most_bits: int) -> float:
    """How many gates are copied, each with what it is made of."""
    sizes: dict[str, float] = {}
    words = (found[0] for found in _WORD.finditer(text))
    inside = outside = 0.0
    for word in words:
        if word == "gate":
            name = next(words, "")
            used = sum(sizes.get(one, 0.0) for one in _body(words))
            sizes[name] = 1.0 + used
            inside += used
        else:
            outside += sizes.get(word, 0.0)
    # A gate on a register is copied for each of its qubits.
    return inside + outside * most_bits


def _body(words: Iterator[str]) -> Iterator[str]:
    """The words of a definition up to the brace that ends it, its parameters' names among them."""
    depth = 0
    for word in words:
        depth += (word == "{") - (word == "}")
        if word == "}" and depth <= 0:
            return
        yield word
