"""What a lane has to complain about becomes the error that a test ends with, or a note of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pytest_qchannel.errors import QChannelError

__all__ = ["has_left_lane", "leaves_lane", "note", "raise_all"]

_MOST_ALIKE: Final = 2
"""So many problems of one kind, in one place, are told in full."""

_LEFT: Final = "_qchannel_left_lane"


def raise_all(problems: Sequence[QChannelError]) -> None:
    """Raises what a lane has to complain about, the rest as notes."""
    if problems:
        (first, _), *rest = _told(problems)
        for _, said in rest:
            first.add_note(said)
        raise first.with_traceback(None) from None


def note(error: BaseException, problems: Sequence[QChannelError]) -> None:
    """Adds problems to the error that a part of a test ended with."""
    for problem, said in _told(problems):
        if problem is not error and str(problem) not in str(error):
            error.add_note("\n".join([said, *getattr(problem, "__notes__", ())]))


def _told(problems: Iterable[QChannelError]) -> Iterator[tuple[QChannelError, str]]:
    """Each problem with its text: of many that are alike only the headline.

    The client asks for the configuration of every backend, and goes on after every miss.
    """
    alike: Counter[tuple[type[QChannelError], str | None]] = Counter()
    for problem in problems:
        kind = type(problem), problem.where
        alike[kind] += 1
        yield problem, str(problem) if alike[kind] <= _MOST_ALIKE else problem.headline


def leaves_lane(error: BaseException) -> None:
    """Keeps with an error that it ended a lane: an answer that it is about was the lane's."""
    vars(error)[_LEFT] = True


def has_left_lane(error: BaseException) -> bool:
    """Whether an error ended a lane, which is closed since."""
    return _LEFT in vars(error)
