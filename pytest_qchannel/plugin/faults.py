"""The marker ``qchannel_fault`` in a run: declared with the lane, asked for at the end of a test.

In everywhere mode the world is everybody's: a test's faults are there while its body runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_qchannel.errors import QChannelError
from pytest_qchannel.markers import FAULT
from pytest_qchannel.plugin import marker_arguments
from pytest_qchannel.plugin.keys import LANE, SHARED

if TYPE_CHECKING:
    from pytest_qchannel.lanes.lane import Lane

__all__ = ["declare", "unmet"]


def declare(lane: Lane, item: pytest.Item) -> None:
    """Declares what the markers of a test say, in the order in which they are read."""
    for mark in reversed(list(item.iter_markers(FAULT))):
        words = marker_arguments.read(FAULT, mark.args, mark.kwargs, item.nodeid)
        lane.emulator.fault(**words)


def unmet(item: pytest.Item) -> list[QChannelError]:
    """What was declared for a test and has not happened, at the end of its body."""
    if SHARED in item.stash:
        lane, others = item.stash[SHARED]
        return lane.unmet_faults(item.nodeid, besides=others)
    own = item.stash.get(LANE, None)
    if own is None or own.whole is not own:  # what is shared and taped has faults of its world
        return []
    return own.unmet_faults(item.nodeid)
