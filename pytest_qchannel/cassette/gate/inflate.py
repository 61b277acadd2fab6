"""Compressed streams, wherever in some bytes they start."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from ahocorasick_rs import BytesAhoCorasick

__all__ = ["TooLarge", "inflated"]

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one stream."""

_PIECE: Final = 1024


class _Stream(Protocol):
    """What opens a stream piece by piece."""

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: memoryview, /) -> bytes: ...


class TooLarge(Exception):
    """There is more in it than is looked through, or it cannot be opened at all."""


def _zlib_headers() -> list[bytes]:
    """The two bytes that a zlib stream starts with: all window sizes, all levels."""
    return [
        bytes((first, second))
        for first in (0x08, 0x18, 0x28, 0x38, 0x48, 0x58, 0x68, 0x78)
        for second in range(256)
        if (first * 256 + second) % 31 == 0 and not second & 0x20
    ]


_MAGICS: Final = (
    ("gzip", b"\x1f\x8b\x08"),
    ("zip", b"PK\x03\x04"),
    *(("bzip2", b"BZh%d1AY" % level) for level in range(1, 10)),
    ("xz", b"\xfd7zXZ\x00"),
    ("zstd", b"\x28\xb5\x2f\xfd"),
    *(("zlib", header) for header in _zlib_headers()),
)
_START: Final = BytesAhoCorasick([magic for _, magic in _MAGICS])
_OPEN: Final[dict[str, Callable[[], _Stream]]] = {
    "gzip": lambda: zlib.decompressobj(31),
    "zlib": zlib.decompressobj,
    "zip": lambda: zlib.decompressobj(-15),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lzma.LZMADecompressor,
}


def inflated(data: bytes, *, is_certain: bool = True) -> Iterator[tuple[str, bytes]]:
    """What every stream in ``data`` holds, and the name of its format.

    Of a stream that is cut short or spoilt, what can be read is given.

    Args:
        data: Any bytes.
        is_certain: Whether a stream that cannot be opened counts; not where ``data`` is a guess.

    Raises:
        TooLarge: A stream holds more than :data:`MOST_BYTES`, or is of a format that cannot be
            opened here.
    """
    whole = memoryview(data)
    for number, start, _ in _START.find_matches_as_indexes(data, overlapping=True):
        name = _MAGICS[number][0]
        if name == "zstd":
            if is_certain:
                raise TooLarge
            continue
        if name == "zip":
            # A local header: 30 bytes, then the name and the extra field, as long as it says.
            header = data[start : start + 30]
            if len(header) < 30 or header[8:10] != b"\x08\x00":
                continue  # stored: in plain view already
            start += 30 + sum(int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
        opened = _read(_OPEN[name](), whole[start:])
        if opened:
            yield name, opened


def _read(stream: _Stream, data: memoryview) -> bytes:
    parts, size = [], 0
    for start in range(0, len(data), _PIECE):
        try:
            part = stream.decompress(data[start : start + _PIECE])
        except (zlib.error, OSError, lzma.LZMAError, EOFError):
            break
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise TooLarge
        if stream.eof:
            break
    return b"".join(parts)
