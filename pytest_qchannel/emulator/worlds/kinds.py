"""Kinds of values in a world's description."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Final

from pytest_qchannel import wire
from pytest_qchannel.emulator.tables import Kind, Misfit, Parsed, Wrong, shown
from pytest_qchannel.emulator.world.progression import Progression
from pytest_qchannel.errors import nearest

__all__ = [
    "Choice",
    "Choices",
    "Count",
    "Flag",
    "Json",
    "Pace",
    "Seconds",
    "Secret",
    "Tables",
    "Text",
    "TextByText",
    "Texts",
    "WholeSeconds",
    "plain_json",
]

# An API key of IBM Cloud, an API token of the classic platform. Source: both as IBM issues them.
_REAL_KEYS: Final = (re.compile(r"[A-Za-z0-9_-]{44}"), re.compile(r"[0-9a-f]{128}"))


_EACH: Final = "a text in each place"


class _Text(Kind):
    """A text with something in it; what looks like a real credential is refused."""

    def __init__(self, wanted: str = "a text") -> None:
        super().__init__("a text", wanted, pattern=r"\S")

    def read(self, value: object, handler: Callable[[object], object]) -> object:
        text = str(super().read(value, handler))
        if any(form.fullmatch(text) for form in _REAL_KEYS) and "emulated" not in text:
            raise Wrong(
                "looks like a real credential of IBM's; a world holds none",
                next="take it out, and revoke it if it was real: without a credential one is "
                "generated; your own must have the word 'emulated' in it",
            )
        return text


class _Secret(_Text):
    """A text that no message shows."""

    def wrong(self, value: object) -> Wrong:  # noqa: ARG002 - never shown
        return Wrong("wants a text", next="write a text")


class Choice(Kind):
    """A word of a list.

    Args:
        what: The word for such words.
        words: Those that are valid.
        wanted: The words for one in an error, where something else is no text.
    """

    def __init__(self, what: str, words: Iterable[str], wanted: str = "") -> None:
        self.what = what
        self.words = tuple(words)
        super().__init__(", ".join(self.words), wanted or f"a {what}")

    def read(self, value: object, handler: Callable[[object], object]) -> object:
        """The word."""
        text = super().read(value, handler)
        if text not in self.words:
            raise Wrong(
                f"is wrong: {shown(text)} is no {self.what}",
                closest=nearest(str(text), self.words),
                next=f"use one of {self.said}",
            )
        return text


class Choices(Kind):
    """A list of words, at least one; each counts once."""

    def __init__(self, what: str, words: Iterable[str]) -> None:
        self.what = what
        self.words = ", ".join(words)
        each = Annotated[str, Choice(what, words, _EACH)]
        super().__init__(
            f"a list of {self.words}", "a list of texts", of=tuple[each, ...], strict=False
        )

    def read(self, value: object, handler: Callable[[object], object]) -> object:
        """The words."""
        found = super().read(value, handler)
        assert isinstance(found, tuple)
        if not found:
            raise Wrong(f"is empty: it needs a {self.what}", next=f"use one of {self.words}")
        return tuple(dict.fromkeys(found))


class Tables(Kind):
    """Tables, each read by itself.

    Args:
        header: What stands above each of them in a file.
        read: What reads one.
    """

    def __init__(self, header: str, read: Callable[[Mapping[str, object]], object]) -> None:
        self._header = header
        self._read = read
        each = Annotated[object, Parsed("a table", self._row)]
        super().__init__("a table each", of=tuple[each, ...], strict=False)

    def _row(self, value: object) -> object:
        if not isinstance(value, Mapping):
            raise self.wrong(value)
        return self._read(value)

    def wrong(self, value: object) -> Misfit:  # noqa: ARG002 - the header says it all
        """What to say of something else."""
        return Misfit(
            f"{self._header} wants tables", next=f"write [[{self._header}]] above each of them"
        )


def plain_json(given: Mapping[str, object] | str) -> dict[str, wire.Json]:
    """What a table holds, or a text of JSON that has been read."""
    plain: dict[str, wire.Json] = json.loads(given if isinstance(given, str) else json.dumps(given))
    return plain


def _json(value: object) -> str:
    """JSON as text, whatever it was given as: a text cannot be changed by the world it is in."""
    said = "a table that JSON can hold, or a text of JSON that is an object"
    wrong = Wrong(f"wants {said}, not {shown(value)}", next=f"write {said}")
    try:
        plain = json.loads(value) if isinstance(value, str) else value
        text = json.dumps(plain, allow_nan=False)
    except (ValueError, TypeError):
        raise wrong from None
    if not isinstance(plain, Mapping):
        raise wrong
    return text


def _progression(value: object) -> Progression:
    if not isinstance(value, str | Progression):
        said = "a text, as immediate, polls(3), seconds(30) or stuck"
        raise Wrong(f"wants {said}, not {shown(value)}", next=f"write {said}")
    try:
        return Progression.of(value)
    except ValueError as problem:
        said, _, hint = str(problem).partition(": ")
        raise Wrong(f"is wrong: {said}", next=hint or said) from None


# Thirty years: dates stay dates.
_MOST_S: Final = 1e9

_BY_TEXT: Final = 'a table of texts, as { spring = "ibm_torino" }'

Text = Annotated[str, _Text()]
Secret = Annotated[str, _Secret()]
Texts = Annotated[
    Iterable[str],
    Kind(
        "a list of texts",
        of=tuple[Annotated[str, _Text(_EACH)], ...],
        strict=False,
    ),
]
TextByText = Annotated[
    Mapping[str, str],
    Kind(
        "a table of texts",
        _BY_TEXT,
        of=dict[Annotated[str, _Text(_BY_TEXT)], Annotated[str, _Text(_BY_TEXT)]],
        strict=False,
    ),
]
Count = Annotated[int, Kind("a whole number, 0 or more", ge=0)]
WholeSeconds = Annotated[int, Kind("whole seconds, from 0 to 1e9", ge=0, le=int(_MOST_S))]
Seconds = Annotated[float, Kind("seconds, from 0 to 1e9", ge=0, le=_MOST_S, allow_inf_nan=False)]
Flag = Annotated[bool, Kind("true or false")]
Json = Annotated[Mapping[str, object] | str, Parsed("a table, or JSON as text", _json)]
Pace = Annotated[
    Progression | str,
    Parsed("immediate, polls(3), seconds(30, queued=10) or stuck", _progression),
]
