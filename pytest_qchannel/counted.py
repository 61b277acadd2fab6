"""Numbers with what is counted, as people write them: ``1 request``, ``2 requests``."""

from __future__ import annotations

from collections.abc import Sized

__all__ = ["counted"]


def counted(number: float | Sized, one: str, many: str = "") -> str:
    """How many there are.

    Args:
        number: The number, or what there is that many of.
        one: What one of them is called.
        many: What several are called, where that is more than an ``s`` behind it.
    """
    count = len(number) if isinstance(number, Sized) else number
    shown = f"{count:g}" if isinstance(count, float) else count
    return f"{shown} {one if count == 1 else many or f'{one}s'}"
