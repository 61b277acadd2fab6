"""What a test sends of its own, as tags: kept as it is, in step with ids, or as a stand-in."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.problems import RecordingRefused
from tests.unit.cassette.playback.record.test_recording import CRN, drafted, said

FIRST = "d0abcdefghijklmnop01"
SECOND = "d0abcdefghijklmnop02"
BODY = {"program_id": "sampler", "backend": "my_device", "params": {"version": 2}}


def submitted(name: str, **more: object) -> Interaction:
    return said("POST", "/jobs", {"id": name}, sent={**BODY, **more})


def put(tag: str, status: int = 204) -> Interaction:
    return said("PUT", f"/jobs/{SECOND}/tags", status=status, sent={"tags": [tag]})


NOBODYS = "d0abcdefghijklmnop99"
COMMIT = "9fceb02d0ae598e95dc970b74767f19372d61af8"
OWN = (
    COMMIT, f"sha-{COMMIT}", "a@b", "50%41", "paid\u00a05", "v1/setup.py", "run-203.0.113.7",
    f"a@b after {FIRST}",
)  # fmt: skip


@pytest.mark.parametrize("tag", OWN)
@pytest.mark.parametrize("way", ["put", "submitted", "searched"])
def test_a_tag_that_is_not_kept_is_the_tests_own_again(tmp_path: Path, way: str, tag: str) -> None:
    """``job.update_tags(["a@b"])`` was refused, and so was the commit that a CI tests, as a tag."""
    text = quote(tag, safe="")
    here = {
        "put": put(tag),
        "submitted": submitted(SECOND, tags=[tag]),
        "searched": said("GET", f"/jobs?tags={text}", {"jobs": []}),
    }[way]
    there = said("GET", f"/jobs/{SECOND}", {"id": SECOND, "tags": [tag]})
    recording, _, draft = drafted(tmp_path, submitted(FIRST), submitted(SECOND), here, there)
    recording.require_replayable(draft)
    whole = repr(draft.cassette)
    assert not any(part in whole for part in (tag, text, FIRST))


def test_a_part_of_the_accounts_crn_and_json_are_tags(tmp_path: Path) -> None:
    """The GUID of the instance was refused as a tag, and so was what ``json.dumps`` gives."""
    mine = [CRN.split(":")[7], json.dumps({"a": "b", "c": 3})]
    there = said("GET", f"/jobs/{SECOND}", {"id": SECOND, "tags": mine})
    traffic = (said("GET", "/jobs", {"jobs": []}), submitted(SECOND, tags=mine), there)
    recording, _, draft = drafted(tmp_path, *traffic)
    recording.require_replayable(draft)
    read = json.loads(draft.cassette.interactions[-1].response_body)["tags"]
    assert read[0] in draft.cassette.accounts["ibm_cloud"].instances[0].id
    assert read == json.loads(draft.cassette.interactions[1].request_body)["tags"] != mine
    assert read[1] == mine[1]


@pytest.mark.parametrize("tag", [f"{FIRST}{SECOND}", f"after-{NOBODYS}"])
def test_ids_that_nobody_gave_or_without_anything_between_are_refused(
    tmp_path: Path, tag: str
) -> None:
    vain = said("GET", f"/jobs/{NOBODYS}", status=404)
    traffic = (vain, submitted(FIRST), submitted(SECOND), put(tag))
    recording, _, draft = drafted(tmp_path, *traffic)
    said_so = "would not find PUT /api/v1/jobs/[^/]+/tags by the field 'tags' of its body"
    with pytest.raises(RecordingRefused, match=said_so):
        recording.require_replayable(draft)


@pytest.mark.parametrize("tag", OWN)
def test_one_that_was_refused_by_the_service_is_no_matter(tmp_path: Path, tag: str) -> None:
    recording, _, draft = drafted(tmp_path, submitted(FIRST), submitted(SECOND), put(tag, 400))
    recording.require_replayable(draft)


@pytest.mark.parametrize("tag", ["nightly", "tag-3", "randomized_benchmarking_of_cz_gate"])
def test_a_plain_tag_is_put_on_a_job(tmp_path: Path, tag: str) -> None:
    recording, _, draft = drafted(tmp_path, submitted(SECOND), put(tag))
    recording.require_replayable(draft)
    assert json.loads(draft.cassette.interactions[-1].request_body) == {"tags": [tag]}


@pytest.mark.parametrize("tag", ["{}", "retry-of-{}", "{}: again", "{}, {}"])
@pytest.mark.parametrize("way", ["put", "submitted", "searched"])
def test_the_id_of_a_job_in_a_tag_is_that_jobs_in_a_replay(
    tmp_path: Path, way: str, tag: str
) -> None:
    """It was "tag-1" in the cassette: a replay answered that, or did not find what was sent.

    A tag with the id and other words was refused.
    """
    sent = tag.replace("{}", FIRST)
    here = {
        "put": put(sent),
        "submitted": submitted(SECOND, tags=[sent]),
        "searched": said("GET", f"/jobs?tags={sent}", {"jobs": []}),
    }[way]
    there = said("GET", f"/jobs/{SECOND}", {"id": SECOND, "tags": [sent]})
    recording, _, draft = drafted(tmp_path, submitted(FIRST), here, there)
    recording.require_replayable(draft)
    first, asked, read = draft.cassette.interactions
    name = json.loads(first.response_body)["id"]
    assert name != FIRST
    assert json.loads(read.response_body)["tags"] == [tag.replace("{}", name)]
    assert name in asked.url + asked.request_body.decode()
    assert FIRST not in repr(draft.cassette)


def test_a_tag_of_somebody_else_stays_that_one(tmp_path: Path) -> None:
    theirs = said("GET", "/jobs", {"jobs": [{"id": FIRST, "tags": ["for ada@b — 5 €"]}]})
    asked = submitted(SECOND, tags=["for ada@b — 5 €"])
    recording, _, draft = drafted(tmp_path, theirs, asked, put("for ada@b — 5 €"))
    recording.require_replayable(draft)
    assert json.loads(draft.cassette.interactions[-1].request_body) == {"tags": ["tag-1"]}


CUTS = (slice(10), slice(-8, None), slice(3, 12))


@pytest.mark.parametrize("cut", CUTS, ids=str)
@pytest.mark.parametrize("way", ["asked for", "noted"])
def test_a_part_of_an_id_is_refused_in_a_text(tmp_path: Path, way: str, cut: slice) -> None:
    text = f"after-{FIRST[cut]}"
    note = {"version": 2, "options": {"note": text}}
    here, where = {
        "asked for": (
            said("GET", f"/backends/{text}/status", status=404),
            "GET /api/v1/backends/[^/]+/status by a part of its path",
        ),
        "noted": (submitted(SECOND, params=note), "POST /api/v1/jobs by a text of its params"),
    }[way]
    recording, _, draft = drafted(tmp_path, submitted(FIRST), submitted(SECOND), here)
    with pytest.raises(
        RecordingRefused, match=f"{where}, which holds a part of the run's own job id"
    ):
        recording.require_replayable(draft)


@pytest.mark.parametrize("cut", [*CUTS, slice(-5, None)], ids=str)
@pytest.mark.parametrize("way", ["put", "submitted", "searched", "searched as a tag"])
def test_a_part_of_an_id_as_a_tag_or_search_is_no_part_of_it_in_the_cassette(
    tmp_path: Path, way: str, cut: slice
) -> None:
    """``tags=[job.job_id()[:10]]`` and a search for ``job.job_id()[:5]`` were refused."""
    text = FIRST[cut]
    here = {
        "put": put(text),
        "submitted": submitted(SECOND, tags=[text]),
        "searched": said("GET", f"/workloads?search={text}", {"workloads": []}),
        "searched as a tag": said("GET", f"/jobs?tags={text}", {"jobs": []}),
    }[way]
    recording, _, draft = drafted(tmp_path, submitted(FIRST), submitted(SECOND), here)
    recording.require_replayable(draft)
    asked = draft.cassette.interactions[-1]
    assert text not in asked.url + asked.request_body.decode()


@pytest.mark.parametrize("text", ["after {}", "{} again", "of {}, {}"])
def test_the_id_of_a_job_within_a_search_is_that_jobs_in_a_replay(
    tmp_path: Path, text: str
) -> None:
    """``GET /jobs?search=after <id>`` was refused where it was recorded."""
    query = quote(text.replace("{}", FIRST))
    asked = said("GET", f"/jobs?search={query}", {"jobs": []})
    recording, _, draft = drafted(tmp_path, submitted(FIRST), asked)
    recording.require_replayable(draft)
    first, asked = draft.cassette.interactions
    name = json.loads(first.response_body)["id"]
    assert parse_qsl(urlsplit(asked.url).query) == [("search", text.replace("{}", name))]


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("status", "Completed", "Completed"),
        ("status", "Queued,Running", "Queued,Running"),
        ("_", "1764313062123", "qchannel-stand-in-word-1-of-13"),
        ("nonce", "3f2504e04f8911d39a0c0305e82c3301", "qchannel-stand-in-word-1-of-32"),
        ("owner", "ada", None),
        ("pin", "hunter2", None),
    ],
)
def test_a_field_that_no_table_names(
    tmp_path: Path, field: str, value: str, kept: str | None
) -> None:
    """``GET /jobs?status=Completed`` was refused, and so was a number against caches."""
    asked = said("GET", f"/jobs?{field}={value}", {"jobs": []})
    recording, _, draft = drafted(tmp_path, asked)
    query = parse_qsl(urlsplit(draft.cassette.interactions[-1].url).query)
    assert query == [(field, kept or "qchannel-stand-in")]
    refused = pytest.raises(RecordingRefused, match=f"by the field '{field}' of its query")
    with refused if kept is None else nullcontext():
        recording.require_replayable(draft)


def test_a_part_that_an_answer_gave_or_that_anybody_writes_is_none(tmp_path: Path) -> None:
    listed = {"jobs": [{"id": FIRST, "tags": [FIRST[:10]]}]}
    asked = said("GET", f"/jobs?tags={FIRST[:10]}", {"jobs": []})
    zeros = submitted("d0000000000000000001", tags=["run 00000000"])
    recording, _, draft = drafted(tmp_path, said("GET", "/jobs", listed), asked, zeros)
    recording.require_replayable(draft)
