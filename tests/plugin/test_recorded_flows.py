"""Whole recordings of the emulator: none is refused, and every one is replayed without a miss."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest

from tests.plugin.conftest import NO_CHANCE

RECORD = ("--qchannel-mode=record", "--qchannel-record-from=emulator")


@pytest.mark.timeout(240)
def test_every_kind_of_traffic_is_recorded_and_replayed(pytester: pytest.Pytester) -> None:
    """A refusal of clean traffic, or a miss, is one of ours: the person did nothing wrong."""
    flows = Path(__file__).with_name("recorded_flows.py")
    shutil.copy(flows, pytester.path / "test_varied_traffic.py")
    recorded = pytester.runpytest_inprocess(*NO_CHANCE, *RECORD)
    outcomes = recorded.parseoutcomes()
    assert set(outcomes) <= {"passed", "skipped"}
    passed = outcomes["passed"]
    assert passed >= 14  # at most, old clients have no executor and lack a channel
    cassettes = list((pytester.path / "cassettes" / "test_varied_traffic").glob("*.yaml"))
    assert len(cassettes) == passed
    assert not (pytester.path / "cassettes" / ".qchannel" / "quarantine").exists()

    files = [one for one in (pytester.path / "cassettes").rglob("*") if one.is_file()]
    stored = [one.read_bytes() for one in files if one.suffix == ".yaml"]
    stored += [gzip.decompress(one.read_bytes()) for one in files if one.suffix == ".gz"]
    assert not [data for data in stored if b"planted" in data]

    replayed = pytester.runpytest_inprocess(*NO_CHANCE)
    assert replayed.parseoutcomes() == outcomes
    replayed.stdout.fnmatch_lines([f"qchannel: {passed} cassettes replayed*"])
