"""What the plugin keeps with a run or a test, by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from pytest_qchannel.errors import QChannelError, RealSecretRefused

if TYPE_CHECKING:  # this module is loaded at the start of every run
    from pytest_qchannel.lanes.lane import Lane
    from pytest_qchannel.lanes.tapes import RecordTape, ReplayTape

__all__ = ["FOUND", "LANE", "PASSED", "REFUSED", "RUNNING", "TAPE", "WHOLE_RUN"]

WHOLE_RUN: Final[pytest.StashKey[Lane]] = pytest.StashKey()
"""Of a run: its one lane, in everywhere mode."""

FOUND: Final[pytest.StashKey[list[QChannelError]]] = pytest.StashKey()
"""Of a test: what its lane complained about and nobody was told yet."""

LANE: Final[pytest.StashKey[Lane]] = pytest.StashKey()
"""Of a test: its lane, while it is open."""

REFUSED: Final[pytest.StashKey[RealSecretRefused]] = pytest.StashKey()
"""Of a test: the real secret that it sent, so that no report shows a traceback."""

PASSED: Final[pytest.StashKey[bool]] = pytest.StashKey()
"""Of a test: whether its body passed."""

RUNNING: Final[pytest.StashKey[pytest.Item]] = pytest.StashKey()
"""Of a run: the test that is being set up."""

TAPE: Final[pytest.StashKey[ReplayTape | RecordTape]] = pytest.StashKey()
"""Of a test: its cassette, until it is known what becomes of it."""
