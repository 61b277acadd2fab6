"""What is found where the service is no more as the emulator has it, and what is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import resources
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from pytest_qchannel.cassette.gate import SecretFound
from pytest_qchannel.drift.ask import NEWEST, VERSIONS, Subject
from pytest_qchannel.drift.compare import Seen
from pytest_qchannel.drift.reference import reference
from pytest_qchannel.drift.report import Report, report_on, seen_of
from pytest_qchannel.drift.walk import WALKED
from pytest_qchannel.ibm.route import Action
from pytest_qchannel.ibm.table import find
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import ConnectionDropped, Handle, Json, Request, Response
from tests.unit.drift.drift_kit import CLOCK, Alter, altered, body, busy, idle

JOB: Final = "GET /jobs/<job_id>"
DEVICE: Final = "GET /backends/<backend>"


@pytest.fixture(scope="module")
def ours() -> Seen:
    return seen_of(reference(CLOCK))


def put(value: object, *path: str) -> Alter:
    """Puts a value, or takes it away, at a path; ``[]`` is every item."""

    def change(at: Any, steps: tuple[str, ...]) -> None:
        if steps[0] == "[]":
            for item in at:
                if isinstance(item, dict):  # older versions of the API list names alone
                    change(item, steps[1:])
        elif len(steps) > 1:
            change(at[steps[0]], steps[1:])
        elif value is GONE:
            del at[steps[0]]
        else:
            at[steps[0]] = value

    return body(lambda read: change(read, path))


def renamed(new: str, *path: str) -> Alter:
    def change(read: Any) -> None:
        for step in path[:-1]:
            read = read[step]
        read[new] = read.pop(path[-1])

    return body(change)


def status(code: int) -> Alter:
    return lambda answer, read: Response(code, answer.body, answer.headers)


def header(change: Callable[[dict[str, str]], object]) -> Alter:
    def alter(answer: Response, read: Any) -> Response:
        headers = dict(answer.headers)
        change(headers)
        return Response(answer.status, answer.body, headers)

    return alter


GONE: Final = object()
ERROR: Final[Json] = {"error": {"code": 1, "message": "x"}}

ALTERED: Final[tuple[tuple[str, int, Alter, set[tuple[str, int, str]]], ...]] = (
    # fields that are gone
    ("GET /backends", 200, put(GONE, "devices", "[]", "queue_length"),
     {("missing", 200, "devices[].queue_length")}),
    (JOB, 200, put(GONE, "tags"), {("missing", 200, "tags")}),
    ("GET /versions", 200, put(GONE, "versions", "[]", "status"),
     {("missing", 200, "versions[].status")}),
    # fields that are new: of known words, of others, one in what lists hold
    ("GET /jobs", 200, put(3, "jobs", "[]", "queue_position"),
     {("unknown", 200, "jobs[].queue_position")}),
    ("GET /instance", 200, put("x", "acme_frobnicator"), {("unknown", 200, "?")}),
    ("GET /workloads", 200, put({"id": 1}, "workloads", "[]", "program"),
     {("unknown", 200, "workloads[].program")}),
    # fields with another name
    ("GET /instances/usage", 200, renamed("consumed_seconds", "usage_consumed_seconds"),
     {("missing", 200, "usage_consumed_seconds"), ("unknown", 200, "consumed_seconds")}),
    (f"{DEVICE}/status", 200, renamed("backend_status", "status"),
     {("missing", 200, "status"), ("unknown", 200, "backend_status")}),
    # values of another kind
    (f"{DEVICE}/configuration", 200, put("127", "n_qubits"), {("type", 200, "n_qubits")}),
    (f"{JOB}/metrics", 200, put(1, "timestamps", "created"), {("type", 200, "timestamps.created")}),
    ("GET /sessions/<session_id>", 200, put("yes", "accepting_jobs"),
     {("type", 200, "accepting_jobs")}),
    (f"{DEVICE}/defaults", 200, lambda answer, read: Response.json({}), {("type", 200, "")}),
    # nulls
    (JOB, 200, put(None, "cost"), {("nullability", 200, "cost")}),
    (f"{DEVICE}/properties", 200, put(None, "qubits"), {("nullability", 200, "qubits")}),
    ("GET /accounts/<account>", 200, put(None, "plans", "[]", "backends"),
     {("nullability", 200, "plans[].backends")}),
    # words
    ("GET /backends", 200, put("sleeping", "devices", "[]", "status", "name"),
     {("enum", 200, "devices[].status.name")}),
    ("GET /jobs", 200, put("Done", "jobs", "[]", "state", "status"),
     {("enum", 200, "jobs[].state.status")}),
    (f"{JOB}/metrics", 404, put(1299, "errors", "[]", "code"), {("enum", 404, "errors[].code")}),
    # statuses
    ("GET /tags", 400, status(422), {("status", 422, "with a bad query")}),
    ("GET /analytics/filters", 200, status(202),
     {("status", 202, "good"), ("status", 202, "in a version that is none")}),
    (f"{JOB}/interim_results", 403, status(404),
     {("status", 404, "for an instance of nobody"), ("enum", 404, "errors[].code")}),
    # the shape of an error
    ("GET /usage", 401, lambda answer, read: Response.json(ERROR, 401),
     {("missing", 401, "errors"), ("missing", 401, "trace"), ("unknown", 401, "error")}),
    ("POST /v3/resources/search", 400, lambda answer, read: Response(400, b"<html>"),
     {("type", 400, ""), ("header", 400, "content-type")}),
    # headers
    ("POST /identity/token", 200, header(lambda had: had.pop("transaction-id")),
     {("header", 200, "transaction-id")}),
    ("GET /analytics/usage", 200, header(lambda had: had.update({"X-Acme-Lovelace": "x"})),
     {("header", 200, "?")}),
)  # fmt: skip
"""Route, status, what is altered, and all that is to be found of it."""


def found_in(report: Report) -> set[tuple[str, str, int, str]]:
    return {(one.route.partition(" ")[2], one.kind, one.status, one.path) for one in report.drifted}


def test_every_alteration_is_found_and_nothing_else(ours: Seen) -> None:
    """Twenty-five at once, in a world of other people: each is seen for what it is."""
    handle, subject = busy()
    changes: dict[tuple[str, int], list[Alter]] = {}
    for key, code, alter, _ in ALTERED:
        changes.setdefault((key, code), []).append(alter)
    report = report_on(altered(handle, changes), subject, ours)
    expected = {(key, *one) for key, _, _, findings in ALTERED for one in findings}
    assert len(ALTERED) == 25
    assert found_in(report) - expected == set()
    assert expected - found_in(report) == set()
    assert all(one.samples and NEWEST in one.versions for one in report.drifted)
    told = (report.text() + json.dumps(report.document())).lower()
    assert [
        one for one in ("acme", "frobnicator", "lovelace", "sleeping", '"done"') if one in told
    ] == []


@pytest.mark.parametrize("world", [busy, idle])
def test_equal_services_of_other_people_show_no_drift(
    ours: Seen, world: Callable[[], tuple[Handle, Subject]]
) -> None:
    handle, subject = world()
    report = report_on(handle, subject, ours)
    assert report.drifted == []
    assert report.requests > 150
    schema = json.loads(
        resources.files("pytest_qchannel.drift").joinpath("schema.json").read_text("utf-8")
    )
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(report.document())


def test_only_reads_are_sent_and_no_value_of_an_answer_is_told(ours: Seen) -> None:
    handle, subject = busy()
    values: set[str] = set()
    asked: set[tuple[str, str]] = set()

    def texts(value: Any) -> None:
        if isinstance(value, dict):
            for inner in value.values():
                texts(inner)
        elif isinstance(value, list):
            for inner in value:
                texts(inner)
        elif isinstance(value, str) and len(value) >= 4:
            values.add(value)

    def watched(request: Request) -> Response:
        answer = handle(request)
        found = find(request.method, request.host, request.path)
        assert found is not None
        assert found.route.action in (Action.READ, Action.LOGIN)
        asked.add((found.route.service, found.route.key))
        try:
            texts(json.loads(answer.body))
        except ValueError:
            values.update(filter(None, [answer.body.decode()]))
        return answer

    report = report_on(watched, subject, ours)
    assert asked == {(one.service, one.key) for one in WALKED}
    document = report.document()
    words = {word for one in document["shapes"] for place in one["places"].values()  # type: ignore[attr-defined]
             for word in place.get("words", ())}  # fmt: skip
    told = json.dumps(document) + report.text()
    told_on_purpose = words | {*VERSIONS, "name", "service", "string"}
    assert {one for one in values - told_on_purpose if f'"{one}"' in told} == set()
    assert [one for one in values if len(one) > 25 and one in told] == []
    theirs = ("somebody", "their-own", "their-secret", "lab-of-theirs", "qpu_north", ".mine")
    assert [one for one in theirs if one in told] == []


def test_a_report_with_a_value_that_must_not_be_in_it_is_refused(ours: Seen) -> None:
    """The gate is the last to look, whatever the tables let pass."""
    handle, subject = idle()
    known = Secret("PROJECT", "physical_qubits")
    with pytest.raises(SecretFound, match="the value of PROJECT"):
        report_on(handle, subject, ours, [known])


def test_what_gave_no_answer_is_listed(ours: Seen) -> None:
    handle, subject = idle()

    def flaky(request: Request) -> Response:
        if request.path.endswith("/versions"):
            raise ConnectionDropped("before")
        if request.path.endswith("/tags"):
            return Response(503)
        return handle(request)

    report = report_on(flaky, subject, ours)
    assert report.drifted == []
    assert "GET /versions, good: no answer" in report.unasked
    assert "GET /tags, good: 503" in report.text()
    assert "GET /sessions/<session_id>: the account has no session" in report.unasked
