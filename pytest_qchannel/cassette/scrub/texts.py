"""Stand-ins of texts in a user's work: a label, a name, a note. They depend on the text alone.

A text that looks like a secret, an address or a path becomes its stand-in wherever it stands, in
what is sent as in what is answered, and what is sent in a replay does so, too: then both compare.
In QPY, where the length of each text is written down, the stand-in is as long as the text; sent
again, it counts as the one without a fixed length.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Final

from pytest_qchannel.cassette.scrub.looks import is_harmless
from pytest_qchannel.cassette.standin_shapes import WORD

__all__ = [
    "MARK",
    "PERSONAL",
    "as_long",
    "harmless_program",
    "harmless_text",
    "leaves_of",
    "names_in_program",
    "texts_in",
    "without_texts",
    "written_by_somebody",
]

_LONG: Final = f"{WORD}-text-"
MARK: Final = _LONG.encode()
"""What is in every body that has a stand-in of a text."""

PERSONAL: Final = "passthrough_data"
"""The field of an executor's program that comes back as it was sent."""

_SHORT: Final = "qchannel"
_LEAST: Final = 3
_FILL: Final = b"."
# What `as_long` made, from which the other one can be told.
_AS_LONG: Final = re.compile(rf"(?:{_LONG}|qch(?:a(?:n(?:n(?:e(?:l)?)?)?)?)?)([0-9a-f]{{8}})\.*")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def harmless_text(text: str) -> str:
    """The text, or its stand-in."""
    if made := _AS_LONG.fullmatch(text):  # first: its digits may look like a telephone's number
        return f"{_LONG}{made[1]}"
    return text if is_harmless(text) else f"{_LONG}{_hash(text)}"


_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_IDENTIFIER: Final = re.compile(r"[^\W\d]\w*")


def harmless_program(text: str) -> str:
    """OpenQASM without its comments, and with a stand-in for each name in it that is not harmless.

    Where more than a name looks like something else, nothing of it is left but a stand-in.
    """
    bare = _COMMENT.sub("", text)
    kept = _IDENTIFIER.sub(
        lambda one: one[0] if is_harmless(one[0]) else f"text_{_hash(one[0])}", bare
    )
    lines = kept.splitlines()
    return kept if all(map(is_harmless, lines)) else f"{_LONG}{_hash(text)}"


def names_in_program(text: str) -> set[str]:
    """The names in OpenQASM, with its other words."""
    return set(_IDENTIFIER.findall(text))


def as_long(text: str) -> bytes:
    """A stand-in with as many bytes as the text has in UTF-8; a short one is a part of its hash."""
    size, code = len(text.encode("utf-8", "surrogatepass")), _hash(text)
    room = size - len(code)
    prefix = _LONG if room >= len(_LONG) else _SHORT[: max(room, 0)]
    made = prefix + code if room >= _LEAST else ("q" + code * 2)
    return made.encode()[:size].ljust(size, _FILL)


def written_by_somebody(text: str) -> str:
    """The stand-in of a text that a person wrote, whatever it looks like."""
    return text if not text or text.startswith(_LONG) else f"{_LONG}{_hash(text)}"


def leaves_of(value: object) -> Iterator[object]:
    """Every text and other value of JSON that holds none itself, keys included; in one order."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        else:
            yield one


def texts_in(value: object) -> Iterator[str]:
    """Every text of JSON, keys included."""
    return (one for one in leaves_of(value) if isinstance(one, str))


def without_texts(value: object) -> object:
    """JSON without any text of it, keys included."""
    if isinstance(value, dict):
        return {written_by_somebody(name): without_texts(one) for name, one in value.items()}
    if isinstance(value, list):
        return [without_texts(one) for one in value]
    return written_by_somebody(value) if isinstance(value, str) else value
