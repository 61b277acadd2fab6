"""Takes out of a run's record what must not be shown: known secrets, and what looks like one.

The same gate that lets a cassette be saved looks at the whole first: most records pass at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Final

from pytest_qchannel.cassette.gate import PATTERNS, Gate
from pytest_qchannel.cassette.gate.patterns import Pattern
from pytest_qchannel.secret import Secret, hide_all
from pytest_qchannel.wire import Json

__all__ = ["cleaned"]

_PATTERNS: Final = tuple(
    # The part of a path may be a key, too: in a cassette, where base64 has slashes, few are.
    replace(one, expression=re.compile(one.expression.pattern.replace(rb"+/", rb"+")))
    if not one.anchors
    else one
    for one in PATTERNS
)


def cleaned(told: Json, secrets: Sequence[Secret]) -> Json:
    """What is told, without secrets in any of its texts, names of fields included.

    Args:
        told: Plain JSON.
        secrets: Those that are known.
    """
    searchable = [one for one in secrets if one.is_searchable]
    gate = Gate(searchable, patterns=_PATTERNS)
    if not gate.hits(json.dumps(told).encode()):
        return told

    @cache
    def clean(text: str) -> str:
        hidden = hide_all(text, searchable)
        data = hidden.encode("utf-8", "surrogatepass")
        if not (hits := gate.hits(data)):
            return hidden
        for pattern in _PATTERNS:
            data = pattern.expression.sub(partial(_named, pattern), data)
        if gate.hits(data):
            return f"<left out: {', '.join(dict.fromkeys(one.what for one in hits))}>"
        return data.decode("utf-8", "replace")

    return _mapped(told, clean)


def _named(pattern: Pattern, found: re.Match[bytes]) -> bytes:
    return f"<{pattern.name}>".encode() if pattern.is_real(found) else found[0]


def _mapped(told: Json, clean: Callable[[str], str]) -> Json:
    if isinstance(told, str):
        return clean(told)
    if isinstance(told, dict):
        return {clean(name): _mapped(one, clean) for name, one in told.items()}
    return [_mapped(one, clean) for one in told] if isinstance(told, list) else told
