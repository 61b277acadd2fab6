"""A lane raises the threshold of Python's garbage collector, and puts it back."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from pytest_qchannel.lanes.garbage import rarely_collected


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_it_is_raised_within_and_as_before_outside() -> None:
    gc.set_threshold(700, 11, 12)
    with rarely_collected():
        assert gc.get_threshold()[0] > 10_000
        assert gc.isenabled()
        with rarely_collected():
            assert gc.get_threshold()[0] > 10_000
    assert gc.get_threshold()[:2] == (700, 11)


@pytest.mark.parametrize("own", [0, 1_000_000])
def test_what_somebody_has_set_on_purpose_stays(own: int) -> None:
    gc.set_threshold(own, 10, 10)
    with rarely_collected():
        assert gc.get_threshold()[0] == own
    assert gc.get_threshold()[0] == own


def test_what_the_test_sets_stays() -> None:
    with rarely_collected():
        gc.set_threshold(123, 10, 10)
    assert gc.get_threshold()[0] == 123
