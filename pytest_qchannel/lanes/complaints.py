"""What a lane has to complain about becomes the error that a test ends with, or a note of it."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_qchannel.errors import QChannelError

__all__ = ["note", "raise_all"]


def raise_all(problems: Sequence[QChannelError]) -> None:
    """Raises what a lane has to complain about, the rest as notes."""
    if problems:
        first, *rest = problems
        for other in rest:
            first.add_note(str(other))
        raise first.with_traceback(None) from None


def note(error: BaseException, problems: Sequence[QChannelError]) -> None:
    """Adds problems to the error that a part of a test ended with."""
    for problem in problems:
        if problem is not error and str(problem) not in str(error):
            error.add_note("\n".join([str(problem), *getattr(problem, "__notes__", ())]))
