"""The loopback door under the real client and under programs: the same flows, over a socket."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_qchannel import (
    QChannel,
    assert_authenticated,
    assert_least_busy,
    assert_logged_out,
    assert_sampler_run,
)
from tests.devices_kit import DEVICE

CHANNELS = ("ibm_quantum_platform", "ibm_cloud", "ibm_quantum")
pytestmark = pytest.mark.qchannel(*CHANNELS, door="loopback")


def test_the_flow_of_the_guide(qchannel: QChannel, qchannel_service: Any) -> None:
    from qiskit import QuantumCircuit
    from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager
    from qiskit_ibm_runtime import SamplerV2

    assert qchannel.settings.door == "loopback"
    assert_authenticated(qchannel_service)
    backend = qchannel_service.least_busy(operational=True, simulator=False)
    assert_least_busy(backend, qchannel_service, operational=True, simulator=False)
    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    bell.measure_all()
    passes = generate_preset_pass_manager(optimization_level=1, backend=backend)
    job = SamplerV2(mode=backend).run([passes.run(bell)], shots=1_000)
    assert_sampler_run(job, shots=1_000, counts={"00": 0.5, "11": 0.5})
    assert len(qchannel.requests.to("/jobs", method="POST", status=200)) == 1
    if not qchannel.emulator.revoke_access_tokens():
        qchannel.emulator.revoke_credentials()  # client 0.34 has no access token
    assert_logged_out(qchannel_service)


@pytest.mark.qchannel_fault("GET /jobs/<job_id>", drop="before", times=2)
def test_the_client_tries_again_when_the_line_is_lost(
    qchannel: QChannel, qchannel_service: Any
) -> None:
    made = qchannel.open_session().post(
        "/jobs",
        json={
            "program_id": "sampler",
            "backend": DEVICE,
            "params": {
                "pubs": [["OPENQASM 3.0; bit[1] c; c[0] = measure $0;", None, 10]],
                "version": 2,
            },
        },
    )
    assert made.status_code == 200, made.text
    job = qchannel_service.job(made.json()["id"])
    assert job.job_id() == made.json()["id"]
    path = f"/jobs/{job.job_id()}"
    assert [one.status for one in qchannel.requests.to(path, method="GET")][:3] == [0, 0, 200]


def test_rest_and_client_are_in_the_same_world(qchannel: QChannel, qchannel_rest: Any) -> None:
    answer = qchannel_rest.get("/jobs", params={"limit": "10"})
    assert answer.json()["count"] == 0
    [exchange] = qchannel.requests.to("/jobs")
    assert exchange.query == "limit=10"


def test_a_program_that_speaks_through_httpx_runs_on_the_emulator(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        "import httpx, os\n"
        "url = 'https://quantum.cloud.ibm.com/api/v1/backends'\n"
        "headers = {'Authorization': 'apikey ' + os.environ['QISKIT_IBM_TOKEN'],\n"
        "           'Service-CRN': os.environ['QISKIT_IBM_INSTANCE']}\n"
        "print(httpx.get(url, headers=headers).json()['devices'][0])\n",
        encoding="utf-8",
    )
    personal = ("QCHANNEL_", "QISKIT_IBM_", "IQP_", "IBM_CLOUD_", "IBMCLOUD_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(personal)}
    for door, status in (("loopback", 0), ("in-process", 1)):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest_qchannel", "run", "--channel", "ibm_cloud"),
                *("--door", door, str(script)),
            ],
            capture_output=True,
            text=True,
            env=environ,
            timeout=120,
            check=False,
        )
        assert done.returncode == status, done.stderr
        if door == "loopback":
            assert done.stdout.startswith("ibm_")
            assert done.stderr == "qchannel: emulated lane, 1 request, 0 jobs\n"
        else:
            assert "qchannel run --door=loopback" in done.stderr
