"""Params and results as the service gives them: circuits stay circuits, without their names.

What a job was submitted with is kept in a form of its own (:mod:`..submitted.submission`); but the
client can ask for it again, and the noise learner answers with circuits; then it decodes QPY. So
the QPY of an answer is written anew, without the names and metadata that somebody gave to circuits;
where that cannot be done, nothing of it is kept.
"""

from __future__ import annotations

import base64
import io
import zlib
from typing import Any, Final

from pytest_qchannel.cassette.circuits.fingerprint import decode_qpy
from pytest_qchannel.cassette.scrub.payload import scrub_payload
from pytest_qchannel.cassette.submitted.submission import QPY_FIELDS

__all__ = ["answered_params"]

_CIRCUIT: Final = "QuantumCircuit"


def answered_params(program: str | None, params: Any) -> Any:  # noqa: ARG001 - the scrubber's hook
    """The params or the results of an answer as a cassette may keep them."""
    kept = scrub_payload(params, lambda _: None)
    return _with_circuits(params, kept)


def _with_circuits(params: Any, kept: Any) -> Any:
    """Puts the circuits of ``params`` where ``kept`` has lost them."""
    if isinstance(params, list) and isinstance(kept, list):
        return [_with_circuits(*pair) for pair in zip(params, kept, strict=True)]
    if not isinstance(params, dict) or not isinstance(kept, dict):
        return kept
    if params.get("__type__") == _CIRCUIT and isinstance(params.get("__value__"), str):
        return {"__type__": _CIRCUIT, "__value__": _anonymous(params["__value__"])}
    return {
        name: (
            _anonymous(params[name])
            if name in QPY_FIELDS and isinstance(params[name], str)
            else _with_circuits(params[name], one)
        )
        for name, one in kept.items()
    }


def _anonymous(text: str) -> str:
    from qiskit import qpy

    try:
        data = base64.b64decode(text, validate=True)
        circuits = decode_qpy(data)
        version = _plain(data)[6]
        for number, circuit in enumerate(circuits):
            circuit.name, circuit.metadata = f"circuit-{number}", {}
        buffer = io.BytesIO()
        qpy.dump(circuits, buffer, version=version)
    except Exception:  # whatever Qiskit makes of bytes that are no circuit of its version
        return ""
    plain = buffer.getvalue()
    return base64.b64encode(plain if _is_plain(data) else zlib.compress(plain)).decode("ascii")


def _is_plain(data: bytes) -> bool:
    return data.startswith(b"QISKIT")


def _plain(data: bytes) -> bytes:
    return data if _is_plain(data) else zlib.decompress(data)
