"""What a report tells of requests and jobs, read from what passed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from pytest_qchannel.compared import note, take
from pytest_qchannel.emulator.programs import results
from pytest_qchannel.journal import Exchange
from pytest_qchannel.plugin.record.traffic import jobs_of, log_of

HOST = "quantum.cloud.ibm.com"
JOBS = "/api/v1/jobs"


def exchange(number: int, method: str, path: str, told: object, sent: object = None) -> Exchange:
    return Exchange(
        number,
        method,
        HOST,
        path,
        "",
        {},
        200,
        job_id="j1",
        at=100.0 + number,
        told=json.dumps(told).encode(),
        _body=json.dumps(sent).encode() if sent is not None else b"",
    )


BITS = np.array([[0, 1], [0, 1], [1, 1]], dtype=bool)  # bit 0 first: 10, 10, 11


def sampled(**registers: Any) -> dict[str, Any]:
    """A result of one PUB as the service encodes it."""
    encoded = {name: results.bit_array(bits) for name, bits in registers.items()}
    pub = results.pub_result("SamplerPubResult", encoded, (), {})
    return {"__type__": "PrimitiveResult", "__value__": {"pub_results": [pub], "metadata": {}}}


def test_a_job_as_it_was_told() -> None:
    params = {"pubs": [["circuit", None, 3]]}
    (job,) = jobs_of(
        [
            exchange(
                1,
                "POST",
                JOBS,
                {"id": "j1", "backend": "here"},
                {"program_id": "sampler", "params": params},
            ),
            exchange(2, "GET", f"{JOBS}/j1", {"state": {"status": "Queued"}}),
            exchange(3, "GET", f"{JOBS}/j1", {"state": {"status": "Queued"}}),
            exchange(4, "GET", f"{JOBS}/j1", {"status": "Completed", "usage": {"seconds": 2}}),
            exchange(5, "GET", f"{JOBS}/j1/results", sampled(meas=BITS)),
        ],
        99.0,
    ).values()
    assert job == {
        "program": "sampler",
        "backend": "here",
        "states": [{"state": "Queued", "at_s": 3.0}, {"state": "Completed", "at_s": 5.0}],
        "used_s": 2.0,
        "pubs": [
            {
                "circuit": None,
                "shots": 3,
                "counts": {"10": 2, "11": 1},
                "other_shots": 0,
                "expected": None,
            }
        ],
    }


def test_a_request_is_told_by_its_route_and_without_its_query() -> None:
    sent = exchange(1, "GET", f"{JOBS}/j1", {})
    (line,) = log_of([sent], 100.5)
    assert line["route"].startswith("GET ")
    assert line["route"].endswith("/jobs/<job_id>")
    assert (line["at_s"], line["status"]) == (0.5, 200)
    (other,) = log_of([exchange(1, "GET", "/secret/path", {})], 0.0)
    assert other["route"] == "GET (no route)"


def test_what_an_assertion_expected_stands_beside_the_counts_as_these_are_written() -> None:
    """Qiskit joins registers without a space, counts of several are told with one."""
    body = {"program_id": "sampler", "params": {"pubs": [["circuit", None, 3]]}}
    told = [
        exchange(1, "POST", JOBS, {"id": "j1", "backend": "here"}, body),
        exchange(2, "GET", f"{JOBS}/j1/results", sampled(a=BITS[:, :1], b=BITS)),
    ]
    note("j1", 0, {"100": 0.75, "111": 0.25})
    note("j1", 5, {"1": 1.0})
    [pub] = jobs_of(told, 100.0)["j1"]["pubs"]
    assert pub["expected"] == {"10 0": 0.75, "11 1": 0.25}
    assert pub["expected"].keys() == pub["counts"].keys()
    assert jobs_of(told, 100.0)["j1"]["pubs"][0]["expected"] is None, "told once"


def test_of_what_was_expected_the_likeliest_are_told_and_what_nobody_takes_is_forgotten() -> None:
    body = {"program_id": "sampler", "params": {"pubs": [["circuit", None, 3]]}}
    note("j1", 0, {format(n, "07b"): (n + 1) / 8256 for n in range(128)})
    [pub] = jobs_of([exchange(1, "POST", JOBS, {"id": "j1"}, body)], 100.0)["j1"]["pubs"]
    assert list(pub["expected"]) == [format(n, "07b") for n in range(64, 128)]
    for number in range(1_001):
        note(f"job-{number}", 0, {"0": 1.0})
    assert (take("job-0"), take("job-1")) == ({}, {0: {"0": 1.0}})
