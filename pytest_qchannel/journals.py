"""The journals of the lanes that are open: what lets an assertion find one without being given it.

A lane adds its journal when it opens and takes it back when it closes; nothing stays behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["closed", "newest_first", "opened"]

_open: list[Iterable[Any]] = []


def opened(journal: Iterable[Any]) -> None:
    """Adds the journal of a lane."""
    _open.append(journal)


def closed(journal: Iterable[Any]) -> None:
    """Takes a journal back; harmless where it is not there."""
    _open[:] = [one for one in _open if one is not journal]


def newest_first() -> list[Iterable[Any]]:
    """The journals of the open lanes, that of the lane opened last first."""
    return _open[::-1]
