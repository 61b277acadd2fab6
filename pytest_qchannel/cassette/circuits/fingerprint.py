"""The fingerprint of a circuit: equal for circuits that do the same in the same way.

It is a hash of the circuit's :mod:`form <.form>`. Two Qiskits compute the same one for the same
circuit. What processors and versions do disagree about are the last digits of an angle that was
computed or of a parameter expression; :func:`same_form` compares those for what they are.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import warnings
import zlib
from typing import Any, Final

from pytest_qchannel.cassette.circuits.form import QUIET, circuit_form
from pytest_qchannel.qiskit_home import imported_for_good

__all__ = ["INFO", "decode_qpy", "fingerprint", "fingerprint_of", "same_form"]

VERSION: Final = "1"
"""Counted up whenever forms change their meaning, because old cassettes match no more then."""

INFO: Final = frozenset({"depth", "text"})
"""Keys of a form that are there for people: not compared, not hashed."""

MOST_BYTES: Final = 256 * 1024 * 1024
"""What a compressed circuit may grow to; the service's own limit is 80 MB."""

_SAMPLED: Final = 1e-9
"""How far apart two samples of one expression may be; they are rounded to eleven digits."""

_COMPUTED: Final = 1e-12
"""How far apart, relative to their size, two numbers may be that were computed elsewhere."""


def decode_qpy(data: bytes) -> list[Any]:
    """The circuits of a QPY file, compressed with zlib or not.

    Raises:
        ValueError: It is no QPY that the installed Qiskit can read.
    """
    imported_for_good()
    from qiskit import qpy

    if not data.startswith(b"QISKIT"):
        inflater = zlib.decompressobj()
        try:
            data = inflater.decompress(data, MOST_BYTES)
        except zlib.error as problem:
            raise ValueError(f"neither QPY nor zlib data: {problem}") from None
        if not inflater.eof:
            raise ValueError("cut short or too large")
    with QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a newer Qiskit that wrote it, of pulse gates
        try:
            circuits = qpy.load(io.BytesIO(data))
            for circuit in circuits:
                for item in circuit.data:
                    _ = item.operation  # made when it is first asked for, and refused only then
        except Exception as problem:  # qpy raises many kinds on data that is not QPY
            raise ValueError(f"no QPY that this Qiskit can read: {problem}") from None
    return list(circuits)


def fingerprint_of(circuit: Any) -> str:
    """The fingerprint of a ``QuantumCircuit``: 32 hexadecimal digits."""
    return fingerprint(circuit_form(circuit))


def fingerprint(form: Any) -> str:
    """The fingerprint of a form, or of anything that holds forms."""
    text = json.dumps(_compared(form), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{VERSION}|{text}".encode()).hexdigest()[:32]


def _compared(form: Any) -> Any:
    if isinstance(form, dict):
        return {name: _compared(one) for name, one in form.items() if name not in INFO}
    if isinstance(form, list):
        return [_compared(one) for one in form]
    return form


def same_form(one: Any, other: Any, closeness: float = _COMPUTED) -> bool:
    """Whether two forms say the same, give or take the last digits of their numbers.

    Args:
        one: A form, or a part of one.
        other: Another one.
        closeness: How far apart two numbers may be, relative to their size.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        keys = one.keys() - INFO
        close = _SAMPLED if "expr" in one else closeness
        return keys == other.keys() - INFO and all(same_form(one[k], other[k], close) for k in keys)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            same_form(here, there, closeness) for here, there in zip(one, other, strict=True)
        )
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=closeness, abs_tol=1e-15)
    return type(one) is type(other) and bool(one == other)
