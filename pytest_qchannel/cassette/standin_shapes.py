"""What a stand-in looks like: by these marks the gate tells one from what it stands for.

A stand-in is made from its kind and a number, and from nothing else: the first job of a cassette
is always the same one, whoever recorded it. So it reveals nothing of the value it stands for,
however few values there could have been, and recording again gives the same bytes.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Final

from pytest_qchannel.ibm.cloud import ISSUER
from pytest_qchannel.wire import compact

__all__ = [
    "DOMAIN",
    "EXPIRES_AT",
    "HEX",
    "IBM_ID",
    "ISSUED_AT",
    "WORD",
    "is_one_of_many",
    "is_standin",
    "is_standin_jwt",
    "is_word_standin",
    "length_of",
    "parted",
    "standin_in",
    "standin_jwt",
    "word_standin",
]

WORD: Final = "qchannel-stand-in"
HEX: Final = b"qchannel".hex()
"""Sixteen hexadecimal digits; account ids, GUIDs and tokens of digits start with them."""

DOMAIN: Final = "stand-in.invalid"
IBM_ID: Final = "IBMid-STANDIN"

ISSUED_AT: Final = 1_577_836_800
"""2020-01-01. A replay answers logins with times of its own; in a file no token is expired."""

EXPIRES_AT: Final = 4_102_444_800
"""2100-01-01."""


def _segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def standin_jwt(number: int, issued_at: int = ISSUED_AT, expires_at: int = EXPIRES_AT) -> str:
    """A JSON Web Token that decodes, with ``iat`` and ``exp``, signed by nobody."""
    head = {"alg": "HS256", "typ": "JWT"}
    claims = {
        "jti": f"{WORD}-{number}",
        "iss": ISSUER,
        "iat": issued_at,
        "exp": expires_at,
    }
    return ".".join(
        _segment(part) for part in (compact(head), compact(claims), f"{WORD} signature".encode())
    )


def is_standin_jwt(text: str) -> bool:
    """Whether a text starts with one of :func:`standin_jwt`, with all of it."""
    try:
        claims = text.split(".")[1]
        padded = claims + "=" * (-len(claims) % 4)
        number = int(json.loads(base64.urlsafe_b64decode(padded))["jti"].rpartition("-")[2])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return False
    return text.startswith(standin_jwt(number))


_ANYWHERE: Final = re.compile(
    rf"{WORD}[\w-]*|{HEX}[0-9a-f]*|{HEX[:8]}-{HEX[8:12]}-4{HEX[13:]}-[0-9a-f]{{4}}-[0-9a-f]{{12}}"
    rf"|qchannel[a-z]{{3}}\d{{9}}|[\w.-]*{re.escape(DOMAIN)}|{IBM_ID}\d+"
)


def standin_in(text: str) -> str | None:
    """The first stand-in within a text, of those that no service can know; else ``None``."""
    found = _ANYWHERE.search(text)
    return found[0] if found else None


def parted(text: str) -> tuple[list[str], list[str]]:
    """What stands around the stand-ins within a text, and these: one less."""
    return _ANYWHERE.split(text), _ANYWHERE.findall(text)


_OWN_WORD: Final = re.compile(rf"{WORD}-word-\d+-of-(\d+)")


def word_standin(number: int, value: str) -> str:
    """What stands for a word of the test's own that cannot be kept; it tells its length."""
    return f"{WORD}-word-{number}-of-{len(value)}"


def length_of(standin: str) -> int:
    """How long the word is for which one of :func:`word_standin` stands; else 0."""
    found = _OWN_WORD.fullmatch(standin)
    return int(found[1]) if found else 0


def is_word_standin(text: str) -> bool:
    """Whether a text is one of :func:`word_standin`."""
    return bool(_OWN_WORD.fullmatch(text))


def is_standin(text: str) -> bool:
    """Whether a value is a stand-in of whatever kind."""
    return text.startswith((WORD, HEX, IBM_ID)) or is_standin_jwt(text)


_NAMES: Final = r"(?:instance|hub|group|project|person|tag|calibration)-\d+"
_ONE_OF_MANY: Final = re.compile(
    rf"(?!{WORD}$)(?:{_ANYWHERE.pattern}|{_NAMES}|crn:\S*{HEX}\S*"
    rf"|(?:[\w.-]+/)*{_NAMES}(?:/[\w.-]+)*|image-\d+:latest)"
)


def is_one_of_many(text: str) -> bool:
    """Whether a text is the stand-in of one value, and of no other one in its cassette."""
    return bool(_ONE_OF_MANY.fullmatch(text))
