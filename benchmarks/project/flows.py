"""The two flows that are recorded: the full one through the client, and one over REST."""

from __future__ import annotations

import math
import time
from typing import Any, Final

import requests
from qiskit import QuantumCircuit
from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager

AUTH: Final = "https://auth.quantum-computing.ibm.com/api"
RUNTIME: Final = "https://api.quantum-computing.ibm.com/runtime"
SHOTS: Final = 1_024
QASM: Final = 'OPENQASM 3.0; include "stdgates.inc"; bit[1] c; rz(%s) $0; c[0] = measure $0;'


def full_flow(service: Any, number: int) -> None:
    """The least busy device, and a Sampler job there; every number has its own circuit."""
    from qiskit_ibm_runtime import SamplerV2

    backend = service.least_busy(operational=True, simulator=False, min_num_qubits=20)
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.rx(math.pi * (number + 1) / 64, 1)
    circuit.cx(0, 1)
    circuit.measure_all()
    manager = generate_preset_pass_manager(optimization_level=1, backend=backend, seed_transpiler=1)
    result = SamplerV2(mode=backend).run([manager.run(circuit)], shots=SHOTS).result()
    assert sum(result[0].data.meas.get_counts().values()) == SHOTS


def rest_flow(api_token: str, number: int) -> None:
    """Login, devices, a job, its state, its result, logout; every number has its own circuit."""
    with requests.Session() as session:
        login = session.post(f"{AUTH}/users/loginWithToken", json={"apiToken": api_token})
        session.headers["x-access-token"] = login.json()["id"]
        device = session.get(f"{RUNTIME}/backends").json()["devices"][0]
        params = {"pubs": [[QASM % ((number + 1) / 999), None, 64]], "version": 2}
        body = {"program_id": "sampler", "backend": device, "params": params}
        job = session.post(f"{RUNTIME}/jobs", json=body).json()["id"]
        while session.get(f"{RUNTIME}/jobs/{job}").json()["state"]["status"] != "Completed":
            time.sleep(0.01)
        assert session.get(f"{RUNTIME}/jobs/{job}/results").json()["results"]
        assert session.post(f"{AUTH}/users/logout").ok
