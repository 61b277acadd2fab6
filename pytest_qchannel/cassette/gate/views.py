"""What bytes say once what is encoded in them is opened, layer by layer.

``views(data)`` gives the bytes themselves first, then everything that can be read out of them:
percent-encoding, escapes, folded lines, UTF-16, base64 and hexadecimal runs, and compressed
streams, wherever in the data they start; then the same of each of those.
"""

from __future__ import annotations

import binascii
import functools
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from pytest_qchannel.cassette.gate.inflate import TooLarge, inflated

__all__ = ["MOST_BYTES", "View", "views"]

MOST_BYTES: Final = 192 * 1024 * 1024
"""More than this, all views together, is not looked through: :class:`TooLarge`."""

DEEPEST: Final = 8

_PERCENT: Final = re.compile(rb"%[0-9A-Fa-f]{2}")
_ESCAPE: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|U([0-9a-fA-F]{8})|(\r?\n[ \t]*\\?)|(.))",
    re.DOTALL,
)
_ENTITY: Final = re.compile(rb"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_C1: Final = re.compile(rb"\xc2[\x80-\x9f]")
_NEXT_LINE: Final = re.compile(rb"\n[ \t]*[\w+/=%.\-]")
_BEFORE_SPLIT: Final = re.compile(rb"[\w+/=%.\-][ \t]*\r?$")
# Starts with the zero byte, which is rare in text: so it is quick.
_WIDE: Final = re.compile(
    rb"\x00(?:[\x20-\x7e]\x00[\x20-\x7e]\x00[\x20-\x7e]\x00|\x00\x00[\x20-\x7e]\x00\x00\x00[\x20-\x7e]\x00)"
)
_IN_RUNS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
_TO_RUNS: Final = bytes(byte if byte in _IN_RUNS else 0x20 for byte in range(256))
_SHORTEST_RUN: Final = 12
_MUCH: Final = 100_000
_REACH: Final = 2_048
_HEX_RUN: Final = re.compile(rb"[0-9a-fA-F]{16,}")
_STRING: Final = re.compile(rb"[\t\n\r\x20-\x7f]{6,}")
_LONG_STRING: Final = 16
_CONTROLS: Final = bytes((*range(9), 11, 12, *range(14, 32)))
_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_PAIR: Final = b"\xfe\xfd\xfc"
"""Stands for two backslashes while the single ones are read; no escape is read as these bytes."""

_SHORT_ESCAPES: Final = (
    (b'\\"', b'"'), (b"\\/", b"/"), (b"\\n", b"\n"), (b"\\t", b"\t"), (b"\\r", b"\r"),
)  # fmt: skip
_BREAK: Final = b"\n\x01\n"
"""Between decoded runs: joins nothing."""

_TEXT_BREAK: Final = b"\n|\n"
_FOLDED: Final = "over several lines"

# JSON's, and those of YAML's double quotes.
_RARE_ESCAPES: Final = {
    b"0": b"\0", b"a": b"\a", b"b": b"\b", b"e": b"\x1b", b"f": b"\f", b"v": b"\v",
    b"N": b"\xc2\x85", b"_": b"\xc2\xa0", b"L": b"\xe2\x80\xa8", b"P": b"\xe2\x80\xa9",
}  # fmt: skip


@dataclass(frozen=True)
class View:
    """Some bytes, and how they were got at, outermost layer first.

    ``is_glued``: lines were joined or the alignment guessed, so that what looks like a pattern
    may be two things side by side; only known secrets count there, and patterns ``in_glued``.
    """

    data: bytes
    how: tuple[str, ...] = ()
    is_glued: bool = False
    is_text: bool = field(init=False, default=False)
    """Whether control characters are rare; of any bytes, every eighth is one."""

    has_controls: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        text = self.data.translate(None, _CONTROLS)
        object.__setattr__(self, "has_controls", len(text) < len(self.data))
        object.__setattr__(self, "is_text", len(text) >= 0.97 * len(self.data))

    @functools.cached_property
    def runs(self) -> list[bytes]:
        """What could be base64, hexadecimal digits or a key, each once; numbers are left out."""
        return sorted(run for run in set(_long_runs(self.data)) if not run.isdigit())


def _long_runs(data: bytes) -> list[bytes]:
    text = data.translate(_TO_RUNS)
    if len(text) < _MUCH:
        return [run for run in text.split() if len(run) >= _SHORTEST_RUN]
    import numpy as np

    # Splitting would make an object of each of the very many short runs.
    is_inside = np.frombuffer(text, np.uint8) != 0x20
    edges = np.flatnonzero(np.diff(is_inside, prepend=False, append=False))
    starts, ends = edges[::2], edges[1::2]
    is_long = ends - starts >= _SHORTEST_RUN
    return [
        data[start:end]
        for start, end in zip(starts[is_long].tolist(), ends[is_long].tolist(), strict=True)
    ]


def _near(data: bytes, mark: bytes) -> bytes:
    """What is near any of the marks, where they are few; else everything.

    Reading the marks changes nothing far from them, and what is there was searched already. A
    piece begins and ends at a quote, so that no packed text is cut.
    """
    if data.count(mark) * _REACH > len(data) * 4:
        return data
    pieces = []
    end = 0
    at = data.find(mark)
    while at >= 0:
        start = max(end, min(at - _REACH, max(data.rfind(b'"', end, at), end)))
        while True:
            end = data.find(b'"', at + _REACH)
            end = len(data) if end < 0 else end
            last = data.rfind(mark, at + 1, end)
            if last < 0:
                break
            at = last
        pieces.append(data[start:end])
        at = data.find(mark, end)
    return _TEXT_BREAK.join(pieces)


def _unpercented(view: View) -> Iterator[View]:
    if b"%" in view.data and _PERCENT.search(view.data):
        data = unquote_to_bytes(_near(view.data, b"%"))
        yield View(data, (*view.how, "URL-encoded"), view.is_glued)


def _character(found: re.Match[bytes]) -> bytes:
    four, two, eight, fold, other = found.groups()
    digits = four or two or eight
    if digits:
        number = int(digits, 16)
        if 0xD800 <= number < 0xE000 or number > 0x10FFFF:
            return b"?"
        return chr(number).encode()
    if fold:
        return b""
    if other:
        return _RARE_ESCAPES.get(other, other)
    high, low = int(found[0][2:6], 16), int(found[0][8:12], 16)
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).encode()


def _unescaped(view: View) -> Iterator[View]:
    if b"\\" in view.data:
        data, pair = _near(view.data, b"\\"), _PAIR
        while pair in data:
            pair += b"\xfb"
        data = data.replace(b"\\\\", pair)
        # These first: a JSON text in a JSON string has very many of them.
        for escape, character in _SHORT_ESCAPES:
            data = data.replace(escape, character)
        data = _ESCAPE.sub(_character, data).replace(pair, b"\\")
        yield View(data, (*view.how, "escaped"), view.is_glued)


def _without_entities(view: View) -> Iterator[View]:
    if b"&" in view.data and _ENTITY.search(view.data):
        text = html.unescape(_near(view.data, b"&").decode("utf-8", "surrogateescape"))
        data = text.encode("utf-8", "surrogateescape")
        yield View(data, (*view.how, "HTML-escaped"), view.is_glued)


def _is_split(data: bytes) -> bool:
    """Whether a line breaks in the middle of something."""
    return any(
        _BEFORE_SPLIT.search(data, max(0, found.start() - 40), found.start())
        for found in _NEXT_LINE.finditer(data)
    )


def _unfolded(view: View) -> Iterator[View]:
    if not view.is_glued and b"\n" in view.data and _is_split(view.data):
        lines = _near(view.data, b"\n").split(b"\n")
        joined = b"".join(line.strip(b" \t\r") for line in lines)
        yield View(joined, (*view.how, _FOLDED), is_glued=True)


def _narrowed(view: View) -> Iterator[View]:
    if b"\0" not in view.data:
        return
    if view.data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = view.data.decode("utf-16", "replace")
        yield View(text.encode("utf-8", "replace"), (*view.how, "UTF-16"), view.is_glued)
    elif _WIDE.search(view.data):
        yield View(view.data.replace(b"\0", b""), (*view.how, "UTF-16"), view.is_glued)


def _from_base64(view: View) -> Iterator[View]:
    how = (*view.how, "in base64")
    standard = [run.translate(_TO_STANDARD) for run in view.runs]
    for dropped in range(4):
        parts = []
        for run in standard:
            usable = len(run) - dropped
            usable -= usable % 4 == 1  # one character alone says nothing
            text = run[dropped : dropped + usable]
            parts.append(binascii.a2b_base64(text + b"=" * (-usable % 4)))
        if parts:
            # A run starts where the text does, but for what happens to stand before it.
            yield View(_BREAK.join(parts), how, is_glued=view.is_glued or dropped > 0)


def _from_hex(view: View) -> Iterator[View]:
    runs = sorted({run for text in view.runs for run in _HEX_RUN.findall(text)})
    for dropped in range(2):
        parts = []
        for run in runs:
            text = run[dropped:]
            parts.append(bytes.fromhex(text[: len(text) // 2 * 2].decode()))
        if parts:
            how = (*view.how, "in hexadecimal digits")
            yield View(_BREAK.join(parts), how, is_glued=True)


def _decompressed(view: View) -> Iterator[View]:
    for name, data in inflated(view.data, is_certain=not view.is_glued):
        yield View(data, (*view.how, f"in {name}"))


def _as_latin(view: View) -> Iterator[View]:
    """Bytes that were written as the characters of the same numbers; no text has controls."""
    if (b"\xc2" in view.data or b"\xc3" in view.data) and (
        view.has_controls or _C1.search(view.data)
    ):
        try:
            text = view.data.decode("utf-8")
        except UnicodeDecodeError:
            return
        yield View(text.encode("latin-1", "replace"), (*view.how, "as characters"), view.is_glued)


def _strings(view: View) -> Iterator[View]:
    """What is readable; in a short run, only known secrets count: chance makes those."""
    runs = _STRING.findall(view.data)
    for least, is_glued in ((_LONG_STRING, view.is_glued), (0, True)):
        kept = [run for run in runs if len(run) >= least]
        if kept:
            yield View(_TEXT_BREAK.join(kept), view.how, is_glued)


_Opener = Callable[[View], Iterator[View]]
_OF_GLUED: Final[tuple[_Opener, ...]] = (_from_base64, _from_hex, _decompressed)
_OF_TEXT: Final[tuple[_Opener, ...]] = (
    _unpercented,
    _unescaped,
    _without_entities,
    _unfolded,
    _narrowed,
    _as_latin,
    *_OF_GLUED,
)
_OF_GLUED_BINARY: Final[tuple[_Opener, ...]] = (_narrowed, _as_latin, _decompressed)
_OF_BINARY: Final[tuple[_Opener, ...]] = (_strings, *_OF_GLUED_BINARY)


def _openers(view: View) -> tuple[_Opener, ...]:
    if not view.is_text:
        return _OF_GLUED_BINARY if view.is_glued else _OF_BINARY
    # What was folded was read in every other way before.
    return _OF_GLUED if view.how[-1:] == (_FOLDED,) else _OF_TEXT


def views(data: bytes, *, most_bytes: int = MOST_BYTES) -> Iterator[View]:
    """The bytes, and everything that can be read out of them, each once.

    Raises:
        TooLarge: There is more of it, or it is deeper, than is looked through. What was given
            until then is all the same to be searched.
    """
    waiting = [View(data)]
    seen: set[tuple[bytes, bool]] = set()
    total = 0
    while waiting:
        view = waiting.pop()
        if (view.data, view.is_glued) in seen or (view.data, False) in seen:
            continue
        seen.add((view.data, view.is_glued))
        total += len(view.data)
        if total > most_bytes or len(view.how) > DEEPEST:
            raise TooLarge
        yield view
        for opener in _openers(view):
            waiting.extend(found for found in opener(view) if found.data)
