"""Linear algebra on one thread.

Our matrices are small and many. Handed to several threads of a BLAS library they take longer, and
on a machine that does something else at the same time up to twenty times longer.
"""

from __future__ import annotations

import contextlib
import functools

import numpy as np  # noqa: F401 - the controller knows the libraries that are loaded by now
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

__all__ = ["on_one_thread"]


@functools.cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def on_one_thread() -> contextlib.AbstractContextManager[object]:
    """A context in which numpy's linear algebra uses one thread."""
    limited: contextlib.AbstractContextManager[object] = _controller().limit(
        limits=1, user_api="blas"
    )
    return limited
