"""What the plugin keeps with a run or a test, by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_qchannel.emulator.faults import Fault
    from pytest_qchannel.errors import QChannelError, RealSecretRefused
    from pytest_qchannel.journal import Journal
    from pytest_qchannel.lanes.isolation import Isolation
    from pytest_qchannel.lanes.lane import Lane
    from pytest_qchannel.lanes.live.run import LiveRun
    from pytest_qchannel.lanes.tapes import RecordTape, ReplayTape
    from pytest_qchannel.uses import Uses

__all__ = [
    "APART_FIXTURE",
    "ATTRIBUTE",
    "EARLY",
    "FOUND",
    "HAS_MISSED",
    "HEADER",
    "ISOLATION",
    "ISOLATION_FIXTURE",
    "IS_FINISHED",
    "JOURNAL",
    "LANE",
    "LANE_FIXTURE",
    "LIVE",
    "OURS",
    "OUR_TESTS",
    "PAGES",
    "PART_FIXTURE",
    "PASSED",
    "RECORD",
    "REFUSAL",
    "REFUSED",
    "REPORTS",
    "RUNNING",
    "SHARED",
    "STOPPED",
    "TAPE",
    "TAPE_OF_RUN",
    "TOO_EARLY",
    "WHOLE_RUN",
]

HEADER: Final = pytest.StashKey[list[str]]()
"""Of a run: what its header says, where something of ours is set."""

EARLY: Final[pytest.StashKey[Uses]] = pytest.StashKey()
"""Of a run: what is told of the network until it is known which tests there are."""

TOO_EARLY: Final[pytest.StashKey[list[QChannelError]]] = pytest.StashKey()
"""Of a run: who reached for IBM until then, and was told to nobody yet."""

OUR_TESTS: Final[pytest.StashKey[object]] = pytest.StashKey()
"""Of a run: what is done with the tests that use us (``our_tests.OurTests``), once there is one."""

RECORD: Final[pytest.StashKey[object]] = pytest.StashKey()
"""Of a run, where it is shown: its record (``record.ending.RunRecord``), once a test used us."""

REPORTS: Final[pytest.StashKey[list[Path]]] = pytest.StashKey()
"""Of a run: the reports that are written at its end, where some are asked for."""

PAGES: Final[pytest.StashKey[list[tuple[Path, str]]]] = pytest.StashKey()
"""Of a run: the files that have its summary in Markdown, and how each is opened."""

WHOLE_RUN: Final[pytest.StashKey[Lane]] = pytest.StashKey()
"""Of a run: its one lane, in everywhere mode."""

TAPE_OF_RUN: Final[pytest.StashKey[ReplayTape | RecordTape]] = pytest.StashKey()
"""Of a run: its one cassette, in everywhere mode."""

LIVE: Final[pytest.StashKey[LiveRun]] = pytest.StashKey()
"""Of a run: what its process shares of it, if it is live."""

STOPPED: Final[pytest.StashKey[list[dict[str, Any]]]] = pytest.StashKey()
"""Of a run: recordings that went on when it was stopped, and what became of them."""

REFUSAL: Final = "qchannel"
"""Of what a pytest-xdist worker puts out: the usage error that it cannot show."""

RUNNING: Final[pytest.StashKey[pytest.Item]] = pytest.StashKey()
"""Of a run: the test that is being set up."""

OURS: Final[pytest.StashKey[bool]] = pytest.StashKey()
"""Of a test: it uses us."""

FOUND: Final[pytest.StashKey[list[QChannelError]]] = pytest.StashKey()
"""Of a test: what its lane complained about and nobody was told yet."""

LANE: Final[pytest.StashKey[Lane]] = pytest.StashKey()
"""Of a test: its lane, while it is open."""

JOURNAL: Final[pytest.StashKey[Journal]] = pytest.StashKey()
"""Of a test: what it sent, until its last report, when its lane is closed already."""

ISOLATION: Final[pytest.StashKey[Isolation]] = pytest.StashKey()
"""Of a test: what is around its lane, while it is open."""

SHARED: Final[pytest.StashKey[tuple[Lane, tuple[Fault, ...]]]] = pytest.StashKey()
"""Of a test in everywhere mode: what its body does in the run's lane, and faults not its own."""

REFUSED: Final[pytest.StashKey[RealSecretRefused]] = pytest.StashKey()
"""Of a test: the real secret that it sent, so that no report shows a traceback."""

PASSED: Final[pytest.StashKey[bool]] = pytest.StashKey()
"""Of a test: whether its body passed."""

TAPE: Final[pytest.StashKey[ReplayTape | RecordTape]] = pytest.StashKey()
"""Of a test: its cassette, until it is known what becomes of it."""

IS_FINISHED: Final[pytest.StashKey[bool]] = pytest.StashKey()
"""Of a test: whether it is known what became of its cassette."""

HAS_MISSED: Final[pytest.StashKey[bool]] = pytest.StashKey()
"""Of a test: whether it was replayed and asked for something else than its cassette has."""

ISOLATION_FIXTURE: Final = "_qchannel_isolation"
"""The first fixture of every test with a lane."""

LANE_FIXTURE: Final = "_qchannel_lane"
"""The fixture that all others of ours build on."""

PART_FIXTURE: Final = "_qchannel_part"
"""The first of the own fixtures of a test that shares a lane."""

APART_FIXTURE: Final = "_qchannel_apart"
"""The first of the own fixtures of a test without a lane, where others share one."""

ATTRIBUTE: Final = "qchannel"
"""The attribute of a test's report that has its facts, as :mod:`.record.facts` notes them."""
