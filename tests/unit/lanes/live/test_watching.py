"""What the lane reads of what passes: states, prices, usage, and why a test may fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_qchannel.lanes.live.allowance import Allowance
from pytest_qchannel.lanes.live.entry import State
from pytest_qchannel.lanes.live.outcome import Outcome, Told
from pytest_qchannel.lanes.live.terms import LiveTest
from pytest_qchannel.lanes.live.watching import Usage
from pytest_qchannel.wire import ConnectionDropped, Json, Request, Response
from tests.unit.lanes.live.bends import answering, dropping
from tests.unit.lanes.live.live_kit import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def ended(run: Run) -> str:
    remote = run.submitted()
    run.job(remote)
    run.job(remote)
    return remote


def test_a_job_that_is_polled_is_settled_by_that(run: Run) -> None:
    ended(run)
    assert (run.entry.state, run.entry.used, run.entry.ended) == (State.SETTLED, 2.0, "Completed")
    assert [one.path[-6:] for one in run.wire.sent].count("/usage") == 1
    assert len(run.wire.sent) == 4


def test_so_is_one_that_is_listed(run: Run) -> None:
    remote = run.submitted()
    run.ask("GET", f"/jobs/{remote}/results")
    for _ in range(2):
        run.world.jobs[remote].looks += 1
        run.ask("GET", "/jobs")
    assert run.entry.state is State.SETTLED


@pytest.mark.parametrize("version", ["2025-05-01", "2026-04-15"])
def test_zero_while_it_is_pending_is_no_price(tmp_path: Path, version: str) -> None:
    """Older versions of the API do not even say that it is pending."""
    run = Run(tmp_path, rules={"usage_lag_s": 8})
    remote = run.submitted()
    for _ in range(3):
        asked = run.request("GET", f"/jobs/{remote}", **{"ibm-api-version": version})
        run.handle(asked)
    assert (run.entry.state, run.entry.ended, run.entry.held) == (State.RUNNING, "Completed", 7)
    run.clock.sleep(8)
    run.handle(run.request("GET", f"/jobs/{remote}", **{"ibm-api-version": version}))
    assert (run.entry.state, run.entry.held) == (State.SETTLED, 2)


def test_a_price_in_units_alone_is_none(run: Run) -> None:
    remote = run.submitted()
    told: Json = {"id": remote, "state": {"status": "Completed"}, "usage": {"unit": "x"}}
    run.wire.bend(f"GET /jobs/{remote}", lambda *_: Response.json(told))
    run.job(remote)
    assert (run.entry.state, run.entry.ended, run.entry.held) == (State.RUNNING, "Completed", 7)


def test_where_a_job_tells_no_usage_its_metrics_do(run: Run) -> None:
    remote = run.submitted()
    told: Json = {"id": remote, "state": {"status": "Completed"}}
    run.wire.bend(f"GET /jobs/{remote}", lambda *_: Response.json(told))
    usage: Json = {"usage": {"qpu_charge_time_seconds": 3, "status": "complete"}}
    run.wire.bend(f"GET /jobs/{remote}/metrics", lambda *_: Response.json(usage))
    entry = run.settling.look(run.entry, run.access, run.wire)
    assert (entry.state, entry.used) == (State.SETTLED, 3)
    # What is settled stays so, whatever is told later.
    assert (
        run.settling.note(entry, {"state": {"status": "Failed"}, "usage": {"seconds": 9}}) == entry
    )


def test_what_an_instance_cannot_be_asked_for_waits_no_longer_than_told(run: Run) -> None:
    remote = run.submitted()
    run.ledger.note_end(run.entry.n, "Completed")
    down = [answering(500, is_processed=False)] * 9
    run.wire.bend(f"GET /jobs/{remote}", *down)
    left = run.settling.wait_for_prices([run.entry], lambda _: run.access, run.wire, 12)
    assert [one.remote for one in left] == [remote]
    assert run.settling.wait_for_prices([run.entry], lambda _: None, run.wire, 7) == left
    assert sum(run.clock.slept) == 19


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"id": 7}', b'{"id": "?"}', b'{"jobs": 7}'])
def test_strange_answers_pass_as_they_are(run: Run, body: bytes) -> None:
    remote = run.submitted()
    for path in (f"/jobs/{remote}", "/jobs", "/instances/usage", "/tags", f"/sessions/{remote}"):
        run.wire.bend(f"GET {path}", lambda *_: Response(200, body + b"  qchannel"))
        assert run.ask("GET", path).body == body + b"  qchannel"
    assert run.entry.state is State.RUNNING


@pytest.mark.parametrize(
    ("body", "usage"),
    [
        ({"usage_limit_reached": True, "time_available_at": "t"}, Usage(True, None, "t")),
        ({"usage_limit_seconds": 600, "usage_consumed_seconds": 599.5}, Usage(False, 0.5)),
        ({"usage_remaining_seconds": 3, "usage_limit_seconds": 600}, Usage(False, 3.0)),
        ({"usage_limit_seconds": True, "usage_consumed_seconds": "1"}, Usage(False, None)),
        ({}, Usage(False, None)),
    ],
)
def test_what_an_instance_may_still_use(body: dict[str, Json], usage: Usage) -> None:
    assert Usage.of(body) == usage


def told(run: Run) -> list[Outcome]:
    return [one.outcome for one in run.test.facts.told]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (401, Outcome.CREDENTIALS),
        (403, Outcome.CREDENTIALS),
        (429, Outcome.QUOTA),
        (500, Outcome.SERVICE),
        (503, Outcome.SERVICE),
        (404, None),
        (400, None),
    ],
)
def test_statuses_tell_why_a_test_fails(run: Run, status: int, outcome: Outcome | None) -> None:
    run.wire.bend("GET /backends", answering(status, is_processed=False))
    assert run.ask("GET", "/backends").status == status
    assert told(run) == ([outcome] if outcome else [])
    # The client asked again, and got what it wanted: it was not that.
    run.ask("GET", "/backends")
    assert told(run) == []


def test_a_page_of_the_edge_says_nothing_of_credentials(run: Run) -> None:
    page = b"<!DOCTYPE html><title>Attention Required!</title>"
    run.wire.bend("GET /backends", answering(403, is_processed=False, body=page))
    run.ask("GET", "/backends")
    assert told(run) == []


def test_a_job_refused_with_409_is_a_quota(run: Run) -> None:
    run.wire.bend("POST /jobs", answering(409, is_processed=False))
    run.submit()
    assert told(run) == [Outcome.QUOTA]


def test_a_lost_answer_that_was_made_up_is_no_reason(run: Run) -> None:
    run.wire.bend("POST /jobs", dropping(is_processed=True))
    run.submitted()
    assert told(run) == []


def test_a_lost_connection_is_the_service(run: Run) -> None:
    run.wire.bend("GET /backends", dropping(is_processed=False))
    with pytest.raises(ConnectionDropped):
        run.ask("GET", "/backends")
    assert run.test.facts.told == [
        Told(Outcome.SERVICE, "GET /backends: the connection was lost (before)")
    ]


def test_a_key_that_iam_does_not_know_is_a_credential(run: Run) -> None:
    asked = Request("POST", "iam.cloud.ibm.com", "/identity/token", body=b"apikey=wrong")
    assert run.handle(asked).status == 400
    assert told(run) == [Outcome.CREDENTIALS]


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ({"status": "Failed", "reason_code": 1517}, Outcome.CODE),
        ({"status": "Failed", "reason_code": 9707}, Outcome.SERVICE),
        ({"status": "Failed", "reason_code": "1500"}, Outcome.SERVICE),
        ({"status": "Cancelled", "reason_code": 1305}, Outcome.QUOTA),
        ({"status": "Failed"}, Outcome.CODE),
        ({"status": "Cancelled"}, None),
        ({"status": "Completed"}, None),
    ],
)
def test_codes_of_jobs_tell_why_a_test_fails(
    run: Run, state: dict[str, Json], outcome: Outcome | None
) -> None:
    remote = run.submitted()
    body = Response.json({"id": remote, "state": state, "usage": {}})
    run.wire.bend(f"GET /jobs/{remote}", lambda *_: body)
    run.job(remote)
    assert told(run) == ([outcome] if outcome else [])
    if outcome is Outcome.QUOTA:
        assert "max_qpu_seconds=10" in run.test.facts.told[0].why


def test_a_code_that_the_lane_has_read_before_tells_it_too(run: Run) -> None:
    """The test submitted a second job, and the lane looked at the first while that had to wait.

    It had failed for the service's own reasons, and the test failed as if its code were to blame.
    """
    remote = run.submitted()
    state: Json = {"status": "Failed", "reason_code": 1500}
    body = Response.json({"id": remote, "state": state, "usage": {}})
    run.wire.bend(f"GET /jobs/{remote}", lambda *_: body, lambda *_: body, lambda *_: body)
    run.settling.look(run.entry, run.access, run.wire)
    assert run.entry.ended == "Failed"
    run.job(remote)
    assert told(run) == [Outcome.SERVICE]
    run.test = LiveTest(Allowance("test_it.py::test_other"))
    run.job(remote)
    assert told(run) == [], "to the next test it is an old story"


def test_a_limit_of_the_codes_own_is_its_own_affair(run: Run) -> None:
    """1305 under a cost that the lane set says that max_qpu_seconds is too small; else not."""
    remote = run.submitted(cost=1)
    state: Json = {"status": "Cancelled", "reason_code": 1305}
    body = Response.json({"id": remote, "state": state, "usage": {}})
    run.wire.bend(f"GET /jobs/{remote}", lambda *_: body)
    run.job(remote)
    assert told(run) == [Outcome.CODE]


def test_it_remembers_how_an_instance_is_asked_and_hides_it(run: Run) -> None:
    run.handle(run.request("GET", "/backends", authorization="apikey wrong"))
    assert run.accesses.of(run.access.instance) is not None
    run.ask("GET", "/backends")
    access = run.accesses.of(run.access.instance)
    assert access is not None
    assert access.headers["authorization"] == run.headers["authorization"]
    assert run.account.credential not in repr(access)
    assert run.accesses.of("?") is None
    # A credential that the service rejects is none to clean up with.
    run.handle(run.request("GET", "/backends", authorization="apikey wrong"))
    assert run.accesses.of(run.access.instance) == access
    asked = access.request("GET /jobs/<job_id>", {"job_id": "a/b"}, [("x", "1")])
    assert (asked.path, asked.query_string) == ("/api/v1/jobs/a%2Fb", "x=1")
    put = access.request("PUT /jobs/<job_id>/tags", {"job_id": "a"}, body={"tags": []})
    assert json.loads(put.body) == {"tags": []}
    assert put.headers["content-length"] == str(len(put.body))
