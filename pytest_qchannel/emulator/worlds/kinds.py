"""Kinds of values in a world's description: each reads a value, or says what is wrong with it.

What a kind gives cannot be changed, so that no two worlds share anything that can.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from pytest_qchannel.emulator.world.progression import Progression
from pytest_qchannel.emulator.worlds.places import Where
from pytest_qchannel.errors import nearest

__all__ = [
    "COUNT",
    "FLAG",
    "JSON",
    "PROGRESSION",
    "SECONDS",
    "TEXT",
    "TEXTS",
    "TEXT_BY_TEXT",
    "WHOLE_SECONDS",
    "Kind",
    "Misfit",
    "one_of",
    "some_of",
]


class Misfit(Exception):
    """Something in a description is wrong.

    Attributes:
        headline: What.
        where: Where in the description; outer parts are added on the way up.
        closest: The nearest that would do.
        next: What would do.
    """

    def __init__(
        self,
        headline: str,
        *,
        next: str,  # noqa: A002 - the message's own word
        where: Where = (),
        closest: str | None = None,
    ) -> None:
        super().__init__(headline)
        self.headline = headline
        self.where = where
        self.closest = closest
        self.next = next


class Kind(NamedTuple):
    """One kind of value: the words for it, and what reads it."""

    said: str
    read: Callable[[Any], Any]


# Thirty years: dates stay dates.
_MOST_S: Final = 1e9


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _wrong(value: object, said: str) -> Misfit:
    return Misfit(f"wants {said}, not {_shown(value)}", next=f"write {said}")


def _plain(said: str, fits: Callable[[Any], bool]) -> Kind:
    def read(value: Any) -> Any:
        if not fits(value):
            raise _wrong(value, said)
        return value

    return Kind(said, read)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= _MOST_S  # type: ignore[operator]


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise _wrong(value, "a list of texts")
    for number, item in enumerate(value):
        if not _is_text(item):
            raise _at(_wrong(item, "a text in each place"), number)
    return tuple(value)


def _at(misfit: Misfit, key: str | int) -> Misfit:
    misfit.where = (key, *misfit.where)
    return misfit


def _text_by_text(value: Any) -> tuple[tuple[str, str], ...]:
    said = 'a table of texts, as { spring = "ibm_torino" }'
    if not isinstance(value, Mapping):
        raise _wrong(value, said)
    for key, item in value.items():
        if not _is_text(item) or not _is_text(key):
            raise _at(_wrong(item, said), key)
    return tuple(value.items())


def _json(value: Any) -> str:
    """JSON as text, whatever it was given as: a text cannot be changed by the world it is in."""
    said = "a table that JSON can hold, or a text of JSON that is an object"
    try:
        plain = json.loads(value) if isinstance(value, str) else value
        if not isinstance(plain, Mapping):
            raise _wrong(value, said)
        return json.dumps(plain, allow_nan=False)
    except (ValueError, TypeError):
        raise _wrong(value, said) from None


def _progression(value: Any) -> Progression:
    if isinstance(value, Progression):
        return value
    if not isinstance(value, str):
        raise _wrong(value, "a text, as immediate, polls(3), seconds(30) or stuck")
    try:
        return Progression.parse(value)
    except ValueError as problem:
        said, _, hint = str(problem).partition(": ")
        raise Misfit(f"is wrong: {said}", next=hint or said) from None


TEXT: Final = _plain("a text", _is_text)
COUNT: Final = _plain("a whole number, 0 or more", _is_whole)
WHOLE_SECONDS: Final = _plain(
    "whole seconds, from 0 to 1e9", lambda value: _is_whole(value) and _is_number(value)
)
SECONDS: Final = _plain("seconds, from 0 to 1e9", _is_number)
FLAG: Final = _plain("true or false", lambda value: isinstance(value, bool))
TEXTS: Final = Kind("a list of texts", _texts)
TEXT_BY_TEXT: Final = Kind("a table of texts", _text_by_text)
JSON: Final = Kind("a table, or JSON as text", _json)
PROGRESSION: Final = Kind("immediate, polls(3), seconds(30, queued=10) or stuck", _progression)


def choose(value: object, valid: Iterable[str], what: str) -> str:
    """The value, if it is one of the valid words.

    Raises:
        Misfit: It is not; names the nearest.
    """
    words = list(valid)
    if isinstance(value, str) and value in words:
        return value
    if not isinstance(value, str):
        raise _wrong(value, f"a {what}")
    raise Misfit(
        f"is wrong: {_shown(value)} is no {what}",
        closest=nearest(value, words),
        next=f"use one of {', '.join(words)}",
    )


def one_of(valid: Iterable[str], what: str) -> Kind:
    """A word of a list."""
    words = tuple(valid)
    return Kind(", ".join(words), lambda value: choose(value, words, what))


def some_of(valid: Iterable[str], what: str) -> Kind:
    """A list of such words, at least one."""
    words = tuple(valid)

    def read(value: Any) -> tuple[str, ...]:
        texts = _texts(value)
        if not texts:
            raise Misfit(f"is empty: it needs a {what}", next=f"use one of {', '.join(words)}")
        for number, text in enumerate(texts):
            try:
                choose(text, words, what)
            except Misfit as misfit:
                raise _at(misfit, number) from None
        return tuple(dict.fromkeys(texts))

    return Kind(f"a list of {', '.join(words)}", read)
