"""Params and results: numbers stay, and what is packed is looked into.

An array is kept where it is opened, found to hold nothing but numbers, and nothing behind them.
A circuit is never kept: QPY holds names and metadata that the user chose.
"""

from __future__ import annotations

import ast
import base64
import binascii
import json
import math
import re
import zlib
from collections.abc import Callable
from typing import Final

from pytest_qchannel.cassette.scrub.looks import is_harmless, is_name, is_time, is_word
from pytest_qchannel.cassette.scrub.prose import is_known
from pytest_qchannel.cassette.scrub.texts import (
    PERSONAL,
    harmless_text,
    without_texts,
    written_by_somebody,
)
from pytest_qchannel.cassette.standin_shapes import WORD
from pytest_qchannel.reading import MOST_UNPACKED

__all__ = ["is_array", "scrub_payload"]

_NPY: Final = re.compile(rb"\x93NUMPY[\x01\x02\x03]\x00", re.DOTALL)
_NUMBERS: Final = re.compile(r"[<>|=]?[bBiufc?](\d{1,2})")
# The executor's tensors: bits of one element.
_TENSORS: Final = {
    "bool": 1, "u8": 8, "i8": 8, "i16": 16, "u16": 16, "i32": 32, "u32": 32, "f32": 32, "i64": 64,
    "u64": 64, "f64": 64, "c64": 64, "c128": 128,
}  # fmt: skip
_CIRCUITS: Final = frozenset({"QuantumCircuit", "Instruction", "ParameterExpression", "Parameter"})
# What users write into their circuits comes back in the results.
_OF_USER: Final = frozenset({"circuit_metadata", "annotations"})

_NAME: Final = re.compile(r"\S{1,200}")

_METADATA: Final = "metadata"
_PARTS: Final = re.compile(r"[_ .-]")
# Beside those of its sentences.
_WORDS: Final = frozenset(
    """
    amplify budget chunk clops compilation compiled confidence deviation ensemble ensembles
    extrapolation extrapolators generators learned local metric odd pairs randomized rb sampling
    scale schedule selected selection span spans std stds timeline trex twirled unitary virtual wall
    xp xyxy
    """.split()  # noqa: SIM905 - as in prose.py
)

Report = Callable[[str], None]


def _opened(text: str) -> bytes | None:
    """The bytes of base64, or of a zlib stream in it; ``None`` where there is more behind it."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    stream = zlib.decompressobj()
    try:
        inflated = stream.decompress(data, MOST_UNPACKED)
    except zlib.error:
        return data
    return inflated if stream.eof and not stream.unused_data else None


def _shape_size(shape: object) -> int | None:
    if not isinstance(shape, list | tuple):
        return None
    is_shape = all(isinstance(size, int) and size >= 0 for size in shape)
    return math.prod(shape) if is_shape else None


def is_array(text: str) -> bool:
    """Whether a text is base64 of an npy file of numbers, compressed or not, and no more."""
    data = _opened(text)
    if data is None or not _NPY.match(data):
        return False
    wide = data[6] > 1
    start = 12 if wide else 10
    length = int.from_bytes(data[8:start], "little")
    header = data[start : start + length]
    try:
        fields = ast.literal_eval(header.decode("ascii"))
        kind = _NUMBERS.fullmatch(fields["descr"])
        size = _shape_size(fields["shape"])
    except (ValueError, SyntaxError, KeyError, TypeError, MemoryError, RecursionError):
        return False
    if set(fields) != {"descr", "fortran_order", "shape"} or kind is None or size is None:
        return False
    # No comment may hide in the header.
    is_bare = header.split(b"}")[-1].strip() == b"" and b"#" not in header
    return is_bare and len(data) - start - length == size * int(kind[1])


def _is_tensor(value: dict[str, object]) -> bool:
    """Whether an object is one of the executor's arrays, with as many bytes as it says."""
    if not {"data", "shape", "dtype"} <= value.keys() or not isinstance(value["data"], str):
        return False
    bits, size = _TENSORS.get(str(value["dtype"])), _shape_size(value["shape"])
    data = _opened(value["data"])
    if bits is None or size is None or data is None:
        return False
    return len(data) in ((size * bits + 7) // 8, size * max(bits, 8) // 8)


def scrub_payload(value: object, report: Report, path: str = "") -> object:
    """Params or results with everything replaced that is no number, array, or single word.

    Args:
        value: What JSON gave.
        report: Called with the path of each text that was replaced.
        path: Where it is, for ``report``.
    """
    if isinstance(value, list):
        return [scrub_payload(one, report, f"{path}[{at}]") for at, one in enumerate(value)]
    if isinstance(value, str):
        if is_word(value) or is_array(value):
            return value
        report(path)
        return _named(value) or WORD
    if not isinstance(value, dict):
        return value
    if value.get("__type__") in _CIRCUITS:
        return {"__type__": value["__type__"], "__value__": ""}
    kept: dict[str, object] = {}
    is_tensor = _is_tensor(value)
    for at, (key, item) in enumerate(value.items()):
        if key in _OF_USER:
            kept[key] = {}
        elif key == PERSONAL:
            kept[key] = without_texts(item)
        elif key == _METADATA:
            kept[key] = _metadata(item, report, f"{path}.{key}")
        elif is_tensor and key == "data":
            kept[key] = item
        else:
            kept.update(_field(key, item, report, path, at, scrub_payload))
    return kept


def _field(
    key: str, item: object, report: Report, path: str, at: int, read: Callable[..., object]
) -> dict[str, object]:
    """A field that has no rule of its own, or nothing where its key cannot stay."""
    if is_name(key) or is_word(key):
        return {key: read(item, report, f"{path}.{key}")}
    if (names := _parameter_names(key)) is not None:
        return {names: read(item, report, f"{path}.<names>")}
    report(f"{path}.<key {at + 1}>")
    named = _named(key)
    return {named: read(item, report, f"{path}.<key {at + 1}>")} if named else {}


def _metadata(value: object, report: Report, path: str) -> object:
    """Metadata of a result: the service's own words stay, those of its user do not."""
    if isinstance(value, list):
        return [_metadata(one, report, f"{path}[{at}]") for at, one in enumerate(value)]
    if isinstance(value, str):
        if is_array(value) or is_time(value) or _is_of_service(value):
            return value
        report(path)
        return written_by_somebody(value)
    if not isinstance(value, dict) or "__type__" in value or _is_tensor(value):
        return scrub_payload(value, report, path)
    kept: dict[str, object] = {}
    for at, (key, item) in enumerate(value.items()):
        if key in _OF_USER:
            kept[key] = {}
        elif _is_of_service(key):
            kept[key] = _metadata(item, report, f"{path}.{key}")
        elif isinstance(item, str) and not is_array(item) and not is_time(item):
            report(f"{path}.<key {at + 1}>")
            kept[written_by_somebody(key)] = written_by_somebody(item)
        else:  # of numbers the key tells what they are: as outside of metadata
            kept.update(_field(key, item, report, path, at, _metadata))
    return kept


def _is_of_service(text: str) -> bool:
    """Whether a key or a word of metadata is made of the service's own words."""
    parts = _PARTS.split(text.lower())
    return is_name(text) and all(part in _WORDS or is_known(part) for part in parts if part)


def _named(text: str) -> str | None:
    """The stand-in of what could be the name of a register: data is found by it."""
    return harmless_text(text) if _NAME.fullmatch(text) and not is_harmless(text) else None


def _parameter_names(key: str) -> str | None:
    """The key of a BindingsArray, a JSON list of names, where each may be kept."""
    if not key.startswith("["):
        return None
    try:
        names = ast.literal_eval(key)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    if all(map(is_name, names)):
        return key
    kept = [name if is_name(name) else harmless_text(name) for name in names]
    return json.dumps(kept) if all(map(is_name, kept)) else None
