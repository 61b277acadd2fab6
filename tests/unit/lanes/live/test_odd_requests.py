"""Requests that no client sends: what they would cost, or show, is refused before it is sent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_qchannel.lanes.live.forwarder import Forwarder
from pytest_qchannel.lanes.live.problems import LiveRefused
from pytest_qchannel.wire import Request
from tests.unit.lanes.live.live_kit import DEVICES, HOST, Run, job_body


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def refused(run: Run, request: Request, said: str) -> None:
    before = len(run.wire.sent)
    with pytest.raises(LiveRefused, match=said):
        run.handle(request)
    assert len(run.wire.sent) == before


def with_text(request: Request, text: bytes) -> Request:
    return replace(request, body=text)


@pytest.mark.parametrize(
    "host",
    [
        "somebody.example#.ibm.com",
        "somebody.example/.ibm.com",
        "somebody.example?.ibm.com",
        "me@somebody.example\\.ibm.com",
        "somebody.example",
        "quantum.cloud.ibm.com, somebody.example",
        "www.ibm.com",
        "quantum.test.cloud.ibm.com",
        "api.quantum.ibm.com",
        "",
    ],
)
def test_a_header_names_no_other_host(run: Run, host: str) -> None:
    """The first went to somebody.example, with the real key."""
    for path in ("/anything", "/api/v1/backends"):
        asked = replace(run.request("GET", ""), host=host, path=path)
        refused(run, asked, "none of the services|classic platform")


@pytest.mark.parametrize(
    ("host", "path"), [("somebody.example#.ibm.com", "/x"), (HOST, "@somebody.example/x")]
)
def test_the_way_out_leads_to_ibm_alone(host: str, path: str) -> None:
    """An assertion kept it, which ``python -O`` takes away."""
    with pytest.raises(ValueError, match="nobody else"):
        Forwarder().handle(Request("GET", host, path))


@pytest.mark.parametrize("header", ["x-http-method-override", "x-http-method", "x-method-override"])
def test_a_read_is_not_made_a_submission_by_a_header(run: Run, header: str) -> None:
    asked = run.request("GET", "/jobs", job_body(backend=DEVICES[0]), **{header: "POST"})
    refused(run, asked, "does not know what it does")


@pytest.mark.parametrize("header", ["x-original-url", "x-rewrite-url", "x-envoy-original-path"])
def test_a_change_of_an_own_job_is_not_made_a_submission_by_a_header(run: Run, header: str) -> None:
    path = f"/jobs/{run.submitted()}/cancel"
    asked = run.request("POST", path, job_body(backend=DEVICES[0]), **{header: "/api/v1/jobs"})
    refused(run, asked, "does not know what it does")


@pytest.mark.parametrize(
    "path", ["//jobs", "/%6Aobs", "/./jobs", "/x/../jobs", "/JOBS", "/jobs//", "/jobs;x"]
)
def test_a_path_in_another_spelling_is_none_that_is_known(run: Run, path: str) -> None:
    body = job_body(backend=DEVICES[0])
    refused(run, run.request("POST", path, body), "does not know what it does")


@pytest.mark.parametrize("path", ["/jobs/", "/jobs?x"])
def test_a_submission_is_one_with_a_slash_or_a_query(run: Run, path: str) -> None:
    path, _, query = path.partition("?")
    assert run.ask("POST", path, job_body(backend=DEVICES[0]), query).status == 200
    assert run.entry.cost == 2
    assert run.jobs[0].cost_s == 2


@pytest.mark.parametrize(
    "changes",
    [{"Cost": 28_800}, {"co\u017ft": 28_800}, {"Backend": DEVICES[1]}, {"Session_ID": "x"},
     {"start_session": True, "session_time": 28_800}, {"start_session": "True"}],
)  # fmt: skip
def test_no_field_overrules_those_of_the_lane(run: Run, changes: dict[str, Any]) -> None:
    """There are JSON readers to which the first is ``cost``, and the last of two counts."""
    body = job_body(backend=DEVICES[0], **changes)
    refused(run, run.request("POST", "/jobs", body), "nobody knows what its field")
    assert run.ledger.entries() == []


def test_of_two_fields_of_one_name_the_one_that_is_sent_counts(run: Run) -> None:
    text = json.dumps(job_body(backend=DEVICES[0])).encode()
    twice = text[:-1] + b', "cost": 1, "cost": 2, "backend": "x", "backend": "%s"}' % (
        DEVICES[1].encode()
    )
    assert run.handle(with_text(run.request("POST", "/jobs", {}), twice)).status == 200
    [sent] = run.wire.of("POST /jobs")
    assert (sent.body.count(b'"cost"'), sent.body.count(b'"backend"')) == (1, 1)
    assert (run.jobs[0].cost_s, run.jobs[0].backend, run.entry.backend) == (2, *[DEVICES[1]] * 2)


@pytest.mark.parametrize("cost", [10**400, -1, 0, 2.5, "1", True, None, [1]])
def test_a_cost_that_is_none_is_the_lanes(run: Run, cost: object) -> None:
    run.submitted(cost=cost)
    assert (run.jobs[0].cost_s, run.entry.reserved) == (2, 7)


def test_a_session_has_one_limit(run: Run) -> None:
    body = {"mode": "dedicated", "backend": DEVICES[0], "max_session_ttl": 28_800}
    assert run.ask("POST", "/sessions", body).status == 200
    [sent] = run.wire.of("POST /sessions")
    assert sent.json() == {"mode": "dedicated", "backend": DEVICES[0], "max_ttl": run.entry.cost}


def test_a_batch_of_any_length_is_written_down(run: Run) -> None:
    """The ledger failed, and the code under test was told of a fault of the emulator."""
    body = {"mode": "batch", "backend": DEVICES[0], "max_ttl": 10**30}
    assert run.ask("POST", "/sessions", body).status == 200
    assert (run.entry.cost, run.entry.held) == (900, 0)


def test_a_body_names_the_instance_of_the_header(run: Run) -> None:
    body = {"mode": "dedicated", "backend": DEVICES[0], "instance": run.other.id}
    refused(run, run.request("POST", "/sessions", body), "another instance")
    assert run.ask("POST", "/sessions", {**body, "instance": run.instance.id}).status == 200


def test_a_session_is_not_made_longer(run: Run) -> None:
    body = {"mode": "dedicated", "backend": DEVICES[0]}
    session = json.loads(run.ask("POST", "/sessions", body).body)["id"]
    path = f"/sessions/{session}"
    for changed in ({"max_ttl": 28_800}, {"accepting_jobs": True, "max_ttl": 28_800}):
        refused(run, run.request("PATCH", path, changed), "nothing but accepting_jobs")
    packed = with_text(run.request("PATCH", path, {}), b"\x1f\x8b")
    refused(run, packed, "nothing but accepting_jobs")
    assert run.ask("PATCH", path, {"accepting_jobs": False}).status == 204


@pytest.mark.parametrize("text", [b"\x1f\x8b\x08", b'\xef\xbb\xbf{"tags": []}', b'{"tags": NaN}'])
def test_tags_that_cannot_be_read_are_not_set(run: Run, text: bytes) -> None:
    """They went on as they were, and took the lane's own away, by which a job is found."""
    remote = run.submitted()
    asked = run.request("PUT", f"/jobs/{remote}/tags", {})
    refused(run, with_text(asked, text), "nothing but tags")


def test_a_session_that_has_ended_pays_for_no_job(run: Run) -> None:
    body = {"mode": "dedicated", "backend": DEVICES[0], "max_ttl": 2}
    session = json.loads(run.ask("POST", "/sessions", body).body)["id"]
    assert run.ask("DELETE", f"/sessions/{session}/close").status == 204
    run.ask("GET", f"/sessions/{session}")
    run.submit(session_id=session)
    assert run.ledger.entries()[-1].reserved == 7


def test_no_request_shows_what_it_carries() -> None:
    """It stood in a traceback with the values of variables."""
    shown = repr(Request("POST", HOST, "/x", {"authorization": "Bearer real"}, "", b"apikey=real"))
    assert "real" not in shown


def test_a_test_of_a_run_that_was_told_to_end_submits_nothing(run: Run) -> None:
    run.test.is_over = True
    with pytest.raises(LiveRefused, match="has ended meanwhile"):
        run.submit()
    assert (run.wire.of("POST"), run.ledger.entries()) == ([], [])


def test_a_dry_run_goes_into_no_session(tmp_path: Path) -> None:
    """It went into that of somebody else, whose clock then went on."""
    run = Run(tmp_path, budget="dry", rules={"dry_run_devices": True})
    body = {"mode": "dedicated", "backend": DEVICES[0]}
    session = json.loads(run.wire(run.request("POST", "/sessions", body)).body)["id"]
    with pytest.raises(LiveRefused, match="none that this run has opened"):
        run.submit(session_id=session)
    assert (run.wire.of("POST /jobs"), run.jobs) == ([], [])
