"""What the client makes of devices: their flags and gates of today, and those that are gone."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel import QChannel, WorldBuilder
from pytest_qchannel.channels.client import client_version
from tests.devices_kit import LEAST_BUSY

pytestmark = pytest.mark.qchannel("ibm_cloud")


def test_dynamic_circuits_can_be_asked_for(qchannel_service: Any) -> None:
    """The list was empty with clients from 0.45 on, as snapshots of 2025 do not name them."""
    dynamic = qchannel_service.backends(dynamic_circuits=True)
    able = [
        one
        for one in qchannel_service.backends()
        if "qasm3" in one.configuration().supported_features
    ]
    assert {one.name for one in dynamic} == {one.name for one in able}
    assert LEAST_BUSY in {one.name for one in dynamic}
    assert qchannel_service.least_busy(dynamic_circuits=True).name == LEAST_BUSY


@pytest.mark.filterwarnings("ignore")
def test_fractional_gates_run_on_a_heron_untwirled(qchannel: QChannel) -> None:
    from qiskit import QuantumCircuit
    from qiskit_ibm_runtime import SamplerV2

    service = qchannel.connect()
    (name, *_) = qchannel.emulator.backends
    assert "rzz" not in service.backend(name).target.operation_names
    backend = service.backend(name, use_fractional_gates=True)
    assert {"rx", "rzz"} <= set(backend.target.operation_names)
    circuit = QuantumCircuit(2, 2)
    circuit.rx(3.14159265, 0)
    circuit.rzz(0.3, 0, 1)
    circuit.measure([0, 1], [0, 1])
    sampler = SamplerV2(mode=backend)
    result = sampler.run([circuit], shots=50).result()
    assert result[0].data.c.get_counts() == {"01": 50}
    sampler.options.twirling.enable_gates = True
    with pytest.raises(Exception, match=r"1519|[Ff]ractional"):  # clients refuse it, too
        sampler.run([circuit], shots=50).result()


class TestRetired:
    """``IBMRetiredBackend``, runtime#3012: the world refused to describe its jobs."""

    @pytest.fixture
    def qchannel_world(self) -> WorldBuilder:
        result = {"results": [{"data": {"c": {"samples": ["0x1"], "num_bits": 1}}}]}
        return (
            WorldBuilder()
            .device("ibm_torino")
            .device("ibm_brisbane", retired=True)
            .device("ibm_sherbrooke")
            .account("me", channels=["ibm_cloud"])
            .instance("mine", plan="Premium", devices=["ibm_torino"])
            .job(account="me", instance="mine", backend="ibm_brisbane", age_s=90, result=result)
            .job(account="me", instance="mine", backend="ibm_sherbrooke", age_s=80)
        )

    def test_its_jobs_are_there_and_it_is_not(self, qchannel: QChannel) -> None:
        service = qchannel.connect()
        assert [one.name for one in service.backends()] == ["ibm_torino"]
        jobs = service.jobs()
        if not client_version().startswith("0.45"):  # whose backend() raises
            backends = [job.backend() for job in jobs]
            assert {type(one).__name__ for one in backends} == {"IBMRetiredBackend"}
            assert [one.name for one in backends] == ["ibm_sherbrooke", "ibm_brisbane"]
        answer = qchannel.open_session().get(f"/jobs/{jobs[1].job_id()}/results")
        assert answer.json()["results"][0]["data"]["c"]["samples"] == ["0x1"]
        rest = qchannel.open_session()
        assert rest.get("/backends/ibm_brisbane/status").status_code == 404
        body = {"program_id": "sampler", "backend": "ibm_brisbane", "params": {"pubs": []}}
        assert rest.post("/jobs", json=body).status_code == 404
