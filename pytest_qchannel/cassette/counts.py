"""The counts in the body of a job's results, read without Qiskit and without numpy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from pytest_qchannel.cassette.circuits.packed import unpacked
from pytest_qchannel.wire import is_int

__all__ = ["Counted", "counts_in"]

MOST_BITSTRINGS: Final = 64
"""How many bitstrings of a PUB are told, the most frequent ones; of the rest the sum."""

_NPY: Final = b"\x93NUMPY"


class Counted(NamedTuple):
    """The counts of a PUB.

    Attributes:
        shots: All of them.
        counts: Shots by bitstring, of the most frequent ones, in the order of their names.
        other_shots: Those of bitstrings that are left out.
    """

    shots: int
    counts: dict[str, int]
    other_shots: int


def counts_in(told: object) -> Iterator[Counted | None]:
    """The counts of each PUB; ``None`` where it has none, as of an Estimator's.

    Args:
        told: The body, out of JSON: what the client reads (``pub_results``) or what REST users
            get (``results``).
    """
    whole = _value(told)
    found = whole.get("pub_results") or whole.get("results")
    for result in found if isinstance(found, list) else ():
        data = _value(_value(result).get("data"))
        fields = data.get("fields", data)
        registers = list(map(_bitstrings, fields.values())) if isinstance(fields, dict) else []
        known = [one for one in registers if one is not None]
        if not known or len(known) < len(registers):
            yield None
            continue
        # As Qiskit writes several registers: the last one first.
        counts = Counter(map(" ".join, zip(*reversed(known), strict=False)))
        most = dict(sorted(counts.most_common(MOST_BITSTRINGS)))
        yield Counted(counts.total(), most, counts.total() - sum(most.values()))


def _bitstrings(register: object) -> list[str] | None:
    """The bitstrings of a register, shot by shot; ``None`` where it holds something else."""
    told = _value(register)
    width, samples = told.get("num_bits"), told.get("samples")
    if not is_int(width) or width < 1:
        return None
    if isinstance(samples, list):
        try:
            return [format(int(str(one), 16), f"0{width}b") for one in samples]
        except ValueError:
            return None
    array = told.get("array")
    packed = array.get("__value__") if isinstance(array, dict) else None
    data = _npy(unpacked(packed)) if isinstance(packed, str) else None
    if data is None:
        return None
    size = -(-width // 8)
    return [
        format(int.from_bytes(data[at : at + size]), f"0{width}b")
        for at in range(0, len(data), size)
    ]


def _npy(file: bytes) -> bytes | None:
    """The elements of an array of bytes in numpy's file format."""
    if not file.startswith(_NPY):
        return None
    size = 2 if file[6:7] == b"\1" else 4
    start = 8 + size + int.from_bytes(file[8 : 8 + size], "little")
    head = file[:start]
    return file[start:] if b"'|u1'" in head and b"'fortran_order': False" in head else None


def _value(told: object) -> dict[str, object]:
    """A mapping, out of its envelope where it has one."""
    inner = told.get("__value__", told) if isinstance(told, dict) else None
    return inner if isinstance(inner, dict) else {}
