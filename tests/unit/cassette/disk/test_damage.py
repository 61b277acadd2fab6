"""A cassette that is not as it was written: each problem names file, line and a way out."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_qchannel.cassette.disk import strict_yaml
from pytest_qchannel.cassette.disk.blobs import blob_name
from pytest_qchannel.cassette.disk.place import Place, require_age
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cassette.playback.replay.player import Player
from pytest_qchannel.cassette.problems import (
    BlobDamaged,
    BlobMissing,
    CassetteDamaged,
    CassetteTooOld,
)
from pytest_qchannel.errors import QChannelError
from tests.unit.cassette.traffic_kit import PROVENANCE, TEST, cassette, said, state

LARGE = b"[" + b"1, " * 1_000 + b"2]"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cassettes")


@pytest.fixture
def path(store: Store) -> Path:
    return store.save(
        cassette(said("GET", "/a", {"x": 1}), said("GET", "/b", LARGE), state("j1", "Running"))
    )


def line_of(path: Path, words: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


def edit(old: str, new: str, times: int = 1) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, times)

    return change


@pytest.mark.parametrize(
    ("change", "said_", "near"),
    [
        (edit("qchannel: 1", "qchannel: 2"), "this version reads format 1", "qchannel: 2"),
        (edit("qchannel: 1\n", ""), "no cassette of pytest-qchannel", "# A cassette"),
        (edit("version: 1", "version: 3"), "vcrpy's 'version' is not 1", "version: 3"),
        (edit("code: 200", "code: 201"), "interaction 1 was edited", "- request"),
        (edit("count: 3", "count: 4"), "should have 4 interactions and has 3", "count:"),
        (edit("channel: ibm_cloud", "channel: x"), "beginning of the cassette was", "qchannel: 1"),
        (edit("from: emulator", "from: mars"), "none of emulator, live", "passport"),
        (edit(", scrubber: '1'", ""), "the passport has no 'scrubber'", "passport"),
        (edit("count: 3", "count: 3\ncount: 3"), "'count' stands twice", "count: 3"),
        (edit("count: 3", "count: three"), "'count' is no int", "count: three"),
        (edit("count: 3", "count: !!python/object/apply:os.system ['true']"), "tag", "!!python"),
        (edit("count: 3", "count: !mine 3"), "tag '!mine'", "!mine"),
        (edit("count: 3", "count: *nowhere"), "refers to nothing", "*nowhere"),
        (edit("count: 3", "count: [3"), "no YAML", "check:"),
        (edit("count: 3", "count: 3\nmetadata: {}"), "'metadata' is not known here", "metadata"),
        (edit("test: ", "<<<<<<< HEAD\ntest: "), "a merge left its marks", "<<<<<<<"),
    ],
)  # fmt: skip
def test_what_was_edited_is_named_with_its_line(
    store: Store, path: Path, change: Callable[[str], str], said_: str, near: str
) -> None:
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(CassetteDamaged) as caught:
        store.load(path, TEST)
    assert said_ in caught.value.headline
    assert caught.value.line is not None
    assert abs(caught.value.line - line_of(path, near)) <= 1
    assert f"{path}, line {caught.value.line}" in str(caught.value)
    assert "next:" in str(caught.value)


def test_a_newer_format_asks_for_an_upgrade(store: Store, path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("qchannel: 1", "qchannel: 7")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CassetteDamaged, match="pip install --upgrade pytest-qchannel"):
        store.load(path, TEST)


@pytest.mark.parametrize("part", [0, 0.05, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_file_that_is_cut_anywhere_is_found(store: Store, path: Path, part: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(CassetteDamaged) as caught:
        store.load(path, TEST)
    assert str(path) in str(caught.value)


def test_a_file_that_is_cut_between_interactions_is_found(store: Store, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.rindex("- request")], encoding="utf-8")
    with pytest.raises(CassetteDamaged, match="cut short or edited"):
        store.load(path, TEST)


def test_line_ends_and_layout_may_change(store: Store, path: Path) -> None:
    """git does that on Windows."""
    before = store.load(path, TEST)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert store.load(path, TEST) == before


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n \n",
        b"\xff\xfe\x00",
        b"\x00",
        b"- a\n- b\n",
        b"just text",
        b"1",
        b"--- {}\n--- {}\n",
    ],
)
def test_what_is_no_cassette_at_all_is_a_clear_error(store: Store, path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(CassetteDamaged) as caught:
        store.load(path, TEST)
    assert str(path) in str(caught.value)
    assert "--qchannel-mode=record" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 100_000,
        "a: " + "[\n" * 100_000,
        "a: " + "{b: " * 20_000,
        "\n".join(" " * depth + "a:" for depth in range(3_000)),
        "&a [*a]",
        "x: &a {y: *a}",
        "a: &a [1, 2]\n" + "\n".join(f"b{n}: &b{n} [*a, *a, *a]" for n in range(9)),
        "- " * 50_000,
    ],
    ids=["brackets", "lines", "braces", "blocks", "self", "self in a map", "bomb", "dashes"],
)  # fmt: skip
def test_a_file_made_to_hurt_is_refused_and_does_not(store: Store, path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CassetteDamaged):
        store.load(path, TEST)


def test_an_oversized_file_is_refused_unread(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strict_yaml, "MOST_OF_INDEX", 100)
    with pytest.raises(CassetteDamaged, match="larger than"):
        store.load(path, TEST)


def test_a_missing_blob_is_named_with_the_line_that_names_it(store: Store, path: Path) -> None:
    name = blob_name(LARGE)
    store.blobs.path(name).unlink()
    with pytest.raises(BlobMissing) as caught:
        store.load(path, TEST)
    assert caught.value.line == line_of(path, name)
    assert name in caught.value.headline
    assert "--qchannel-mode=record" in str(caught.value)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda data: b"",
        lambda data: data[:-5],
        lambda data: data[:40],
        lambda data: b"nonsense",
        lambda data: gzip.compress(b"other content"),
    ],
)
def test_a_damaged_blob_is_found(
    store: Store, path: Path, break_it: Callable[[bytes], bytes]
) -> None:
    blob = store.blobs.path(blob_name(LARGE))
    blob.write_bytes(break_it(blob.read_bytes()))
    with pytest.raises(BlobDamaged) as caught:
        store.load(path, TEST)
    assert str(blob) in str(caught.value)
    assert caught.value.line == line_of(path, blob_name(LARGE))


def test_a_blob_cannot_be_a_path(store: Store, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(blob_name(LARGE), "../../../../etc/passwd"), encoding="utf-8")
    with pytest.raises(QChannelError, match=r"edited|hexadecimal"):
        store.load(path, TEST)


def test_messages_show_nothing_of_the_content(store: Store, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub("string: ", "string: SECRET", text, count=1), encoding="utf-8")
    with pytest.raises(CassetteDamaged) as caught:
        store.load(path, TEST)
    assert "SECRET" not in str(caught.value)


def test_real_answers_are_recorded_from_the_real_services_again(store: Store) -> None:
    """Whoever pasted the command got the emulator's answers in place of those that a QPU gave."""
    real = replace(PROVENANCE, recorded_from="live")
    kept = replace(cassette(said("GET", "/a", {"x": 1}), said("GET", "/b", LARGE)), provenance=real)
    path = store.save(kept)
    place = Place(store.root, path, TEST)
    player = Player(kept, path, TEST, lambda: 0.0)
    told: list[QChannelError | None] = [player.miss(said("GET", "/c", {})), player.unused()]
    with pytest.raises(CassetteTooOld) as old:
        require_age(real, place, 0.0)
    told.append(old.value)
    store.blobs.path(blob_name(LARGE)).unlink()
    with pytest.raises(BlobMissing) as missing:
        store.load(path)
    path.write_text(path.read_text(encoding="utf-8") + "?", encoding="utf-8")
    with pytest.raises(CassetteDamaged) as damaged:
        store.load(path)
    command = f'pytest "{TEST}" --qchannel-mode=record --qchannel-record-from=live'
    for one in (*told, missing.value, damaged.value):
        assert one is not None
        assert one.next is not None
        assert one.next.startswith(command), one
