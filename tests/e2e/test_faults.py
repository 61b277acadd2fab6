"""Faults, met by the real client: what its user sees, and what was sent meanwhile.

The emulator is in this process, where the client's retries do not pause; nothing is patched.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from pytest_qchannel import (
    ExpectationFailed,
    QChannel,
    RawKeyWarning,
    assert_submitted_once,
)
from pytest_qchannel.channels.client import client_version

pytestmark = pytest.mark.qchannel("ibm_quantum_platform", "ibm_cloud", "ibm_quantum")

RELEASE = tuple(int(part) for part in client_version().split(".")[:2])


def submit(backend: Any, count: int = 1) -> list[Any]:
    """That many jobs, each of one circuit that gives ``1``, 10 shots."""
    from qiskit import QuantumCircuit
    from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager
    from qiskit_ibm_runtime import SamplerV2

    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.measure_all()
    ready = generate_preset_pass_manager(optimization_level=1, backend=backend).run(circuit)
    sampler = SamplerV2(mode=backend)
    return [sampler.run([ready], shots=10) for _ in range(count)]


def counts(job: Any) -> dict[str, int]:
    found: dict[str, int] = job.result()[0].data.meas.get_counts()
    return found


def name_of(caught: pytest.ExceptionInfo[BaseException]) -> str:
    return type(caught.value).__name__


def statuses(qchannel: QChannel, path: str, method: str = "POST") -> list[int]:
    return [one.status for one in qchannel.requests.to(path, method=method)]


@pytest.mark.qchannel_fault("POST /jobs", status=502)
def test_a_bad_gateway_is_retried(qchannel: QChannel, qchannel_backend: Any) -> None:
    (job,) = submit(qchannel_backend)
    assert counts(job) == {"1": 10}
    assert statuses(qchannel, "/jobs") == [502, 200]
    refused, accepted = qchannel.requests.to("/jobs", method="POST")
    assert refused.fault == "POST /jobs: status 502"
    assert refused.job_id is None
    assert accepted.fault is None
    assert accepted.job_id == job.job_id()
    assert refused.fingerprint == accepted.fingerprint
    with pytest.raises(ExpectationFailed, match="submitted 2 times and created one job"):
        assert_submitted_once(job)


@pytest.mark.qchannel_fault("POST /jobs", status=503, retry_after_s=7)
def test_maintenance_is_retried_but_by_0_40(qchannel: QChannel, qchannel_backend: Any) -> None:
    if (0, 35) <= RELEASE < (0, 41):
        with pytest.raises(Exception, match="maintenance mode") as caught:
            submit(qchannel_backend)
        assert name_of(caught) == "IBMRuntimeError"
        assert statuses(qchannel, "/jobs") == [503]
    else:
        (job,) = submit(qchannel_backend)
        assert counts(job) == {"1": 10}
        assert statuses(qchannel, "/jobs") == [503, 200]


@pytest.mark.qchannel_fault("POST /jobs", status=500, times="every")
def test_an_outage_is_given_up_after_six_sends(qchannel: QChannel, qchannel_backend: Any) -> None:
    began = time.perf_counter()
    with pytest.raises(Exception, match="too many 500 error responses") as caught:
        submit(qchannel_backend)
    assert name_of(caught) == "IBMRuntimeError"
    assert statuses(qchannel, "/jobs") == [500] * 6
    assert time.perf_counter() - began < 10, "over a network the client pauses 15 s in all"


@pytest.mark.qchannel_fault("POST /jobs", status=429, retry_after_s=7)
def test_a_rate_limit_fails_a_submission_at_once(qchannel: QChannel, qchannel_backend: Any) -> None:
    with pytest.raises(Exception, match="429") as caught:
        submit(qchannel_backend)
    assert name_of(caught) == "IBMRuntimeError"
    assert statuses(qchannel, "/jobs") == [429]
    (refused,) = qchannel.requests.to("/jobs", method="POST")
    answer = json.loads(refused.answer)
    assert answer["errors"][0]["code"] == 1202


@pytest.mark.qchannel_fault("GET /jobs", status=429, retry_after_s=7, times=2)
def test_a_rate_limit_with_retry_after_is_waited_for_by_a_get(
    qchannel: QChannel, qchannel_service: Any
) -> None:
    assert qchannel_service.jobs(limit=1) == []
    assert statuses(qchannel, "/jobs", "GET") == [429, 429, 200]


@pytest.mark.qchannel_fault("GET /jobs", status=429)
def test_a_rate_limit_without_retry_after_is_not(qchannel: QChannel, qchannel_service: Any) -> None:
    with pytest.raises(Exception, match="429") as caught:
        qchannel_service.jobs(limit=1)
    assert name_of(caught) == "RequestsApiError"
    assert statuses(qchannel, "/jobs", "GET") == [429]


@pytest.mark.qchannel_fault("POST /jobs", status=504, processed=True)
def test_a_lost_answer_makes_the_client_submit_twice(
    qchannel: QChannel, qchannel_backend: Any
) -> None:
    (job,) = submit(qchannel_backend)
    lost, kept = qchannel.requests.to("/jobs", method="POST")
    assert (lost.status, kept.status) == (504, 200)
    assert kept.job_id == job.job_id()
    assert [one.id for one in qchannel.emulator.jobs] == [lost.job_id, kept.job_id]
    with pytest.raises(ExpectationFailed) as caught:
        assert_submitted_once(job)
    said = str(caught.value)
    assert "the job was submitted 2 times and created 2 jobs" in said
    assert str(lost) in said
    assert str(kept) in said
    assert f"{lost.job_id}, {kept.job_id}" in said


@pytest.mark.parametrize(("drop", "made"), [("connect", 1), ("before", 0), ("after", 1)])
def test_a_lost_connection(qchannel: QChannel, qchannel_backend: Any, drop: str, made: int) -> None:
    """Only where no connection was made the client knows that it may send a POST again."""
    fault = qchannel.emulator.fault("POST /jobs", drop=drop)
    if drop == "connect":
        (job,) = submit(qchannel_backend)
        assert counts(job) == {"1": 10}
        assert statuses(qchannel, "/jobs") == [0, 200]
    else:
        with pytest.raises(Exception, match="Connection aborted") as caught:
            submit(qchannel_backend)
        assert name_of(caught) == "IBMRuntimeError"
        (lost,) = qchannel.requests.to("/jobs", method="POST")
        assert str(lost).endswith(f"(fault {fault})")
        assert lost.is_lost
        assert (lost.job_id is not None) == (drop == "after")
    assert len(qchannel.emulator.jobs) == made
    assert fault.strikes == 1


@pytest.mark.qchannel_fault("GET /jobs", drop="before", times=2)
def test_a_get_survives_lost_connections(qchannel: QChannel, qchannel_service: Any) -> None:
    assert qchannel_service.jobs(limit=1) == []
    assert statuses(qchannel, "/jobs", "GET") == [0, 0, 200]


def test_a_resubmission_of_the_users_own_is_seen(qchannel: QChannel, qchannel_backend: Any) -> None:
    qchannel.emulator.fault("POST /jobs", drop="after")
    with pytest.raises(Exception, match="Connection aborted"):
        submit(qchannel_backend)
    (job,) = submit(qchannel_backend)
    with pytest.raises(ExpectationFailed, match="2 times and created 2 jobs"):
        assert_submitted_once(job)


def test_two_runs_on_purpose_are_two_submissions(qchannel: QChannel, qchannel_backend: Any) -> None:
    one, two = submit(qchannel_backend, 2)
    posts = qchannel.requests.to("/jobs", method="POST")
    assert len({post.outline for post in posts}) == 1
    assert_submitted_once(one)
    assert_submitted_once(two)
    assert_submitted_once(two.job_id(), requests=qchannel.requests)


@pytest.mark.parametrize("how", ["token_revoked", "token_expired"])
def test_an_access_token_ends_in_mid_session(
    qchannel: QChannel, qchannel_service: Any, how: str
) -> None:
    if RELEASE < (0, 39) and not qchannel.channel.is_classic:
        pytest.skip("client 0.34 on ibm_cloud has no access token")
    qchannel.emulator.fault(account=how, skip=2)
    assert qchannel_service.jobs(limit=1) == []
    assert qchannel_service.jobs(limit=1) == []
    with pytest.raises(Exception, match="401") as caught:
        qchannel_service.jobs(limit=1)
    assert name_of(caught) == "IBMNotAuthorizedError"
    assert statuses(qchannel, "/jobs", "GET") == [200, 200, 401]
    assert qchannel.requests[-1].fault == f"account: {how}"


@pytest.mark.filterwarnings("ignore:Unable to retrieve IBM Cloud access token")  # the client's
def test_iam_down_makes_the_client_send_the_raw_key(qchannel: QChannel) -> None:
    """One request only: after a failed login the client waits a minute before the next one."""
    if qchannel.channel.is_classic or RELEASE < (0, 39):
        pytest.skip("it does not log in at IAM")
    # Up to 0.40 the first access token is for the runtime service; since then for discovery.
    qchannel.emulator.fault(account="iam_down", skip=0 if RELEASE < (0, 41) else 1)
    with pytest.warns(RawKeyWarning, match="sending the raw API key: GET https://") as told:
        _first_runtime_request(qchannel)
    (sent,) = _with_key(qchannel)
    assert sent.status == 200
    said = [str(one.message) for one in told if one.category is RawKeyWarning]
    assert len(said) == 1
    assert qchannel.account.secret.reveal() not in said[0]


def _first_runtime_request(qchannel: QChannel) -> None:
    """The one of the service's start, or where it sends none another."""
    service = qchannel.connect()
    if not _with_key(qchannel):
        service.jobs(limit=1)


def _with_key(qchannel: QChannel) -> list[Any]:
    return [one for one in qchannel.requests if one.auth_scheme == "apikey"]


@pytest.mark.filterwarnings("ignore:There is currently no more time available")  # the client's
@pytest.mark.filterwarnings("ignore:This instance has met its usage limit")
def test_an_instance_is_used_up(qchannel: QChannel, qchannel_backend: Any) -> None:
    (before,) = submit(qchannel_backend)
    assert counts(before) == {"1": 10}
    fault = qchannel.emulator.fault(account="used_up")
    with pytest.raises(Exception, match=r"409|403|Failed to run program") as caught:
        submit(qchannel_backend)
    refused = (
        403 if qchannel.channel.is_classic else 409
    )  # seen on the one, described for the other
    assert statuses(qchannel, "/jobs") == [200, refused]
    if refused == 409:
        assert name_of(caught) == "IBMRuntimeError"
    assert fault.strikes == 1


@pytest.mark.qchannel_fault(job="failed", reason="The fridge is warm.", code=1011)
@pytest.mark.qchannel_fault(job="too_long")
@pytest.mark.qchannel_fault(job="cancelled")
@pytest.mark.qchannel_fault(job="stuck")
def test_jobs_end_as_declared(qchannel: QChannel, qchannel_backend: Any) -> None:
    for device in qchannel.emulator.backends:
        qchannel.emulator.set_queue_length(device, 0)
    failed, late = submit(qchannel_backend, 2)
    with pytest.raises(Exception, match=r"1011.*The fridge is warm") as caught:
        failed.result()
    assert name_of(caught) == "RuntimeJobFailureError"
    with pytest.raises(Exception, match=r"1305;.* (too long|ran longer than)") as caught:
        late.result()
    assert name_of(caught) == "RuntimeJobMaxTimeoutError"
    cancelled, stuck = submit(qchannel_backend, 2)
    with pytest.raises(Exception, match=r"(?i)cancelled") as caught:
        cancelled.result()
    assert name_of(caught) == "RuntimeInvalidStateError"
    with pytest.raises(Exception, match="Timed out") as caught:
        stuck.result(timeout=0.2)
    assert name_of(caught) == "RuntimeJobTimeoutError"
    (fine,) = submit(qchannel_backend)
    assert counts(fine) == {"1": 10}


@pytest.mark.qchannel_fault("GET /jobs/<job_id>/results", body="malformed")
def test_a_malformed_result_is_no_result(qchannel: QChannel, qchannel_backend: Any) -> None:
    (job,) = submit(qchannel_backend)
    found = job.result()
    assert isinstance(found, str), "the client gives what is no JSON as it is"
    assert found.endswith("<")


@pytest.mark.qchannel_fault("GET /jobs", body="truncated")
def test_a_truncated_body_is_an_error(qchannel: QChannel, qchannel_service: Any) -> None:
    with pytest.raises(Exception, match="Connection broken: IncompleteRead") as caught:
        qchannel_service.jobs(limit=1)
    assert name_of(caught) == "RequestsApiError"


@pytest.mark.qchannel_fault("GET /jobs", body="malformed")
def test_a_malformed_list_is_an_error(qchannel_service: Any) -> None:
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter"):
        qchannel_service.jobs(limit=1)


@pytest.mark.qchannel_fault("GET /jobs", delay_s=0.2)
def test_a_late_answer_is_waited_for(qchannel: QChannel, qchannel_service: Any) -> None:
    began = time.perf_counter()
    assert qchannel_service.jobs(limit=1) == []
    assert time.perf_counter() - began >= 0.2
    (late,) = qchannel.requests.to("/jobs", method="GET")
    assert late.fault == "GET /jobs: 0.2 s late"
