"""Ids that a test makes up stand for recorded ones that nobody gave, each for one."""

from __future__ import annotations

import json

from pytest_qchannel.cassette.playback.replay.foreign_ids import ForeignIds
from tests.unit.cassette.traffic_kit import CRN, OTHER_CRN, said

LIST = said("GET", "/jobs", {"jobs": [{"id": "known"}]})
KNOWN = said("GET", "/jobs/known", {"id": "known"})
LOST = said("GET", "/jobs/lost%2F1", {"errors": ["lost/1"]}, status=404)
GONE = said("GET", "/sessions/gone", status=404)
OTHER = said("GET", "/jobs?session_id=gone&limit=3", {}, crn=OTHER_CRN)


def test_each_made_up_id_keeps_to_one_recorded_one() -> None:
    foreign_ids = ForeignIds([LIST, KNOWN, LOST, GONE], [CRN])
    assert foreign_ids.as_recorded(said("GET", "/jobs/made/results")).url.endswith(
        "/jobs/lost%2F1/results"
    )
    assert foreign_ids.as_recorded(said("GET", "/jobs/made")).url == LOST.url
    more = said("GET", "/jobs/another")
    assert foreign_ids.as_recorded(more) == more  # none is free
    assert foreign_ids.as_recorded(KNOWN) == KNOWN


def test_an_id_that_an_answer_gave_is_nobody_elses() -> None:
    foreign_ids = ForeignIds([LIST, KNOWN], [CRN])
    made = said("GET", "/jobs/made")
    assert foreign_ids.as_recorded(made) == made


def test_a_session_in_the_body_of_a_submission() -> None:
    body = {"program_id": "sampler", "params": {"pubs": []}}
    recorded = said("POST", "/jobs", {}, status=404, body={**body, "session_id": "gone"})
    made = said("POST", "/jobs", body={**body, "session_id": "made"})
    found = ForeignIds([GONE, recorded], [CRN]).as_recorded(made)
    assert json.loads(found.request_body) == {**body, "session_id": "gone"}
    no_program = said("POST", "/jobs", body={"session_id": "made"})
    assert ForeignIds([recorded], [CRN]).as_recorded(no_program) == no_program


def test_sessions_in_a_query_and_instances_in_the_header() -> None:
    foreign_ids = ForeignIds([GONE, OTHER], [CRN])
    crn = CRN.replace("1111", "3333")
    found = foreign_ids.as_recorded(said("GET", "/jobs?session_id=made&limit=3", crn=crn))
    assert found.url == OTHER.url
    assert ("Service-CRN", OTHER_CRN) in found.request_headers
    assert foreign_ids.as_recorded(said("GET", "/jobs")).request_headers == LIST.request_headers


def test_a_hub_of_nobody_in_a_query_stands_for_no_name_that_was_kept() -> None:
    """A hub that a test typed was a miss: ``hub-1`` was recorded, the typed one was sent."""
    recorded = [said("GET", f"/jobs?hub={hub}&group=open") for hub in ("own", "hub-1")]
    foreign_ids = ForeignIds(recorded, ["own/open/main"])
    for one in recorded:
        assert foreign_ids.as_recorded(one) == one
    made = foreign_ids.as_recorded(said("GET", "/jobs?hub=typed&group=open"))
    assert made == said("GET", "/jobs?hub=typed&group=open")  # hub-1 was sent as such
    anew = ForeignIds(recorded, ["own/open/main"])
    sent = [said("GET", f"/jobs?hub={hub}&group=open") for hub in ("own", "typed")]
    assert [anew.as_recorded(one) for one in sent] == recorded


def test_an_id_is_not_given_by_an_answer_that_has_a_longer_one() -> None:
    """With ten jobs of nobody in a test the first was a miss: ``-1`` is in ``-10``."""
    gone = [
        said("GET", f"/jobs/gone-{end}", {"errors": [f"gone-{end}"]}, status=404) for end in (1, 10)
    ]
    found = ForeignIds(gone, [CRN]).as_recorded(said("GET", "/jobs/made"))
    assert found.url == gone[0].url
