"""Stand-ins: plausible values made from a kind and a number, and from nothing else.

The first API key that a cassette meets becomes API key 1, wherever it comes again. A value that
is a stand-in already stays what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from pytest_qchannel.cassette.scrub.looks import UUID
from pytest_qchannel.cassette.standin_shapes import (
    DOMAIN,
    HEX,
    IBM_ID,
    WORD,
    standin_jwt,
    word_standin,
)

__all__ = ["DRAWN", "SHAPES", "Standins"]

DRAWN: Final = re.compile(r"(?=.*\d).{16,}")
"""What the service draws as an id; a test that makes one up may use the same word elsewhere."""

_HEX: Final = re.compile(r"[0-9a-fA-F]{20,}")
_BASE32: Final = re.compile(r"[a-z0-9]{20}")
_JWT: Final = re.compile(r"eyJ[\w-]*\.[\w-]+\.[\w-]*")

# The kinds whose values have no fixed shape; the number keeps those of two kinds apart.
_CODES: Final[Mapping[str, int]] = {
    "account": 1, "guid": 2, "plan_id": 3, "user": 4, "job_id": 5, "session_id": 6, "trace": 7,
    "access_token": 8, "api_key": 9, "calibration": 10, "cursor": 11, "refresh_token": 12,
    "task_id": 13,
}  # fmt: skip


def _digits(kind: str, number: int, length: int) -> str:
    return HEX + f"{_CODES[kind]:02x}{number:x}".rjust(length - len(HEX), "0")


def _uuid(kind: str, number: int) -> str:
    # Version 4, as the service's own.
    return f"{HEX[:8]}-{HEX[8:12]}-4{HEX[13:]}-80{_CODES[kind]:02x}-{number:012x}"


def _shaped(kind: str, number: int, value: str) -> str:
    """As the value looks: a UUID, hexadecimal digits, twenty letters and digits, or a word."""
    if UUID.fullmatch(value):
        return _uuid(kind, number)
    if _HEX.fullmatch(value) and len(value) >= 24:
        return _digits(kind, number, len(value))
    if _BASE32.fullmatch(value):
        return f"qchannel{kind.replace('_', '')[:3]}{number:09d}"
    return f"{WORD}-{kind.replace('_', '-')}-{number}"


def _api_key(number: int, value: str) -> str:
    # 44 characters, as IBM Cloud's; 128 digits, as the classic platform's.
    return (
        _digits("api_key", number, len(value))
        if _HEX.fullmatch(value) and len(value) >= 24
        else f"{WORD}-api-key-{number:0>18}"
    )


def _access_token(number: int, value: str) -> str:
    return standin_jwt(number) if _JWT.fullmatch(value) else _shaped("access_token", number, value)


def _user(number: int, value: str) -> str:
    is_ibm_id = value.startswith("IBMid-")
    return f"{IBM_ID}{number:04d}" if is_ibm_id else _shaped("user", number, value)


def _ip(number: int, value: str) -> str:
    # Addresses that RFC 5737 and RFC 3849 keep for documentation.
    high, low = divmod(number, 256)
    nets = ("192.0.2", "198.51.100", "203.0.113")
    return f"2001:db8::{number:x}" if ":" in value else f"{nets[high % 3]}.{low}"


def _of(kind: str) -> Callable[[int, str], str]:
    return lambda number, value: _shaped(kind, number, value)


def _word(template: str) -> Callable[[int, str], str]:
    return lambda number, _: template.format(number)


SHAPES: Final[Mapping[str, Callable[[int, str], str]]] = {
    "api_key": _api_key,
    "access_token": _access_token,
    "refresh_token": _word(WORD + "-refresh-token-{}"),
    "account": lambda number, _: _digits("account", number, 32),
    "guid": lambda number, _: _uuid("guid", number),
    "plan_id": _of("plan_id"),
    "instance": _word("instance-{}"),
    "hub": _word("hub-{}"),
    "group": _word("group-{}"),
    "project": _word("project-{}"),
    "user": _user,
    "email": _word("person-{}@" + DOMAIN),
    "person": _word("person-{}"),
    "ip": _ip,
    "host": _word("host-{}." + DOMAIN),
    "job_id": _of("job_id"),
    "session_id": _of("session_id"),
    "task_id": _of("task_id"),
    "trace": _of("trace"),
    "tag": _word("tag-{}"),
    "word": word_standin,
    "cursor": _word(WORD + "-cursor-{}"),
    "object_url": _word("https://objects." + DOMAIN + "/{}"),
    "path": _word("/stand-in/file-{}"),
    "calibration": _word("calibration-{}"),
    "image": _word("image-{}:latest"),
    "segment": _word(WORD + "-segment-{}"),
}
"""Kind -> a function from a number and the value (for its shape only) to a stand-in."""

_PUBLIC: Final[Mapping[str, frozenset[str]]] = {
    "hub": frozenset({"ibm-q"}),
    "group": frozenset({"open"}),
    "project": frozenset({"main"}),
    "refresh_token": frozenset({"not_supported"}),
}
"""Values that everybody has."""


class Standins:
    """The stand-ins of one cassette.

    Args:
        said: What the cassette says already: a stand-in that is in there is not made again.
        kept: Kinds and values that are no secret and stay what they are.
    """

    def __init__(self, said: bytes = b"", kept: Iterable[tuple[str, str]] = ()) -> None:
        self._said = said
        self._made: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self._given: set[tuple[str, str]] = set(kept)

    def of(self, kind: str, value: str) -> str:
        """The stand-in for a value; the same one each time.

        Args:
            kind: A key of :data:`SHAPES`.
            value: What it stands for. Nothing of it but its shape shows.
        """
        if not value or value in _PUBLIC.get(kind, ()) or (kind, value) in self._given:
            return value
        made = self._made.get((kind, value))
        if made is None:
            made = self._next(kind, value)
            self.adopt(kind, value, made)
        return made

    def adopt(self, kind: str, value: str, made: str) -> None:
        """Takes a stand-in that a value has already."""
        self._given.discard((kind, value))
        self._made[kind, value] = made
        self._given.add((kind, made))

    def _next(self, kind: str, value: str) -> str:
        while True:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            made = SHAPES[kind](number, value)
            if (kind, made) not in self._given and made.encode() not in self._said:
                return made

    def known(self, kind: str, value: str) -> str | None:
        """The stand-in that a value has already, if it has one."""
        return value if (kind, value) in self._given else self._made.get((kind, value))

    @property
    def count(self) -> int:
        """How many values have a stand-in."""
        return len(self._made)

    def replaced(self) -> Iterator[tuple[str, str]]:
        """Every value that has a stand-in and is none itself, after its kind."""
        return (one for one in self._made if one not in self._given)
