"""How circuits and arrays are packed in JSON: in base64, most often compressed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from typing import Final

from pytest_qchannel.reading import MOST_UNPACKED

__all__ = ["QPY_FIELDS", "hash_of", "unpacked"]

QPY_FIELDS: Final = ("b64_data", "circuit_b64", "circuit_base64", "qpy", "qpy_circuits")
"""The names of fields that hold QPY."""


def unpacked(text: str) -> bytes:
    """What a text holds, as far as it can be unpacked."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()
    try:
        return zlib.decompressobj().decompress(data, MOST_UNPACKED)
    except zlib.error:
        return data


def hash_of(text: str) -> str:
    """The hash of what a text holds."""
    return hashlib.sha256(unpacked(text)).hexdigest()
