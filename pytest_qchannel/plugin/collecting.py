"""Looks for garbage less often until what a test made is gone, which is after its lane.

pytest lets go of a test's fixtures, the client's service among them, when all have ended. With
Python's own threshold before that, each test would be searched for what is still in use.
"""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from pytest_qchannel.lanes.garbage import rarely_collected

__all__ = ["Collecting"]


class Collecting:
    """Keeps the threshold raised, from the lane of a test to its end.

    Args:
        config: The run's.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._until_gone = ExitStack()
        config.add_cleanup(self._until_gone.close)
        config.pluginmanager.register(self)

    def rarely(self) -> None:
        """Begins; it ends with the test that is running."""
        self._until_gone.enter_context(rarely_collected())

    def pytest_runtest_logfinish(self) -> None:
        """Ends: pytest has let go of the test's fixtures."""
        self._until_gone.close()
