"""Values of the run that a replay has others for: found as a whole and in part."""

from __future__ import annotations

import base64

import pytest

from pytest_qchannel.cassette.playback.record.given import Given
from pytest_qchannel.cassette.submitted.submission import Submission
from pytest_qchannel.secret import Secret
from tests.unit.cassette.traffic_kit import said

JOB, GUID, KEY = (
    "dq6s4fcj89vmavi0naf3",
    "78a68433-a5c9-4447-8f71-88a6239e25b0",
    "qchannel-key-0a1b2c",
)
GIVEN = Given([Secret("a job", JOB), Secret("a guid", GUID)], [Secret("a key", KEY)])


def found(text: str) -> list[str]:
    job = Submission({}, sent={"note": [text]})
    return [one.rpartition(" by ")[2] for one in GIVEN.hidden_in(said("POST", "/jobs"), job)]


@pytest.mark.parametrize("text", [JOB, JOB[::-1], base64.b64encode(JOB.encode()).decode()])
def test_a_whole_one_is_found_in_params(text: str) -> None:
    assert found(f"after {text}") == ["a text of its params, which holds a job"]


@pytest.mark.parametrize(
    ("text", "name"), [(JOB[:6], "a job"), (JOB[-7:], "a job"), (GUID[:8], "a guid")]
)
def test_a_part_is_found_wherever_it_is(text: str, name: str) -> None:
    what = f"a word that has a part of {name} in it"
    assert found(f"x{text}y") == [what]
    asked = said("GET", f"/jobs?tags=after-{text}")
    assert list(GIVEN.hidden_in(asked, None)) == [f"GET /api/v1/jobs by {what}"]
    tagged = said("PUT", "/jobs/d0/tags", body={"tags": ["a", f"after-{text}"]})
    assert list(GIVEN.hidden_in(tagged, None)) == [f"PUT /api/v1/jobs/d0/tags by {what}"]


@pytest.mark.parametrize("text", [JOB[:5], GUID[:7], "qchannel-key", "88888888", "00000000"])
def test_what_may_be_chance_is_not(text: str) -> None:
    assert found(text) == []
