"""What a live run may not do is refused before it is sent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from pytest_qchannel.crn import CRN
from pytest_qchannel.ibm.releases import twin_of
from pytest_qchannel.lanes.live.allowance import Allowance
from pytest_qchannel.lanes.live.entry import fingerprint
from pytest_qchannel.lanes.live.problems import LiveRefused
from pytest_qchannel.wire import Request
from tests.unit.lanes.live.bends import answering
from tests.unit.lanes.live.live_kit import DEVICES, HOST, Run, job_body

TIERS = ("0", "dry", "1000")
CLIENT = "qiskit-version-2/qiskit_ibm_runtime-{},qiskit-2.5.0*/qiskit_sampler"


def refused(run: Run, request: Request, said: str, outcome: str = "code") -> LiveRefused:
    before = len(run.wire.sent)
    with pytest.raises(LiveRefused, match=said) as it:
        run.handle(request)
    assert run.test.problems == [it.value]
    assert it.value.outcome == outcome
    assert it.value.next
    assert len(run.wire.sent) == before
    run.test.problems.clear()
    return it.value


@pytest.mark.parametrize("budget", TIERS)
def test_no_tier_changes_instances(tmp_path: Path, budget: str) -> None:
    run = Run(tmp_path, budget=budget)
    limit = run.request("PUT", "/instances/configuration", {"instance_limit": 5})
    refused(run, limit, "changes an instance")
    for method in ("POST", "PATCH"):
        path = "/v2/resource_instances" + ("/x" if method == "PATCH" else "")
        made = Request(method, "resource-controller.cloud.ibm.com", path, {}, "", b"{}")
        refused(run, made, "changes an instance")
    path = f"/v2/resource_instances/{quote(run.instance.id, safe='')}"
    asked = Request("PATCH", "resource-controller.cloud.ibm.com", path, {}, "", b"{}")
    for request in (asked, replace(asked, path=path + "/lock", method="POST")):
        problem = refused(run, request, "was not sent")
        assert CRN.parse(run.instance.id).account_id not in str(problem)


@pytest.mark.parametrize("budget", TIERS)
def test_no_tier_sends_what_the_table_does_not_know(tmp_path: Path, budget: str) -> None:
    run = Run(tmp_path, budget=budget)
    for host, path in ((HOST, "/api/v1/functions"), ("functions.quantum.ibm.com", "/run")):
        refused(run, Request("POST", host, path), "does not know what it does")
    assert run.handle(Request("GET", HOST, "/api/v1/functions")).status == 501
    classic = Request("GET", "auth.quantum.ibm.com", "/api/version")
    refused(run, classic, "the classic platform ended on 2025-07-01")


def test_the_read_tier_reads(tmp_path: Path) -> None:
    run = Run(tmp_path, budget="0", seconds=10, jobs=1)
    problem = refused(run, run.request("POST", "/jobs", job_body()), "only reads", "quota")
    assert "--qchannel-budget=15" in str(problem.next)
    session = run.request("POST", "/sessions", {"mode": "dedicated", "backend": DEVICES[0]})
    refused(run, session, "a session was not sent: .* only reads", "quota")
    for method, path in (
        ("POST", "/jobs/x/cancel"),
        ("DELETE", "/jobs/x"),
        ("PUT", "/jobs/x/tags"),
        ("PATCH", "/sessions/x"),
        ("DELETE", "/sessions/x/close"),
    ):
        refused(run, run.request(method, path, {}), "only reads", "quota")
    for path in ("/backends", "/jobs", "/workloads", "/instances/usage"):
        assert run.ask("GET", path).status == 200
    login = Request("POST", "iam.cloud.ibm.com", "/identity/token", {}, "", b"grant_type=x")
    assert run.handle(login).status == 400


@pytest.mark.parametrize("budget", TIERS)
def test_a_test_without_the_marker_submits_nothing(tmp_path: Path, budget: str) -> None:
    run = Run(tmp_path, budget=budget, seconds=None)
    job = run.request("POST", "/jobs", job_body(backend=DEVICES[0]))
    problem = refused(run, job, "no marker live_qpu")
    assert problem.next == "@pytest.mark.live_qpu(max_qpu_seconds=10)"
    session = run.request("POST", "/sessions", {"mode": "batch", "backend": DEVICES[0]})
    refused(run, session, "no marker live_qpu")


def test_only_what_the_run_has_made_is_changed(tmp_path: Path) -> None:
    """Else a test could cancel a colleague's job on a shared instance."""
    run = Run(tmp_path, progression="stuck")
    theirs = json.loads(run.wire(run.request("POST", "/jobs", job_body(backend=DEVICES[0]))).body)
    path = f"/jobs/{theirs['id']}"
    refused(run, run.request("POST", f"{path}/cancel"), "has not made that job")
    refused(run, run.request("DELETE", path), "has not made that job")
    refused(run, run.request("PATCH", "/sessions/x", {}), "has not made that session")
    assert run.ask("GET", path).status == 200
    mine = run.submitted()
    assert run.ask("POST", f"/jobs/{mine}/cancel").status == 204


@pytest.mark.parametrize(
    ("own", "listed", "allowed"),
    [
        (None, [], list(DEVICES)),
        (None, ["ibm_second"], ["ibm_second"]),
        ("ibm_first", [], ["ibm_first"]),
        ("ibm_first", ["ibm_first", "ibm_second"], ["ibm_first"]),
        ("ibm_first", ["ibm_second"], []),
    ],
)
def test_only_allowed_backends_are_listed_and_used(
    tmp_path: Path, own: str | None, listed: list[str], allowed: list[str]
) -> None:
    run = Run(tmp_path, backend=own, backends=frozenset(listed), most_jobs=9)
    rows = json.loads(run.ask("GET", "/backends").body)["devices"]
    assert [one["name"] for one in rows] == allowed
    old = run.request("GET", "/backends", **{"ibm-api-version": "2024-01-01"})
    assert json.loads(run.handle(old).body)["devices"] == allowed
    for name in DEVICES:
        job = run.request("POST", "/jobs", job_body(backend=name))
        if name in allowed:
            assert run.handle(job).status == 200
        else:
            refused(run, job, f"it is for {name}, and allowed is")
            session = run.request("POST", "/sessions", {"mode": "batch", "backend": name})
            refused(run, session, f"it is for {name}, and allowed is")
    if own or listed:
        nothing = run.request("POST", "/sessions", {"mode": "batch"})
        refused(run, nothing, "it is for no backend")


def search(run: Run) -> list[str]:
    """The instances that the client finds."""
    grant = "urn:ibm:params:oauth:grant-type:apikey"
    form = f"grant_type={grant}&apikey={run.account.credential}".encode()
    login = run.handle(Request("POST", "iam.cloud.ibm.com", "/identity/token", {}, "", form))
    token = json.loads(login.body)["access_token"]
    asked = Request(
        "POST",
        "api.global-search-tagging.cloud.ibm.com",
        "/v3/resources/search",
        {"authorization": f"Bearer {token}"},
        "",
        json.dumps({"query": "service_name:quantum-computing", "fields": ["crn"]}).encode(),
    )
    answer = run.handle(asked)
    assert answer.status == 200, answer.body
    return [one["crn"] for one in json.loads(answer.body)["items"]]


def test_only_allowed_instances_are_found_and_asked(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert search(run) == [run.instance.id, run.other.id]
    allowed = frozenset({fingerprint(run.instance.id)})
    run = Run(tmp_path / "two", instances=allowed)
    assert search(run) == [run.instance.id]
    assert run.ask("GET", "/backends").status == 200
    for method, path in (("GET", "/backends"), ("POST", "/jobs")):
        asked = run.request(method, path, job_body(), **{"service-crn": run.other.id})
        refused(run, asked, "none of --qchannel-live-instances")


@pytest.mark.parametrize(
    ("name", "twin"), [("ibm_first", "mock_first"), ("mock_x", "mock_x"), ("", "")]
)
def test_the_twin_of_a_device(name: str, twin: str) -> None:
    assert twin_of(name) == twin


def dry(folder: Path, **settings: Any) -> Run:
    return Run(folder, budget="dry", rules={"dry_run_devices": True}, **settings)


def test_a_dry_run_goes_to_the_twin_and_costs_nothing(tmp_path: Path) -> None:
    run = dry(tmp_path, most_jobs=9)
    for _ in range(2):
        remote = run.submitted()
        assert run.world.jobs[remote].backend == "mock_first"
        run.job(remote)
        run.job(remote)
    assert [one.used for one in run.ledger.entries()] == [0, 0]
    assert run.instance.usage_s == 0
    # Which devices there are is asked for once; what may be used, not at all.
    assert len(run.wire.of("GET /backends")) == 1
    assert run.wire.of("GET /instances/usage") == []


def test_a_lost_dry_run_is_found_too(tmp_path: Path) -> None:
    run = dry(tmp_path)
    run.wire.bend("POST /jobs", answering(500, is_processed=True))
    assert run.submitted() == run.jobs[0].id


@pytest.mark.parametrize(("version", "is_known"), [("0.50.1", False), ("0.51.0", True)])
def test_older_clients_have_no_dry_runs(tmp_path: Path, version: str, is_known: bool) -> None:
    run = dry(tmp_path)
    job = run.request("POST", "/jobs", job_body(backend=DEVICES[0]))
    told = {**job.headers, "x-qx-client-application": CLIENT.format(version)}
    job = replace(job, headers=told)
    if is_known:
        assert run.handle(job).status == 200
    else:
        problem = refused(run, job, "client 0.50.1 has no dry runs", "not offered")
        assert "qiskit-ibm-runtime>=0.51" in str(problem.next)


def test_other_plans_have_no_dry_runs(tmp_path: Path) -> None:
    run = dry(tmp_path, plan="Open")
    with pytest.raises(LiveRefused, match="Flex, Premium and On-Prem") as it:
        run.submit()
    assert it.value.outcome == "not offered"
    assert run.jobs == []


def test_a_session_has_no_dry_run(tmp_path: Path) -> None:
    run = dry(tmp_path)
    session = run.request("POST", "/sessions", {"mode": "dedicated", "backend": DEVICES[0]})
    refused(run, session, "whether a session without QPU time is free", "not offered")


def test_who_cannot_ask_for_the_twin_sends_nothing(tmp_path: Path) -> None:
    run = dry(tmp_path)
    for status, outcome in ((500, "service"), (401, "credentials")):
        run.wire.bend("GET /backends", answering(status, is_processed=False))
        with pytest.raises(LiveRefused, match=f"it answered {status}") as it:
            run.submit()
        assert it.value.outcome == outcome
    assert run.jobs == []


def test_the_marker_of_the_test_that_runs_now_counts(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.submitted()
    run.test.allowance = Allowance("test_b")
    refused(run, run.request("POST", "/jobs", job_body()), "no marker live_qpu")
