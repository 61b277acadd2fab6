"""What is planted where: the leak table's rows.

The same rows go through us and, in ``benchmarks/bench_gate.py``, through vcrpy as it comes.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pytest_qchannel.cassette.interaction import Interaction
from tests.unit.cassette.scrub.circuits_kit import WORDS_OF_CIRCUITS, circuit_json
from tests.unit.cassette.scrub.planted_kit import (
    AUTH,
    CLASSIC,
    ENCODINGS,
    IAM,
    JSON,
    KEY,
    PLACES,
    RUNTIME,
    SEARCH,
    VALUES,
    array_with,
    crn_of,
    get,
    jwt_of,
    post,
    qpy_with,
    with_header,
)


@dataclass(frozen=True)
class Leak:
    """One planted value."""

    kind: str
    place: str
    encoding: str
    interaction: Interaction

    @property
    def value(self) -> str:
        return VALUES[self.kind]

    def __str__(self) -> str:
        return f"{self.kind}, {self.place}, {self.encoding}"


def _natural() -> Iterator[Leak]:
    """Every kind where the services have it, as they write it."""
    v = VALUES

    def leak(kind: str, place: str, interaction: Interaction) -> Leak:
        return Leak(kind, place, "as it is", interaction)

    form = f"grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey={KEY}"
    urlencoded = (("Content-Type", "application/x-www-form-urlencoded"),)
    iam = {"access_token": v["IAM access token"], "refresh_token": v["refresh token"]}
    yield leak("API key", "form", Interaction("POST", IAM, urlencoded, form.encode()))
    yield leak("API key", "Authorization", with_header("Authorization", f"apikey {KEY}"))
    yield leak(
        "classic API token",
        "login body",
        post("/users/loginWithToken", {"apiToken": v["classic API token"]}, base=AUTH),
    )
    yield leak(
        "classic API token",
        "Authorization",
        with_header("Authorization", f"Bearer {v['classic API token']}"),
    )
    yield leak(
        "IAM access token",
        "IAM answer",
        Interaction("POST", IAM, urlencoded, b"", 200, JSON, json.dumps(iam).encode()),
    )
    yield leak(
        "IAM access token",
        "Authorization",
        with_header("Authorization", f"Bearer {v['IAM access token']}"),
    )
    yield leak(
        "refresh token",
        "IAM answer",
        Interaction("POST", IAM, urlencoded, b"", 200, JSON, json.dumps(iam).encode()),
    )
    yield leak(
        "classic access token",
        "login answer",
        post("/users/loginWithToken", {}, {"id": v["classic access token"]}, base=AUTH),
    )
    yield leak(
        "classic access token", "header", with_header("X-Access-Token", v["classic access token"])
    )
    yield leak(
        "classic access token",
        "query",
        get(f"/backends?access_token={v['classic access token']}", {}, base=CLASSIC),
    )
    crn = crn_of(v["account id"], v["instance GUID"])
    for kind in ("account id", "instance GUID"):
        yield leak(kind, "Service-CRN", with_header("Service-CRN", crn))
        yield leak(kind, "search answer", post("", {}, {"items": [{"crn": crn}]}, base=SEARCH))
        yield leak(kind, "session body", post("/sessions", {"instance": crn}))
    yield leak("account id", "path", get(f"/accounts/{v['account id']}", {}))
    yield leak(
        "instance name",
        "search answer",
        post("", {}, {"items": [{"name": v["instance name"], "crn": crn}]}, base=SEARCH),
    )
    yield leak(
        "instance name",
        "error",
        get(
            "/instance",
            {
                "errors": [
                    {"code": 1, "message": f"The instance {v['instance name']} is not known."}
                ]
            },
            status=404,
        ),
    )
    hgp = [v["hub"], v["group"], v["project"]]
    network = [{"name": hgp[0], "groups": {hgp[1]: {"projects": {hgp[2]: {"isDefault": True}}}}}]
    for kind in ("hub", "group", "project"):
        yield leak(
            kind, "network", get("/Network", network, base="https://api.quantum.ibm.com/api")
        )
        yield leak(
            kind,
            "query",
            get(f"/backends?provider={'%2F'.join(hgp)}", {"devices": []}, base=CLASSIC),
        )
    yield leak("IBMid", "job", get("/jobs/d0/", {"id": "d0", "user_id": v["IBMid"]}))
    yield leak(
        "user id",
        "login answer",
        post("/users/loginWithToken", {}, {"userId": v["user id"]}, base=AUTH),
    )
    yield leak("e-mail", "user", get("/users/me", {"email": v["e-mail"]}, base=AUTH))
    yield leak(
        "e-mail",
        "JWT payload",
        Interaction(
            "POST",
            IAM,
            (),
            b"",
            200,
            JSON,
            json.dumps(
                {"access_token": jwt_of({"email": v["e-mail"], "iat": 1, "exp": 2})}
            ).encode(),
        ),
    )
    yield leak(
        "name of a person",
        "user",
        get("/users/me", {"firstName": v["name of a person"]}, base=AUTH),
    )
    yield leak("name of a person", "log", get("/jobs/d0/logs", v["name of a person"].encode()))
    yield leak("IP address", "classic job", get("/jobs/d0", {"ip": v["IP address"]}, base=CLASSIC))
    yield leak(
        "IP address",
        "IAM error",
        Interaction(
            "POST",
            IAM,
            (),
            b"",
            400,
            JSON,
            json.dumps({"context": {"clientIp": v["IP address"]}}).encode(),
        ),
    )
    yield leak("job id", "path", get(f"/jobs/{v['job id']}/results", {}))
    yield leak("job id", "answer", get("/jobs", {"jobs": [{"id": v["job id"]}], "count": 1}))
    yield leak("session id", "query", get(f"/jobs?session_id={v['session id']}", {}))
    yield leak("session id", "body", post("/jobs", {"session_id": v["session id"]}))
    url = f"https://s3.eu-de.example/b/o?X-Amz-Signature={v['presigned signature']}"
    yield leak("presigned signature", "job", get("/jobs/d0", {"remote_storage": {"url": url}}))
    yield leak("presigned signature", "URL", Interaction("GET", url))
    yield leak("cookie", "request", with_header("Cookie", f"sid={v['cookie']}"))
    yield leak("cookie", "answer", with_header("Set-Cookie", f"sid={v['cookie']}", answered=True))
    yield leak("trace id", "header", with_header("uber-trace-id", v["trace id"], answered=True))
    yield leak("trace id", "error", get("/jobs/d0", {"trace": v["trace id"]}, status=404))
    yield leak(
        "transaction id",
        "header",
        with_header("Transaction-Id", v["transaction id"], answered=True),
    )
    yield leak(
        "host name",
        "IAM error",
        Interaction(
            "POST",
            IAM,
            (),
            b"",
            400,
            JSON,
            json.dumps({"context": {"host": v["host name"]}}).encode(),
        ),
    )
    yield leak("host name", "URL", Interaction("GET", f"http://{v['host name']}:8080/api/v1/jobs"))
    yield leak("host name", "log", get("/jobs/d0/logs", f"on {v['host name']}\n".encode()))
    yield leak(
        "client application",
        "header",
        with_header("X-Qx-Client-Application", f"{v['client application']}/qiskit"),
    )
    yield leak("User-Agent", "header", with_header("User-Agent", v["User-Agent"]))
    yield leak(
        "file path",
        "failed result",
        get("/jobs/d0/results", f'Traceback: File "{v["file path"]}", line 3'.encode()),
    )
    yield leak(
        "file path",
        "reason",
        get("/jobs/d0", {"state": {"status": "Failed", "reason": f"error in {v['file path']}"}}),
    )
    for kind in ("IP address", "IPv6 address", "card number", "telephone number", "e-mail"):
        refused = {"errors": [{"code": 1208, "message": f"The request of {v[kind]} is invalid."}]}
        yield leak(kind, "an error message", get("/jobs", refused, status=400))
        failed = {"state": {"status": "Failed", "reason": f"refused by '{v[kind]}'"}}
        yield leak(kind, "reason", get("/jobs/d0", failed))
        yield leak(kind, "failed result", get("/jobs/d0/results", f"error ({v[kind]})".encode()))
        classic = {"error": {"message": f"user {v[kind]}, not allowed"}}
        yield leak(kind, "classic error", get("/jobs", classic, base=CLASSIC, status=403))
        status = {"message": f"maintenance: call {v[kind]}"}
        yield leak(kind, "status", get("/backends/ibm_x/status", status))
    # A tag that the test itself sends stands in the test; those of others come in answers.
    yield leak("tag", "a list of jobs", get("/jobs", {"jobs": [{"id": "x", "tags": [v["tag"]]}]}))
    yield leak("tag", "a list of tags", get("/tags?type=job", {"tags": [v["tag"]]}))
    yield leak(
        "tag",
        "URL of the next page",
        get(
            "/workloads",
            {"workloads": [], "next": {"href": f"{RUNTIME}/workloads?tags={v['tag']}&next=abc"}},
        ),
    )
    yield leak(
        "proxy password",
        "URL",
        Interaction("GET", f"https://ada:{v['proxy password']}@quantum.cloud.ibm.com/api/v1/jobs"),
    )
    pair = base64.b64encode(f"ada:{v['proxy password']}".encode()).decode()
    yield Leak("proxy password", "Proxy-Authorization", "Basic credentials",
               with_header("Proxy-Authorization", f"Basic {pair}"))  # fmt: skip


def _written() -> Iterator[Leak]:
    """The API key in every encoding in every place."""
    for place, plant in PLACES.items():
        for encoding, write in ENCODINGS.items():
            yield Leak("API key", place, encoding, plant(write(KEY)))


def _packed() -> Iterator[Leak]:
    """Inside of what the client packs, and of compressed bodies."""
    circuit = {"__type__": "QuantumCircuit", "__value__": qpy_with("a", {"note": KEY})}
    yield Leak(
        "API key",
        "metadata of a circuit",
        "QPY",
        post("/jobs", {"program_id": "sampler", "params": {"pubs": [[circuit]]}}),
    )
    named = {"__type__": "QuantumCircuit", "__value__": qpy_with(VALUES["name of a person"], {})}
    yield Leak(
        "name of a person",
        "name of a circuit",
        "QPY",
        get("/jobs/d0", {"id": "d0", "params": {"pubs": [[named]]}}),
    )
    for kind in (
        *("API key", "classic API token", "IAM access token", "token in groups", "file path"),
        *("home by name", "e-mail", "IP address", "IPv6 address", "card number"),
        "telephone number",
    ):
        for place, make in WORDS_OF_CIRCUITS.items():
            params = {"pubs": [[circuit_json(make(VALUES[kind]))]]}
            yield Leak(kind, f"{place} in an answer", "QPY", get("/jobs/d0", {"params": params}))
    result = {"metadata": {"circuit_metadata": {"note": KEY}}}
    yield Leak("API key", "metadata in a result", "as it is", get("/jobs/d0/results", result))
    array = {"__type__": "ndarray", "__value__": array_with(KEY.encode())}
    yield Leak("API key", "an array", "npy", get("/jobs/d0/results", {"data": array}))
    body = gzip.compress(json.dumps({"devices": [], "extra": KEY}).encode())
    headers = (*JSON, ("Content-Encoding", "gzip"))
    yield Leak(
        "API key",
        "a compressed body",
        "gzip",
        Interaction("GET", f"{RUNTIME}/backends", (), b"", 200, headers, body),
    )
    yield Leak(
        "API key",
        "a body of unknown type",
        "gzip",
        Interaction("GET", f"{RUNTIME}/backends", (), b"", 200, (), body),
    )
    wide = json.dumps({"extra": KEY}).encode("utf-16")
    yield Leak("API key", "a body", "UTF-16", Interaction(
        "GET", f"{RUNTIME}/backends", (), b"", 200, JSON, wide))  # fmt: skip


LEAKS: Final = (*_natural(), *_written(), *_packed())
