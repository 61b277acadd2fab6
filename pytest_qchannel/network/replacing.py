"""Puts functions in the place of others for a while, and takes them away in any order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

__all__ = ["replaced"]

_buried: Final[dict[object, tuple[bool, object]]] = {}
"""Replacements that had another on top of them when they were to go, with what they replaced.

Lanes end in any order (a run's may end before that of a session's fixture): the last one takes
those below it along.
"""


def replaced(owner: object, name: str, replacement: Callable[..., object]) -> Callable[[], None]:
    """Puts a function where another is; gives what puts that back.

    What somebody has put around ours meanwhile, and for longer, stays: ours has to let it through.
    """
    was_own, before = name in vars(owner), getattr(owner, name)

    def put_back() -> None:
        if vars(owner).get(name) is not replacement:
            _buried[replacement] = (was_own, before)
            return
        is_own, real = was_own, before
        while real in _buried:
            is_own, real = _buried.pop(real)
        if is_own:
            setattr(owner, name, real)
        else:
            delattr(owner, name)

    setattr(owner, name, replacement)
    return put_back
