"""How one known secret can be written in bytes.

What any character may or may not be written as (percent-encoding, escapes, folded lines) is not
here: :mod:`.views` takes it off the data, whatever mixture it is.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote_plus

__all__ = ["LEAST_LENGTH", "encodings_of"]

LEAST_LENGTH: Final = 8
"""Shorter secrets are found by chance in innocent data, above all in base64."""

_URLSAFE: Final = bytes.maketrans(b"+/", b"-_")


def _in_base64(data: bytes) -> Iterator[bytes]:
    """The characters that are the same whatever stands before and after, at each offset."""
    for offset in range(3):
        text = base64.b64encode(b"\0" * offset + data).rstrip(b"=")
        first = (0, 2, 3)[offset]  # those before are mixed with what stands before
        if (offset + len(data)) % 3:
            text = text[:-1]  # the last one is mixed with what stands behind
        yield text[first:]


def encodings_of(value: str) -> Iterator[tuple[bytes, str]]:
    """Every way to write a secret that is searched for as it is, with a word for each."""
    plain = value.encode()
    texts = {plain: "as it is"}
    texts.setdefault(json.dumps(value)[1:-1].encode(), "escaped for JSON")
    texts.setdefault(quote_plus(value).encode(), "URL-encoded")
    texts.setdefault(value.encode("latin-1", "replace"), "Latin-1")
    for name in ("utf-16-le", "utf-16-be"):
        texts.setdefault(value.encode(name), "UTF-16")
    yield from texts.items()
    for data, how in tuple(texts.items()):
        prefix = "" if data == plain else f"{how}, in "
        for text in _in_base64(data):
            yield text, f"{prefix}base64"
            yield text.translate(_URLSAFE), f"{prefix}base64"
        yield data.hex().encode(), f"{prefix}hexadecimal digits"
        yield data.hex().upper().encode(), f"{prefix}hexadecimal digits"
