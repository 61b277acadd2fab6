"""Parts of ids: a test may cut one of an id that it was given, and search by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

__all__ = ["all_parts", "parts_of"]

_PART: Final = 8
"""A part of an id that is as long stands in no text by chance ..."""

_PART_ALONE: Final = 5
"""... nor is one as long, with a digit in it, all of a text: what a test searches for ..."""

_TELLING: Final = 4
"""... if it has as many different characters."""


def parts_of(text: str) -> Iterator[str]:
    """The parts of a text that are as long as one of an id that tells."""
    is_alone = _PART_ALONE <= len(text) < _PART and any(map(str.isdigit, text))
    return _cut(text, len(text) if is_alone else _PART)


def all_parts(ids: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each part of an id that tells, and the id."""
    for one in ids:
        for size in range(_PART_ALONE, _PART + 1):
            yield from ((part, one) for part in _cut(one, size))


def _cut(text: str, size: int) -> Iterator[str]:
    parts = (text[at : at + size] for at in range(len(text) - size + 1))
    return (part for part in parts if len(set(part)) >= _TELLING)
