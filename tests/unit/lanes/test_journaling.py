"""What a lane writes of what passes, and of what a cassette answers."""

from __future__ import annotations

import pytest

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.journaling import job_id_of, journaled, listening
from pytest_qchannel.wire import ConnectionDropped, Request, Response, Trouble

HOST = "quantum.cloud.ibm.com"
SUBMISSION = Request("POST", HOST, "/api/v1/jobs", {}, "", b"{}")
MADE = Response.json({"id": "d1", "backend": "ibm_torino"})


@pytest.mark.parametrize(
    ("method", "path", "answered", "job_id"),
    [
        ("POST", "/api/v1/jobs", MADE, "d1"),
        ("POST", "/api/v1/jobs/", MADE, "d1"),
        ("POST", "/api/v1/jobs", Response.json({"id": "d1"}, 400), None),
        ("POST", "/api/v1/jobs", Response(200, b"{"), None),
        ("POST", "/api/v1/jobs", Response(200, b"[]"), None),
        ("POST", "/api/v1/jobs", Response(200, b"[" * 100_000), None),
        ("POST", "/api/v1/jobs", None, None),
        ("GET", "/api/v1/jobs", Response.json({"id": "d1"}), None),
        ("GET", "/api/v1/jobs/d2/results", None, "d2"),
        ("POST", "/api/v1/jobs/d2/cancel", Response(204), "d2"),
        ("GET", "/api/v1/backends", MADE, None),
    ],
)
def test_the_job_that_a_request_made_or_named(
    method: str, path: str, answered: Response | None, job_id: str | None
) -> None:
    """An answer that is nested too deeply was a RecursionError, here and at a live login."""
    assert job_id_of(Request(method, HOST, path), answered) == job_id


def test_what_passes_is_written() -> None:
    journal = Journal()
    assert journaled(journal)(SUBMISSION, lambda _: MADE) is MADE
    (one,) = journal
    assert (one.method, one.status, one.job_id, one.fault) == ("POST", 200, "d1", None)


def test_a_lost_answer_names_the_job_that_was_made() -> None:
    journal = Journal()

    def lost(_: Request) -> Response:
        raise ConnectionDropped("after", Trouble("drop after", MADE, is_lost=True))

    with pytest.raises(ConnectionDropped):
        journaled(journal)(SUBMISSION, lost)
    (one,) = journal
    assert (one.status, one.job_id, one.fault, one.is_lost) == (0, "d1", "drop after", True)


def test_a_replaced_answer_names_the_job_that_was_made() -> None:
    journal = Journal()
    gone = Response(504, trouble=Trouble("status 504", MADE))
    assert journaled(journal)(SUBMISSION, lambda _: gone) is gone
    (one,) = journal
    assert (one.status, one.job_id, one.is_lost) == (504, "d1", False)


def test_a_connection_that_is_lost_on_its_own_is_no_fault() -> None:
    journal = Journal()

    def lost(_: Request) -> Response:
        raise ConnectionDropped("before")

    with pytest.raises(ConnectionDropped):
        journaled(journal)(SUBMISSION, lost)
    assert (journal[0].status, journal[0].fault, journal[0].is_lost) == (0, None, False)


def test_a_cassette_is_listened_to() -> None:
    journal = Journal()
    heard = listening(journal)
    sent = Interaction("POST", f"https://{HOST}/api/v1/jobs?a=1", (("Service-CRN", "crn"),), b"{}")
    heard(sent, Interaction("POST", sent.url, status=200, response_body=b'{"id": "d1"}'))
    heard(sent, None)
    made, missed = journal
    assert (made.url, made.headers["service-crn"]) == (sent.url, "crn")
    assert (made.status, made.job_id) == (200, "d1")
    assert (missed.status, missed.job_id) == (0, None)
