"""The values that are planted, how they are written, where they stand, how they are found again.

Every value is made up.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from pytest_qchannel.cassette.gate import Gate
from pytest_qchannel.cassette.interaction import Headers, Interaction
from pytest_qchannel.secret import Secret

RUNTIME: Final = "https://quantum.cloud.ibm.com/api/v1"
AUTH: Final = "https://auth.quantum.ibm.com/api"
CLASSIC: Final = "https://api.quantum.ibm.com/runtime"
SEARCH: Final = "https://api.global-search-tagging.cloud.ibm.com/v3/resources/search"
IAM: Final = "https://iam.cloud.ibm.com/identity/token"
JSON: Final[Headers] = (("Content-Type", "application/json; charset=utf-8"),)


def jwt_of(claims: Mapping[str, Any]) -> str:
    parts = [json.dumps({"alg": "RS256"}), json.dumps(claims), "sig-1f0c9e27-made-up"]
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


VALUES: Final[Mapping[str, str]] = {
    "API key": "Zq3vN8xTb6Lk0WmR9yHs2DfGc5JpQa7UeXo1-Ti_4MnB",
    "classic API token": "c0ffee5e" * 16,
    "IAM access token": jwt_of({"iam_id": "IBMid-66200XY7Z1", "iat": 1, "exp": 2}),
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
    "card number": "4929 1234 5678 9012",
    "telephone number": "0170-1234-5678",
    "IPv6 address": "fe80::1ff:fe23",
    "token in groups": "xoxb-20304050-aBcDeFgH",
    "home by name": "~abyron/fusion/reactor.py",
}
KEY: Final = VALUES["API key"]


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


def crn_of(account: str, guid: str) -> str:
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
    "JWT payload": lambda value: jwt_of({"deep": [value]}),
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
