"""What a test is told where its lane has much to complain about."""

from __future__ import annotations

import pytest

from pytest_qchannel.errors import EmulatorGap, NetworkBlocked, QChannelError
from pytest_qchannel.lanes.complaints import note, raise_all

MISSES = [EmulatorGap(f"gap {n}", where="test_a", next=f"mend {n}") for n in range(1, 6)]
OTHER = NetworkBlocked("blocked", where="test_a", next="allow it")


def test_of_many_that_are_alike_two_are_told_in_full() -> None:
    """A replay that missed ten configurations filled the screen with ten times the same advice."""
    with pytest.raises(EmulatorGap) as caught:
        raise_all([*MISSES, OTHER])
    assert caught.value is MISSES[0]
    assert caught.value.__notes__ == [str(MISSES[1]), "gap 3", "gap 4", "gap 5", str(OTHER)]


def test_as_notes_of_another_error_too() -> None:
    error = ValueError("its own")
    note(error, [OTHER, *MISSES])
    assert error.__notes__[3:] == ["gap 3", "gap 4", "gap 5"]
    assert error.__notes__[0] == str(OTHER)


def test_nothing_is_raised_for_nothing() -> None:
    nothing: list[QChannelError] = []
    raise_all(nothing)
