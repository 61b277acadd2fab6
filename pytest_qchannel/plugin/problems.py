"""What a lane has to complain about reaches the report of the test, whatever pytest does to it.

Problems are gathered whenever a part of a test is reported, and taken where they are told: raised
after the test, or added as notes to the error that it ends with. ``unittest`` tests and subtests
are reported past the exception that the test's call was left with, so that is looked after here.
"""

from __future__ import annotations

import pytest

from pytest_qchannel.errors import QChannelError, RealSecretRefused
from pytest_qchannel.lanes.complaints import note, raise_all
from pytest_qchannel.plugin.keys import FOUND, LANE, REFUSED
from pytest_qchannel.plugin.sharing import UNIT, lane_of

__all__ = ["gather", "hinted", "note", "raise_all", "replaced", "take"]


def gather(item: pytest.Item) -> list[QChannelError]:
    """What came up in a test and was not told yet; it stays to be told."""
    found = item.stash.setdefault(FOUND, [])
    if lane := item.stash.get(LANE, None):
        found += lane.take_problems()
    if unit := item.stash.get(UNIT, None):
        found += unit.take_problems()
    for problem in found:
        if isinstance(problem, RealSecretRefused):
            item.stash[REFUSED] = problem
    return found


def take(item: pytest.Item) -> list[QChannelError]:
    """What came up in a test and was not told yet; it counts as told now."""
    found = gather(item)
    taken = list(found)
    found.clear()  # the same list all the time: an open isolation reports into it
    return taken


def hinted(item: pytest.Item, call: pytest.CallInfo[object]) -> bool:
    """Adds what the lane knows of the error that a part of a test ended with, if anything."""
    lane, told = lane_of(item), call.excinfo.value if call.excinfo else None
    if lane is None or told is None or isinstance(told, QChannelError):
        return False
    hints = lane.hints(told)
    for hint in hints:
        told.add_note(hint)
    return bool(hints)


def replaced(item: pytest.Item, call: pytest.CallInfo[object], ours: BaseException | None) -> bool:
    """Whether pytest reports something else than the problem that a test's call was left with.

    What a ``unittest`` test says of itself, that it failed or skips itself, goes before what we
    raise after it. A failure gets the problem as a note; a skip shall not hide it, so it is raised
    when the test is torn down. An expected failure hides it, as it hides other errors.
    """
    if not isinstance(ours, QChannelError) or call.excinfo is None or call.excinfo.value is ours:
        return False
    told = call.excinfo.value
    if isinstance(told, pytest.skip.Exception):
        item.stash.setdefault(FOUND, []).append(ours)
        return False
    note(told, [ours])
    return True
