"""Transpiling 100 qubits over REST, from the POST to the answer, beside ``qiskit.transpile``."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any, Final

import pytest
import requests

GROUP: Final = "transpile, 100 qubits"
URL: Final = "https://cloud-transpiler.quantum.ibm.com/transpile"


@pytest.mark.timeout(600)
@pytest.mark.qchannel("ibm_quantum")
def test_the_service_beside_qiskit(qchannel: Any, side_by_side: Callable[..., None]) -> None:
    from qiskit import qpy, transpile
    from qiskit.circuit.library import efficient_su2

    from pytest_qchannel.emulator.transpiler.target import DeviceView, target_of
    from pytest_qchannel.emulator.world.snapshots import served

    circuit = efficient_su2(100, entanglement="circular", reps=3)
    circuit = circuit.assign_parameters([0.1 * at for at in range(circuit.num_parameters)])
    buffer = io.BytesIO()
    qpy.dump(circuit, buffer)
    headers = {"Authorization": f"Bearer {qchannel.account.secret.reveal()}"}
    listed = requests.get(f"{URL.rpartition('/')[0]}/routing/backends", headers=headers, timeout=60)
    name = listed.json()[0]
    backend = DeviceView(target_of(served(name, name)))
    body = {
        "qpy_circuits": base64.b64encode(buffer.getvalue()).decode(),
        "qiskit_transpile_options": {"seed_transpiler": 7},
    }
    query = {"backend": name, "ai": "false"}  # at the level that the service has by default: 3

    def service() -> Any:
        answer = requests.post(URL, json=body, params=query, headers=headers, timeout=60)
        task = answer.json()["task_id"]
        while True:
            told = requests.get(f"{URL}/{task}", headers=headers, timeout=60).json()
            if told["state"] in ("SUCCESS", "FAILURE"):
                return told

    def qiskit_alone() -> Any:
        return transpile(circuit, backend=backend, optimization_level=3, seed_transpiler=7)

    [row] = service()["result"]
    [given] = qpy.load(io.BytesIO(base64.b64decode(row["qpy"])))
    assert given.count_ops() == qiskit_alone().count_ops()
    side_by_side(GROUP, {"POST /transpile": service, "qiskit.transpile": qiskit_alone}, rounds=12)
