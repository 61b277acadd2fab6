"""Nothing real, from a test's first fixture on: what is around the lanes of a run."""

from __future__ import annotations

import pytest

from pytest_qchannel.plugin.keys import LANE_FIXTURE
from pytest_qchannel.plugin.markers import LENDING

__all__ = ["take"]


def take(item: pytest.Item) -> None:
    """Gives a test that has a marker of ours only the lane, as if it asked for ``qchannel``."""
    if not isinstance(item, pytest.Function):
        return  # as a doctest, which asks for its fixtures one by one
    names = item.fixturenames
    if LANE_FIXTURE not in names and any(mark.name in LENDING for mark in item.iter_markers()):
        # Whatever the test's own fixtures do, they do it in the lane; but pytest-recording's goes
        # first, which opens the cassette.
        first = max(_first_of_test(item), names.index("vcr") + 1 if "vcr" in names else 0)
        names[first:first] = [LANE_FIXTURE, "qchannel"]


def _first_of_test(item: pytest.Function) -> int:
    """Where the fixtures of a test's own scope begin: pytest sets wider ones up before them."""
    known = item._fixtureinfo.name2fixturedefs
    scopes = [known[name][-1].scope if name in known else "function" for name in item.fixturenames]
    return scopes.index("function") if "function" in scopes else len(scopes)
