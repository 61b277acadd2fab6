"""A project that records its tests, many kinds of traffic, run by ``test_recorded_flows.py``."""

from __future__ import annotations

import datetime
import time
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import requests
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager

from pytest_qchannel import QChannel, WorldBuilder
from pytest_qchannel.channels.client import client_version
from pytest_qchannel.channels.rest import ChannelSession

EVERY = ("ibm_quantum_platform", "ibm_cloud", "ibm_quantum")
RELEASE = tuple(int(part) for part in client_version().split(".")[:2])
# By a marker: a test that skips itself in its body has no cassette, and its replay would fail.
NEEDS_EXECUTOR = pytest.mark.skipif(
    find_spec("samplomatic") is None or find_spec("qiskit_ibm_runtime.executor_estimator") is None,
    reason="only newer clients have the executor",
)
pytestmark = [
    pytest.mark.vcr,
    pytest.mark.qchannel("ibm_cloud"),
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture
def qchannel_world() -> WorldBuilder:
    devices = ["ibm_sherbrooke", "ibm_torino"]
    return (
        WorldBuilder()
        .device(devices[0])
        .device(devices[1], queue_length=3)
        .account("me", channels=EVERY[:2])
        .instance("open", plan="Open", devices=devices)
        .instance("paid", plan="Premium", devices=devices)
        .account("classic", channels=EVERY[2:])
        .instance("a/b/c", plan="Premium", devices=devices)
    )


def isa(circuit: QuantumCircuit, backend: Any) -> QuantumCircuit:
    manager = generate_preset_pass_manager(optimization_level=1, backend=backend, seed_transpiler=1)
    return manager.run(circuit)


def bell(backend: Any) -> QuantumCircuit:
    circuit = QuantumCircuit(2, name="acme", metadata={"run": 4})
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return isa(circuit, backend)


@pytest.mark.qchannel(*EVERY)
def test_sampler(qchannel_service: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2

    backend = qchannel_service.least_busy(operational=True, simulator=False)
    assert backend.properties().t1(0) > 0
    job = SamplerV2(mode=backend).run([bell(backend)], shots=64)
    assert sum(job.result()[0].data.meas.get_counts().values()) == 64
    assert job.inputs["pubs"][0][2] == 64
    assert job.metrics()
    job.logs()


def test_sampler_with_parameters_and_registers(qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2

    turned = QuantumCircuit(1)
    turned.ry(Parameter("theta"), 0)
    turned.measure_all()
    bits, out = ClassicalRegister(1, "bits"), ClassicalRegister(1, "out")
    dynamic = QuantumCircuit(QuantumRegister(2), bits, out)
    dynamic.h(0)
    dynamic.measure(0, bits[0])
    with dynamic.if_test((bits, 1)):
        dynamic.x(1)
    dynamic.measure(1, out[0])
    angles = np.linspace(0, np.pi, 5).reshape(5, 1)
    pubs = [(isa(turned, qchannel_backend), angles, 100), (isa(dynamic, qchannel_backend),)]
    first, second = SamplerV2(mode=qchannel_backend).run(pubs, shots=50).result()
    assert first.data.meas.get_counts(4) == {"1": 100}
    assert (second.data.bits.array == second.data.out.array).all()


def test_estimator_with_parameters(qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime import EstimatorV2

    circuit = QuantumCircuit(2)
    circuit.ry(Parameter("a"), 0)
    circuit.rx(Parameter("b"), 1)
    circuit.cx(0, 1)
    circuit = isa(circuit, qchannel_backend)
    observables = [
        [SparsePauliOp(["ZZ", "XX"], [1.0, 0.5]).apply_layout(circuit.layout)],
        [SparsePauliOp("IZ").apply_layout(circuit.layout)],
    ]
    estimator = EstimatorV2(mode=qchannel_backend)
    estimator.options.resilience_level = 1
    estimator.options.dynamical_decoupling.enable = True
    values = np.random.default_rng(1).random((2, 3, 2))
    result = estimator.run([(circuit, observables, values)], precision=0.02).result()
    assert result[0].data.evs.shape == (2, 3)


def service_with_sessions(qchannel: QChannel) -> Any:
    from qiskit_ibm_runtime import QiskitRuntimeService

    instance = next(one for one in qchannel.instances if one.plan != "Open")
    return QiskitRuntimeService(
        channel=qchannel.channel.name,
        token=qchannel.account.secret.reveal(),
        instance=instance.id,
    )


def test_session(qchannel: QChannel) -> None:
    from qiskit_ibm_runtime import SamplerV2, Session

    backend = service_with_sessions(qchannel).least_busy(operational=True, simulator=False)
    with Session(backend=backend, max_time="10m") as session:
        sampler = SamplerV2(mode=session)
        jobs = [sampler.run([bell(backend)], shots=shots) for shots in (10, 20)]
        assert [job.result()[0].data.meas.num_shots for job in jobs] == [10, 20]
        details = session.details()
        assert details is not None
        assert details["id"] == session.session_id
    assert {job.session_id for job in jobs} == {session.session_id}


def test_batch(qchannel: QChannel) -> None:
    from qiskit_ibm_runtime import Batch, SamplerV2

    backend = service_with_sessions(qchannel).least_busy(operational=True, simulator=False)
    with Batch(backend=backend) as batch:
        sampler = SamplerV2(mode=batch)
        jobs = [sampler.run([bell(backend)], shots=shots) for shots in (10, 20, 10)]
    assert [job.result()[0].data.meas.num_shots for job in jobs] == [10, 20, 10]


def test_lists_of_jobs_and_tags(qchannel_service: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2

    backend = qchannel_service.least_busy(operational=True, simulator=False)
    sampler = SamplerV2(mode=backend)
    sampler.options.environment.job_tags = ["bluebird", "night run #4"]
    first, second = (sampler.run([bell(backend)], shots=shots) for shots in (10, 11))
    for job in (first, second):
        job.result()
    assert len(qchannel_service.jobs(job_tags=["bluebird"])) == 2
    first.update_tags(["renamed"])
    [found] = qchannel_service.jobs(job_tags=["renamed"])
    assert (found.job_id(), found.tags) == (first.job_id(), ["renamed"])
    again = qchannel_service.job(second.job_id())
    assert again.result()[0].data.meas.num_shots == 11
    [oldest] = qchannel_service.jobs(limit=1, backend_name=backend.name, descending=False)
    assert oldest.job_id() in (first.job_id(), second.job_id())
    assert qchannel_service.jobs(pending=True) == []
    yesterday = datetime.datetime.now() - datetime.timedelta(days=1)
    assert len(qchannel_service.jobs(created_after=yesterday)) == 2


def test_a_failed_and_a_deleted_job(qchannel_service: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2
    from qiskit_ibm_runtime.exceptions import RuntimeJobNotFound

    backend = qchannel_service.least_busy(operational=True, simulator=False)
    job = SamplerV2(mode=backend).run([bell(backend)], shots=10_000_001)
    with pytest.raises(Exception, match="exceeds the system limit"):
        job.result()
    qchannel_service.delete_job(job.job_id())
    with pytest.raises(RuntimeJobNotFound):
        qchannel_service.job(job.job_id())


def test_account_and_devices(qchannel_service: Any) -> None:
    if RELEASE >= (0, 40):  # older ones know of usage and instances on the classic channel only
        assert qchannel_service.usage()
        assert qchannel_service.instances()
    for backend in qchannel_service.backends():
        assert backend.configuration().n_qubits == backend.target.num_qubits
        assert backend.properties().qubits
        assert backend.status().backend_name == backend.name


def test_logout(qchannel: QChannel, qchannel_service: Any) -> None:
    assert qchannel_service.jobs(limit=1) == []
    qchannel.revoke_access()
    with pytest.raises(Exception, match="401"):
        qchannel_service.jobs(limit=1)


@NEEDS_EXECUTOR
def test_executor(qchannel_backend: Any) -> None:
    import qiskit_ibm_runtime as runtime

    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("a"), 0)
    circuit.measure_all()
    program = runtime.QuantumProgram(50, passthrough_data={"mine": np.array([1.0, 2.0])})
    angles = np.array([[0.0], [np.pi]])
    program.append_circuit_item(isa(circuit, qchannel_backend), circuit_arguments=angles)
    job = runtime.Executor(qchannel_backend).run(program)
    assert job.result()[0]["meas"].shape == (2, 50, 1)
    assert job.inputs["quantum_program"].shots == 50


@NEEDS_EXECUTOR
def test_estimator_over_the_executor(qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime import executor_estimator as client_side

    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    circuit = isa(circuit, qchannel_backend)
    observables = [SparsePauliOp([one]).apply_layout(circuit.layout) for one in ("XXX", "ZIZ")]
    estimator = client_side.EstimatorV2(qchannel_backend)
    estimator.options.resilience_level = 1
    values = estimator.run([(circuit, observables)]).result()[0].data.evs
    assert values == pytest.approx([1, 1], abs=0.2)


def test_noise_learner(qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime.noise_learner import NoiseLearner

    circuit = QuantumCircuit(2, name="acme")
    circuit.h(0)
    circuit.cx(0, 1)
    result = NoiseLearner(qchannel_backend).run([isa(circuit, qchannel_backend)]).result()
    assert result[0].circuit.num_qubits == 2


QASM = (
    'OPENQASM 3.0; include "stdgates.inc"; bit[2] c; x $0; x $1; c[0] = measure $0; '
    "c[1] = measure $1;"
)


@pytest.mark.qchannel(*EVERY)
def test_rest(qchannel: QChannel, qchannel_rest: ChannelSession) -> None:
    devices = qchannel_rest.get("/backends").json()["devices"]
    names = [one if isinstance(one, str) else one["name"] for one in devices]
    for part in ("configuration", "properties", "status", "defaults"):
        qchannel_rest.get(f"/backends/{names[0]}/{part}").raise_for_status()
    submitted = {
        "program_id": "sampler",
        "backend": names[0],
        "params": {"pubs": [[QASM, None, 40]], "version": 2, "options": {}},
        "tags": ["bluebird"],
    }
    ids = [qchannel_rest.post("/jobs", json=submitted).json()["id"] for _ in range(2)]
    for one in ids:
        while qchannel_rest.get(f"/jobs/{one}").json()["state"]["status"] != "Completed":
            time.sleep(0.01)
        assert qchannel_rest.get(f"/jobs/{one}/results").json()
        qchannel_rest.get(f"/jobs/{one}/metrics").raise_for_status()
    assert qchannel_rest.post(f"/jobs/{ids[0]}/cancel").status_code == 409
    listed = qchannel_rest.get("/jobs", params={"tags": "bluebird", "limit": "5"}).json()
    assert {one["id"] for one in listed["jobs"]} == set(ids)
    assert qchannel_rest.delete(f"/jobs/{ids[0]}").status_code == 204
    assert qchannel_rest.get(f"/jobs/{ids[0]}").status_code == 404
    qchannel.revoke_access()
    assert qchannel_rest.get("/jobs").status_code == 401


OWN = ("planted-hub", "planted-group", "planted-project")
"""Of nobody: what the test types itself."""


@pytest.mark.qchannel("ibm_quantum")
def test_classic_credentials_and_instances_in_queries(
    qchannel_rest: ChannelSession, qchannel_access_token: str
) -> None:
    base = qchannel_rest.base_url
    own = dict(zip(("hub", "group", "project"), OWN, strict=True))
    for token, status in ((qchannel_access_token, 200), ("planted-access-token", 401)):
        for path in ("/backends", "/jobs?limit=3"):
            answer = requests.get(base + path, params={"access_token": token}, timeout=9)
            assert answer.status_code == status
    # What the account does not have is refused where devices are asked for; the list is empty.
    for query, status in (
        ({"provider": "a/b/c", "hub": "a", "group": "b", "project": "c"}, 200),
        ({"provider": "/".join(OWN)}, 403),
        (own, 200),
    ):
        assert qchannel_rest.get("/backends", params=query).status_code == status
        assert qchannel_rest.get("/jobs", params=query).status_code == 200
    sent = {"mode": "batch", "backend": "ibm_torino", "instance": "/".join(OWN)}
    assert qchannel_rest.post("/sessions", json=sent).status_code == 403
    submitted = {"program_id": "sampler", "backend": "ibm_torino", "params": {}, **own}
    assert qchannel_rest.post("/jobs", json=submitted).status_code == 403
