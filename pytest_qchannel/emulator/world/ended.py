"""Access tokens of tests that have ended: a later test's services name whose a token was.

A thread that outlives its test goes on with the token that it has. No world but that test's knows
the token; what is kept of it here is a hash and the name of the test.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

__all__ = ["remember_ended", "said_of_ended"]

_MOST: Final = 4_096
_ENDED: Final[dict[bytes, str]] = {}


def remember_ended(tokens: Iterable[str], where: str) -> None:
    """Takes the tokens of a test that is over; of very many the oldest are forgotten."""
    _ENDED.update({_hash(token): where for token in tokens})
    while len(_ENDED) > _MOST:
        _ENDED.pop(next(iter(_ENDED)), None)


def said_of_ended(token: str) -> str:
    """What a refusal says more where the token is one of an ended test's; else nothing."""
    where = _ENDED.get(_hash(token))
    return f" It is of {where}, which has ended." if where else ""


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
