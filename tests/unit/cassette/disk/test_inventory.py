"""What lies in a folder of cassettes, without parsing any; what nobody needs; nothing else goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_qchannel.cassette.disk.blobs import blob_name
from pytest_qchannel.cassette.disk.inventory import (
    cassettes_in,
    is_foreign,
    quarantined,
    remove,
    waste_of,
)
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cassette.problems import CassetteBusy, CassetteDamaged
from tests.unit.cassette.traffic_kit import TEST, cassette, said

THEIRS = "interactions:\n- request: {body: null}\nversion: 1\n"
SHARED = b'{"values": "' + b"abc" * 1_000 + b'"}'
ALONE = b'{"values": "' + b"xyz" * 1_000 + b'"}'


def test_ours_are_found_with_their_tests(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.save(cassette(said("GET", "/backends", {})))
    (one,) = cassettes_in(tmp_path)
    assert one == (path, TEST)
    assert one.module == "tests/test_pick.py"


@pytest.mark.parametrize("test", ["a.py::test_" + "x" * 200, "a.py::test_" + "it's " * 40])
def test_a_name_that_was_cut_is_read_from_the_index(tmp_path: Path, test: str) -> None:
    Store(tmp_path).save(cassette(said("GET", "/backends", {}), test=test))
    assert [one.test for one in cassettes_in(tmp_path)] == [test]


def test_a_damaged_one_is_still_ours(tmp_path: Path) -> None:
    path = Store(tmp_path).save(cassette(said("GET", "/backends", {})))
    path.write_bytes(path.read_bytes()[:300])
    assert [one.path for one in cassettes_in(tmp_path)] == [path]
    assert not is_foreign(path)


def test_those_of_others_are_not(tmp_path: Path) -> None:
    theirs = tmp_path / "test_a" / "test_x.yaml"
    theirs.parent.mkdir()
    theirs.write_text(THEIRS, encoding="utf-8")
    (tmp_path / "empty.yaml").touch()
    (tmp_path / "folder.yaml").mkdir()
    assert cassettes_in(tmp_path) == []
    assert is_foreign(theirs)
    assert not is_foreign(tmp_path / "empty.yaml")


def test_quarantine_and_blobs_are_no_cassettes(tmp_path: Path) -> None:
    path = Store(tmp_path).save(cassette(said("GET", "/backends", {})))
    for folder in (".qchannel/quarantine", "blobs"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "test_a.yaml").write_bytes(path.read_bytes())
    assert [one.path for one in cassettes_in(tmp_path)] == [path]


def test_one_that_was_moved_out_of_its_folder_names_its_test(tmp_path: Path) -> None:
    path = Store(tmp_path).save(cassette(said("GET", "/backends", {})))
    moved = path.rename(tmp_path / "moved.yaml")
    assert cassettes_in(tmp_path) == [(moved, TEST)]


def test_no_folder_has_none(tmp_path: Path) -> None:
    assert cassettes_in(tmp_path / "nothing") == []


def save(store: Store, test: str, *bodies: bytes) -> Path:
    traffic = (said("GET", f"/backends/{number}", body) for number, body in enumerate(bodies))
    return store.save(cassette(*traffic, test=test))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cassettes")


def everything(store: Store) -> set[str]:
    own = store.root / ".qchannel"
    return {
        path.relative_to(store.root).as_posix()
        for path in store.root.rglob("*")
        if path.is_file() and not path.is_relative_to(own)
    }


def test_an_unused_one_goes_with_the_bodies_that_it_alone_has(store: Store) -> None:
    unused = save(store, "tests/test_a.py::test_gone", SHARED, ALONE)
    save(store, "tests/test_b.py::test_kept", SHARED)
    waste = waste_of(store, [unused])
    alone = store.blobs.path(blob_name(ALONE))
    assert (waste.cassettes, waste.blobs, waste.unclear) == ((unused,), (alone,), None)
    assert set(remove(store, waste)) == {unused, alone}
    assert store.blobs.has(blob_name(SHARED))
    assert not unused.parent.exists()
    assert store.paths() == [store.path_of("tests/test_b.py::test_kept")]
    assert waste_of(store, []).files == ()


def test_without_unused_ones_only_blobs_that_no_index_names(store: Store) -> None:
    save(store, "test_a.py::test_kept", SHARED)
    assert waste_of(store, []).files == ()
    store.path_of("test_a.py::test_kept").unlink()
    assert waste_of(store, []).blobs == (store.blobs.path(blob_name(SHARED)),)


def test_a_damaged_cassette_keeps_every_blob(store: Store) -> None:
    damaged = save(store, "test_a.py::test_kept", SHARED)
    text = damaged.read_text(encoding="utf-8")
    damaged.write_text(text[: text.index("interactions:")], encoding="utf-8")
    waste = waste_of(store, [])
    assert waste.blobs == ()
    assert isinstance(waste.unclear, CassetteDamaged)
    assert waste.unclear.path == damaged
    before = everything(store)
    remove(store, waste)
    assert everything(store) == before
    assert waste_of(store, [damaged]).blobs == (store.blobs.path(blob_name(SHARED)),)


def test_a_missing_body_leaves_clear_what_is_needed(store: Store) -> None:
    save(store, "test_a.py::test_kept", SHARED, ALONE)
    store.blobs.path(blob_name(ALONE)).unlink()
    waste = waste_of(store, [])
    assert (waste.files, waste.unclear) == ((), None)


def test_cassettes_of_others_name_no_blob_of_ours(store: Store) -> None:
    save(store, "test_a.py::test_kept", SHARED)
    (store.root / "theirs.yaml").write_text("version: 1\ninteractions: [!!x y]\n", encoding="utf-8")
    assert waste_of(store, []) == waste_of(store, [], quarantine=True)
    assert waste_of(store, []).unclear is None


def test_quarantine_is_waste_if_it_is_said_so(store: Store) -> None:
    save(store, "test_a.py::test_kept", SHARED)
    assert quarantined(store) == ()
    inner = Store(store.root / ".qchannel" / "quarantine")
    path = save(inner, "test_a.py::test_failed", ALONE)
    assert path in quarantined(store)
    assert waste_of(store, []).files == ()
    waste = waste_of(store, [], quarantine=True)
    assert waste.quarantined == quarantined(store)
    assert store.blobs.has(blob_name(SHARED))
    remove(store, waste)
    assert quarantined(store) == ()
    assert store.blobs.has(blob_name(SHARED))


def test_a_blob_that_somebody_began_to_use_meanwhile_stays(store: Store) -> None:
    unused = save(store, "test_a.py::test_gone", SHARED)
    waste = waste_of(store, [unused])
    save(store, "test_a.py::test_new", SHARED)
    assert remove(store, waste) == [unused]
    assert store.blobs.has(blob_name(SHARED))


def test_a_cassette_that_is_being_recorded_stays(store: Store) -> None:
    unused = save(store, "test_a.py::test_gone", SHARED)
    waste = waste_of(store, [unused])
    with Store(store.root).lock(unused), pytest.raises(CassetteBusy):
        remove(store, waste)
    assert unused.exists()


def test_what_is_gone_already_is_no_problem(store: Store) -> None:
    unused = save(store, "test_a.py::test_gone", SHARED)
    waste = waste_of(store, [unused])
    unused.unlink()
    assert remove(store, waste) == [store.blobs.path(blob_name(SHARED))]
