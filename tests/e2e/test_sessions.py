"""Sessions and batches through the real client, on each of its channels."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel import QChannel
from pytest_qchannel.emulator.world.progression import polls, seconds
from tests.devices_kit import ANOTHER, LEAST_BUSY
from tests.e2e.session_kit import instance_with_sessions, isa_bell, service_on, version, word

pytestmark = [
    pytest.mark.qchannel("ibm_quantum_platform", "ibm_cloud", "ibm_quantum"),
    # 0.40 speaks of what it will drop.
    pytest.mark.filterwarnings("ignore:.*ibm_quantum.*:DeprecationWarning"),
]
BACKEND = LEAST_BUSY


@pytest.fixture
def service(qchannel: QChannel) -> Any:
    return service_on(qchannel, instance_with_sessions(qchannel).id)


@pytest.fixture
def backend(service: Any) -> Any:
    return service.backend(BACKEND)


def test_jobs_of_a_session(service: Any, backend: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2, Session

    with Session(backend=backend) as session:
        assert session.status() == "Pending"
        sampler = SamplerV2(mode=session)
        first = sampler.run([isa_bell(backend)], shots=100)
        assert set(first.result()[0].data.meas.get_counts()) <= {"00", "11"}
        assert first.session_id == session.session_id
        assert session.status() == "In progress, accepting new jobs"
        second = sampler.run([isa_bell(backend)], shots=100)
    assert not session._active
    # What was submitted runs on after the end of the block.
    assert sum(second.result()[0].data.meas.get_counts().values()) == 100
    assert session.status() == "Closed"
    found = service.jobs(session_id=session.session_id, limit=None)
    assert {one.job_id() for one in found} == {first.job_id(), second.job_id()}


def test_details(qchannel: QChannel, backend: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2, Session

    session = Session(backend=backend, max_time="30m")
    SamplerV2(mode=session).run([isa_bell(backend)]).result()
    details = session.details()
    assert details["id"] == session.session_id
    assert details["backend_name"] == BACKEND
    assert details["max_time"] == 1_800
    assert details["interactive_timeout"] == 60
    assert details["mode"] == "dedicated"
    assert details["state"] == "active"
    assert details["started_at"] == details["activated_at"]
    assert details["last_job_completed"] >= details["last_job_started"]
    assert session.usage() == pytest.approx(details["usage_time"], abs=5)
    if version() >= (0, 51):
        assert [one["status"] for one in details["timestamps"]] == ["open", "active"]
    qchannel.emulator.advance_clock(61)
    assert session.status() == "Pending"
    qchannel.emulator.advance_clock(1_800)
    assert session.status() == "Closed"
    # Only the service knows yet that it is over.
    with pytest.raises(Exception, match="Session has been closed"):
        SamplerV2(mode=session).run([isa_bell(backend)])


def test_a_batch(service: Any, backend: Any) -> None:
    from qiskit_ibm_runtime import Batch, SamplerV2

    with Batch(backend=backend) as batch:
        sampler = SamplerV2()  # takes the block's batch
        jobs = [sampler.run([isa_bell(backend)], shots=50) for _ in range(3)]
    assert [word(one.status()) for one in reversed(jobs)] == ["DONE"] * 3
    assert {one.session_id for one in jobs} == {batch.session_id}
    assert batch.details()["mode"] == "batch"
    assert batch.status() == "Closed"
    used = sum(one.metrics()["usage"].get("quantum_seconds", 0) for one in jobs)
    assert batch.usage() >= 0.5 * used
    assert len(service.jobs(session_id=batch.session_id)) == 3


def test_after_close_nothing_can_be_submitted(backend: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2, Session

    session = Session(backend=backend)
    session.close()
    with pytest.raises(Exception, match="closed"):
        SamplerV2(mode=session).run([isa_bell(backend)])


def test_draining(qchannel: QChannel, backend: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2, Session

    with Session(backend=backend) as session:
        qchannel.emulator._app.world.devices[BACKEND].progression = seconds(30)
        job = SamplerV2(mode=session).run([isa_bell(backend)])
        assert word(job.status()) == "RUNNING"
    assert session.status() == "In progress, not accepting new jobs"
    qchannel.emulator.advance_clock(30)
    assert session.status() == "Closed"
    assert word(job.status()) == "DONE"


def test_waiting_for_the_session_is_enough_to_see_it_end(qchannel: QChannel, backend: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2, Session

    qchannel.emulator._app.world.devices[BACKEND].progression = polls(2)
    with Session(backend=backend) as session:
        jobs = [SamplerV2(mode=session).run([isa_bell(backend)]) for _ in range(2)]
    for _ in range(10):
        if session.status() == "Closed":
            break
    assert session.status() == "Closed"
    assert [word(one.status()) for one in jobs] == ["DONE", "DONE"]


def test_cancelling_a_session_fails_what_is_queued(qchannel: QChannel, backend: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2, Session

    session = Session(backend=backend)
    qchannel.emulator._app.world.devices[BACKEND].progression = seconds(30)
    sampler = SamplerV2(mode=session)
    running, queued = (sampler.run([isa_bell(backend)]) for _ in range(2))
    assert word(running.status()) == "RUNNING"
    session.cancel()
    assert session.status() == "Closed"
    assert word(queued.status()) == "ERROR"
    with pytest.raises(Exception, match=r"1217.*Session has been closed"):
        queued.result()
    qchannel.emulator.advance_clock(30)
    assert word(running.status()) == "DONE"


@pytest.mark.parametrize("is_second_service", [False, True])
def test_from_id(qchannel: QChannel, service: Any, backend: Any, is_second_service: bool) -> None:
    from qiskit_ibm_runtime import Batch, SamplerV2, Session

    session, batch = Session(backend=backend), Batch(backend=backend)
    if is_second_service:
        service = service_on(qchannel, instance_with_sessions(qchannel).id)
    again = Session.from_id(session.session_id, service)
    assert again.session_id == session.session_id
    assert again.backend() == BACKEND
    assert SamplerV2(mode=again).run([isa_bell(backend)]).session_id == session.session_id
    assert Batch.from_id(batch.session_id, service).details()["mode"] == "batch"
    with pytest.raises(Exception, match="has execution mode batch instead of dedicated"):
        Session.from_id(batch.session_id, service)
    with pytest.raises(Exception, match="has execution mode dedicated instead of batch"):
        Batch.from_id(session.session_id, service)
    with pytest.raises(Exception, match=r"(?i)not found"):
        Session.from_id("00000000-0000-4000-8000-000000000000", service)
    session.close()
    again = Session.from_id(session.session_id, service)
    assert again._active is (again.details()["state"] != "closed")


def test_from_id_looks_in_the_other_instances(qchannel: QChannel, backend: Any) -> None:
    from qiskit_ibm_runtime import Session

    if version() < (0, 40) or qchannel.channel.name == "ibm_quantum":
        pytest.skip("clients since 0.40 look in all instances, on cloud channels")
    session = Session(backend=backend)
    everywhere = service_on(qchannel, None)
    assert Session.from_id(session.session_id, everywhere).backend() == BACKEND


def test_a_session_of_another_account_is_not_found(qchannel: QChannel, backend: Any) -> None:
    from qiskit_ibm_runtime import Session

    session = Session(backend=backend)
    world = qchannel.emulator._app.world
    mine = world.sessions[session.session_id].account
    other = next(one for one in world.accounts if one is not mine and one.platform == "cloud")
    if mine.platform == "classic":
        pytest.skip("the emulated world has one classic account")
    world.sessions[session.session_id].account = other
    world.sessions[session.session_id].instance = next(iter(other.instances.values()))
    with pytest.raises(Exception, match="404"):
        session.details()
    session.close()  # the client takes a 404 for a session that is closed


def test_no_dedicated_session_on_the_open_plan(qchannel: QChannel) -> None:
    from qiskit_ibm_runtime import Batch, Session

    found = [one for one in qchannel.instances if one.plan == "Open"]
    if not found:
        pytest.skip("the account has no open instance")
    backend = service_on(qchannel, found[0].id).backend(BACKEND)
    if qchannel.channel.name == "ibm_quantum":
        assert Session(backend=backend).session_id
        return
    with pytest.raises(Exception, match="400 Client Error: Bad Request") as refused:
        Session(backend=backend)
    assert "1352" in str(refused.value)
    assert Batch(backend=backend).session_id


@pytest.mark.parametrize("max_time", [28_801, "9h"])
def test_a_session_has_a_longest_time(backend: Any, max_time: int | str) -> None:
    """More than that was refused here; IBM's API description takes any time, and has a maximum."""
    from qiskit_ibm_runtime import Session

    details = Session(backend=backend, max_time=max_time).details()
    assert details is not None
    assert details["max_time"] == 28_800


def test_another_backend_than_the_sessions(service: Any, backend: Any) -> None:
    from qiskit_ibm_runtime import Session

    session = Session(backend=backend)
    other = service.backend(ANOTHER)
    with pytest.raises(Exception, match=rf"The session is for {BACKEND}|400"):
        service._run(
            program_id="sampler",
            inputs={"pubs": [[isa_bell(other), None, 1]], "version": 2, "support_qiskit": True},
            options={"backend": other, "instance": session._instance},
            session_id=session.session_id,
        )
