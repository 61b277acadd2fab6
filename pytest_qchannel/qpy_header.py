"""What the header of QPY data says of its circuits, told before Qiskit makes them.

A header of fifty bytes may say four billion, and Qiskit makes room for all of them first.
"""

from __future__ import annotations

import re
import struct
from typing import Final

__all__ = ["MOST_BITS", "claimed_bits", "first_metadata"]

MOST_BITS: Final = 1_000_000
"""Of a circuit: each takes its time and memory, and no device has nearly as many."""

_BITS: Final = struct.Struct("!II")
_INNER: Final = re.compile(rb"f\0\x08(.{8})\0{4}.{4}\0\0..\0{4}.{4}", re.DOTALL)
"""The header of a circuit, also of one within another: a global phase that is a float, its
qubits and clbits, the size of its metadata, and how many registers and instructions it has; the
zeros are those of numbers that are no larger. Source: ``CIRCUIT_HEADER_V2`` and ``_V12`` of
qiskit's formats.
"""


_CIRCUIT: Final = struct.Struct("!HcHIIQ")
"""Of the same headers: the sizes of name and global phase, the bits, the size of the metadata."""


def claimed_bits(data: bytes) -> int:
    """The most qubits and clbits that a circuit of this data says it has; 0 where it is no QPY."""
    if len(data) < 7 or not data.startswith(b"QISKIT"):
        return 0
    # The size of its name, and its global phase.
    first = _first_circuit(data) + 2 + (8 if data[6] < 2 else 3)
    found = [data[first : first + _BITS.size], *(one[1] for one in _INNER.finditer(data))]
    return max((sum(_BITS.unpack(one)) for one in found if len(one) == _BITS.size), default=0)


def first_metadata(data: bytes) -> bytes:
    """The metadata of the first circuit of this data, which is JSON; empty where it is no QPY."""
    at = _first_circuit(data) if data.startswith(b"QISKIT") else len(data)
    if len(data) < at + _CIRCUIT.size or data[6] < 2:
        return b""
    name, _, phase, _, _, size = _CIRCUIT.unpack_from(data, at)
    at += (37 if data[6] >= 12 else 33) + name + phase
    return data[at : at + size]


def _first_circuit(data: bytes) -> int:
    """Behind the file's header, a table of where circuits begin, and the kind of the first one."""
    version = data[6]
    return 18 + (version >= 10) + 8 * (version >= 16) * _programs(data) + (version >= 5)


def _programs(data: bytes) -> int:
    return int.from_bytes(data[10:18], "big")
