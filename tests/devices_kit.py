"""The devices of the default world by their parts; the client decides which they are."""

from __future__ import annotations

from typing import Final

from pytest_qchannel.emulator.worlds.default_world import fleet

__all__ = ["ANOTHER", "DEVICE", "LEAST_BUSY", "OFFLINE", "PAUSED", "with_device"]

DEVICE: Final = fleet().online[0]
"""One that is online, the first of each instance, and never the least busy one."""
LEAST_BUSY: Final = fleet().online[2]
ANOTHER: Final = fleet().online[1]
"""Online as well."""
OFFLINE: Final = fleet().offline
PAUSED: Final = fleet().paused


def with_device(source: str) -> str:
    """A test for an inner run, in which ``A_DEVICE`` stands for :data:`DEVICE`."""
    return source.replace("A_DEVICE", DEVICE)
