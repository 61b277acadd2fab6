"""IBM's guides to REST, flow by flow: each request as it was published, in the order of the guide.

Which guide is held where:

- setup channel (2024): ``tests/e2e/test_guide_rest.py`` and ``test_guide_client.py``, from snippets
  in ``tests/data/guide``; and ``qchannel check`` walks it on each channel;
- setup of REST today, untrusted environments, the primitives (classic, and both forms of today),
  error mitigation, sessions and batches (classic and today), transpile, job limits: here;
- the single things in them that were refused once: ``test_contract_published.py``;
- instances through the platform's APIs: ``test_contract_controller.py``;
- saving accounts, untrusted environments, instances, dynamic circuits and fractional gates with
  the client: ``tests/e2e/test_guides.py``.

Left out are the other two job limits, of instructions per qubit and of two-qubit gates: nobody has
told of the code that such a job fails with.

What Qiskit or the emulator makes of a body depends on no door, so there is one here.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from tests.contract.contract_client import (
    AUTH,
    BACKEND,
    CLASSIC,
    GRANT,
    IAM,
    RUNTIME,
    Answer,
    Door,
    fresh_door,
)

PUBLISHED: Final = """
OPENQASM 3;
include "stdgates.inc";
qreg q[2];
creg c[2];
x q[0];
cx q[0], q[1];
c[0] = measure q[0];
c[1] = measure q[1];
"""
"""The circuit of all guides to REST: both bits are one."""

ROTATION: Final = """
OPENQASM 3.0; include "stdgates.inc"; input float[64] theta; bit[2] c;
sx $0; rz(theta) $0; sx $0;
"""
TURNED: Final = ROTATION + "c[0] = measure $0; c[1] = measure $1;"
"""A parameter that decides the first bit: it is one at 0, and zero at pi."""

OF_FIVE: Final = 'OPENQASM 3.0; include "stdgates.inc"; x $0; x $1; x $2; x $3; x $4;'
"""For the observables of five qubits, which the guide has beside a circuit of two."""

TRANSPILE: Final = "https://cloud-transpiler.quantum.ibm.com/transpile"


@dataclass
class Guide:
    """One of the generations of the guides: where they send, and what is in each body of theirs."""

    door: Door
    base: str
    headers: Mapping[str, str]
    job: Mapping[str, Any] = field(default_factory=dict)
    session_job: Mapping[str, Any] = field(default_factory=dict)
    version: Mapping[str, Any] = field(default_factory=dict)

    def post(self, path: str, body: object) -> Answer:
        headers = {"Content-Type": "application/json", **self.headers}
        answer = self.door.request("POST", self.base + path, headers, data=json.dumps(body))
        assert answer.status == 200, answer.body
        return answer

    def run(self, program_id: str, pubs: object, session: str = "", **options: object) -> Any:
        """The results of a job, as the guides ask for them: state first, then results."""
        params = {"pubs": pubs, **self.version, **({"options": options} if options else {})}
        place = {**self.session_job, "session_id": session} if session else self.job
        body = {"program_id": program_id, "backend": BACKEND, **place, "params": params}
        job_id = self.post("/jobs", body).json["id"]
        url = f"{self.base}/jobs/{job_id}"
        assert self.door.request("GET", url, self.headers).json["state"] == {"status": "Completed"}
        return self.door.request("GET", f"{url}/results", self.headers).json


def _classic(version: object) -> Guide:
    door = fresh_door()
    token = door.request(
        "POST", f"{AUTH}/users/loginWithToken", json={"apiToken": door.classic.credential}
    ).json["id"]
    application = "qiskit-version-2/0.39.2/your_application"
    headers = {"x-access-token": token, "x-qx-client-application": application}
    place = dict(zip(("hub", "group", "project"), HGP.split("/"), strict=True))
    return Guide(
        door, CLASSIC, headers, {**place, "start_session": "False"}, place, {"version": version}
    )


def _today(**version: object) -> Guide:
    door = fresh_door()
    crn = door.instance(1).id
    return Guide(
        door, RUNTIME, {"Authorization": _bearer(door), "Service-CRN": crn}, version=version
    )


HGP: Final = "ibm-q-emulated/premium/main"
GENERATIONS: Final = {
    "classic": lambda: _classic(2),
    "today": lambda: _today(),
    "today, with a version": lambda: _today(version="2"),
}


@pytest.fixture(params=GENERATIONS)
def guide(request: pytest.FixtureRequest) -> Guide:
    return GENERATIONS[request.param]()


@pytest.fixture(params=["classic", "today"])
def modes(request: pytest.FixtureRequest) -> Guide:
    return GENERATIONS[request.param]()


def _bearer(door: Door, content_type: str = "application/x-www-form-urlencoded") -> str:
    """The header that the guide makes of the token of IAM, the body put together by hand."""
    data = f"grant_type={GRANT}&apikey={door.platform.credential}"
    answer = door.request("POST", IAM, {"Content-Type": content_type}, data=data)
    assert answer.status == 200, answer.body
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 3600)
    return f"Bearer {answer.json['access_token']}"


@functools.cache
def transpiled(ai: str) -> str:
    """What the guide's circuit becomes, with the parameters of either tab of the transpile guide.

    Empty lists, as the guide has some there, are not on the wire: ``requests`` leaves them out.
    """
    door = fresh_door()
    headers = {
        "accept": "application/json",
        "Authorization": f"Bearer {door.classic.credential}",
        "Content-Type": "application/json",
    }
    more = {"coupling_map": [], "qiskit_transpile_options": [], "ai_layout_mode": "OPTIMIZE"}
    answer = door.request(
        "POST",
        TRANSPILE,
        headers,
        data=json.dumps({"qasm_circuits": PUBLISHED}),
        params={
            "backend": BACKEND,
            "optimization_level": 1,
            "ai": ai,
            **(more if ai == "true" else {}),
        },
    )
    assert answer.status == 200, answer.body
    url = f"{TRANSPILE}/{answer.json['task_id']}"
    while (told := door.request("GET", url, headers).json)["state"] in ("PENDING", "STARTED"):
        pass
    assert told["state"] == "SUCCESS", told
    return str(told["result"][0]["qasm"])


@pytest.mark.parametrize("spelling", ["urlencoded", "urlendcoded"])
def test_setup_and_untrusted_environment(spelling: str) -> None:
    """One of the two guides to REST misspells the type of the token's body; both ask /usage."""
    door = fresh_door()
    bearer = _bearer(door, f"application/x-www-form-{spelling}")
    headers = {
        "accept": "application/json",
        "authorization": bearer,
        "Service-CRN": door.instance().id,
    }
    assert door.request("GET", f"{RUNTIME}/usage", headers).status == 200
    door.control.revoke_credentials()  # the last step: the key is deleted after its use
    data = f"grant_type={GRANT}&apikey={door.platform.credential}"
    kind = {"Content-Type": f"application/x-www-form-{spelling}"}
    refused = door.request("POST", IAM, kind, data=data)
    assert (refused.status, refused.json["errorCode"]) == (400, "BXNIM0415E")


@pytest.mark.parametrize("ai", ["false", "true"])
def test_transpile(ai: str) -> None:
    results = _classic(2).run("sampler", [[transpiled(ai)], [transpiled(ai), None, 500]])["results"]
    samples = [one["data"]["c"]["samples"] for one in results]
    assert samples == [["0x3"] * 4096, ["0x3"] * 500]


def test_primitives(guide: Guide) -> None:
    """Sampler with and without shots, and with parameters as list and by name; Estimator."""
    text = transpiled("false")
    first, second = guide.run("sampler", [[text], [text, None, 500]])["results"]
    assert first["data"]["c"]["samples"] == ["0x3"] * 4096
    assert second["data"]["c"]["samples"] == ["0x3"] * 500
    for values in ({"theta": math.pi}, [math.pi]):
        [one] = guide.run("sampler", [[TURNED, values, 500]])["results"]
        assert one["data"]["c"] == {"samples": ["0x0"] * 500, "num_bits": 2}
    [one] = guide.run("estimator", [[OF_FIVE, {"IIZII": 1, "XIZZZ": 2.3}, None]])["results"]
    assert one["data"]["evs"] == pytest.approx(-1, abs=0.2)
    assert set(one["data"]) == {"evs", "stds", "ensemble_standard_error"}
    assert one["metadata"]["target_precision"] == pytest.approx(0.015625)


DECOUPLING: Final = {
    "enable": True,
    "sequence_type": "XpXm",
    "extra_slack_distribution": "middle",
    "scheduling_method": "alap",
}
TWIRLING: Final = {
    "enable_gates": True,
    "enable_measure": True,
    "num_randomizations": "auto",
    "shots_per_randomization": "auto",
    "strategy": "active-accum",
}
MITIGATED: Final = {
    "measure_mitigation": True,
    "zne_mitigation": True,
    "zne": {"extrapolator": ["exponential", "linear"], "noise_factors": [1, 3, 5]},
}
OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "TREX and ZNE": {"resilience": MITIGATED},
    "decoupling": {"dynamical_decoupling": DECOUPLING},
    "twirling": {"twirling": TWIRLING},
}


@pytest.mark.parametrize("case", OPTIONS)
def test_error_mitigation(modes: Guide, case: str) -> None:
    """The options of each tab; what was asked for is told in the result's metadata."""
    [[name, asked]] = OPTIONS[case].items()
    pubs = [[OF_FIVE, {"IIZII": 1, "XIZZZ": 2.3}, None]]
    told = modes.run("estimator", pubs, **OPTIONS[case])["metadata"][name]
    if name == "resilience":
        assert (told["measure_mitigation"], told["zne_mitigation"]) == (True, True)
        assert told["zne"]["noise_factors"] == [1, 3, 5]
        assert told["zne"]["extrapolator"] == ["exponential", "linear"]
        return  # the Sampler has no such tab
    assert {key: told[key] for key in asked} == asked
    [one] = modes.run("sampler", [[transpiled("false")]], **OPTIONS[case])["results"]
    assert one["data"]["c"]["samples"] == ["0x3"] * 4096


IN_SESSIONS: Final = {
    "transpilation": {"optimization_level": 1},
    "twirling": {"enable_gates": True, "enable_measure": True},
}


def _opened(modes: Guide, mode: str) -> str:
    """A session as the guides create one; the classic one names no mode for it."""
    body: dict[str, Any] = {"backend": BACKEND}
    if mode == "batch" or modes.base == CLASSIC:
        # The guide of today has the hub, group and project of the old one in the batch's body.
        body["instance"] = HGP if modes.base == CLASSIC else "hub1/group1/project1"
    if mode == "batch" or modes.base != CLASSIC:
        body["mode"] = mode
    return str(modes.post("/sessions", body).json["id"])


@pytest.mark.parametrize("mode", ["dedicated", "batch"])
def test_sessions_and_batches(modes: Guide, mode: str) -> None:
    session = _opened(modes, mode)
    plain = 'OPENQASM 3.0; include "stdgates.inc"; x $0;'
    z, x = "Z", "X"
    for estimated, shapes in (
        ([[plain, [z, x, z, x]]], [(4,)]),
        ([[ROTATION, [[z], [x], [z], [x]], [[0.0], [math.pi]]]], [(4, 2)]),
        ([[plain, z], [plain, x]], [(), ()]),
    ):
        found = modes.run("estimator", estimated, session, **IN_SESSIONS)["results"]
        assert [_shape(one["data"]["evs"]) for one in found] == shapes
    for pubs, firsts in (
        ([[transpiled("false")]], ["0x3"]),
        ([[TURNED, [0.0, math.pi, 0.0]]], ["0x1", "0x0", "0x1"]),
        ([[TURNED, [math.pi]], [transpiled("false"), None, 100]], ["0x0", "0x3"]),
    ):
        found = modes.run("sampler", pubs, session, **IN_SESSIONS)["results"]
        samples = [one["data"]["c"]["samples"] for one in found]
        if isinstance(samples[0][0], list):
            [samples] = samples
        assert [set(one) for one in samples] == [{first} for first in firsts]

    headers = {"Accept": "application/json", **modes.headers}
    closed = modes.door.request("DELETE", f"{modes.base}/sessions/{session}/close", headers)
    assert (closed.status, closed.body) == (204, b"")


def _shape(values: Any) -> tuple[int, ...]:
    return (len(values), *_shape(values[0])) if isinstance(values, list) else ()


def test_job_limits() -> None:
    """The guide's own sum: observables (1, 6), parameters (4, 1), 2,000 shots each."""
    guide = _today()
    pub = [ROTATION, [["Z", "X", "Y", "Z", "X", "Y"]], [[[0.0]], [[1.0]], [[2.0]], [[3.0]]]]
    [one] = guide.run("estimator", [pub], default_shots=2000)["results"]
    assert _shape(one["data"]["evs"]) == (4, 6)
    # The guide still has five million; ten million were measured. Five sets of values are over it.
    pubs = [[TURNED, [[0.0]] * 5, 2_000_001]]
    body = {"program_id": "sampler", "backend": BACKEND, "params": {"pubs": pubs}}
    job_id = guide.post("/jobs", body).json["id"]
    state = guide.door.request("GET", f"{RUNTIME}/jobs/{job_id}", guide.headers).json["state"]
    assert (state["status"], state["reason_code"]) == ("Failed", 1520)
