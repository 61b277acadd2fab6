"""How the services write a time: what is written means the same moment when it is sent back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_qchannel.emulator.world.clock import Clock, from_iso, iso, iso_milliseconds

NOON = 1_760_011_200


@pytest.mark.parametrize(
    ("micros", "digits"),
    [(834_940, "83494"), (100_000, "1"), (19_265, "019265"), (1, "000001"), (0, "0")],
)
def test_zeros_at_the_end_of_a_second_are_cut(micros: int, digits: str) -> None:
    """Recorded metrics have one to six digits; there were always three here."""
    assert iso(NOON + micros / 1_000_000) == f"2025-10-09T12:00:00.{digits}Z"


def test_analytics_and_workloads_have_three_digits() -> None:
    assert iso_milliseconds(NOON) == "2025-10-09T12:00:00.000Z"
    assert iso_milliseconds(NOON + 0.5629) == "2025-10-09T12:00:00.562Z"


@given(st.floats(NOON, 2 * NOON))
def test_what_is_sent_back_is_the_same_moment(seconds: float) -> None:
    now = Clock(lambda: seconds).now()
    assert from_iso(iso(now)) == now
