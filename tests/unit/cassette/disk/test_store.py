"""The tree on disk: what is written is what is read, and nothing is ever half written."""

from __future__ import annotations

import dataclasses
import gzip
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_qchannel.cassette.disk.blobs import blob_name, compressed
from pytest_qchannel.cassette.disk.index import settled
from pytest_qchannel.cassette.disk.inventory import remove, waste_of
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.problems import (
    CassetteBusy,
    CassetteMissing,
    CassetteTaken,
)
from pytest_qchannel.cassette.submitted.submission import read_submission
from tests.unit.cassette.circuits.circuit_examples import bell
from tests.unit.cassette.traffic_kit import PROVENANCE, TEST, cassette, job, said, state

LARGE = b'{"values": "' + b"abc" * 1_000 + b'"}'


def traffic() -> tuple[Interaction, ...]:
    return (
        said("GET", "/backends", {"devices": []}),
        said("GET", "/backends/ibm_torino/configuration", LARGE),
        job(bell()),
        state("job-1", "Queued"),
        said("GET", "/jobs/job-1/results", bytes(range(256))),
        said("DELETE", "/jobs/job-1", None, status=204),
    )


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    store = Store(tmp_path / "cassettes")
    path = store.save(cassette(*traffic()))
    assert path == tmp_path / "cassettes" / "tests" / "test_pick" / "test_smallest[ibm_cloud].yaml"
    loaded = store.load(path, TEST)
    assert (loaded.test, loaded.provenance) == (TEST, PROVENANCE)
    for before, after in zip(traffic(), loaded.interactions, strict=True):
        if before.url.endswith("/jobs"):
            submitted = read_submission(before.request_body)
            assert submitted is not None
            before = dataclasses.replace(before, request_body=submitted.to_bytes())
        assert (settled(before) == after) is True, before.url
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [lines[number - 1][:9] for number in loaded.lines] == ["- request"] * 6


def test_the_index_says_in_words_what_was_submitted(tmp_path: Path) -> None:
    store = Store(tmp_path)
    text = store.save(cassette(*traffic())).read_text(encoding="utf-8")
    for words in ("program: sampler", "OPENQASM 3.0;", "h q[0];", "shots: 100", "__type__"):
        assert (words in text) is (words != "__type__"), words


def test_the_same_traffic_gives_the_same_bytes(tmp_path: Path) -> None:
    """The circuits are built anew: other UUIDs, other counted names, other QPY."""
    for name in "ab":
        store = Store(tmp_path / name)
        store.save(cassette(*traffic()))
    one, other = (files_below(tmp_path / name) for name in "ab")
    assert one == other
    assert len(one) == 4


def files_below(root: Path) -> dict[Path, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and ".qchannel" not in path.parts)
    return {path.relative_to(root): path.read_bytes() for path in files}


def test_a_cassette_that_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    draft = store.draft(cassette(*traffic()))
    assert store.write(draft)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.yaml")}
    assert not store.write(draft)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.yaml")} == before


def test_large_bodies_are_shared_by_the_whole_tree(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(5):
        test = f"tests/test_{number}.py::test_it"
        store.save(cassette(said("GET", "/backends/x/properties", LARGE), test=test))
    assert store.blobs.names() == [blob_name(LARGE)]
    assert len(store.paths()) == 5


def test_a_long_header_that_several_requests_have_is_written_once(tmp_path: Path) -> None:
    """An access token in each of four sets of headers was a kilobyte of every test's index."""
    token = ("Authorization", "Bearer " + "long" * 40)
    several = [
        dataclasses.replace(said("GET", f"/{n}", n), request_headers=(token, ("Accept", f"a/{n}")))
        for n in range(4)
    ]
    store = Store(tmp_path)
    path = store.save(cassette(*several))
    assert path.read_text(encoding="utf-8").count(token[1]) == 1
    assert store.load(path, TEST).interactions == tuple(settled(one) for one in several)


def test_compression_depends_on_nothing_but_the_content() -> None:
    data = compressed(LARGE)
    assert data[4:8] == b"\0\0\0\0"
    assert data[9] == 255
    assert compressed(LARGE) == data


def test_a_body_that_is_recorded_no_more_stays_until_it_is_removed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(cassette(said("GET", "/a", LARGE)))
    path = store.save(cassette(said("GET", "/a", LARGE + b"2")))
    assert store.blobs_of(path) == {blob_name(LARGE + b"2")}
    assert set(store.blobs.names()) == {blob_name(LARGE), blob_name(LARGE + b"2")}


def test_a_damaged_blob_is_mended_by_the_next_recording(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.save(cassette(said("GET", "/a", LARGE)))
    store.blobs.path(blob_name(LARGE)).write_bytes(b"broken")
    store.save(cassette(said("GET", "/a", LARGE)))
    assert store.load(path).interactions[0].response_body == LARGE


def test_a_draft_touches_no_file(tmp_path: Path) -> None:
    draft = Store(tmp_path / "cassettes").draft(cassette(*traffic()))
    assert not (tmp_path / "cassettes").exists()
    assert draft.path.name == "test_smallest[ibm_cloud].yaml"
    assert LARGE in [gzip.decompress(data) for _, data in draft.bodies()]


def test_a_missing_cassette_names_the_command_that_records_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(CassetteMissing) as caught:
        store.load(store.path_of(TEST), TEST)
    assert f'pytest "{TEST}" --qchannel-mode=record' in str(caught.value)


def test_a_cassette_of_another_test_is_neither_read_nor_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.save(cassette(said("GET", "/a", {})))
    before = path.read_bytes()
    with pytest.raises(CassetteTaken, match="test_smallest"):
        store.load(path, "tests/test_other.py::test_it")
    with pytest.raises(CassetteTaken):
        store.save(cassette(said("GET", "/b", {}), test="tests/test_other.py::test_it"), path)
    assert path.read_bytes() == before


def test_a_name_that_differs_in_capitals_only_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(cassette(test="t/test_a.py::TestBell::test_it"))
    with pytest.raises(CassetteTaken):
        store.save(cassette(test="t/test_a.py::TestBELL::test_it"))


def test_two_writers_of_one_cassette_are_refused(tmp_path: Path) -> None:
    store, path = Store(tmp_path), Store(tmp_path).path_of(TEST)
    with store.lock(path):
        with pytest.raises(CassetteBusy, match="two writers") as busy:
            Store(tmp_path).save(cassette(said("GET", "/a", {})))
        # It advised -n 0, where it was another run that held the cassette.
        assert "wait for the other run" in str(busy.value)
        with Store(tmp_path).lock(store.path_of("t/test_other.py::test_it")):
            pass
    Store(tmp_path).save(cassette(said("GET", "/a", {})))


def test_who_holds_a_cassette_can_write_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.lock(store.path_of(TEST)):
        store.save(cassette(said("GET", "/a", {})))
        with pytest.raises(CassetteBusy):
            Store(tmp_path).save(cassette(said("GET", "/a", {})))


def test_a_lock_of_another_process_counts(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from pytest_qchannel.cassette.disk.store import Store\n"
        f"store = Store(pathlib.Path({str(tmp_path)!r}))\n"
        f"with store.lock(store.path_of({TEST!r})):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(CassetteBusy):
            Store(tmp_path).save(cassette(said("GET", "/a", {})))
        holder.kill()
        holder.wait()
        Store(tmp_path).save(cassette(said("GET", "/a", {})))


def test_parallel_writers_of_different_cassettes_lose_nothing(tmp_path: Path) -> None:
    problems: list[BaseException] = []

    def write(number: int) -> None:
        try:
            own = said("GET", "/own", LARGE + str(number).encode())
            Store(tmp_path).save(
                cassette(said("GET", "/a", LARGE), own, test=f"t/test_{number}.py::test_it")
            )
        except BaseException as problem:  # shown by the test
            problems.append(problem)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    store = Store(tmp_path)
    assert len(store.paths()) == 12
    assert len(store.blobs.names()) == 13
    assert all(len(store.load(path).interactions) == 2 for path in store.paths())
    assert list((tmp_path / ".qchannel" / "new").iterdir()) == []


WRITER = """
import os, pathlib, sys
from tests.unit.cassette.traffic_kit import cassette, said
from pytest_qchannel.cassette.disk.store import Store
store = Store(pathlib.Path(sys.argv[1]))
number = 0
while True:
    number += 1
    body = b"%d-%d " % (os.getpid(), number) * 2_000
    both = (said("GET", "/a", body), said("GET", "/b", body + b"b"))
    store.save(cassette(*both))
    if number == 1:
        print("ready", flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_killed_at_any_moment_the_cassette_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    chance = random.Random(9)
    store = Store(tmp_path)
    path = store.path_of(TEST)
    seen = set()
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    for _ in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)],
            stdout=subprocess.PIPE,
            env=environ,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0.02, 0.4))
            writer.send_signal(signal.SIGKILL)
        if path.exists():
            one, two = store.load(path, TEST).interactions
            assert two.response_body == one.response_body + b"b"
            seen.add(one.response_body[:20])
    assert len(seen) > 5, "the writer never got to write"
    store.save(cassette(said("GET", "/a", LARGE)))
    assert list((tmp_path / ".qchannel" / "new").iterdir()) == []
    remove(store, waste_of(store, ()))
    assert store.blobs.names() == [blob_name(LARGE)]


def test_the_length_of_a_body_is_not_written_and_is_there_again() -> None:
    rows = (("Content-Length", "5"), ("Server", "x"))
    one = Interaction("GET", "https://a.ibm.com/a", (), b"", 200, rows, b"12345")
    chunked = Interaction("GET", "https://a.ibm.com/b", (), b"", 200, rows[1:], b"12345")
    head = Interaction("HEAD", "https://a.ibm.com/c", (), b"", 200, rows, b"")
    draft = Store(Path("/nonexistent")).draft(cassette(one, chunked, head))
    assert draft.index.count(b"Content-Length") == 1, "of HEAD it is all that is told"
    with_length = (rows[1], rows[0])
    assert [one.response_headers for one in draft.cassette.interactions] == [
        with_length,
        with_length,
        rows,
    ]


def test_what_a_job_was_is_still_told_when_its_cassette_is_written_anew(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.save(cassette(job(bell())))
    assert b"OPENQASM" in path.read_bytes()
    assert store.draft(store.load(path), path).index == path.read_bytes()


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = TEXT.filter(bool) | st.sampled_from(["Content-Length", "content-length", "X"])
HEADERS = st.lists(st.tuples(NAMES, TEXT | st.just("3")), max_size=4).map(tuple)
BODIES = st.one_of(
    st.binary(max_size=700), TEXT.map(str.encode), st.just(b"\r\n: [}"), st.just(b"~")
)
ANY = st.builds(
    Interaction,
    st.sampled_from(["GET", "POST", "PUT"]),
    TEXT.map(lambda text: f"https://a.ibm.com/{text}"),
    HEADERS,
    BODIES,
    st.integers(100, 599),
    HEADERS,
    BODIES,
)


@pytest.mark.slow
@given(st.lists(ANY, max_size=4), TEXT)
def test_any_interactions_come_back_as_they_were(
    interactions: list[Interaction], name: str
) -> None:
    store = Store(Path("/nonexistent"))
    draft = store.draft(cassette(*interactions, test=f"t/test_a.py::test_it[{name}]"))
    assert draft.cassette.interactions == tuple(settled(one) for one in interactions)
    assert draft.cassette.test == f"t/test_a.py::test_it[{name}]"
    assert store.draft(draft.cassette).index == draft.index


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
PLAIN = bell()


@pytest.mark.slow
@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_any_options_of_a_job_can_be_put_into_an_index(options: dict[str, object]) -> None:
    store = Store(Path("/nonexistent"))
    draft = store.draft(cassette(job(PLAIN, options=options)))
    assert store.draft(cassette(job(PLAIN, options=options))).index == draft.index


def test_vcrpy_itself_can_read_the_index(tmp_path: Path) -> None:
    from vcr.serialize import deserialize
    from vcr.serializers import yamlserializer

    path = Store(tmp_path).save(cassette(*traffic()))
    requests, responses = deserialize(path.read_text(encoding="utf-8"), yamlserializer)
    assert [request.method for request in requests] == [one.method for one in traffic()]
    assert responses[0]["body"]["string"] == b'{"devices": []}'
    assert responses[5]["status"] == {"code": 204, "message": "No Content"}
