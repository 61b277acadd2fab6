"""Tags and searches that are others in each run: the replay knows for which ones they stand."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.replay.own_words import OwnWords
from tests.unit.cassette.playback.record.test_recording import said

BODY = {"program_id": "sampler", "backend": "my_device", "params": {"version": 2}}
STANDIN = "qchannel-stand-in-word-1-of-40"


def job(*tags: str, shots: int = 8) -> Interaction:
    params = {"version": 2, "shots": shots}
    return said("POST", "/jobs", {"id": "a"}, sent={**BODY, "params": params, "tags": list(tags)})


def listed(tag: str, told: object = ()) -> Interaction:
    return said("GET", f"/jobs?tags={quote(tag)}&limit=3", {"jobs": told})


def tags(one: Interaction) -> list[str]:
    if one.request_body:
        found: list[str] = json.loads(one.request_body)["tags"]
        return found
    return [text for name, text in parse_qsl(urlsplit(one.url).query) if name != "limit"]


DRAWN = [
    ("test-3fa85f64", "test-0ba4e9f4"),
    ("ci 3fa85f64-5717-4562-b3fc-2c963f66afa6", "ci 00000000-aaaa-4bcd-8bcd-abcdefabcdef"),
    ("run-1764313062.25", "run-1764399999.5"),
    ("pid 17", "pid 23456"),
    ("v1.2.3-14-g3fa85f6", "v1.2.4-2-g1ba85f7"),
    ("abcdefa", "1234567"),
    ("Drmhze6EPcv0fN_81Bj-nA", "hbYXz0rZ--6EPcv_jGo1Bg"),
    ("a8d+/QfMwmV1PQ==", "PQfMwm/ad8V1a+Q="),
    (STANDIN, "9fceb02d0ae598e95dc970b74767f19372d61af8"),
    (STANDIN, "someone@example.com"),
]


@pytest.mark.parametrize(("recorded", "sent"), DRAWN)
def test_one_that_was_drawn_stands_for_the_recorded_one(recorded: str, sent: str) -> None:
    """A job with ``tags=[uuid4().hex]`` recorded green, or was refused; its replay was a miss."""
    words = OwnWords([listed(recorded), job(recorded, "nightly"), listed("other")])
    assert tags(words.as_recorded(job("nightly", sent))) == ["nightly", recorded]
    assert tags(words.as_recorded(listed(sent))) == [recorded]
    assert words.sent() == {recorded: sent}
    put = said("PUT", "/jobs/a/tags", sent={"tags": [sent]})  # another place of the same
    assert tags(words.as_recorded(put)) == [recorded]


def test_letters_that_were_drawn_stand_for_as_many_of_the_same_job() -> None:
    words = OwnWords([job("run-of-qwertzuiop", shots=1), job("run-of-asdfghjklm", shots=2)])
    for one in (listed("run-of-lkjhgfdsaa"), job("run-of-lkjhgfdsaa", shots=3)):
        assert words.as_recorded(one) is one
    words = OwnWords([job("run-of-qwertzuiop", shots=1), job("run-of-asdfghjklm", shots=2)])
    found = words.as_recorded(job("run-of-lkjhgfdsaa", shots=2))
    assert tags(found) == tags(words.as_recorded(listed("run-of-lkjhgfdsaa")))
    assert tags(found) == ["run-of-asdfghjklm"]


@pytest.mark.parametrize("both", [("worker-master", "worker-gw1"), ("worker-gw0", "worker-main")])
def test_the_worker_of_another_run_is_a_word_with_or_without_a_digit(both: tuple[str, str]) -> None:
    """Recorded by one process, and replayed with ``-n 2``, such a tag was a miss."""
    recorded, sent = both
    words = OwnWords([job(recorded)])
    assert tags(words.as_recorded(job(sent))) == [recorded]
    other = job(sent, shots=9)
    assert OwnWords([job(recorded)]).as_recorded(other) is other


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        ("nightly", "weekly"),
        ("of-3fa85f64", "by-3fa85f65"),
        ("after qchanneljob000000001", "after qchanneljob000000002"),
        ("test-1", "test"),
        ("", "a1"),
    ],
)
def test_a_word_that_was_changed_is_none(recorded: str, sent: str) -> None:
    asked = listed(sent)
    assert OwnWords([job(recorded)]).as_recorded(asked) is asked


def test_a_tag_of_another_persons_job_is_no_draw() -> None:
    """Else a filter that was changed would be answered with what another one found."""
    asked = listed("batch-8")
    theirs = listed("batch-7", [{"id": "b", "tags": ["batch-7"]}])
    assert OwnWords([theirs]).as_recorded(asked) is asked


def test_each_keeps_to_its_own_whoever_comes_first() -> None:
    recorded = [job("a-1x", shots=1), job("a-2x", shots=2), job("b-1x", shots=3)]
    words = OwnWords(recorded)
    sent = [job("a-8y", shots=2), job("b-9y", shots=3), job("a-9y", shots=1), job("a-1x", shots=9)]
    found = [tags(words.as_recorded(one)) for one in sent]
    assert found == [["a-2x"], ["b-1x"], ["a-1x"], ["a-1x"]]
    more = listed("a-3z")
    assert words.as_recorded(more) is more  # none is free


def test_a_recorded_word_stands_for_one_only() -> None:
    words = OwnWords([listed("run-1a"), listed("run-2b")])
    found = [tags(words.as_recorded(listed(one))) for one in ("run-7x", "run-8y", "run-9z")]
    assert found == [["run-1a"], ["run-2b"], ["run-9z"]]


def test_of_tests_that_share_a_cassette_each_has_its_own() -> None:
    recorded = [replace(job(f"run-{one}"), test=one) for one in ("t1", "t2")]
    words = OwnWords(recorded)
    assert tags(words.as_recorded(job("run-99"), "t2")) == ["run-t2"]
    words.forget("t2")  # it is run once more
    assert tags(words.as_recorded(job("run-98"), "t2")) == ["run-t2"]


@pytest.mark.parametrize(("sent", "found"), [("1764313062", STANDIN), ("abc", "abc")])
def test_a_number_against_caches_stands_for_the_recorded_one(sent: str, found: str) -> None:
    words = OwnWords([said("GET", f"/jobs?_={STANDIN}", {"jobs": []})])
    assert tags(words.as_recorded(said("GET", f"/jobs?_={sent}"))) == [found]


def test_the_closest_of_several_at_the_same_place_is_taken() -> None:
    """A search for a part of a commit came where the whole one was recorded, and that nowhere."""
    name = "qchanneljob000000001"
    made = [f"qchannel-stand-in-word-{n}-of-{size}" for n, size in enumerate((4, 9, 40, 14))]
    recorded = [job(made[2], made[3])]
    recorded += [said("GET", f"/jobs?search={one}", {"jobs": [{"id": name}]}) for one in made]
    recorded.append(said("GET", "/jobs?search=a32597247", {"jobs": []}))
    words = OwnWords(recorded)
    commit, mail = "9fceb02d0ae598e95dc970b74767f19372d61af8", "me@example.com"
    assert tags(words.as_recorded(job(mail, commit))) == [made[3], made[2]]
    sent = (name[:4], name[8:17], commit, mail, commit[:9])
    found = [tags(words.as_recorded(said("GET", f"/jobs?search={one}")))[0] for one in sent]
    assert found == [*made, "a32597247"]
