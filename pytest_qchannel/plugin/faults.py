"""The marker ``qchannel_fault`` in a run: declared with the lane, asked for at the end of a test.

In everywhere mode the world is everybody's: a test's faults are there while its body runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.plugin import markers
from pytest_qchannel.plugin.keys import WHOLE_RUN

if TYPE_CHECKING:
    from pytest_qchannel.lanes.lane import Lane

__all__ = ["declare", "expected"]


def declare(lane: Lane, item: pytest.Item) -> None:
    """Declares what the markers of a test say, in the order in which they are read."""
    for mark in reversed(list(item.iter_markers(markers.FAULT))):
        words = markers.read(markers.FAULT, mark.args, mark.kwargs, item.nodeid)
        lane.emulator.fault(**words)


@contextmanager
def expected(item: pytest.Item, key: pytest.StashKey[Lane]) -> Iterator[list[QChannelError]]:
    """Around the body of a test: gives the list of complaints, which is filled at its end.

    A test that fails anyway is told of them in a note.
    """
    found: list[QChannelError] = []
    whole = item.config.stash.get(WHOLE_RUN, None)
    shared = whole.part(whole.settings) if whole is not None else None  # what the body does in it
    others = shared.emulator.faults if shared is not None else ()

    def complaints() -> list[QChannelError]:
        lane = shared or item.stash.get(key, None)
        if lane is not None:
            return lane.unmet_faults(item.nodeid, besides=others)
        return _without_lane(item)

    try:
        if shared is not None:
            declare(shared, item)
        try:
            yield found
        except (Exception, pytest.fail.Exception) as error:
            for problem in complaints():
                error.add_note(str(problem))
            raise
        found += complaints()
    finally:
        if shared is not None:
            shared.emulator.end_faults(besides=others)


def _without_lane(item: pytest.Item) -> list[QChannelError]:
    if item.get_closest_marker(markers.FAULT) is None:
        return []
    return [
        UsageProblem(
            "the marker qchannel_fault does nothing in a test without an emulated lane",
            where=item.nodeid,
            next="ask for a fixture of the plugin, as qchannel_service",
        )
    ]
