"""The ``__type__`` encoding in which the clients write params and read results.

Source: ``RuntimeEncoder`` and ``RuntimeDecoder`` of qiskit-ibm-runtime 0.34 to 0.51. The tags
written here are those that all of them read.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import zlib
from typing import TYPE_CHECKING, Any

from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure

if TYPE_CHECKING:
    import numpy as np
    from qiskit import QuantumCircuit

__all__ = ["decode_circuit", "decode_values", "encode_array"]

# A decompressed body larger than this is refused; the service's own input limit is 80 MB.
MOST_BYTES = 256 * 1024 * 1024


def _unpack(text: str, what: str) -> bytes:
    try:
        inflater = zlib.decompressobj()
        data = inflater.decompress(base64.b64decode(text, validate=True), MOST_BYTES)
    except (binascii.Error, zlib.error, ValueError) as problem:
        raise JobFailure(
            FailureCode.VALIDATION, f"The {what} is not base64 of zlib data: {problem}."
        ) from None
    if not inflater.eof:
        said = f"larger than {MOST_BYTES} bytes" if len(data) >= MOST_BYTES else "cut short"
        raise JobFailure(FailureCode.VALIDATION, f"The {what} is {said}.")
    return data


def decode_circuit(sent: str | dict[str, Any], where: str) -> QuantumCircuit:
    """The circuit that a PUB starts with: QPY in an envelope, or OpenQASM 3 as text.

    Raises:
        JobFailure: It cannot be read; the text names ``where`` it was.
    """
    if isinstance(sent, str):
        return _from_qasm3(sent, where)
    from qiskit import qpy

    data = _unpack(sent["__value__"], f"circuit of {where}")
    try:
        circuit = qpy.load(io.BytesIO(data))[0]
        for item in circuit.data:
            _ = item.operation  # made when it is first asked for, and refused only then
        return circuit
    except Exception as problem:  # qpy raises many kinds on data that is not QPY
        raise JobFailure(
            FailureCode.VALIDATION,
            f"The circuit of {where} is no QPY that this Qiskit can read: {problem}.",
        ) from None


def _from_qasm3(text: str, where: str) -> QuantumCircuit:
    from qiskit import qasm3

    # The importer reads on whatever version the text declares.
    declared = re.search(r"^\s*OPENQASM\s+([\d.]+)", text, re.MULTILINE)
    if declared and declared[1].partition(".")[0] != "3":
        raise JobFailure(
            FailureCode.VALIDATION,
            f"The circuit of {where} is OpenQASM {declared[1]}; OpenQASM 3 is expected.",
        )
    try:
        return qasm3.loads(text)
    except Exception as problem:  # the parser, the importer and qiskit each raise their own
        raise JobFailure(
            FailureCode.VALIDATION,
            f"The circuit of {where} is no OpenQASM 3 that can be read: {problem}.",
        ) from None


def decode_values(sent: Any, where: str) -> Any:
    """Parameter values: an encoded array, nested lists, or a mapping of names to either."""
    if not isinstance(sent, dict):
        return sent
    if "__type__" not in sent:
        return {name: decode_values(value, where) for name, value in sent.items()}
    import numpy as np

    if sent["__type__"] != "ndarray" or "__value__" not in sent:
        raise JobFailure(
            FailureCode.VALIDATION,
            f"The parameter values of {where} are of the type {str(sent['__type__'])[:40]!r}; "
            "an ndarray is expected.",
        )
    try:
        if isinstance(sent["__value__"], list):
            array = np.asarray(sent["__value__"])
        else:
            data = _unpack(str(sent["__value__"]), f"parameter array of {where}")
            array = np.load(io.BytesIO(data), allow_pickle=False)
    except JobFailure:
        raise
    except Exception as problem:  # numpy raises many kinds on a file that is not its own
        raise JobFailure(
            FailureCode.VALIDATION, f"The parameter array of {where} is not readable: {problem}."
        ) from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        raise JobFailure(
            FailureCode.VALIDATION, f"The parameter array of {where} does not hold real numbers."
        )
    return array


def encode_array(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    """An array as the client's decoder reads it."""
    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    packed = zlib.compress(buffer.getvalue(), level=1)
    return {"__type__": "ndarray", "__value__": base64.b64encode(packed).decode("ascii")}
