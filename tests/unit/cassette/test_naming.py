"""File names of cassettes: portable, never shared by two tests, and readable backwards."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_qchannel.cassette.naming import LONGEST, cassette_name
from pytest_qchannel.cassette.naming import test_id_of as id_of
from pytest_qchannel.cassette.problems import record_command
from pytest_qchannel.cassette.provenance import Provenance

FROM = " --qchannel-record-from=emulator"


@pytest.mark.parametrize(
    ("test_id", "name"),
    [
        ("test_pick.py::test_smallest[ibm_cloud]", "test_pick/test_smallest[ibm_cloud].yaml"),
        ("tests/a/test_b.py::test_c", "tests/a/test_b/test_c.yaml"),
        ("t/test_b.py::TestBell::test_c[x-1]", "t/test_b/TestBell.test_c[x-1].yaml"),
        ("test_b.py::test_c[a/b:c?*]", "test_b/test_c[a%2Fb%3Ac%3F%2A].yaml"),
        ("test_b.py::test_c[a::b]", "test_b/test_c[a%3A%3Ab].yaml"),
        ("aux/nul.py::con", "%61ux/%6Eul/%63on.yaml"),
        ("tests\\a\\test_b.py::test_c", "tests/a/test_b/test_c.yaml"),
        ("../test_b.py::test_c", "%2E%2E/test_b/test_c.yaml"),
    ],
)
def test_names(test_id: str, name: str) -> None:
    expected = name if name.startswith("%") is False or "aux" in test_id else None
    got = str(cassette_name(test_id))
    if expected is not None:
        assert got == expected
    assert not any(part in ("..", ".") for part in PurePosixPath(got).parts)


def test_parameters_that_differ_in_capitals_have_different_files_everywhere() -> None:
    names = {str(cassette_name(f"test_a.py::test_b[{one}]")).lower() for one in ("x", "X")}
    assert len(names) == 2


@pytest.mark.parametrize(
    "test_id",
    [
        "tests/test_a.py::test_b[ibm_cloud]",
        "tests/test_a.py::TestA::TestB::test_c[a.b-X/Y::z]",
        "tests/test_a.py::test_ü[\\u03b8]",
    ],
)
def test_a_name_tells_its_test(test_id: str) -> None:
    assert id_of(cassette_name(test_id)) == test_id


def test_a_name_that_was_cut_says_that_it_does_not_tell() -> None:
    name = cassette_name("tests/test_a.py::test_b[" + "x" * 500 + "]")
    assert len(name.name) <= LONGEST
    assert id_of(name) is None
    other = cassette_name("tests/test_a.py::test_b[" + "x" * 499 + "]")
    assert name != other


def test_a_file_in_no_modules_folder_is_no_tests() -> None:
    """To mend it ``pytest .py::junk`` was advised."""
    assert id_of(PurePosixPath("junk.yaml")) is None
    assert id_of(PurePosixPath("test_a/junk.yaml")) == "test_a.py::junk"


IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=150)


@pytest.mark.slow
@given(IDS, IDS)
def test_two_tests_never_share_a_file_on_any_system(one: str, other: str) -> None:
    assume(one != other)
    first, second = (cassette_name(f"test_a.py::test_b[{text}]") for text in (one, other))
    assert str(first).lower() != str(second).lower()
    for name in (first.name, second.name):
        assert len(name) <= LONGEST
        assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f-\uffff]', name)
        assert name[-1] not in ". "


@pytest.mark.parametrize(
    ("test_id", "command"),
    [
        (None, f"pytest --qchannel-mode=record{FROM}"),
        ("test_a.py::test_b", f"pytest test_a.py::test_b --qchannel-mode=record{FROM}"),
        ("test_a.py::test_b[x y]", f'pytest "test_a.py::test_b[x y]" --qchannel-mode=record{FROM}'),
        ("test_a.py::test_b[$x]", f"pytest 'test_a.py::test_b[$x]' --qchannel-mode=record{FROM}"),
        ("check/client-0.40.1::ibm_cloud", "qchannel check --mode record --channel ibm_cloud"),
        ("check/client-0.40.1.py::ibm_cloud", "qchannel check --mode record --channel ibm_cloud"),
        ("check/rest::ibm_quantum", "qchannel check --mode record --channel ibm_quantum"),
        (
            "check/rest.py::test_b",
            f"pytest check/rest.py::test_b --qchannel-mode=record{FROM}",
        ),
    ],
)
def test_commands_can_be_pasted(test_id: str | None, command: str) -> None:
    assert record_command(test_id) == command


def test_a_passport_knows_its_age() -> None:
    from datetime import UTC, datetime

    provenance = Provenance("c", "live", "2026-11-01T00:00:00+00:00", "0", "0", "0", "0", 2.5)
    assert provenance.age_days(datetime(2026, 11, 11, 12, tzinfo=UTC)) == 10.5
    assert Provenance.from_plain(provenance.to_plain()) == provenance


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"recorded_at": "yesterday"}, "no time in ISO 8601"),
        ({"recorded_at": "2026-11-01"}, "no time zone"),
        ({"qpu_seconds": "1"}, "'qpu_seconds' is no float"),
        ({"more": 1}, "unknown field 'more'"),
    ],
)
def test_a_passport_that_was_edited_is_named(change: dict[str, object], said: str) -> None:
    provenance = Provenance("c", "live", "2026-11-01T00:00:00+00:00", "0", "0", "0", "0")
    with pytest.raises(ValueError, match=said):
        Provenance.from_plain({**provenance.to_plain(), **change})
