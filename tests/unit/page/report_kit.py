"""Reports as a run writes them, of any size, and texts that try to be more than text."""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
from typing import Any

DATA = re.compile(r'(<script type="text/plain" id="data">)([^<]*)(</script>)')
HOSTILE = (
    "</script><script>window.struck=1</script>",
    "<img src=x onerror=window.struck=1>",
    "\u202egnp.exe\u202c and \u2066back",
    "x" * 10_240,
    "{{data}} ${window.struck=1} `",
    "'\"><svg onload=window.struck=1>",
    "]]><!--<script>",
    "half \ud83d a pair, \x00 and \x1b[31m",
    "javascript:window.struck=1",
    "&lt;b&gt; &amp; <b>bold</b>",
    "</style></title></template><plaintext>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example><link rel=stylesheet href=x>",
    "<a href=javascript:window.struck=1>click</a>",
    "<iframe srcdoc='<script>parent.struck=1</script>'>",
    "constructor",
    "__proto__",
    "line\u2028and\u2029paragraph, \ufeffmark and \u200bnothing",
    "\u05e9\u05dc\u05d5\u05dd test \u0645\u0631\u062d\u0628\u0627",
    "%3Cscript%3Ewindow.struck=1%3C/script%3E&open=1#q=",
)
HOST = "quantum.example"
POLLS = ("GET /jobs/<job_id>", "GET /jobs/<job_id>/metrics")
OPENING = (
    *("POST /identity/token", "GET /instances", "GET /backends", "GET /backends/<name>/status"),
    *("GET /backends/<name>/configuration", "POST /sessions", "POST /jobs"),
)
DRAWN = """\
     ┌───┐     ┌─┐
q_0: ┤ H ├──■──┤M├───
     └───┘┌─┴─┐└╥┘┌─┐
q_1: ─────┤ X ├─╫─┤M├
          └───┘ ║ └╥┘
c: 2/═══════════╩══╩═
                0  1"""


def data_of(page: str) -> dict[str, Any]:
    """The data of a page, unpacked."""
    found = DATA.search(page)
    assert found
    plain: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(found[2])))
    return plain


def heavy_hexagons(rows: int = 8, width: int = 16) -> dict[str, Any]:
    """A lattice as IBM's devices of 2024 have it: rows, and four qubits between each two."""
    coupling: list[list[int]] = []
    first, offset = 0, 3
    for row in range(rows):
        coupling += [[first + at, first + at + 1] for at in range(width - 1)]
        between = first + width
        if row < rows - 1:
            for number, at in enumerate(range(offset, width, 4)):
                coupling += [
                    [first + at, between + number],
                    [between + number, between + 4 + at],
                ]
        first, offset = between + 4, 4 - offset
    return {"qubits": first - 4, "coupling": coupling}


def run_of(number: int = 0, **changes: Any) -> dict[str, Any]:
    """What a report says of its run."""
    return {
        "id": f"run-{number}",
        "started_at": f"2026-11-27T1{number % 10}:00:00+00:00",
        "duration_s": 61.5,
        "python": "3.13.1",
        "pytest": "9.0.1",
        "client": "0.51.0",
        "qiskit": "2.6.0",
        "channels": ["ibm_cloud", "ibm_quantum_platform"],
        "settings": [{"name": "seed", "value": "7", "origin": "from --qchannel-seed"}],
        "command": "pytest tests --qchannel-seed=7",
        "exit": 1,
        **changes,
    }


def case_of(number: int, requests: int = 20, **changes: Any) -> dict[str, Any]:
    """What a report says of a test that logged in, ran a job and asked for it until it was done."""
    luck = random.Random(number)
    channel = ("ibm_cloud", "ibm_quantum_platform")[number % 2]
    job = f"d{luck.getrandbits(90):020x}"
    at, sent = 0.0, []
    for n in range(1, requests + 1):
        at += luck.random() * 0.02
        route = OPENING[n - 1] if n <= len(OPENING) else POLLS[n % 2]
        sent.append(
            {"n": n, "at_s": round(at, 4), "method": route.split()[0], "host": HOST,
             "route": route, "status": 200, "fault": None,
             "job": job if n > len(OPENING) else None}
        )  # fmt: skip
    ones = luck.randrange(480, 540)
    name = f"tests/unit/test_module_{number // 50}.py::test_case_{number // 2}[{channel}]"
    states = (("QUEUED", 0.3), ("RUNNING", 0.5), ("COMPLETED", 0.9))
    return {
        "id": name,
        "file": name.split("::")[0],
        "name": name.split("::")[1],
        "line": 10 + number % 50,
        "lane": "emulated",
        "channel": channel,
        "client": "0.51.0",
        "outcome": "passed",
        "class": None,
        "duration_s": round(at + 0.01, 4),
        "reason": None,
        "error": None,
        "rerun": f'pytest "{name}" --qchannel-mode=emulated',
        "request_count": requests,
        "requests": sent,
        "jobs": [
            {
                "id": job,
                "program": "sampler",
                "backend": "qpu_hexagons",
                "states": [{"state": one, "at_s": round(at * part, 4)} for one, part in states],
                "qpu_seconds": {"value": 2.0 + number % 3, "is_estimate": True},
                "pubs": [
                    {"circuit": f"c{number % 40}", "shots": 1024,
                     "counts": {"00": ones, "11": 1024 - ones},
                     "expected": {"00": 0.5, "11": 0.5}}
                ],
            }
        ],
        "cassette": None,
        **changes,
    }  # fmt: skip


def failed(number: int, **changes: Any) -> dict[str, Any]:
    """A test that failed, with an error of this package's kind."""
    error = {
        "headline": "CassetteMiss: no recorded interaction answers GET /backends",
        "where": "test_pick.py::test_smallest, channel ibm_cloud, mode replay",
        "next": "pytest -k test_smallest --qchannel-mode=record",
        "text": "CassetteMiss: no recorded interaction answers GET /backends\n  where: here",
    }
    made = case_of(number, outcome="failed", **{"class": "code", "error": error, **changes})
    made["requests"][6]["status"] = 404
    made["requests"][9] |= {"status": 503, "fault": "503 on GET /jobs"}
    made["requests"][12]["status"] = 0
    return made


def report_of(count: int = 4, requests: int = 20, **changes: Any) -> dict[str, Any]:
    """A report: of each hundred tests one failed and one was skipped."""
    made = [
        failed(number, requests=requests) if number % 100 == 40 and requests > 12
        else case_of(number, requests, outcome="skipped", reason="live_qpu: no credentials")
        if number % 100 == 60
        else case_of(number, requests)
        for number in range(count)
    ]  # fmt: skip
    return {
        "version": 1,
        "run": run_of(),
        "tests": made,
        "circuits": {
            f"c{number}": {"qubits": 2, "depth": 3, "text": DRAWN, "layout": [number, number + 1]}
            for number in range(40)
        },
        "devices": {"qpu_hexagons": heavy_hexagons()},
        "qpu_seconds": {"used": 0.0, "held": 0.0, "budget": None, "estimate": 3.0 * count},
        **changes,
    }


def hostile_report() -> dict[str, Any]:
    """A report whose every text is one that tries to be more than text."""
    tests = []
    for number, text in enumerate(HOSTILE):
        error = {"headline": text, "where": text, "next": text, "text": text + "!"}
        one = failed(number, error=error)
        one |= {
            "id": f"test_{number}.py::test[{text}]", "file": text, "name": text, "lane": text,
            "channel": text, "client": text, "class": text, "reason": text, "rerun": text,
            "cassette": {"path": text, "did": text, "recorded_at": text, "source": text,
                         "age_days": 3.5},
        }  # fmt: skip
        one["requests"][0] |= {"method": text, "host": text, "route": text, "fault": text,
                               "job": text}  # fmt: skip
        one["jobs"][0] |= {"id": text, "program": text, "backend": text}
        one["jobs"][0]["states"][0]["state"] = text
        one["jobs"][0]["pubs"][0] |= {"circuit": text, "counts": {text: 5}, "expected": {text: 1.0}}
        tests.append(one)
    run = {"command": HOSTILE[0], "python": HOSTILE[2], "client": HOSTILE[1], "channels": HOSTILE}
    settings = [{"name": text, "value": text, "origin": text} for text in HOSTILE]
    return report_of(0) | {
        "run": run_of(0, **run, settings=settings),
        "tests": tests,
        "circuits": {
            text: {"qubits": 2, "depth": 3, "text": text, "layout": [0, 1]} for text in HOSTILE
        },
        "devices": {text: {"qubits": 2, "coupling": [[0, 1]]} for text in HOSTILE},
    }


def cassette_report() -> dict[str, Any]:
    """What ``qchannel cassettes show --html`` makes a page of: no times, and bodies."""
    requests = [
        {"n": n, "line": 10 + n, "route": one, "host": HOST, "status": 401 if n == 4 else 200,
         "job": "job-1", "sent": "{}", "answered": HOSTILE[0]}
        for n, one in enumerate(("POST /jobs", *POLLS, "GET /users/me"), 1)
    ]  # fmt: skip
    job = {
        "id": "job-1", "program": "sampler", "backend": "qpu_line",
        "states": [{"state": "Queued"}, {"state": "Completed"}], "said": "options: {}",
        "pubs": [{"circuit": "c0", "shots": 100, "said": "parameter values: [0.5]"}],
    }  # fmt: skip
    return {
        "version": 1,
        "kind": "cassette",
        "facts": [["file", "cassettes/test_pick.yaml"], ["channel", "ibm_cloud"]],
        "runs": [],
        "tests": [{"id": "test_pick.py::test_smallest", "requests": requests, "jobs": [job]}],
        "circuits": {"c0": {"qubits": 2, "depth": 3, "text": DRAWN, "layout": [1, 2]}},
        "devices": {"qpu_line": {"qubits": 3, "coupling": [[0, 1], [1, 2]]}},
    }
