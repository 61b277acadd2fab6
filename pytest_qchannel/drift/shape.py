"""What is left of answers once every value is gone: paths, kinds, words, names of headers."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from pytest_qchannel.drift.names import Names, words_at
from pytest_qchannel.ibm.route import Route
from pytest_qchannel.wire import Json, Response

__all__ = ["Place", "Shape"]

_CLOSED: Final = frozenset({"params"})
"""Scrub rules of what is the caller's own down to its names: jobs as they were submitted."""


_KINDS: Final[dict[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    str: "string",
    list: "array",
    dict: "object",
}


@dataclass
class Place:
    """What was seen at a path, in all answers.

    Attributes:
        answers: In how many answers it was there.
        is_partial: Whether in one of them something else of the same kind lacked it.
        kinds: In how many answers it was of a kind: ``null``, ``integer``, ``number``, ...
        words: The words of its enumeration that were seen, if it is one.
    """

    answers: int = 0
    is_partial: bool = False
    kinds: Counter[str] = field(default_factory=Counter)
    words: set[str] = field(default_factory=set)


@dataclass
class Shape:
    """The shape of the answers of a route with one status, for one version of the API.

    Attributes:
        answers: How many there were.
        places: Path -> what was seen there; the body itself is the empty path.
        holders: Path of an object -> in how many answers there was one.
        headers: Name -> in how many answers there was one.
    """

    answers: int = 0
    places: dict[str, Place] = field(default_factory=dict)
    holders: Counter[str] = field(default_factory=Counter)
    headers: Counter[str] = field(default_factory=Counter)

    def add(self, route: Route, answer: Response, names: Names) -> None:
        """Adds an answer."""
        self.answers += 1
        self.headers.update({names.of_header(name.lower()) for name in answer.headers})
        seen = _Reading(route, answer.status, names).read(answer.body)
        self.holders.update(seen.objects.keys())
        for path, kinds in seen.kinds.items():
            place = self.places.setdefault(path, Place())
            place.answers += 1
            place.kinds.update(kinds)
            place.words |= seen.words.get(path, set())
            holder = holder_of(path)
            if holder is not None and seen.times[path] < seen.objects[holder]:
                place.is_partial = True

    def is_always(self, path: str) -> bool:
        """Whether it was in everything that could hold it."""
        place, holder = self.places.get(path), holder_of(path)
        if place is None or place.is_partial:
            return False
        return holder is None or place.answers == self.holders[holder]

    def could_hold(self, path: str) -> int:
        """In how many answers there was what could hold a path."""
        holder = holder_of(path)
        return self.answers if holder is None else self.holders[holder]


def holder_of(path: str) -> str | None:
    """The path of the object that has a field; ``None`` for a body, and for what lists hold."""
    if not path or path.endswith("[]"):
        return None
    return path.rpartition(".")[0]


class _Reading:
    """One answer."""

    def __init__(self, route: Route, status: int, names: Names) -> None:
        self.kinds: dict[str, set[str]] = {}
        self.words: dict[str, set[str]] = {}
        self.times: Counter[str] = Counter()
        self.objects: Counter[str] = Counter()
        self._route, self._status, self._names = route, status, names
        rules = route.answered if status < 400 else {}
        self._closed = {path for path, rule in rules.items() if rule in _CLOSED}

    def read(self, body: bytes) -> _Reading:
        if not body:
            self._note("", "empty")
            return self
        try:
            value: Json = json.loads(body)
        except (ValueError, RecursionError):
            self._note("", "text")
            return self
        waiting: list[tuple[str, Json]] = [("", value)]
        while waiting:
            self._look(*waiting.pop(), waiting)
        return self

    def _look(self, path: str, value: Json, waiting: list[tuple[str, Json]]) -> None:
        """Notes a value, and puts what is in it to what waits."""
        self._note(path, _kind(value))
        if isinstance(value, dict):
            if path in self._closed:
                return
            self.objects[path] += 1
            inner = [(self._names.path_of(path, name), one) for name, one in value.items()]
            self.times.update({below for below, _ in inner})
            waiting += inner
        elif isinstance(value, list):
            below = f"{path}[]"
            waiting += [(below, one) for one in value]
        elif isinstance(value, str | int) and not isinstance(value, bool):
            listed = words_at(self._route, self._status, path)
            if listed is not None:
                self.words.setdefault(path, set()).add(self._names.of_word(listed, value))

    def _note(self, path: str, kind: str) -> None:
        self.kinds.setdefault(path, set()).add(kind)


def _kind(value: Json) -> str:
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return _KINDS[type(value)]
