"""The flows on the real client: what it meets when something is not as it should be."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel import QChannel, assert_least_busy, assert_sampler_run
from tests.devices_kit import ANOTHER, LEAST_BUSY
from tests.e2e.session_kit import isa_of

ALL_CHANNELS = ("ibm_quantum_platform", "ibm_cloud", "ibm_quantum")
pytestmark = pytest.mark.qchannel(*ALL_CHANNELS)


def _ghz(width: int) -> Any:
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(width)
    circuit.h(0)
    for number in range(1, width):
        circuit.cx(number - 1, number)
    circuit.measure_all()
    return circuit


def test_least_busy_looks_at_queues_and_states(qchannel: QChannel, qchannel_service: Any) -> None:
    pick = qchannel_service.least_busy(operational=True, simulator=False)
    assert pick.name == LEAST_BUSY
    qchannel.emulator.set_queue_length(ANOTHER, 0)
    pick = qchannel.connect().least_busy(operational=True, simulator=False)
    assert pick.name == ANOTHER
    qchannel.emulator.take_offline(ANOTHER)
    service = qchannel.connect()
    pick = service.least_busy(operational=True, simulator=False)
    assert pick.name == LEAST_BUSY
    assert_least_busy(pick, service, operational=True, simulator=False)


def test_backend_has_real_calibration(qchannel_backend: Any) -> None:
    assert qchannel_backend.num_qubits in {127, 133, 156}, "as IBM has built them"
    properties = qchannel_backend.properties()
    assert 10e-6 < properties.t1(0) < 1e-3
    assert 0 < properties.readout_error(0) < 0.5
    assert {"cz", "ecr"} & set(qchannel_backend.target.operation_names)


def test_several_pubs_registers_and_parameters(qchannel_backend: Any) -> None:
    import numpy as np
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
    from qiskit.circuit import Parameter
    from qiskit_ibm_runtime import SamplerV2

    theta = Parameter("theta")
    turned = QuantumCircuit(1)
    turned.ry(theta, 0)
    turned.measure_all()
    left, right = ClassicalRegister(1, "left"), ClassicalRegister(2, "right")
    split = QuantumCircuit(QuantumRegister(3), left, right)
    split.x([0, 2])
    split.measure([0, 1, 2], [left[0], right[0], right[1]])
    angles = np.array([[0.0], [np.pi / 2], [np.pi]])

    job = SamplerV2(mode=qchannel_backend).run(
        [
            (isa_of(turned, qchannel_backend), angles, 400),
            (isa_of(split, qchannel_backend), None, 400),
        ]
    )
    first, second = job.result()
    assert first.data.meas.shape == (3,)
    ones = [first.data.meas.get_counts(number).get("1", 0) for number in range(3)]
    assert ones[0] == 0
    assert 120 < ones[1] < 280
    assert ones[2] == 400
    assert second.data.left.get_counts() == {"1": 400}
    assert second.data.right.get_counts() == {"10": 400}


def test_dynamic_circuit(qchannel_backend: Any) -> None:
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
    from qiskit_ibm_runtime import SamplerV2

    bits, out = ClassicalRegister(1, "bits"), ClassicalRegister(1, "out")
    circuit = QuantumCircuit(QuantumRegister(2), bits, out)
    circuit.h(0)
    circuit.measure(0, bits[0])
    with circuit.if_test((bits, 1)):
        circuit.x(1)
    circuit.measure(1, out[0])
    job = SamplerV2(mode=qchannel_backend).run([isa_of(circuit, qchannel_backend)], shots=500)
    data = job.result()[0].data
    assert (data.bits.array == data.out.array).all()
    assert 150 < data.bits.get_counts()["1"] < 350


def test_ghz_counts_fit(qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2

    job = SamplerV2(mode=qchannel_backend).run([isa_of(_ghz(5), qchannel_backend)], shots=3000)
    assert_sampler_run(job, shots=3000, counts={"00000": 0.5, "11111": 0.5})


@pytest.mark.filterwarnings("ignore:Unable to retrieve IBM Cloud access token")  # 0.40 falls back
def test_bad_credential_is_refused(qchannel: QChannel) -> None:
    from qiskit_ibm_runtime import QiskitRuntimeService

    assert qchannel.account.instance is not None
    _skip_unless_offered(qchannel)
    with pytest.raises(Exception, match=r"401|valid API token|Unable to retrieve") as refused:
        QiskitRuntimeService(
            channel=qchannel.channel.name,
            token="not-a-key-of-anybody",
            instance=qchannel.account.instance.id,
        ).jobs(limit=1)
    assert type(refused.value).__module__.startswith("qiskit_ibm_runtime")


def test_revoked_token_in_mid_session(qchannel: QChannel, qchannel_service: Any) -> None:
    assert qchannel_service.jobs(limit=1) == []
    if not qchannel.emulator.revoke_access_tokens():
        qchannel.emulator.revoke_credentials()  # client 0.34 on ibm_cloud has no access token
    with pytest.raises(Exception, match="401") as refused:
        qchannel_service.jobs(limit=1)
    assert type(refused.value).__name__ == "IBMNotAuthorizedError"


def test_job_on_a_paused_backend_waits_and_can_be_cancelled(
    qchannel: QChannel, qchannel_backend: Any
) -> None:
    from qiskit_ibm_runtime import SamplerV2

    qchannel.emulator.pause(qchannel_backend.name)
    circuit = isa_of(_ghz(2), qchannel_backend)
    sampler = SamplerV2(mode=qchannel_backend)
    with pytest.warns(UserWarning, match="paused"):
        waiting, dropped = sampler.run([circuit]), sampler.run([circuit])
    assert _word(waiting.status()) == "QUEUED"
    dropped.cancel()
    assert _word(dropped.status()) == "CANCELLED"
    with pytest.raises(Exception, match=r"cancelled|CANCELLED"):
        dropped.result()
    qchannel.emulator.bring_online(qchannel_backend.name)
    assert _word(waiting.status()) == "DONE"
    with pytest.raises(Exception, match=r"409|cannot be cancelled|Completed"):
        waiting.cancel()
    assert_sampler_run(waiting, shots=4096)


def test_job_is_found_again(qchannel: QChannel, qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2

    circuit = isa_of(_ghz(2), qchannel_backend)
    job = SamplerV2(mode=qchannel_backend).run([circuit], shots=50)
    expected = job.result()[0].data.meas.get_counts()
    other = qchannel.connect()
    assert [one.job_id() for one in other.jobs(limit=5)] == [job.job_id()]
    again = other.job(job.job_id())
    assert again.result()[0].data.meas.get_counts() == expected
    assert again.inputs["pubs"][0][2] == 50


def test_too_many_shots_fail_the_job(qchannel: QChannel, qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2

    circuit = isa_of(_ghz(2), qchannel_backend)
    job = SamplerV2(mode=qchannel_backend).run([circuit], shots=10_000_001)
    with pytest.raises(Exception, match=r"1520.*10000001 exceeds the system limit 10000000"):
        job.result()
    assert _word(job.status()) == "ERROR"


def test_two_seeds_two_samples(qchannel_backend: Any) -> None:
    from qiskit_ibm_runtime import SamplerV2

    circuit = isa_of(_ghz(2), qchannel_backend)
    sampler = SamplerV2(mode=qchannel_backend)
    arrays = [sampler.run([circuit], shots=200).result()[0].data.meas.array for _ in range(2)]
    assert (arrays[0] != arrays[1]).any()


def _word(status: Any) -> str:
    return str(getattr(status, "name", status))


def _skip_unless_offered(qchannel: QChannel) -> None:
    from pytest_qchannel.channels.client import require_channel
    from pytest_qchannel.errors import ChannelUnavailable

    try:
        require_channel(qchannel.channel)
    except ChannelUnavailable as missing:
        pytest.skip(missing.headline)
