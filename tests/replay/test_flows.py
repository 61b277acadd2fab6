"""The channel guide's flows on every channel, from committed cassettes, with sockets shut.

They are recorded with the newest client; it has no channel ibm_quantum, so that one is REST.
See cassettes/README.md for how to record them anew.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from pytest_qchannel import (
    ChannelUnavailable,
    QChannel,
    WorldBuilder,
    assert_authenticated,
    assert_least_busy,
    assert_logged_out,
    assert_sampler_run,
    assert_submitted_once,
)
from tests.replay.sockets import SocketReached, no_sockets

pytestmark = pytest.mark.vcr
CLIENT = pytest.mark.qchannel("ibm_quantum_platform", "ibm_cloud")
REST = pytest.mark.qchannel("ibm_quantum")
SHOTS = 500
WORLD = Path(__file__).parents[2] / "examples" / "world-2024.toml"


@pytest.fixture
def qchannel_world() -> WorldBuilder:
    """For those who record anew: what is asked of devices below is of those of 2024."""
    return WorldBuilder.from_file(WORLD)


@pytest.fixture(autouse=True)
def _at_the_socket(qchannel: QChannel) -> Iterator[None]:
    """The proof: in a replay nothing may even look up a name, loopback included."""
    if qchannel.settings.origin["mode"] == "default":
        assert qchannel.lane == "replay", "what a fresh clone does"
    if qchannel.lane == "record":
        yield
        return
    with no_sockets() as tried:
        yield
    assert tried in ([], [TRIED])


TRIED = "connect(('127.0.0.1', 9),)"


@CLIENT
def test_sockets_are_shut(qchannel: QChannel) -> None:
    assert qchannel.open_session().get("/jobs").status_code == 200
    if qchannel.lane != "record":
        with socket.socket() as one, pytest.raises(SocketReached):
            one.connect(("127.0.0.1", 9))


@CLIENT
def test_auth(qchannel: QChannel, qchannel_service: Any) -> None:
    assert_authenticated(qchannel_service)
    assert qchannel.account.instance is not None
    assert qchannel.account.instance.id.startswith("crn:v1:")
    assert qchannel_service.usage()["usage_consumed_seconds"] == 0


@CLIENT
def test_least_busy(qchannel_service: Any) -> None:
    backend = qchannel_service.least_busy(operational=True, simulator=False)
    assert_least_busy(backend, qchannel_service, operational=True, simulator=False)
    assert (backend.name, backend.num_qubits) == ("ibm_sherbrooke", 127)


def _bell(backend: Any) -> Any:
    from qiskit import QuantumCircuit
    from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager

    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return generate_preset_pass_manager(
        optimization_level=1, backend=backend, initial_layout=[0, 1], seed_transpiler=1
    ).run(circuit)


@CLIENT
def test_sampler_run(qchannel: QChannel, qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2

    job = SamplerV2(mode=qchannel_backend).run([_bell(qchannel_backend)], shots=SHOTS)
    assert_sampler_run(job, shots=SHOTS, counts={"00": 0.5, "11": 0.5})
    assert_submitted_once(job)


@CLIENT
def test_logout_then_401(qchannel: QChannel, qchannel_service: Any) -> None:
    assert qchannel_service.jobs(limit=1) == []
    qchannel.revoke_access()
    assert_logged_out(qchannel_service)


WHEN = {
    "now": (timedelta(), None),
    "in ten years": (timedelta(days=3653), None),
    "tomorrow's side of the world": (timedelta(), "Pacific/Kiritimati"),
    "yesterday's side of the world": (timedelta(), "Pacific/Pago_Pago"),
}


@pytest.mark.qchannel("ibm_cloud")
@pytest.mark.default_cassette("jobs_of_the_last_week")
@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the system has no tzset")
@pytest.mark.parametrize("when", WHEN)
def test_whenever_and_wherever(
    qchannel: QChannel, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """What a program asks for of the last week is another week each time."""
    if qchannel.lane == "record" and when != "now":
        pytest.skip("the first of them is recorded for all")
    later, zone = WHEN[when]
    if zone:
        monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        with time_machine.travel(datetime.now(UTC) + later):
            service = qchannel.connect()
            recent = datetime.now() - timedelta(days=7)
            assert service.jobs(created_after=recent) == []
            assert_authenticated(service)
    finally:
        monkeypatch.undo()
        time.tzset()


@REST
def test_rest_auth(qchannel: QChannel, qchannel_rest: Any) -> None:
    assert_authenticated(qchannel_rest)
    assert qchannel.account.instance is not None
    assert qchannel.account.instance.id.count("/") == 2
    with pytest.raises(ChannelUnavailable, match="has no channel ibm_quantum"):
        qchannel.connect()


def _rest_least_busy(session: Any) -> Any:
    names = session.get("/backends").json()["devices"]
    states = {name: session.get(f"/backends/{name}/status").json() for name in names}
    online = {
        name: one["length_queue"]
        for name, one in states.items()
        if one["state"] and one["status"] == "active"
    }
    assert len(online) < len(states), "one is down, and must not be chosen"
    return min(online, key=lambda name: online[name])


@REST
def test_rest_least_busy(qchannel_rest: Any) -> None:
    assert _rest_least_busy(qchannel_rest) == "ibm_sherbrooke"


@REST
def test_rest_sampler_run(qchannel: QChannel, qchannel_rest: Any) -> None:
    assert qchannel.account.instance is not None
    hub, group, project = qchannel.account.instance.id.split("/")
    program = 'OPENQASM 3.0; include "stdgates.inc"; bit[2] c; x $0; ' + (
        "c[0] = measure $0; c[1] = measure $1;"
    )
    made = qchannel_rest.post(
        "/jobs",
        json={
            "program_id": "sampler",
            "backend": "ibm_sherbrooke",
            "hub": hub,
            "group": group,
            "project": project,
            "params": {"version": 2, "pubs": [[program, None, 100]]},
        },
    )
    assert made.status_code == 200, made.text
    job = f"/jobs/{made.json()['id']}"
    while (state := qchannel_rest.get(job).json()["state"]["status"]) in ("Queued", "Running"):
        time.sleep(0.1)
    assert state == "Completed"
    result = qchannel_rest.get(f"{job}/results").json()["results"][0]
    assert result["data"]["c"]["samples"] == ["0x1"] * 100


@REST
def test_rest_logout_then_401(qchannel_rest: Any) -> None:
    assert qchannel_rest.get("/jobs").status_code == 200
    assert qchannel_rest.logout().status_code == 200
    assert_logged_out(qchannel_rest)
