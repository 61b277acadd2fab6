"""No pause of a client costs time in a replay: what it waits for has happened already."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from unittest import mock

__all__ = ["without_pauses"]

_PAUSING: Final = (
    "qiskit_ibm_runtime",
    "ibm_cloud_sdk_core",
    "ibm_platform_services",
    "urllib3",
    "requests",
)
"""Packages that sleep between polls and between tries; every other sleep is the test's own."""


@contextmanager
def without_pauses() -> Iterator[None]:
    """Makes the sleeps of clients return at once, until the block is left."""
    real = time.sleep

    def sleep(seconds: float) -> None:
        caller = str(sys._getframe(1).f_globals.get("__name__"))
        real(0 if caller.partition(".")[0] in _PAUSING else seconds)

    with mock.patch.object(time, "sleep", sleep):
        yield
