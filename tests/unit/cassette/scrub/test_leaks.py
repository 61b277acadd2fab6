"""The leak table: of every value that is planted, nothing is stored."""

from __future__ import annotations

import pytest

from pytest_qchannel.cassette.gate import Gate
from pytest_qchannel.cassette.scrub import Scrubber
from pytest_qchannel.secret import Secret
from tests.unit.cassette.scrub.leaks_kit import LEAKS, Leak
from tests.unit.cassette.scrub.planted_kit import VALUES, as_bytes, is_in

# What scrubbing cannot know to be no number; the gate refuses to store it.
LEFT_TO_THE_GATE = {"an array"}


def test_the_table_is_as_large_as_promised() -> None:
    assert len(LEAKS) >= 60
    assert len({leak.kind for leak in LEAKS}) >= 20
    assert {leak.kind for leak in LEAKS} == set(VALUES)


@pytest.mark.parametrize("leak", LEAKS, ids=str)
def test_the_value_is_planted(leak: Leak) -> None:
    """A row that plants nothing would pass whatever we do."""
    assert is_in(leak.value, as_bytes(leak.interaction))


@pytest.mark.parametrize("leak", LEAKS, ids=str)
def test_nothing_is_stored_of_a_value_that_nobody_knew(leak: Leak) -> None:
    stored = as_bytes(Scrubber().scrub(leak.interaction).interaction)
    assert is_in(leak.value, stored) is (leak.place in LEFT_TO_THE_GATE)


@pytest.mark.parametrize("leak", LEAKS, ids=str)
def test_nothing_passes_the_gate_of_a_value_that_was_known(leak: Leak) -> None:
    gate = Gate([Secret("PLANTED", leak.value)])
    assert gate.search(as_bytes(leak.interaction)), "not found where it is"
    stored = as_bytes(Scrubber([leak.value]).scrub(leak.interaction).interaction)
    is_refused = bool(gate.search(stored))
    assert is_refused is (leak.place in LEFT_TO_THE_GATE)


@pytest.mark.parametrize("leak", LEAKS, ids=str)
def test_what_is_reported_holds_no_value(leak: Leak) -> None:
    told = "\n".join(str(one) for one in Scrubber().scrub(leak.interaction).unknown)
    assert not is_in(leak.value, told.encode())
