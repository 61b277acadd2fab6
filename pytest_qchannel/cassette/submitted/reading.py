"""What a client packs into the body of ``POST /jobs``, unpacked: circuits, arrays, JSON in JSON."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from pytest_qchannel.cassette.circuits.form import circuit_form
from pytest_qchannel.cassette.circuits.formats import circuit_text, decode_qpy
from pytest_qchannel.cassette.circuits.packed import QPY_FIELDS, hash_of, unpacked
from pytest_qchannel.cassette.circuits.values import array_form

__all__ = ["Reader"]

_QPY_VERSION: Final = frozenset({"qpy_version", "qpy"})
_LONG: Final = 256


class Reader:
    """Reads the fields of one body, in order.

    Attributes:
        texts: What gives each circuit in words, in the order in which they were met.
    """

    def __init__(self) -> None:
        self.texts: list[Callable[[], tuple[str, str]]] = []

    def read(self, value: object) -> object:
        """A value with its circuits and arrays in their forms."""
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
                return {"circuits": self._circuits(value[name]), **self._fields(rest)}
        if {"data", "shape", "dtype"} <= value.keys() and isinstance(value["data"], str):
            rest = {name: one for name, one in value.items() if name != "data"}
            return {"sha256": hash_of(value["data"]), **self._fields(rest)}
        return self._fields(value)

    def _fields(self, value: Mapping[str, object]) -> dict[str, object]:
        return {name: self.read(one) for name, one in value.items()}

    def _text(self, text: str) -> object:
        if text[:1] in ("{", "["):  # JSON within JSON: a samplex
            try:
                return {"json": self.read(json.loads(text))}
            except (ValueError, RecursionError):
                return text
        return text

    def _tagged(self, kind: str, value: object) -> object:
        if kind == "QuantumCircuit" and isinstance(value, str):
            found = self._circuits(value)
            return found[0] if len(found) == 1 else {"circuits": found}
        if kind == "ndarray":
            array = _array(value)
            return {"sha256": hash_of(str(value))} if array is None else array_form(array)
        if kind == "NoiseModel" and isinstance(value, dict):
            value = _without_drawn_ids(value)
        if isinstance(value, str) and len(value) > _LONG:
            return {"type": kind, "sha256": hash_of(value)}
        return {"type": kind, "value": self.read(value)}

    def _circuits(self, text: str) -> list[dict[str, object]]:
        try:
            circuits = decode_qpy(base64.b64decode(text, validate=True))
            forms = [{"circuit": circuit_form(one)} for one in circuits]
        except ValueError as problem:
            return [{"unreadable": hash_of(text), "text": str(problem)}]
        self.texts += [
            partial(circuit_text, one, form["circuit"])
            for one, form in zip(circuits, forms, strict=True)
        ]
        return [dict(one) for one in forms]


def _without_drawn_ids(model: Mapping[str, object]) -> dict[str, object]:
    """A noise model without the UUIDs that Aer draws for its errors each time one is made."""
    errors = model.get("errors")
    if not isinstance(errors, list):
        return dict(model)
    kept = [
        {name: part for name, part in one.items() if name != "id"} if isinstance(one, dict) else one
        for one in errors
    ]
    return {**model, "errors": kept}


def _array(value: object) -> npt.NDArray[np.generic] | None:
    try:
        if isinstance(value, list):
            return np.asarray(value)
        array = np.load(io.BytesIO(unpacked(str(value))), allow_pickle=False)
    except Exception:  # numpy raises many kinds on what is no array
        return None
    return array if isinstance(array, np.ndarray) else None
