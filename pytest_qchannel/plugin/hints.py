"""What a run is told of its mistakes by tests that need not use us; most runs make none."""

from __future__ import annotations

from pytest_qchannel.plugin import forgotten, unknown_markers

__all__ = ["Hints"]


class Hints:
    """One for each hook that can tell."""

    test_failed = staticmethod(forgotten.tell)
    collection_failed = staticmethod(unknown_markers.name_nearest)
    run_ends = staticmethod(unknown_markers.leave_out)
