"""A credential that cannot print itself: every way it can be written, and texts without it.

What any character may or may not be written as (percent-encoding, escapes, folded lines) is not
here: the gate of cassettes takes that off the data, whatever mixture it is.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import functools
import json
import re
import string
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from operator import eq
from typing import Final
from urllib.parse import quote, quote_plus

__all__ = ["SHORTEST", "Secret", "bare_of", "disguises", "hide_all", "is_no_chance", "plain_of"]

SHORTEST: Final = 8
"""A shorter one is found by chance in innocent data, above all in base64.

IBM's have 44 characters and more; a dummy such as "x" is part of every request.
"""

_SAFE: Final = ("", "/", "!#$%&'()*+,/:;=?@[]~")
"""What stays in a URL: nothing, what a path may have, and what requests lets stand."""

_PART: Final = 12
"""A part of a secret, at its beginning or end, that is no chance in a text."""

_TELLING: Final = 4
"""How many different characters such a part has: zeros end a key and an innocent number alike."""

_CUT: Final = 6
"""The same where the text says that something was left out there."""

_CUTS: Final = ("...", "[")
_CUTS_BEFORE: Final = ("...", "]")
"""How pytest and unittest say so."""

_LEAST_BARE: Final = 16
_DIFFERENT: Final = 8
"""How many letters and digits, and different ones, are no chance, whatever stands between them."""

_OTHERS: Final = bytes(set(range(128)) - set((string.ascii_letters + string.digits).encode()))
_JOINTS: Final = (b"\nE ", b"\\n", b"\\r", b"\\t")
"""What has a letter of its own between those of a secret: pytest's margin, and escaped spaces."""

_BETWEEN: Final = r"(?:\nE |\\[nrt]|[^0-9A-Za-z\x80-\U0010ffff])*+"

_CODES: Final = {
    "{:02x}": "hexadecimal codes", "{:02X}": "hexadecimal codes", "0x{:02x}": "hexadecimal codes",
    "{}": "decimal codes", "{:o}": "octal codes", "{:03o}": "octal codes",
    "{:08b}": "binary digits", "{:07b}": "binary digits",
}  # fmt: skip

_ROT13: Final = bytes.maketrans(
    (string.ascii_lowercase + string.ascii_uppercase).encode(),
    codecs.encode(string.ascii_lowercase + string.ascii_uppercase, "rot13").encode(),
)
_ROT47: Final = bytes(33 + (b - 33 + 47) % 94 if 33 <= b <= 126 else b for b in range(256))

_BLOCKS: Final[tuple[tuple[int, str, Callable[[bytes], bytes]], ...]] = (
    (5, "base32", base64.b32encode),
    (5, "base32", base64.b32hexencode),
    (4, "base85", base64.b85encode),
    (4, "base85", base64.a85encode),
    (3, "uuencode", lambda data: binascii.b2a_uu(data[:45])[1:]),
)
"""How many bytes go together, how it is called, and what writes them (of uuencode a line)."""

_URLSAFE: Final = bytes.maketrans(b"+/", b"-_")


class Secret:
    """A credential that cannot print itself; :meth:`reveal` is the one way out.

    Not a dataclass: pytest explains a failed comparison of dataclasses field by field.

    Args:
        env_var: Where it came from, most often a variable: safe to show.
        value: The credential.

    Attributes:
        env_var: Where it came from, most often a variable: safe to show.
        reveal: A call of it gives the credential itself.
    """

    __slots__ = ("_texts", "env_var", "reveal")

    def __init__(self, env_var: str, value: str) -> None:
        self.env_var = env_var
        # Functions, because tracebacks and debuggers print attributes.
        self.reveal: Callable[[], str] = lambda: value
        self._texts = functools.cache(lambda: _texts_of(value) if self.is_searchable else ())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return (self.env_var, self.reveal()) == (other.env_var, other.reveal())

    def __hash__(self) -> int:
        return hash((self.env_var, self.reveal()))

    def __repr__(self) -> str:
        return f"<secret {self.env_var}>"

    @property
    def is_searchable(self) -> bool:
        """Whether it is so long that it is not found by chance."""
        return len(self.reveal()) >= SHORTEST

    def encodings(self) -> Iterator[tuple[bytes, str]]:
        """Every way to write it that is searched for as it is, with a word for each."""
        return _encodings_of(self.reveal())

    def hide(self, text: str) -> str:
        """A text with the name in place of the value, in whatever of the encodings it stands.

        Also where something stands between its characters, as ``k e y`` or ``['k', 'e', 'y']``. One
        that is too short to be searched for stays.
        """
        for written in self._texts():
            if written in text:
                text = text.replace(written, repr(self))
        if self.is_searchable:
            text = self._without_spaced(text)
            for is_end in (False, True):
                text = self._without_parts(text, is_end=is_end)
        return text

    def _without_spaced(self, text: str) -> str:
        """The text without the value where other characters stand between its own."""
        value = bare_of(plain_of(self.reveal()))
        if not is_no_chance(value) or value not in _bare_of_shown(text):
            return text
        spaced = _BETWEEN.join(value.decode("utf-8", "surrogateescape"))
        return re.sub(spaced, lambda _: repr(self), text)

    def _without_parts(self, text: str, *, is_end: bool) -> str:
        """The text without beginnings of the value, or ends: what shortens texts leaves these."""
        value = self.reveal()
        if is_end:
            text, value = text[::-1], value[::-1]
        # The header is that of all web tokens.
        longer = len(value) // 4 if value.startswith("eyJ") else _PART
        told = f"<part of the secret {self.env_var}>"
        told, cuts = (told[::-1], _CUTS_BEFORE) if is_end else (told, _CUTS)
        at = text.find(value[:_CUT])
        while at >= 0:
            size = sum(1 for _ in takewhile(bool, map(eq, value, text[at : at + len(value)])))
            is_telling = len(set(value[:size])) >= _TELLING
            if is_telling and (size >= longer or text.startswith(cuts, at + size)):
                text = text[:at] + told + text[at + size :]
                size = len(told)
            at = text.find(value[:_CUT], at + size)
        return text[::-1] if is_end else text


def hide_all(text: str, secrets: Iterable[Secret]) -> str:
    """A text without any of the secrets; one that is a part of another is hidden after it."""
    for secret in sorted(secrets, key=lambda one: -len(one.reveal())):
        text = secret.hide(text)
    return text


def _texts_of(value: str) -> tuple[str, ...]:
    """The encodings that can be a part of a text, the longest first."""
    texts = {value, *(data.decode("utf-8", "replace") for data, _ in _encodings_of(value))}
    return tuple(sorted(texts - {""}, key=len, reverse=True))


def plain_of(value: str) -> bytes:
    """The bytes of a value, whatever a variable or a file of JSON can have in it."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a character, of JSON
        return value.encode("utf-8", "surrogatepass")


def bare_of(data: bytes) -> bytes:
    """The letters and digits in some bytes, without the ASCII that stands between them."""
    return data.translate(None, _OTHERS)


def disguises(value: str) -> Iterator[tuple[bytes, str]]:
    """Rarer ways to write a value, of each the letters and digits alone, with a word for it.

    So it is found whatever stands between them: ``75, 51, 98`` as well as ``4b:33:62``.
    """
    plain = plain_of(value)
    for form, how in _CODES.items():
        yield "".join(form.format(byte) for byte in plain).encode(), how
    for text in (value.swapcase(), value.upper(), value.lower()):
        yield bare_of(plain_of(text)), "in other capitals"
    yield bare_of(plain_of(value[::-1])), "backwards"
    for table, how in ((_ROT13, "rotated by 13"), (_ROT47, "rotated by 47")):
        yield bare_of(plain.translate(table)), how
    for size, how, encode in _BLOCKS:
        for offset in range(size):
            part = plain[offset : offset + (len(plain) - offset) // size * size]
            if is_no_chance(bare := bare_of(encode(part))):
                yield bare, how


def is_no_chance(bare: bytes) -> bool:
    """Whether letters and digits are none that counts have: a made-up key is often all zeros."""
    return len(bare) >= _LEAST_BARE and len(set(bare)) >= _DIFFERENT


@functools.lru_cache(maxsize=1)  # each of the secrets is looked for in it
def _bare_of_shown(text: str) -> bytes:
    shown = plain_of(text)
    for joint in _JOINTS:
        shown = shown.replace(joint, b"")
    return bare_of(shown)


def _encodings_of(value: str) -> Iterator[tuple[bytes, str]]:
    plain = plain_of(value)
    texts = {plain: "as it is"}
    texts.setdefault(json.dumps(value)[1:-1].encode(), "escaped for JSON")
    texts.setdefault(quote_plus(plain).encode(), "URL-encoded")
    for safe in _SAFE:
        texts.setdefault(quote(plain, safe=safe).encode(), "URL-encoded")
    texts.setdefault(value.encode("latin-1", "replace"), "Latin-1")
    for name in ("utf-16-le", "utf-16-be"):
        texts.setdefault(value.encode(name, "surrogatepass"), "UTF-16")
    yield from texts.items()
    for data, how in tuple(texts.items()):
        prefix = "" if data == plain else f"{how}, in "
        for text in _in_base64(data):
            yield text, f"{prefix}base64"
            yield text.translate(_URLSAFE), f"{prefix}base64"
        yield data.hex().encode(), f"{prefix}hexadecimal digits"
        yield data.hex().upper().encode(), f"{prefix}hexadecimal digits"


def _in_base64(data: bytes) -> Iterator[bytes]:
    """The characters that are the same whatever stands before and after, at each offset."""
    for offset in range(3):
        text = base64.b64encode(b"\0" * offset + data).rstrip(b"=")
        first = (0, 2, 3)[offset]  # those before are mixed with what stands before
        if (offset + len(data)) % 3:
            text = text[:-1]  # the last one is mixed with what stands behind
        yield text[first:]
