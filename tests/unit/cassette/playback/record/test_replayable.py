"""Tags that a replay would give back otherwise, or not be asked for: refused, or kept in step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.problems import RecordingRefused
from tests.unit.cassette.playback.record.test_recording import drafted, said

FIRST = "d0abcdefghijklmnop01"
SECOND = "d0abcdefghijklmnop02"
BODY = {"program_id": "sampler", "backend": "my_device", "params": {"version": 2}}


def submitted(name: str, **more: object) -> Interaction:
    return said("POST", "/jobs", {"id": name}, sent={**BODY, **more})


def put(tag: str, status: int = 204) -> Interaction:
    return said("PUT", f"/jobs/{SECOND}/tags", status=status, sent={"tags": [tag]})


NOBODYS = "d0abcdefghijklmnop99"
OWN = (
    "a@b", "50%41", "paid\u00a05", "v1/setup.py", "run-203.0.113.7",
    f"a@b after {FIRST}", f"{FIRST}{SECOND}", f"after-{NOBODYS}",
)  # fmt: skip


@pytest.mark.parametrize("tag", OWN)
def test_a_tag_that_is_put_on_a_job_and_is_not_kept_is_refused(tmp_path: Path, tag: str) -> None:
    """``job.update_tags(["a@b"])`` recorded green; in the replay the job had "tag-4"."""
    there = said("GET", f"/jobs/{SECOND}", {"id": SECOND, "tags": [tag]})
    vain = said("GET", f"/jobs/{NOBODYS}", status=404)
    traffic = (vain, submitted(FIRST), submitted(SECOND), put(tag), there)
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


def test_a_given_value_that_is_another_one_as_a_tag_is_refused(tmp_path: Path) -> None:
    """A replay sends what the answer has there, which is no stand-in of a tag."""
    failed = {"id": FIRST, "state": {"status": "Failed", "reason": "jobs of ada@b are gone"}}
    asked = submitted(SECOND, tags=["jobs of ada@b are gone"])
    recording, _, draft = drafted(tmp_path, said("GET", f"/jobs/{FIRST}", failed), asked)
    with pytest.raises(RecordingRefused, match="POST /api/v1/jobs by the field 'tags' of its body"):
        recording.require_replayable(draft)


def test_a_tag_of_somebody_else_stays_that_one(tmp_path: Path) -> None:
    theirs = said("GET", "/jobs", {"jobs": [{"id": FIRST, "tags": ["for ada@b — 5 €"]}]})
    asked = submitted(SECOND, tags=["for ada@b — 5 €"])
    recording, _, draft = drafted(tmp_path, theirs, asked, put("for ada@b — 5 €"))
    recording.require_replayable(draft)
    assert json.loads(draft.cassette.interactions[-1].request_body) == {"tags": ["tag-1"]}


CUTS = (slice(10), slice(-8, None), slice(3, 12))


@pytest.mark.parametrize("cut", CUTS, ids=str)
@pytest.mark.parametrize("way", ["put", "submitted", "searched", "asked for", "noted"])
def test_a_part_of_an_id_is_refused_in_a_text(tmp_path: Path, way: str, cut: slice) -> None:
    """``tags=[job.job_id()[:10]]`` recorded green; its replay was a miss, or had another tag."""
    text = f"after-{FIRST[cut]}"
    note = {"version": 2, "options": {"note": text}}
    here, where = {
        "put": (put(text), r"PUT /api/v1/jobs/[^/]+/tags by the field 'tags' of its body"),
        "submitted": (
            submitted(SECOND, tags=[text]),
            "POST /api/v1/jobs by the field 'tags' of its body",
        ),
        "searched": (
            said("GET", f"/jobs?tags={text}", {"jobs": []}),
            "GET /api/v1/jobs by the field 'tags' of its query",
        ),
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


@pytest.mark.parametrize("size", [5, 7])
def test_a_short_part_of_an_id_is_refused_as_a_whole_text(tmp_path: Path, size: int) -> None:
    """A search for ``job.job_id()[:5]`` recorded green; its replay was a miss."""
    asked = said("GET", f"/workloads?search={FIRST[-size:]}", {"workloads": []})
    recording, _, draft = drafted(tmp_path, submitted(FIRST), asked)
    with pytest.raises(RecordingRefused, match="'search' of its query, which holds a part of"):
        recording.require_replayable(draft)


def test_a_part_that_an_answer_gave_or_that_anybody_writes_is_none(tmp_path: Path) -> None:
    listed = {"jobs": [{"id": FIRST, "tags": [FIRST[:10]]}]}
    asked = said("GET", f"/jobs?tags={FIRST[:10]}", {"jobs": []})
    zeros = submitted("d0000000000000000001", tags=["run 00000000"])
    recording, _, draft = drafted(tmp_path, said("GET", "/jobs", listed), asked, zeros)
    recording.require_replayable(draft)
