"""The fingerprint of a circuit: equal for circuits that do the same in the same way.

It is a hash of the circuit's :mod:`form <.form>`. Two Qiskits compute the same one for the same
circuit. What processors and versions do disagree about are the last digits of an angle that was
computed or of a parameter expression; :func:`same_form` compares those for what they are.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Final

__all__ = ["INFO", "fingerprint", "same_form"]

VERSION: Final = "1"
"""Counted up whenever forms change their meaning, because old cassettes match no more then."""

INFO: Final = frozenset({"depth", "text"})
"""Keys of a form that are there for people: not compared, not hashed."""

_SAMPLED: Final = 1e-9
"""How far apart two samples of one expression may be; they are rounded to eleven digits."""

_COMPUTED: Final = 1e-12
"""How far apart, relative to their size, two numbers may be that were computed elsewhere."""


def fingerprint(form: object) -> str:
    """The fingerprint of a form, or of anything that holds forms."""
    text = json.dumps(_compared(form), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{VERSION}|{text}".encode()).hexdigest()[:32]


def _compared(form: object) -> object:
    if isinstance(form, dict):
        return {name: _compared(one) for name, one in form.items() if name not in INFO}
    if isinstance(form, list):
        return [_compared(one) for one in form]
    return form


def same_form(one: object, other: object, closeness: float = _COMPUTED) -> bool:
    """Whether two forms say the same, give or take the last digits of their numbers.

    Args:
        one: A form, or a part of one.
        other: Another one.
        closeness: How far apart two numbers may be, relative to their size.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        keys = one.keys() - INFO
        close = _SAMPLED if "expr" in one else closeness
        return keys == other.keys() - INFO and all(same_form(one[k], other[k], close) for k in keys)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            same_form(here, there, closeness) for here, there in zip(one, other, strict=True)
        )
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=closeness, abs_tol=1e-15)
    return type(one) is type(other) and bool(one == other)
