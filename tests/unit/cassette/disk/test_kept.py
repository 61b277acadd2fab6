"""Which cassettes a folder has, without parsing any."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_qchannel.cassette.disk.kept import is_foreign, kept_in
from pytest_qchannel.cassette.disk.store import Store
from tests.unit.cassette.traffic_kit import TEST, cassette, said

THEIRS = "interactions:\n- request: {body: null}\nversion: 1\n"


def test_ours_are_found_with_their_tests(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.save(cassette(said("GET", "/backends", {})))
    (one,) = kept_in(tmp_path)
    assert one == (path, TEST)
    assert one.module == "tests/test_pick.py"


@pytest.mark.parametrize("test", ["a.py::test_" + "x" * 200, "a.py::test_" + "it's " * 40])
def test_a_name_that_was_cut_is_read_from_the_index(tmp_path: Path, test: str) -> None:
    Store(tmp_path).save(cassette(said("GET", "/backends", {}), test=test))
    assert [one.test for one in kept_in(tmp_path)] == [test]


def test_a_damaged_one_is_still_ours(tmp_path: Path) -> None:
    path = Store(tmp_path).save(cassette(said("GET", "/backends", {})))
    path.write_bytes(path.read_bytes()[:300])
    assert [one.path for one in kept_in(tmp_path)] == [path]
    assert not is_foreign(path)


def test_those_of_others_are_not(tmp_path: Path) -> None:
    theirs = tmp_path / "test_a" / "test_x.yaml"
    theirs.parent.mkdir()
    theirs.write_text(THEIRS, encoding="utf-8")
    (tmp_path / "empty.yaml").touch()
    (tmp_path / "folder.yaml").mkdir()
    assert kept_in(tmp_path) == []
    assert is_foreign(theirs)
    assert not is_foreign(tmp_path / "empty.yaml")


def test_quarantine_and_blobs_are_no_cassettes(tmp_path: Path) -> None:
    path = Store(tmp_path).save(cassette(said("GET", "/backends", {})))
    for folder in (".qchannel/quarantine", "blobs"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "test_a.yaml").write_bytes(path.read_bytes())
    assert [one.path for one in kept_in(tmp_path)] == [path]


def test_one_that_was_moved_out_of_its_folder_names_its_test(tmp_path: Path) -> None:
    path = Store(tmp_path).save(cassette(said("GET", "/backends", {})))
    moved = path.rename(tmp_path / "moved.yaml")
    assert kept_in(tmp_path) == [(moved, TEST)]


def test_no_folder_has_none(tmp_path: Path) -> None:
    assert kept_in(tmp_path / "nothing") == []
