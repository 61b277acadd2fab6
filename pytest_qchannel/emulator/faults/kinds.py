"""Kinds of values in the words of a fault, and what is said of a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Final

from pytest_qchannel.emulator.tables import Kind, Misfit, Parsed, Wrong
from pytest_qchannel.errors import nearest

__all__ = [
    "Code",
    "Flag",
    "Number",
    "Seconds",
    "Text",
    "Times",
    "Whole",
    "hint",
    "misfit",
    "one_of",
]

SEE: Final = "see the words of a fault: qchannel docs faults"


def misfit(said: str, word: str = "") -> Misfit:
    """A fault is wrong.

    Args:
        said: What is wrong.
        word: The word that it is about.
    """
    return Misfit(said, where=(word,) if word else (), next=SEE)


def hint(word: object, valid: Iterable[str]) -> str:
    """The end of a message about a word that is not valid."""
    close = nearest(str(word), valid)
    return f", did you mean {close!r}?" if close else f"; use one of {', '.join(sorted(valid))}"


class _Word(Kind):
    """A kind of value, named by what a value of another one is: ``no text``."""

    def wrong(self, value: object) -> Wrong:
        """What to say of a value that is not of this kind."""
        return Wrong(f"= {value!r} is {self.said}", next=SEE)


def one_of(words: Iterable[str]) -> Parsed:
    """A word of a list."""
    valid = tuple(words)

    def choose(value: object) -> object:
        if value not in valid:
            raise Wrong(f"= {value!r} is not known{hint(value, valid)}", next=SEE)
        return value

    return Parsed("one of them", choose)


def _code(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Wrong(f"= {value!r} is neither a number nor a text", next=SEE)
    return value


class _Times(_Word):
    """How often: a number, or one word."""

    def read(self, value: object, handler: Callable[[object], object]) -> object:
        """What a value says."""
        if value == "every":
            return value
        if isinstance(value, str):
            raise Wrong(f"= {value!r} is neither a whole number nor 'every'", next=SEE)
        return super().read(value, handler)


Text = Annotated[str, _Word("no text", pattern=r"\S")]
Flag = Annotated[bool, _Word("neither true nor false")]
Whole = Annotated[int, _Word("no whole number from 0", ge=0)]
Number = Annotated[int, _Word("no whole number from 1", ge=1)]
Seconds = Annotated[float, _Word("no number of seconds from 0", ge=0, allow_inf_nan=False)]
Times = Annotated[int | str, _Times("no whole number from 1", of=int, ge=1)]
Code = Annotated[int | str, Parsed("a number or a text", _code)]
