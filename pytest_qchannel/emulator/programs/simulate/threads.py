"""Linear algebra on one thread.

Our matrices are small and many. Handed to several threads of a BLAS library they take longer, and
on a machine that does something else at the same time up to twenty times longer.
"""

from __future__ import annotations

import contextlib
import functools
from typing import Any

__all__ = ["on_one_thread"]


@functools.cache
def _controller() -> Any:
    # The controller knows the libraries that are loaded by now.
    import numpy as np  # noqa: F401
    import scipy.linalg  # noqa: F401

    try:
        from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]
    except ModuleNotFoundError:  # the same results, later
        return None
    return ThreadpoolController()


def on_one_thread() -> contextlib.AbstractContextManager[Any]:
    """A context in which numpy's linear algebra uses one thread."""
    if _controller() is None:
        return contextlib.nullcontext()
    limited: contextlib.AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited
