"""The lines of the section that shows what a failed test sent."""

from __future__ import annotations

import pytest

from pytest_qchannel.journal import Journal
from pytest_qchannel.plugin.sent import lines_of
from pytest_qchannel.wire import Json, Request, Response, Trouble

HOST = "quantum.cloud.ibm.com"
OK = Response.json({})


def refused(message: str) -> Response:
    return Response.json({"errors": [{"code": 1291, "message": message}]}, 404)


def journal_of(*answers: tuple[str, Response | None]) -> Journal:
    journal = Journal()
    for path, response in answers:
        journal.record(Request("GET", HOST, path), response, None)
    return journal


def test_polls_that_are_alike_share_a_line() -> None:
    said = lines_of(journal_of(("/a", OK), *[("/b", OK)] * 40, ("/b", None)))
    assert said == [
        f"#1 GET https://{HOST}/a -> 200",
        f"#2 to #41 GET https://{HOST}/b -> 200",
        f"#42 GET https://{HOST}/b -> no answer",
    ]


def test_of_many_there_are_the_last_and_the_refusals_before_them() -> None:
    many = [(f"/{number}", refused("gone") if number == 3 else OK) for number in range(1, 31)]
    said = lines_of(journal_of(*many))
    assert len(said) == 15
    assert said[:4] == [
        "... 2 more",
        f"#3 GET https://{HOST}/3 -> 404: 1291 gone",
        "... 15 more",
        f"#19 GET https://{HOST}/19 -> 200",
    ]
    assert said[-1].startswith("#30 ")


def test_a_part_of_a_journal_begins_with_its_own() -> None:
    journal = journal_of(("/a", OK), ("/b", OK), ("/c", OK))
    assert lines_of(journal.since(2)) == [f"#3 GET https://{HOST}/c -> 200"]


def test_a_line_is_bounded() -> None:
    said = lines_of(journal_of(("/" + "a" * 5_000, refused("b " * 500))))
    assert len(said) == 1
    assert len(said[0]) < 500
    assert " -> 404: 1291 b b" in said[0]


def test_the_fault_and_the_job_are_told() -> None:
    journal = Journal()
    journal.record(Request("POST", HOST, "/jobs"), OK, "job-1", Trouble("a delay"))
    assert lines_of(journal) == [f"#1 POST https://{HOST}/jobs -> 200 job job-1 (fault a delay)"]


def test_an_empty_journal_says_so() -> None:
    assert lines_of(Journal()) == ["no request was sent"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"errors": [{"code": 1352, "message": "No.", "solution": "Do\nit."}]}, "1352 No. Do it."),
        ({"error": {"code": "3446", "message": "Login failed"}}, "3446 Login failed"),
        ({"errorCode": "BXNIM0415E", "errorMessage": "No key."}, "BXNIM0415E No key."),
        ({"errors": []}, ""),
        ({"error": "unknown"}, "unknown"),
        ([1], ""),
    ],
)  # fmt: skip
def test_why_a_request_was_refused(body: Json, why: str) -> None:
    assert journal_of(("/a", Response.json(body, 400)))[0].why == why


def test_a_refusal_that_is_no_json_is_told_as_it_is() -> None:
    assert journal_of(("/a", Response(502, b"<p>Bad\n gateway</p>")))[0].why == "<p>Bad gateway</p>"
    assert journal_of(("/a", Response(200, b"fine")))[0].why == ""
