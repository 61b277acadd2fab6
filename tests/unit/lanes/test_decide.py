"""The decision which lane a test runs in, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.lanes.decide import RECORD_MODES, Asked, decide, require_source
from pytest_qchannel.settings import Mode, Settings, resolve

EMULATED, REPLAY, RECORD = Mode.EMULATED, Mode.REPLAY, Mode.RECORD


def settle(mode: str, **others: str) -> Settings:
    return resolve({"mode": mode, **others}, {}, {}, {})


def lane(mode: str, asked: Asked, *, exists: bool = True) -> Mode:
    return decide(settle(mode), asked, "test_a.py::test_b", lambda: exists).mode


@pytest.mark.parametrize(
    ("mode", "marked", "record_mode", "exists", "wanted"),
    [
        ("auto", False, None, True, EMULATED),
        ("auto", False, "once", True, EMULATED),
        ("auto", False, "new_episodes", True, EMULATED),
        ("auto", True, None, True, REPLAY),
        ("auto", True, None, False, REPLAY),
        ("auto", True, "none", False, REPLAY),
        ("auto", True, "once", True, REPLAY),
        ("auto", True, "once", False, RECORD),
        ("auto", True, "all", True, RECORD),
        ("auto", True, "rewrite", True, RECORD),
        ("auto", True, "new_episodes", True, RECORD),
        ("auto", True, "new_episodes", False, RECORD),
        ("emulated", True, None, True, EMULATED),
        ("emulated", True, "none", True, EMULATED),
        ("emulated", False, "once", True, EMULATED),
        ("replay", False, None, False, REPLAY),
        ("replay", True, "none", False, REPLAY),
        ("record", False, None, True, RECORD),
        ("record", True, "all", True, RECORD),
        ("record", True, "rewrite", True, RECORD),
        ("record", True, "new_episodes", True, RECORD),
    ],
)
def test_the_table(
    mode: str, marked: bool, record_mode: str | None, exists: bool, wanted: Mode
) -> None:
    assert lane(mode, Asked(marked, record_mode), exists=exists) is wanted


@pytest.mark.parametrize(
    ("mode", "marked", "wanted"),
    [("auto", True, "new_episodes"), ("record", True, "new_episodes"), ("auto", False, None)],
)
def test_the_plan_has_the_record_mode_of_a_test_with_a_cassette(
    mode: str, marked: bool, wanted: str | None
) -> None:
    asked = Asked(marked, "new_episodes")
    plan = decide(settle(mode), asked, "test_a.py::test_b", lambda: True)
    assert plan.record_mode == wanted


@pytest.mark.parametrize("mode", ["emulated", "replay", "record"])
def test_every_other_pair_is_refused(mode: str) -> None:
    agreeing = {
        "emulated": {"none"},
        "replay": {"none"},
        "record": {"all", "rewrite", "new_episodes"},
    }[mode]
    for record_mode in set(RECORD_MODES) - agreeing:
        with pytest.raises(UsageProblem) as caught:
            lane(mode, Asked(True, record_mode))
        assert record_mode in str(caught.value)


NAMED = {"command_line": "--qchannel-mode", "marker": "the qchannel marker"}
NAMED |= {"environ": "QCHANNEL_MODE", "ini": "qchannel_mode in the ini file"}


@pytest.mark.parametrize("source", ["--record-mode", "the marker vcr", "vcr_config"])
@pytest.mark.parametrize("rung", NAMED)
def test_a_contradiction_is_mended_where_it_stands(rung: str, source: str) -> None:
    """To leave an option away was advised to whoever had not given it."""
    sources: dict[str, Any] = {name: {} for name in NAMED}
    sources[rung] = {"QCHANNEL_MODE": "record"} if rung == "environ" else {"mode": "record"}
    with pytest.raises(UsageProblem) as caught:
        decide(resolve(**sources), Asked(True, "none", source), "test_a.py::test_b", bool)
    if (rung, source) == ("command_line", "--record-mode"):
        wanted = "give one of the two: pytest --qchannel-mode=record "
        wanted += "--qchannel-record-from=emulator, or "
        wanted += "pytest --qchannel-mode=auto --record-mode=none"
    else:
        wanted = f"take one of the two away: mode=record of {NAMED[rung]}, "
        wanted += f"or the record mode 'none' of {source}"
    assert caught.value.next == wanted


def test_a_command_against_a_contradiction_says_what_is_recorded() -> None:
    """Pasted, each ended with the next usage error: recording needs a source."""
    for typed, said, wanted in (
        ({"mode": "replay"}, "all", "mode=auto --record-mode=all --qchannel-record-from=emulator"),
        ({"mode": "record", "record_from": "live"}, "none", "record --qchannel-record-from=live,"),
    ):
        with pytest.raises(UsageProblem, match="contradict") as caught:
            decide(resolve(typed, {}, {}, {}), Asked(True, said), "test_a.py::test_b", bool)
        assert wanted in str(caught.value.next)


def test_a_word_that_is_no_record_mode_names_the_nearest() -> None:
    with pytest.raises(UsageProblem) as caught:
        lane("auto", Asked(True, "onse", "the marker vcr"))
    assert caught.value.headline == "the marker vcr: 'onse' is no record mode"
    assert caught.value.closest == "once"


@pytest.mark.parametrize(("mode", "marked"), [("auto", True), ("replay", False), ("record", True)])
def test_disabled_recording_is_refused_where_there_would_be_a_cassette(
    mode: str, marked: bool
) -> None:
    with pytest.raises(UsageProblem, match="--disable-recording"):
        lane(mode, Asked(marked, is_disabled=True))
    assert lane("emulated", Asked(True, is_disabled=True)) is EMULATED
    assert lane("auto", Asked(False, is_disabled=True)) is EMULATED


def test_a_recording_needs_a_source_that_exists() -> None:
    assert require_source(settle("record", record_from="emulator")) == "emulator"
    with pytest.raises(UsageProblem) as caught:
        require_source(settle("record"))
    assert caught.value.next == "pytest --qchannel-mode=record --qchannel-record-from=emulator"


@pytest.mark.parametrize("record_mode", [None, "once", "new_episodes"])
def test_a_test_without_a_source_is_named_in_the_command(record_mode: str | None) -> None:
    """The command that was advised recorded every test of the project."""
    asked = Asked(True, record_mode)
    plan = decide(settle("auto"), asked, "test_a.py::test_b[x]", lambda: False)
    with pytest.raises(UsageProblem) as caught:
        require_source(settle("auto"), "test_a.py::test_b[x]", plan.record_mode)
    how = f"--record-mode={record_mode}" if record_mode else "--qchannel-mode=record"
    wanted = f'pytest "test_a.py::test_b[x]" {how} --qchannel-record-from=emulator'
    assert caught.value.next == wanted
