"""The one way past a shut network: the live lane's own connections to the real services.

What shuts the network asks here (:mod:`.guard`, :mod:`.redirect`, :mod:`.trust`). It is a context
variable, so that it holds for the thread and the block that opened it, and for no test.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

__all__ = ["free_passage", "is_free"]

_is_free: Final = ContextVar("qchannel_free_passage", default=False)


def is_free() -> bool:
    """Whether who asks may reach real hosts under their real names."""
    return _is_free.get()


@contextmanager
def free_passage() -> Iterator[None]:
    """Lets this thread out until the block is left."""
    token = _is_free.set(True)
    try:
        yield
    finally:
        _is_free.reset(token)
