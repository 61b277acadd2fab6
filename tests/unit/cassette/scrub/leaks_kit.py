"""What is planted where, and how it is written: the leak table's rows.

Every value is made up. The same rows go through us and, in ``benchmarks/bench_gate.py``, through
vcrpy as it comes.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from pytest_qchannel.cassette.gate import Gate
from pytest_qchannel.cassette.interaction import Headers, Interaction
from pytest_qchannel.channels.model import Secret

RUNTIME: Final = "https://quantum.cloud.ibm.com/api/v1"
AUTH: Final = "https://auth.quantum.ibm.com/api"
CLASSIC: Final = "https://api.quantum.ibm.com/runtime"
SEARCH: Final = "https://api.global-search-tagging.cloud.ibm.com/v3/resources/search"
IAM: Final = "https://iam.cloud.ibm.com/identity/token"
JSON: Final[Headers] = (("Content-Type", "application/json; charset=utf-8"),)


def _jwt(claims: Mapping[str, Any]) -> str:
    parts = [json.dumps({"alg": "RS256"}), json.dumps(claims), "sig-1f0c9e27-made-up"]
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


VALUES: Final[Mapping[str, str]] = {
    "API key": "Zq3vN8xTb6Lk0WmR9yHs2DfGc5JpQa7UeXo1-Ti_4MnB",
    "classic API token": "c0ffee5e" * 16,
    "IAM access token": _jwt({"iam_id": "IBMid-66200XY7Z1", "iat": 1, "exp": 2}),
    "classic access token": "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d" * 2,
    "refresh token": "OKDz8yVxRefreshTokenQ0mB3nL6w",
    "account id": "d41a8f0c3b9e4c7281f5a60b7e92c3d4",
    "instance GUID": "5c0b3f2e-94d1-4a7b-8e36-f1a2b3c4d5e6",
    "instance name": "acme-fusion-instance",
    "hub": "acme-labs-hub",
    "group": "fusion-group",
    "project": "reactor-seven",
    "IBMid": "IBMid-66200XY7Z1",
    "user id": "5f3c9a1b2d4e6f8091a2b3c4",
    "e-mail": "ada.byron@acme-fusion.com",
    "name of a person": "Adaline Byronski",
    "IP address": "203.177.42.118",
    "job id": "d1f7k2m9q4s8t3v6w0xz",
    "session id": "8b1e7c40-3d2f-4f6a-9c58-7a0d1e2f3b4c",
    "presigned signature": "b7f4e1a93c5d2086f7e9",
    "cookie": "sess_k39fKq02Zp18",
    "trace id": "7f3a9c1e5b2d4860af13",
    "transaction id": "txn-5533aa77bb99",
    "host name": "ada-thinkpad.corp.acme.com",
    "client application": "acme_secret_pkg-1.2.3",
    "User-Agent": "os.version=6.1.0-acme",
    "file path": "/home/abyron/fusion/reactor.py",
    "tag": "project-bluebird",
    "proxy password": "hunter2-Tr0ub4dor",
}
KEY: Final = VALUES["API key"]


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


def get(path: str, answer: Any, *, base: str = RUNTIME, status: int = 200) -> Interaction:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return Interaction("GET", base + path, (), b"", status, JSON, body)


def post(path: str, sent: Any, answer: Any = None, *, base: str = RUNTIME) -> Interaction:
    bodies = [json.dumps(one).encode() for one in (sent, {} if answer is None else answer)]
    return Interaction("POST", base + path, JSON, bodies[0], 200, JSON, bodies[1])


def with_header(name: str, value: str, *, answered: bool = False) -> Interaction:
    header = ((name, value),)
    asked, told = ((), header) if answered else (header, ())
    return Interaction("GET", f"{RUNTIME}/backends", asked, b"", 200, (*JSON, *told), b"{}")


def _crn(account: str, guid: str) -> str:
    return f"crn:v1:bluemix:public:quantum-computing:us-east:a/{account}:{guid}::"


def qpy_with(name: str, metadata: Mapping[str, str]) -> str:
    """A circuit as the client sends it, with a name and metadata."""
    from qiskit import QuantumCircuit, qpy

    circuit = QuantumCircuit(1, name=name, metadata=dict(metadata))
    buffer = io.BytesIO()
    qpy.dump(circuit, buffer)
    return base64.b64encode(zlib.compress(buffer.getvalue())).decode()


def array_with(data: bytes) -> str:
    """An npy file of bytes, as the client sends arrays."""
    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, np.frombuffer(data, np.uint8))
    return base64.b64encode(zlib.compress(buffer.getvalue())).decode()


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
    crn = _crn(v["account id"], v["instance GUID"])
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
            json.dumps({"access_token": _jwt({"email": v["e-mail"], "iat": 1, "exp": 2})}).encode(),
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


def _escaped(value: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in value)


ENCODINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "as it is": lambda value: value,
    "URL-encoded": lambda value: "".join(f"%{byte:02X}" for byte in value.encode()),
    "URL-encoded twice": lambda value: "".join(f"%25{byte:02x}" for byte in value.encode()),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64, offset 1": lambda value: base64.b64encode(b"x" + value.encode() + b"yz").decode(),
    "base64, offset 2": lambda value: base64.b64encode(b"xy" + value.encode() + b"z").decode(),
    "base64, urlsafe": lambda value: base64.urlsafe_b64encode(b"\xfb" + value.encode()).decode(),
    "hexadecimal": lambda value: value.encode().hex(),
    "HEXADECIMAL": lambda value: value.encode().hex().upper(),
    "JSON-escaped": _escaped,
    "Basic credentials": lambda value: "Basic " + base64.b64encode(f"u:{value}".encode()).decode(),
    "gzip in base64": lambda value: base64.b64encode(gzip.compress(value.encode())).decode(),
    "zlib in base64": lambda value: base64.b64encode(zlib.compress(value.encode())).decode(),
    "JWT payload": lambda value: _jwt({"deep": [value]}),
    "JSON in a JSON string": lambda value: json.dumps(json.dumps({"a": f'"{value}"'})),
    "UTF-16 in base64": lambda value: base64.b64encode(value.encode("utf-16")).decode(),
}
"""Name -> how a value is written; the text is put into the places below."""

PLACES: Final[Mapping[str, Callable[[str], Interaction]]] = {
    "a field that no rule names": lambda text: get("/backends", {"devices": [], "extra": text}),
    "a field that is kept": lambda text: get("/jobs/d0", {"id": "d0", "backend": text}),
    "a key": lambda text: get("/backends", {"devices": [], text: 1}),
    "an error message": lambda text: get(
        "/jobs", {"errors": [{"code": 1208, "message": f"cannot read {text}"}]}, status=400),
    "a header": lambda text: with_header("X-Something", text.encode().hex()
                                         if not text.isprintable() else text),
    "a header that is kept": lambda text: with_header("Accept", text),
    "a query": lambda text: get(f"/jobs?search={quote(text)}", {}),
    "a log": lambda text: get("/jobs/d0/logs", f"INFO done\n{text}\n".encode()),
    "params": lambda text: post("/jobs", {"program_id": "sampler", "params": {"pubs": [[text]]}}),
    "a device's description": lambda text: get(
        "/backends/ibm_x/configuration", {"description": text, "hamiltonian": {"x": [text]}}),
    "a result": lambda text: get("/jobs/d0/results", {"metadata": {"note": text}}),
}  # fmt: skip


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


def as_bytes(one: Interaction) -> bytes:
    """An interaction as a cassette could hold it."""
    lines = [f"{one.method} {one.url}", str(one.status)]
    lines += [f"{name}: {value}" for name, value in (*one.request_headers, *one.response_headers)]
    return b"\n".join(["\n".join(lines).encode(), one.request_body, one.response_body])


def is_in(value: str, data: bytes) -> bool:
    """Whether a value is in some bytes, in whatever encoding."""
    return bool(Gate([Secret("PLANTED", value)], patterns=()).hits(data))


def as_vcrpy_stores_it(one: Interaction) -> bytes:
    """The cassette that vcrpy writes of an interaction, as it comes."""
    from vcr.cassette import Cassette
    from vcr.request import Request
    from vcr.serialize import serialize
    from vcr.serializers import yamlserializer

    cassette = Cassette("nowhere")
    headers: dict[str, list[str]] = {}
    for name, value in one.response_headers:
        headers.setdefault(name, []).append(value)
    response = {
        "status": {"code": one.status, "message": "OK"},
        "headers": headers,
        "body": {"string": one.response_body},
    }
    cassette.append(
        Request(one.method, one.url, one.request_body, dict(one.request_headers)), response
    )
    stored = {"requests": cassette.requests, "responses": cassette.responses}
    return str(serialize(stored, yamlserializer)).encode()
