"""Which cassettes no test uses, decided without pytest."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_qchannel.cassette.disk.inventory import CassetteFile, cassettes_in
from pytest_qchannel.cassette.disk.unused import Seen, UnusedCassette, find
from pytest_qchannel.plugin.unused import UNMARKED, Collected, common, hint, kin, message, uses
from pytest_qchannel.settings import Settings, resolve

A = CassetteFile(Path("c/test_a/test_x.yaml"), "test_a.py::test_x")
B = CassetteFile(Path("c/test_b/test_x.yaml"), "test_b.py::test_x")
UNNAMED = CassetteFile(Path("c/test_c/long.yaml"), "")


def settings(line: dict[str, str | None] | None = None, ini: str = "") -> Settings:
    return resolve(line or {}, {}, {}, dict(word.split("=") for word in ini.split()))


def never(_: str) -> bool:
    return False


def always(_: str) -> bool:
    return True


def test_a_cassette_is_unused_where_its_module_is_known_and_nobody_uses_it() -> None:
    seen = Seen({A.path}, {}, {"test_a.py", "test_b.py"})
    (found,) = find([A, B], seen, always)
    assert found == UnusedCassette(str(B.path), B.test, "there is no such test in test_b.py")


def test_a_cassette_of_qchannel_check_is_no_test_s_and_stays(tmp_path: Path) -> None:
    """``qchannel cassettes prune`` wanted to remove what ``qchannel check`` replays."""
    for name in ("client-0.40.1", "rest", "others"):
        index = tmp_path / "check" / name / "ibm_cloud.yaml"
        index.parent.mkdir(parents=True)
        index.write_text("qchannel: 1\n", encoding="utf-8")
    found = find(cassettes_in(tmp_path), Seen((), {}, ()), never)
    assert [one.test for one in found] == ["check/others.py::ibm_cloud"]


def test_a_test_that_exists_and_does_not_replay_is_the_reason() -> None:
    seen = Seen(set(), {A.path: "it has no marker"}, {"test_a.py"})
    assert [one.why for one in find([A], seen, always)] == ["it has no marker"]


def test_a_module_that_was_not_collected_is_asked_for_its_file_only() -> None:
    seen = Seen(set(), {A.path: "it has no marker"}, {})
    assert find([A, B], seen, always) == []
    found = find([A, B], seen, lambda module: module == "test_b.py")
    assert [(one.test, one.why) for one in found] == [(A.test, "there is no test_a.py")]


def test_a_cassette_in_use_is_none_even_if_its_module_is_gone() -> None:
    assert find([A], Seen({A.path}, {}, ()), never) == []


def test_a_cassette_that_names_no_test_is_left_alone() -> None:
    assert find([UNNAMED], Seen((), {}, {""}), never) == []


def a_module(collected: Collected, *, klass: bool = True) -> None:
    inner = ["m.py::K"] if klass else []
    collected.saw("", passed=True, tests=[], inner=["m.py"])
    collected.saw("m.py", passed=True, tests=["m.py::a", "m.py::b"], inner=inner)
    if klass:
        collected.saw("m.py::K", passed=True, tests=["m.py::K::c"], inner=[])


def test_a_module_is_whole_with_all_its_tests() -> None:
    collected = Collected()
    a_module(collected)
    everything = {"m.py::a", "m.py::b", "m.py::K::c"}
    assert "m.py" in collected.whole(everything)
    for missing in everything:
        assert "m.py" not in collected.whole(everything - {missing})


def test_a_class_that_was_not_looked_into_makes_its_module_a_part() -> None:
    collected = Collected()
    collected.saw("m.py", passed=True, tests=[], inner=["m.py::K"])
    assert collected.whole(set()) == set()


@pytest.mark.parametrize("failed", ["m.py", "m.py::K"])
def test_what_failed_makes_its_module_a_part_whatever_else_is_reported(failed: str) -> None:
    collected = Collected()
    a_module(collected)
    collected.saw(failed, passed=False, tests=[], inner=[])
    a_module(collected)
    assert "m.py" not in collected.whole({"m.py::a", "m.py::b", "m.py::K::c"})


def test_a_module_without_tests_is_whole() -> None:
    collected = Collected()
    collected.saw("m.py", passed=True, tests=[], inner=[])
    assert collected.whole(set()) == {"m.py"}


@pytest.mark.parametrize(
    ("line", "ini", "marked", "expected"),
    [
        ({}, "", False, False),
        ({}, "", True, True),
        ({}, "mode=replay", False, True),
        ({}, "mode=record", False, True),
        ({}, "mode=emulated", False, False),
        ({"mode": "replay"}, "", False, True),
        ({"mode": "emulated"}, "", False, True),
        ({"mode": "auto"}, "mode=replay", False, True),
    ],
)
def test_who_uses_a_cassette(
    line: dict[str, str | None], ini: str, marked: bool, expected: bool
) -> None:
    assert uses(settings(line, ini), is_marked=marked) is expected


def test_a_test_has_cassettes_of_other_channels_in_other_runs() -> None:
    of_line = settings({"channel": "ibm_cloud"})
    assert kin("m.py::a[2-ibm_cloud-x]", "ibm_cloud", of_line) == [
        "m.py::a[2-ibm_quantum_platform-x]",
        "m.py::a[2-ibm_quantum-x]",
    ]
    assert len(kin("m.py::a[ibm_cloud]", "ibm_cloud", settings())) == 2
    assert kin("m.py::a[ibm_cloud]", "ibm_cloud", settings(ini="channel=ibm_cloud")) == []
    assert kin("m.py::a", None, of_line) == []
    assert kin("m.py::a[mine]", "ibm_cloud", of_line) == []


def test_what_is_unused_is_so_for_every_process() -> None:
    one, two = UnusedCassette("1", "a", "why"), UnusedCassette("2", "b", "why")
    assert common([]) == []
    assert common([[one, two]]) == [one, two]
    assert common([[one, two], [two]]) == [two]
    assert common([[one], []]) == []


def test_the_message_has_a_line_for_each() -> None:
    found = [UnusedCassette("1", "a", "gone"), UnusedCassette("2", "b", "idle")]
    assert message(found, lambda path: f"c/{path}", "do it") == [
        "qchannel: 2 cassettes that no test uses, and the run is strict about cassettes",
        "  where:  c/1: gone",
        "          c/2: idle",
        "  next:   do it",
    ]


def test_what_was_just_recorded_is_not_only_to_be_removed() -> None:
    """The one line after the first run advised to prune, and said nothing of the marker."""
    gone, unmarked = (
        UnusedCassette("a", "a", "there is no a.py"),
        UnusedCassette("b", "b", f"{UNMARKED} (auto)"),
    )
    assert not hint([gone])
    assert "mark the test with vcr" in hint([gone, unmarked])
