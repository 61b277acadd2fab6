"""Plain data as lines that people read."""

from __future__ import annotations

import json

__all__ = ["lines_of"]


def lines_of(value: object) -> list[str]:
    """Plain data with names in front and texts of many lines as they are."""
    if not isinstance(value, dict):
        return [json.dumps(value, ensure_ascii=False)]
    found = []
    for name, one in value.items():
        if isinstance(one, str) and "\n" in one:
            found += [f"{name}:", *(f"  {line}" for line in one.splitlines())]
        elif isinstance(one, str):
            found.append(f"{name}: {one}")
        elif _is_deep(one):
            parts = one if isinstance(one, dict) else dict(enumerate(one))
            found += [f"{name}:", *(f"  {line}" for line in lines_of(parts))]
        else:
            found.append(f"{name}: {json.dumps(one, ensure_ascii=False)}")
    return found


def _is_deep(value: object) -> bool:
    """Whether a value holds texts of many lines, which one line of JSON would hide."""
    inner = list(value.values()) if isinstance(value, dict) else value
    if isinstance(inner, list):
        return any(_is_deep(one) or (isinstance(one, str) and "\n" in one) for one in inner)
    return False
