"""A submitted job in a form that can be compared, stored and read: the body of ``POST /jobs``.

A body holds its circuits as QPY, which another Qiskit writes otherwise and which counts names and
draws UUIDs: the same submission never has the same bytes twice. So circuits become their forms
(:mod:`.circuits.form`), arrays become their elements, and every other compressed value becomes a
hash of what it holds. That form is what a cassette keeps as the body of the request; it can be
read without the Qiskit that wrote the QPY, and no name can hide in it that JSON would not show.

What a program other than Sampler and Estimator takes (executor, noise learner) needs no schema
here: circuits, arrays, tensors and JSON within JSON are known wherever they stand.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_qchannel.cassette.circuits.fingerprint import (
    MOST_BYTES,
    decode_qpy,
    fingerprint,
    same_form,
)
from pytest_qchannel.cassette.scrub.looks import is_harmless
from pytest_qchannel.cassette.standin_shapes import WORD

__all__ = [
    "MARK",
    "QPY_FIELDS",
    "Submission",
    "circuit_of",
    "fields_of",
    "map_form",
    "read_submission",
    "walk_circuits",
]

MARK: Final = "qchannel_submission"
VERSION: Final = 1

# Who sends it is told by the CRN or the provider; log levels change no result.
_IGNORED: Final = frozenset({"hub", "group", "project", "log_level"})

QPY_FIELDS: Final = ("b64_data", "circuit_b64", "circuit_base64")
_QPY_VERSION: Final = frozenset({"qpy_version", "qpy"})
_LONG: Final = 256
# Samplomatic counts the bases of boxes through the whole process, so that the name of one depends
# on the tests before. Source: GroupMeasIntoBoxes._REF_COUNTER of samplomatic 0.21.
_COUNTED: Final = re.compile(r"(?<=\bbasis_changes\.basis)\d+\b")
_HASHES: Final = frozenset({"sha256", "unreadable"})


@dataclass(frozen=True, slots=True)
class Submission:
    """What was submitted.

    Attributes:
        form: ``program``, ``params`` and the other fields of the body; plain JSON, the circuits
            of which are ``{"circuit": form}``.
        circuits: The decoded circuits in the order of the form; empty if it was read from a form.
    """

    form: dict[str, Any]
    circuits: tuple[Any, ...] = field(default=(), compare=False, repr=False)

    @property
    def fingerprint(self) -> str:
        """Equal for equal submissions: 32 hexadecimal digits."""
        return fingerprint(self.form)

    def matches(self, other: Submission) -> bool:
        """Whether both submit the same; see :func:`~.circuits.fingerprint.same_form`."""
        return self.fingerprint == other.fingerprint or same_form(self.form, other.form)

    def to_bytes(self) -> bytes:
        """The form as JSON; the same submission always gives the same bytes."""
        kept = {MARK: VERSION, **self.form}
        return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_submission(body: bytes) -> Submission | None:
    """The submission in the body of ``POST /jobs``, whether a client sent it or a cassette has it.

    Returns:
        ``None`` where the body is no JSON object with a ``program_id``: nothing is known of it.
    """
    data = fields_of(body)
    if data is None:
        return None
    if MARK in data:
        return Submission({name: value for name, value in data.items() if name != MARK})
    if b"basis_changes.basis" in body:
        data = _counted_anew(data)
    reader = _Reader()
    form = {
        name: reader.read(value)
        for name, value in data.items()
        if name not in _IGNORED and value is not None
    }
    if isinstance(form.get("tags"), list):
        form["tags"] = sorted(form["tags"], key=str)  # a set has no order
    harmless = _harmless(form.get("params"))
    is_same = harmless == form.get("params")
    if "params" in form:
        form["params"] = harmless
    # What was taken out must not come back with the words that are made of the circuits.
    return Submission(form, tuple(reader.circuits) if is_same else ())


def fields_of(body: bytes) -> dict[str, Any] | None:
    """The fields of such a body as they stand there, the circuits packed; ``None`` as above."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    is_one = isinstance(data, dict) and (MARK in data or isinstance(data.get("program_id"), str))
    return data if is_one else None


def _counted_anew(data: Any) -> Any:
    """A body in which what was counted through the process begins at 0."""
    text = json.dumps(data)
    found = sorted({int(number) for number in _COUNTED.findall(text)})
    anew = {number: str(place) for place, number in enumerate(found)}
    return json.loads(_COUNTED.sub(lambda one: anew[int(one[0])], text))


def _harmless(form: Any) -> Any:
    """The form with every text replaced that looks like a secret, an address or a path.

    The replacement depends on nothing but the text, so a recorded and a sent one still compare.
    """
    if isinstance(form, dict):
        return {
            _harmless(name): one if name in _HASHES else _harmless(one)
            for name, one in form.items()
        }
    if isinstance(form, list):
        return [_harmless(one) for one in form]
    if isinstance(form, str) and not is_harmless(form):
        return f"{WORD}-text-{hashlib.sha256(form.encode()).hexdigest()[:8]}"
    return form


class _Reader:
    def __init__(self) -> None:
        self.circuits: list[Any] = []

    def read(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.read(one) for one in value]
        if isinstance(value, str):
            return self._text(value)
        if not isinstance(value, dict):
            return value
        if "__type__" in value and "__value__" in value:
            return self._tagged(str(value["__type__"]), value["__value__"])
        for name in QPY_FIELDS:
            if isinstance(value.get(name), str):
                rest = {k: v for k, v in value.items() if k != name and k not in _QPY_VERSION}
                return {"circuits": self._circuits(value[name]), **self.read(rest)}
        if {"data", "shape", "dtype"} <= value.keys() and isinstance(value["data"], str):
            rest = {name: one for name, one in value.items() if name != "data"}
            return {"sha256": _hash(value["data"]), **self.read(rest)}
        return {name: self.read(one) for name, one in value.items()}

    def _text(self, text: str) -> Any:
        if text[:1] in ("{", "["):  # JSON within JSON: a samplex
            try:
                return {"json": self.read(json.loads(text))}
            except (ValueError, RecursionError):
                return text
        return text

    def _tagged(self, kind: str, value: Any) -> Any:
        from pytest_qchannel.cassette.circuits.values import array_form

        if kind == "QuantumCircuit" and isinstance(value, str):
            found = self._circuits(value)
            return found[0] if len(found) == 1 else {"circuits": found}
        if kind == "ndarray":
            array = _array(value)
            return {"sha256": _hash(str(value))} if array is None else array_form(array)
        if isinstance(value, str) and len(value) > _LONG:
            return {"type": kind, "sha256": _hash(value)}
        return {"type": kind, "value": self.read(value)}

    def _circuits(self, text: str) -> list[Any]:
        from pytest_qchannel.cassette.circuits.form import circuit_form

        try:
            circuits = decode_qpy(base64.b64decode(text, validate=True))
            forms = [{"circuit": circuit_form(one)} for one in circuits]
        except ValueError as problem:
            return [{"unreadable": _hash(text), "text": str(problem)}]
        self.circuits += circuits
        return forms


def _unpacked(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()
    try:
        return zlib.decompressobj().decompress(data, MOST_BYTES)
    except zlib.error:
        return data


def _hash(text: str) -> str:
    return hashlib.sha256(_unpacked(text)).hexdigest()


def _array(value: Any) -> Any:
    import numpy as np

    try:
        if isinstance(value, list):
            return np.asarray(value)
        array = np.load(io.BytesIO(_unpacked(str(value))), allow_pickle=False)
    except Exception:  # numpy raises many kinds on what is no array
        return None
    return array if isinstance(array, np.ndarray) else None


def circuit_of(value: Any) -> dict[str, Any] | None:
    """The circuit's form that a value of a submission's form is, if it is one.

    A program may call one of its own params ``circuit``: that one holds such a value.
    """
    inner = value.get("circuit") if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) and {"qubits", "clbits"} <= inner.keys() else None


def walk_circuits(form: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each circuit's form within a submission's, with the JSON path it stands at."""
    if isinstance(form, dict):
        if (circuit := circuit_of(form)) is not None:
            yield where, circuit
            return
        for name, one in form.items():
            yield from walk_circuits(one, f"{where}.{name}" if where else name)
    elif isinstance(form, list):
        for number, one in enumerate(form):
            yield from walk_circuits(one, f"{where}[{number}]")


def map_form(form: Any, change: Callable[[dict[str, Any]], Any]) -> Any:
    """The form with each mapping replaced by what ``change`` makes of it, unless that is None."""
    if isinstance(form, dict):
        changed = change(form)
        if changed is not None:
            return changed
        return {name: map_form(one, change) for name, one in form.items()}
    if isinstance(form, list):
        return [map_form(one, change) for one in form]
    return form
