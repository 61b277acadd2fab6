"""Cassettes that somebody made by hand, in ways that ended in a traceback or never."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_qchannel.cassette.accounts import HeldAccount, HeldInstance
from pytest_qchannel.cassette.disk import index
from pytest_qchannel.cassette.disk.blobs import blob_name
from pytest_qchannel.cassette.disk.inventory import survey
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cassette.disk.strict_yaml import write_yaml
from pytest_qchannel.cassette.gate import Gate
from pytest_qchannel.cassette.problems import BlobMissing, CassetteDamaged, CassetteProblem
from pytest_qchannel.secret import Secret
from tests.unit.cassette.traffic_kit import TEST, cassette, said

LARGE = b"[" + b"1, " * 1_000 + b"2]"
ACCOUNT = HeldAccount("key", (HeldInstance("crn", "name", "open"),))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cassettes")


def _made(store: Store, change: Callable[[dict[str, Any]], object]) -> Path:
    """A cassette that was changed and given the checks that fit."""
    made = cassette(said("GET", "/a", {"x": 1}), said("GET", "/b", LARGE))
    made = replace(made, accounts={"ibm_cloud": ACCOUNT})
    path = store.save(made)
    top: Any = index.read_plain(path.read_bytes(), path)
    change(top)
    for entry in top["interactions"]:
        entry["check"] = index._check({k: v for k, v in entry.items() if k != "check"})
    head = {k: v for k, v in top.items() if k not in ("check", "interactions")}
    top["check"] = index._check(head)
    path.write_bytes(write_yaml(top))
    return path


def _with_uri(uri: str) -> Callable[[dict[str, Any]], object]:
    return lambda top: top["interactions"][0]["request"].update(uri=uri)


def _with_credential(text: str) -> Callable[[dict[str, Any]], object]:
    return lambda top: top["accounts"]["ibm_cloud"].update(credential=text)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_with_uri("https://[::1/api/v1/jobs"), "'uri' is no URL"),
        (_with_uri("https://[zz]/api/v1/jobs"), "'uri' is no URL"),
        (_with_uri("https://quantum.cloud.ibm.com:port/api"), "'uri' is no URL"),
        (_with_uri("nowhere"), "'uri' is no URL"),
        (_with_credential("a\0b"), "'credential' of 'ibm_cloud' has a character"),
    ],
)  # fmt: skip
def test_what_no_request_and_no_environment_can_have_is_named(
    store: Store, change: Callable[[dict[str, Any]], object], told: str
) -> None:
    """What the user saw: a traceback from urlsplit, and "embedded null byte" from os.environ."""
    path = _made(store, change)
    with pytest.raises(CassetteDamaged, match=told) as caught:
        store.load(path, TEST)
    assert caught.value.line


def test_the_kit_above_makes_a_cassette_that_is_whole(store: Store) -> None:
    path = _made(store, _with_uri("https://quantum.cloud.ibm.com/api/v1/a"))
    assert len(store.load(path, TEST).interactions) == 2


@pytest.mark.parametrize("number", ["1" + ":59" * 350_000, "0x" + "f" * 1_000_000, "1" * 1_000_000])
def test_a_number_of_a_megabyte_is_refused_unread(store: Store, number: str) -> None:
    """To base 60 it took minutes, and ended in "Exceeds the limit for integer string"."""
    path = store.save(cassette(said("GET", "/a", {})))
    path.write_text(f"qchannel: {number}\nversion: 1\n", encoding="utf-8")
    with pytest.raises(CassetteDamaged, match=r"a number has \d+ characters"):
        store.load(path, TEST)


def test_references_that_grow_without_end_are_refused(store: Store) -> None:
    """A bomb behind a head that is right: the check of each entry wrote all of it out."""
    path = store.save(cassette(said("GET", "/a", {})))
    bomb = "".join(f"- &b{n + 1} [{', '.join([f'*b{n}'] * 9)}]\n" for n in range(12))
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}submitted:\n- &b0 [x, x]\n{bomb}", encoding="utf-8")
    with pytest.raises(CassetteDamaged, match="refers to itself too often"):
        store.load(path, TEST)


@pytest.mark.skipif(os.name == "nt", reason="there are no pipes in folders")
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_not_read(store: Store, kind: str) -> None:
    """What the user saw: a run that hung, or took all memory."""
    path = _made(store, lambda top: top)
    make: dict[str, Callable[[Path], object]] = {
        "pipe": os.mkfifo,
        "device": lambda one: one.symlink_to("/dev/zero"),
        "folder": Path.mkdir,
    }
    blob = store.blobs.path(blob_name(LARGE))
    blob.unlink()
    make[kind](blob)
    with pytest.raises(BlobMissing):
        store.load(path, TEST)
    path.unlink()
    make[kind](path)
    with pytest.raises(CassetteProblem, match="it is no file"):
        store.load(path, TEST)
    assert not list(survey(store))


def test_a_find_in_a_file_that_is_nested_deeply_has_no_path(store: Store) -> None:
    """PyYAML composes by recursion in C, which would end the process."""
    secret = "planted-value-of-a-test"
    data = f"a: {secret}\nb: {'[' * 200_000}".encode()
    (found,) = Gate([Secret("PLANTED", secret)]).search(data)
    assert (found.line, found.path) == (1, "")
