"""Looks for garbage less often in a lane: the client makes much that lives, and little of that.

Each answer about a device becomes tens of thousands of objects. With Python's own threshold (every
700 new ones) that has the whole heap searched again and again, Qiskit's modules included, which
takes longer than what the client does with the answers.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["rarely_collected"]

_YOUNG: Final = 200_000
"""After how many new objects the young ones are searched: some ten megabytes.

The properties of one device of 156 qubits are 60,000 that live: with fewer here they are searched.
"""


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Raises the threshold until the block is left, unless somebody has a higher one, or none."""
    before = gc.get_threshold()
    raised = (_YOUNG, *before[1:])
    if 0 < before[0] < _YOUNG:
        gc.set_threshold(*raised)
    try:
        yield
    finally:
        if gc.get_threshold() == raised:
            gc.set_threshold(*before)
