"""Recorded traffic for tests: interactions, passports, submissions."""

from __future__ import annotations

import base64
import io
import json
import zlib
from typing import Any

from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.provenance import Provenance

HOST = "https://quantum.cloud.ibm.com/api/v1"
CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/{account}:{guid}::".format(
    account="1" * 32, guid="11111111-1111-1111-1111-111111111111"
)
OTHER_CRN = CRN.replace(
    "11111111-1111-1111-1111-111111111111", "2" * 8 + "-2222" * 3 + "-" + "2" * 12
)
TEST = "tests/test_pick.py::test_smallest[ibm_cloud]"
PROVENANCE = Provenance(
    channel="ibm_cloud",
    recorded_from="emulator",
    recorded_at="2026-11-23T21:00:00+00:00",
    client="0.51.0",
    plugin="0.1.0",
    qiskit="2.6.2",
    scrubber="1",
)


def said(
    method: str,
    path: str,
    answer: Any = None,
    *,
    status: int = 200,
    crn: str = CRN,
    body: Any = b"",
) -> Interaction:
    """An interaction with the runtime; ``answer`` and ``body`` are bytes, or become JSON."""
    plain = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in (body, answer)]
    return Interaction(
        method,
        HOST + path,
        (("Service-CRN", crn), ("Content-Type", "application/json")),
        plain[0],
        status,
        (("Content-Type", "application/json; charset=utf-8"),),
        b"" if answer is None else plain[1],
    )


def state(job: str, status: str, **more: Any) -> Interaction:
    """A poll of a job."""
    answer = {"id": job, "state": {"status": status}, **more}
    return said("GET", f"/jobs/{job}?exclude_params=true", answer)


def circuit_json(circuit: Any) -> dict[str, str]:
    """A circuit as the client sends it."""
    from qiskit import qpy

    file = io.BytesIO()
    qpy.dump(circuit, file)
    text = base64.b64encode(zlib.compress(file.getvalue())).decode()
    return {"__type__": "QuantumCircuit", "__value__": text}


def array_json(values: Any) -> dict[str, str]:
    """An array as the client sends it."""
    import numpy as np

    file = io.BytesIO()
    np.save(file, np.asarray(values, dtype=float))
    text = base64.b64encode(zlib.compress(file.getvalue())).decode()
    return {"__type__": "ndarray", "__value__": text}


def job(circuit: Any, *, shots: int | None = 100, values: Any = (), **other: Any) -> Interaction:
    """A submission of one Sampler PUB."""
    body = {
        "program_id": "sampler",
        "backend": "ibm_torino",
        "params": {
            "pubs": [[circuit_json(circuit), array_json(values), shots]],
            "options": other.pop("options", {}),
            "version": 2,
            "support_qiskit": True,
        },
        **other,
    }
    return said("POST", "/jobs", {"id": "job-1", "backend": "ibm_torino"}, body=body)


def cassette(*interactions: Interaction, test: str = TEST) -> Cassette:
    """A cassette of them."""
    return Cassette(test, PROVENANCE, interactions)
