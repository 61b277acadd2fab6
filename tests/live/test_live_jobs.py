"""Live tests that submit jobs: once each, within a budget, with the real client."""

from __future__ import annotations

import json
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest

from tests.live.conftest import SAMPLER
from tests.live.second_server import SecondServer
from tests.live.worlds import world_with

Run = Callable[..., pytest.RunResult]

ONE = """
@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_a(qchannel_service):
    job = sample(qchannel_service)
    assert sum(job.result()[0].data.meas.get_counts().values()) == 16
    assert not job.tags
"""


@pytest.fixture(scope="module")
def world() -> str:
    """Devices have twins that run nothing."""
    return world_with("queue_length = 3", "dry_run_devices = true")


Submitted = Callable[..., tuple[pytest.RunResult, list[dict[str, Any]]]]


@pytest.fixture
def submitted(live: Run, led: SecondServer) -> Submitted:
    """Runs a project live, and gives its result and the jobs that the service had of it."""

    def run(source: str, *args: str) -> tuple[pytest.RunResult, list[dict[str, Any]]]:
        known = {one["id"] for one in led.jobs()}
        result = live(source, *args)
        return result, [one for one in led.jobs() if one["id"] not in known]

    return run


def test_a_job_runs_once_with_a_cost_and_tags_that_nobody_sees(
    submitted: Submitted, pytester: pytest.Pytester
) -> None:
    """With ``-q`` two lines told at the end what the run had cost."""
    report = "--qchannel-report=out.json"
    result, jobs = submitted(SAMPLER + ONE, "--qchannel-budget=60", "-q", report)
    result.assert_outcomes(passed=1)
    [job] = jobs
    told = [one for one in result.outlines if one.startswith("qchannel:")]
    # A slow machine is told, in between, what it waits for.
    [line] = [one for one in told if not one.startswith("qchannel: waiting ")]
    assert line.startswith("qchannel: 1 live on ibm_quantum_platform; ")
    used = max(2.0, round(job["usage_s"]))
    cost = f"1 job, {used:g} QPU seconds used, 0 held, {60 - used:g} of 60 left"
    assert line.endswith(cost)
    document = json.loads((pytester.path / "out.json").read_bytes())
    assert document["qpu_seconds"] == {"used": used, "held": 0.0, "budget": 60.0, "estimate": None}
    [[one]] = [test["jobs"] for test in document["tests"]]
    assert (one["id"], one["backend"]) == (job["id"], "ibm_here")
    assert one["qpu_seconds"] == {"value": used, "is_estimate": False}
    assert (job["cost_s"], job["state"]) == (10, "Completed")
    common, of_run, own = job["tags"]
    assert (common, own.rpartition("-")[0]) == ("qchannel", of_run)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"drop": "after"}, 0),
        ({"status": 500, "processed": True}, 500),
        ({"status": 503}, 503),
        ({"body": "truncated"}, 200),
        ({"body": "malformed"}, 200),
        ({"status": 429, "retry_after_s": 2}, 429),
    ],
    ids=str,
)
def test_whatever_becomes_of_the_answer_there_is_one_job(
    submitted: Submitted, led: SecondServer, words: dict[str, object], status: int
) -> None:
    led.fault("POST /jobs", **words)
    result, jobs = submitted(SAMPLER + ONE, "--qchannel-budget=60")
    result.assert_outcomes(passed=1)
    assert len(jobs) == 1
    assert status in [one[3] for one in led.requests() if one[2].endswith("/jobs")]


def test_the_budget_is_never_passed(submitted: Submitted) -> None:
    test = """
        @pytest.mark.live_qpu(max_qpu_seconds=10, max_jobs=2)
        @pytest.mark.parametrize("n", range(4))
        def test_a(qchannel_service, n):
            sample(qchannel_service)
            sample(qchannel_service).result()
    """
    source = SAMPLER + dedent(test)
    result, jobs = submitted(source, "--qchannel-budget=15", "-rs")
    assert result.parseoutcomes()["skipped"] > 0
    assert sum(one["usage_s"] for one in jobs) <= 15
    result.stdout.fnmatch_lines(
        ["SKIPPED*live, quota: a job was not sent: it needs 10 s (5 s, and 5 s for *"]
    )


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "workers"])
def test_a_budget_below_the_smallest_reserve_is_a_usage_error(
    live: Run, workers: tuple[str, ...]
) -> None:
    """With pytest-xdist it was an internal error that did not say why."""
    result = live(SAMPLER + ONE, "--qchannel-budget=12", *workers)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --qchannel-budget=12 is less than one job of a selected test needs: 15 s, *"]
    )


def test_without_the_marker_and_without_a_budget_nothing_is_sent(submitted: Submitted) -> None:
    test = SAMPLER + ONE + "\ndef test_b(qchannel_service):\n    sample(qchannel_service)\n"
    result, jobs = submitted(test, "-rs")
    result.assert_outcomes(skipped=1, failed=1)
    assert jobs == []
    result.stdout.fnmatch_lines_random(
        [
            "SKIPPED*with --qchannel-budget=0 the live lane only reads; next: --qchannel-budget=*",
            "E *a job was not sent: the test has no marker live_qpu",
        ]
    )


def test_a_worker_of_xdist_tells_a_budget_that_is_too_small(live: Run) -> None:
    """The run ended with an internal error of pytest-xdist's."""
    result = live(SAMPLER + ONE, "--qchannel-budget=12", "-n", "1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --qchannel-budget=12 is less than one job *"])


def test_a_quota_that_is_met_in_a_teardown_is_no_pass(submitted: Submitted) -> None:
    """It was one passed and one skipped, and the run was green."""
    test = """
        @pytest.fixture
        def sampled(qchannel_service):
            yield
            try:
                sample(qchannel_service)
            except Exception:
                pass

        @pytest.mark.live_qpu(max_qpu_seconds=10)
        def test_a(sampled):
            pass
    """
    result, jobs = submitted(SAMPLER + dedent(test))
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*live, quota: a job was not sent: with --qchannel-budget=0 *"])
    assert jobs == []


def test_a_dry_run_goes_to_the_twin_and_a_session_has_none(submitted: Submitted) -> None:
    opens = """
@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_b(qchannel_service):
    from qiskit_ibm_runtime import Session
    Session(backend=qchannel_service.backend("ibm_here"))
"""
    result, jobs = submitted(SAMPLER + ONE + opens, "--qchannel-budget=dry", "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*live, not offered: a session was not sent: *"])
    assert [(one["backend"], one["usage_s"]) for one in jobs] == [("mock_here", 2)]
