"""Qiskit's own formats: QPY read, QPY written again without names, and OpenQASM 3."""

from __future__ import annotations

import base64
import io
import re
import warnings
import zlib
from collections.abc import Callable
from typing import Final

from qiskit import QuantumCircuit, qasm3, qpy

from pytest_qchannel.cassette.circuits.form import WARNINGS_LOCK
from pytest_qchannel.cassette.circuits.renaming import names_beside, without_words
from pytest_qchannel.cassette.circuits.shape import CircuitForm
from pytest_qchannel.cassette.circuits.words import listing
from pytest_qchannel.cassette.scrub.looks import is_harmless
from pytest_qchannel.qpy_header import MOST_BITS, claimed_bits
from pytest_qchannel.reading import MOST_UNPACKED

__all__ = ["circuit_text", "decode_qpy", "without_names"]

_COUNTED: Final = re.compile(r"_?circuit_\d+")


def decode_qpy(data: bytes) -> list[QuantumCircuit]:
    """The circuits of a QPY file, compressed with zlib or not.

    Raises:
        ValueError: It is no QPY that the installed Qiskit can read.
    """
    if not data.startswith(b"QISKIT"):
        inflater = zlib.decompressobj()
        try:
            data = inflater.decompress(data, MOST_UNPACKED)
        except zlib.error as problem:
            raise ValueError(f"neither QPY nor zlib data: {problem}") from None
        if not inflater.eof:
            raise ValueError("cut short or too large")
    if (bits := claimed_bits(data)) > MOST_BITS:
        raise ValueError(f"it has {bits} bits")
    with WARNINGS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a newer Qiskit that wrote it, of pulse gates
        try:
            circuits = qpy.load(io.BytesIO(data))
            for circuit in circuits:
                for item in circuit.data:
                    _ = item.operation  # made when it is first asked for, and refused only then
        except Exception as problem:  # qpy raises many kinds on data that is not QPY
            raise ValueError(f"no QPY that this Qiskit can read: {problem}") from None
    return list(circuits)


def without_names(text: str) -> str:
    """QPY in base64 without the names and metadata of its circuits; empty where it is none.

    Words in it that look like a secret, an address or a path have a stand-in: see
    :mod:`.renaming`.
    """
    try:
        data = base64.b64decode(text, validate=True)
        circuits = decode_qpy(data)
        version = _plain(data)[6]
        for number, circuit in enumerate(circuits):
            circuit.name, circuit.metadata = f"circuit-{number}", {}
        buffer = io.BytesIO()
        qpy.dump(circuits, buffer, version=version)
        plain = without_words(buffer.getvalue(), circuits, decode_qpy)
    except Exception:  # whatever Qiskit makes of bytes that are no circuit of its version
        return ""
    return base64.b64encode(plain if _is_plain(data) else zlib.compress(plain)).decode("ascii")


def _is_plain(data: bytes) -> bool:
    return data.startswith(b"QISKIT")


def _plain(data: bytes) -> bytes:
    return data if _is_plain(data) else zlib.decompress(data)


def circuit_text(circuit: QuantumCircuit, form: CircuitForm) -> tuple[str, str]:
    """A circuit for people: what language it is in, ``qasm3`` or ``listing``, and the text.

    OpenQASM has the names of registers, and writes some in a way that no search would know.
    """
    if not all(map(is_harmless, names_beside(circuit))):
        return "listing", listing(form)
    with WARNINGS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            text = qasm3.dumps(circuit)
        except Exception:  # the exporter raises many kinds on what OpenQASM 3 has no words for
            return "listing", listing(form)
    return "qasm3", _COUNTED.sub(_numbered(), text).strip() + "\n"


def _numbered() -> Callable[[re.Match[str]], str]:
    """Names that Qiskit counts up over the whole process, counted from 0 instead."""
    numbers: dict[str, int] = {}
    return lambda match: f"_circuit_{numbers.setdefault(match[0], len(numbers))}"
