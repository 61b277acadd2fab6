"""The circuits of a test's jobs in its report."""

from __future__ import annotations

import json
from typing import Any

from pytest_qchannel.journal import Exchange
from pytest_qchannel.plugin.record.circuits import devices_of, draw
from tests.unit.cassette.circuits.circuit_examples import bell
from tests.unit.cassette.traffic_kit import job


def submitted(body: bytes, number: int = 1) -> Exchange:
    host, path = "quantum.cloud.ibm.com", "/api/v1/jobs"
    return Exchange(number, "POST", host, path, "", {}, 200, job_id=f"j{number}", _body=body)


def told(number: int = 1) -> dict[str, Any]:
    return {f"j{number}": {"pubs": [{"circuit": None, "shots": 100}]}}


def test_a_circuit_is_named_in_its_pub_and_drawn() -> None:
    jobs = told()
    circuits = draw([submitted(job(bell()).request_body)], jobs)
    [(known, drawn)] = circuits.items()
    assert jobs["j1"]["pubs"][0] == {"circuit": known, "shots": 100}
    assert (drawn["qubits"], drawn["depth"], drawn["layout"]) == (2, 3, None)
    assert "┤ H ├" in str(drawn["text"])


def test_equal_circuits_of_two_jobs_are_one() -> None:
    jobs = told(1) | told(2)
    sent = [submitted(job(bell()).request_body, number) for number in (1, 2)]
    assert len(draw(sent, jobs)) == 1
    assert jobs["j1"]["pubs"] == jobs["j2"]["pubs"]


def test_what_cannot_be_read_is_left_out() -> None:
    for body in (b"", b"[]", b"{", json.dumps({"program_id": "sampler", "params": 3}).encode()):
        jobs = told()
        assert draw([submitted(body)], jobs) == {}
        assert jobs == told()


def test_devices_that_jobs_ran_on_and_no_others() -> None:
    line = {"n_qubits": 3, "coupling_map": [[0, 1], [1, 2]]}
    asked = [
        Exchange(number, "GET", "h", f"/v1/backends/{name}/configuration", "", {}, 200, told=told)
        for number, (name, told) in enumerate(
            [
                ("qpu_line", json.dumps(line).encode()),
                ("qpu_other", json.dumps(line).encode()),
                ("qpu_cut", b'{"coupling_map": '),
                ("qpu_odd", b'{"coupling_map": null}'),
                ("qpu_list", b'["coupling_map"]'),
            ]
        )
    ]
    jobs = {
        name: {"backend": name}
        for name in ("qpu_line", "qpu_cut", "qpu_odd", "qpu_list", "qpu_gone")
    }
    assert devices_of(asked, jobs) == {"qpu_line": {"qubits": 3, "coupling": [[0, 1], [1, 2]]}}
