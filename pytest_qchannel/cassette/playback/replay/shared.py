"""A replay that several tests share, perhaps in several processes: what of it was not used."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pytest_qchannel.cassette.disk.index import Cassette

__all__ = ["unused"]


def unused(
    cassette: Cassette, idle: Iterable[int], ran: Collection[str], gone: Collection[str]
) -> list[int]:
    """The places of what a run should have asked for, and did not.

    What was recorded of a test counts if the test ran, or does not exist any more; what all of
    them share counts if each ran.

    Args:
        cassette: What was recorded.
        idle: The places of what nobody asked for.
        ran: The tests that passed.
        gone: Tests that do not exist any more.
    """
    known = {*ran, *gone}
    is_whole = known >= set(cassette.tests)
    tests = [one.test for one in cassette.interactions]
    return [n for n in idle if (tests[n] in known if tests[n] else is_whole)]
