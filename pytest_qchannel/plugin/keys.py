"""What the plugin keeps with a run or a test, by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from pytest_qchannel.errors import QChannelError, RealSecretRefused
    from pytest_qchannel.lanes.lane import Lane
    from pytest_qchannel.lanes.tapes import RecordTape, ReplayTape
    from pytest_qchannel.plugin.everywhere import Everywhere
    from pytest_qchannel.plugin.orphan_watch import OrphanWatch
    from pytest_qchannel.plugin.our_tests import OurTests

__all__ = [
    "CASSETTE",
    "EVERYWHERE",
    "FOUND",
    "HEADER",
    "LANE",
    "LANE_FIXTURE",
    "OURS",
    "OUR_TESTS",
    "PASSED",
    "PROPERTY",
    "REFUSED",
    "RUNNING",
    "TAPE",
    "WATCH",
]

HEADER: Final = pytest.StashKey[list[str]]()
"""Of a run: what its header says, where something of ours is set."""

OUR_TESTS: Final[pytest.StashKey[OurTests]] = pytest.StashKey()
"""Of a run: what is done with the tests that use us, once there is one."""

EVERYWHERE: Final[pytest.StashKey[Everywhere]] = pytest.StashKey()
"""Of a run: everywhere mode, where it is on."""

WATCH: Final[pytest.StashKey[OrphanWatch]] = pytest.StashKey()
"""Of a run: what it knows of its cassettes, where there is a folder of them."""

RUNNING: Final[pytest.StashKey[pytest.Item]] = pytest.StashKey()
"""Of a run: the test that is being set up."""

OURS: Final[pytest.StashKey[bool]] = pytest.StashKey()
"""Of a test: it uses us."""

FOUND: Final[pytest.StashKey[list[QChannelError]]] = pytest.StashKey()
"""Of a test: what its lane complained about and nobody was told yet."""

LANE: Final[pytest.StashKey[Lane]] = pytest.StashKey()
"""Of a test: its lane, while it is open."""

REFUSED: Final[pytest.StashKey[RealSecretRefused]] = pytest.StashKey()
"""Of a test: the real secret that it sent, so that no report shows a traceback."""

PASSED: Final[pytest.StashKey[bool]] = pytest.StashKey()
"""Of a test: whether its body passed."""

TAPE: Final[pytest.StashKey[ReplayTape | RecordTape]] = pytest.StashKey()
"""Of a test: its cassette, until it is known what becomes of it."""

LANE_FIXTURE: Final = "_qchannel_lane"
"""The fixture that all others of ours build on."""

PROPERTY: Final = "qchannel"
"""The user property that tells which lane a test ran in."""

CASSETTE: Final = "qchannel_cassette"
"""The user property that tells what was done with a test's cassette."""
