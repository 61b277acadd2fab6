"""A cassette that several tests share: who gets what, and what counts as unused."""

from __future__ import annotations

from dataclasses import replace

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.record.collapse import collapse
from pytest_qchannel.cassette.playback.record.recording import Recording
from pytest_qchannel.cassette.playback.replay.cursors import Replay
from pytest_qchannel.cassette.playback.replay.foreign_ids import ForeignIds
from pytest_qchannel.cassette.playback.replay.shared import unused
from tests.unit.cassette.traffic_kit import cassette

API = "https://quantum.cloud.ibm.com/api/v1"


def sent(path: str, method: str = "GET") -> Interaction:
    return Interaction(method, f"{API}{path}")


def said(path: str, answer: str, test: str = "", method: str = "GET") -> Interaction:
    return Interaction(method, f"{API}{path}", response_body=answer.encode(), test=test)


def given(replay: Replay, path: str, test: str = "", method: str = "GET") -> str | None:
    entry = replay.answer(sent(path, method), test)
    return entry.interaction.response_body.decode() if entry is not None else None


def test_each_test_gets_its_own_in_any_order_then_what_all_share() -> None:
    recorded = [
        said("/jobs", "all"),
        said("/jobs", "of a", "a"),
        said("/jobs", "of b", "b"),
        said("/jobs", "of b, later", "b"),
    ]
    replay = Replay(recorded)
    assert [given(replay, "/jobs", "b") for _ in range(3)] == ["of b", "of b, later", "of b, later"]
    assert given(replay, "/jobs", "a") == "of a"
    assert given(replay, "/jobs", "c") == "all"
    assert given(replay, "/jobs") == "all"


def test_what_one_test_asked_for_serves_all_unless_answers_differ() -> None:
    """A client asks for its backends once, in whichever test comes first."""
    replay = Replay(
        [said("/backends", "same", "a"), said("/jobs", "1", "a"), said("/jobs", "2", "b")]
    )
    assert given(replay, "/backends", "b") == "same"
    assert given(replay, "/jobs", "c") is None
    assert [entry.given_to for entry in replay.entries] == ["b", "", ""]


def test_in_another_order_another_test_asks_for_what_a_client_remembers() -> None:
    """A module shares a backend, which asks for its properties once: recorded in one random order,
    the replay in the next one ended with "1 of 32 recorded interactions were not used"."""
    recorded = [said("/p", "same", "a"), said("/p", "same", "b"), said("/p", "new", "d")]
    for asked, idle in (
        ("c", ()),  # has none: gets what was recorded of a, and perhaps b asks no more
        ("aa", ()),  # first in b's stead, too
        ("a", (1,)),  # nobody in b's stead
    ):
        replay = Replay(recorded[:2])
        for test in asked:
            given(replay, "/p", test)
        assert replay.unused() == idle
    replay = Replay(recorded[::2])
    given(replay, "/p", "a")
    given(replay, "/p", "a")
    assert replay.unused() == (1,)  # what was not said to anybody


def test_a_write_of_a_test_is_given_to_it_first() -> None:
    replay = Replay([said("/sessions", name, name, "POST") for name in ("a", "b")])
    assert given(replay, "/sessions", "b", "POST") == "b"
    assert given(replay, "/sessions", "a", "POST") == "a"
    assert given(replay, "/sessions", "b", "POST") is None


def test_a_replay_goes_back_to_where_it_was() -> None:
    replay = Replay([said("/sessions", "a", "a", "POST"), said("/jobs", "1"), said("/jobs", "2")])
    state = replay.state()
    first = [given(replay, "/sessions", "a", "POST"), given(replay, "/jobs")]
    assert given(replay, "/sessions", "a", "POST") is None
    replay.go_back(state)
    assert [given(replay, "/sessions", "a", "POST"), given(replay, "/jobs")] == first


def test_a_made_up_id_stands_for_one_of_the_same_test() -> None:
    recorded = [said(f"/jobs/stand-in-{name}", "none", name) for name in ("a", "b")]
    ids = ForeignIds(recorded, ())
    assert ids.as_recorded(sent("/jobs/mine"), "b").url == f"{API}/jobs/stand-in-b"
    assert ids.as_recorded(sent("/jobs/other"), "a").url == f"{API}/jobs/stand-in-a"
    assert ids.as_recorded(sent("/jobs/more"), "c").url == f"{API}/jobs/more"


def test_collapsing_leaves_each_test_its_own() -> None:
    each = [said("/jobs", "same", test) for test in ("", "a", "a", "b")]
    assert [one.test for one in collapse(each)] == ["", "a", "b"]


def test_a_test_that_is_recorded_again_is_recorded_once() -> None:
    recording = Recording("test_a.py::_module")
    for test in ("", "a", "b", "a", ""):
        recording.begin(test)
        recording.add(sent(f"/jobs/{test or 'all'}"))
    assert [one.test for one in recording._of_last_runs()] == ["", "b", "a", ""]
    assert len(recording) == 4


def test_what_a_service_kept_from_a_failed_run_of_a_test_stays_in_the_recording() -> None:
    """Recorded green with --reruns, the replay had no device: the second run asked for none."""
    recording = Recording("test_a.py::_module")
    first = [sent("/backends/x/configuration"), sent("/jobs"), sent("/jobs", "POST")]
    for requests in ([*first, sent("/jobs/1")], [sent("/jobs"), sent("/jobs", "POST")]):
        recording.begin("a")
        for one in requests:
            recording.add(one)
    kept = [(one.method, one.url.removeprefix(API)) for one in recording._of_last_runs()]
    assert kept == [("GET", "/backends/x/configuration"), ("GET", "/jobs"), ("POST", "/jobs")]


def test_what_a_failed_run_of_a_test_asked_for_is_not_unused() -> None:
    """With --reruns a replay failed for devices that the first run had asked for."""
    replay = Replay([said("/backends/x/configuration", "x", "a"), said("/jobs", "1", "a")])
    state = replay.state()
    given(replay, "/backends/x/configuration", "a")
    replay.go_back(state)
    assert given(replay, "/jobs", "a") == "1"
    assert replay.unused() == ()
    assert replay.played == 2


def test_what_counts_as_unused() -> None:
    each = [said("/jobs", "all"), said("/jobs", "1", "a"), said("/jobs", "2", "b")]
    shared = replace(cassette(*each), tests=("a", "b"))
    assert unused(shared, [0, 1, 2], ran={"a", "b"}, gone=()) == [0, 1, 2]
    assert unused(shared, [0, 1, 2], ran={"a"}, gone=()) == [1]
    assert unused(shared, [0, 1, 2], ran={"a"}, gone={"b"}) == [0, 1, 2]
    assert unused(shared, [2], ran={"a"}, gone=()) == []
