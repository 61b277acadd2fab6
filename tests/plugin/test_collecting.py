"""Python looks for garbage less often until what a test made is gone, and as before after it."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.slow


def test_the_threshold_is_put_back_when_the_fixtures_are_gone(run: Any) -> None:
    """Each test was searched for what was still in use: its lane ended before its fixtures."""
    result = run(
        """
    import gc, weakref
    import pytest

    class Made:
        pass

    at_its_end = []
    USUAL = gc.get_threshold()[0]

    @pytest.fixture
    def held():
        one = Made()
        weakref.finalize(one, lambda: at_its_end.append(gc.get_threshold()[0]))
        return one

    def test_a(held, qchannel):
        assert gc.get_threshold()[0] > USUAL

    def test_b():
        assert gc.get_threshold()[0] == USUAL
        assert at_its_end[0] > USUAL
        """,
        "-p",
        "no:randomly",
    )
    result.assert_outcomes(passed=2)
