"""The gate: known secrets in every encoding, IBM's patterns, places, and no false refusals."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import random
import zipfile
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_qchannel.cassette.gate import PATTERNS, Gate, SecretFound
from pytest_qchannel.cassette.scrub.standins import Standins
from pytest_qchannel.cassette.standin_shapes import standin_jwt
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.secret import Secret

VALUE = "Zq3vN8xTb6Lk0WmR9yHs2DfGc5JpQa7UeXo1-Ti_4MnB"
GATE = Gate([Secret("QISKIT_IBM_TOKEN", VALUE)])


def _zip(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/name.txt", data)
    return buffer.getvalue()


def _some_percent(data: bytes) -> bytes:
    return b"".join(b"%%%02X" % one if at % 3 else bytes([one]) for at, one in enumerate(data))


def _some_escapes(data: bytes) -> bytes:
    text = data.decode("utf-8")
    return "".join(
        f"\\u{ord(one):04X}" if at % 2 and ord(one) < 0x10000 else json.dumps(one)[1:-1]
        for at, one in enumerate(text)
    ).encode()


WRITERS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda data: data,
    "URL-encoded": lambda data: quote(data, safe="").encode(),
    "URL-encoded in part": _some_percent,
    "URL-encoded twice": lambda data: quote(_some_percent(data), safe="").encode(),
    "base64 at offset 0": base64.b64encode,
    "base64 at offset 1": lambda data: base64.b64encode(b"\xfe" + data + b"\xff"),
    "base64 at offset 2": lambda data: base64.urlsafe_b64encode(b"\xfe\xff" + data + b"\xff"),
    "base64 over lines": lambda data: base64.encodebytes(b"\xfe" * 71 + data + b"\xff" * 99),
    "base64 twice": lambda data: base64.b64encode(base64.b64encode(b"a" + data)),
    "hex": lambda data: data.hex().encode(),
    "HEX": lambda data: data.hex().upper().encode(),
    "JSON-escaped": _some_escapes,
    "JSON in JSON": lambda data: json.dumps(
        json.dumps({"b": data.decode("utf-8"), "c": '"\\'})
    ).encode(),
    "Basic": lambda data: b"Basic " + base64.b64encode(b"user:" + data),
    "gzip": lambda data: gzip.compress(b"before " + data),
    "zlib": lambda data: zlib.compress(b"before " + data, 1),
    "zlib, small window": lambda data: zlib.compressobj(9, zlib.DEFLATED, 9).compress(b"x") and (
        _with_window(data, 10)
    ),
    "gzip, cut short": lambda data: gzip.compress(data + random.Random(1).randbytes(999))[:-40],
    "gzip in the middle": lambda data: b"\x00\x01binary" + gzip.compress(data) + b"\xff\x02",
    "gzip in base64": lambda data: base64.b64encode(gzip.compress(data)),
    "zlib in base64 behind a path": lambda data: b"/a/b" + base64.b64encode(zlib.compress(data)),
    "gzip in gzip": lambda data: gzip.compress(gzip.compress(data)),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": _zip,
    "JWT payload": lambda data: b"eyJhbGciOiJub25lIn0." + base64.urlsafe_b64encode(
        json.dumps({"a": data.decode("utf-8")}).encode()).rstrip(b"=") + b".c2ln",
    "UTF-16": lambda data: data.decode("utf-8").encode("utf-16"),
    "UTF-16, big end first": lambda data: data.decode("utf-8").encode("utf-16-be"),
    "UTF-16 in base64": lambda data: base64.b64encode(data.decode("utf-8").encode("utf-16-le")),
}  # fmt: skip


def _with_window(data: bytes, bits: int) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, bits)
    return stream.compress(data) + stream.flush()


@pytest.mark.parametrize("how", WRITERS)
@pytest.mark.parametrize("value", [VALUE, "päss wörd/ü+1?&=%", "0123456789", 'quo"te\\back\\slash'])
def test_a_known_secret_is_found_however_it_is_written(how: str, value: str) -> None:
    gate = Gate([Secret("QISKIT_IBM_TOKEN", value)], patterns=())
    written = WRITERS[how](value.encode())
    [finding, *_] = gate.search(written)
    assert finding.rule == "GATE-001"
    assert finding.what == "the value of QISKIT_IBM_TOKEN"


@pytest.mark.parametrize("made_up", ["0" * 44, "01" * 22, "1" * 16])
def test_counts_are_no_key_that_somebody_has_made_up(made_up: str) -> None:
    """With such a key in the environment every recording with a list of zeros was refused."""
    counts = json.dumps([int(one) for one in made_up] * 2)
    secret = Secret("QISKIT_IBM_TOKEN", made_up)
    assert Gate([secret]).search(counts.encode()) == []
    assert secret.hide(counts) == counts


@pytest.mark.parametrize("between", [" ", "-", ".", "\n", "\r\n", "', '", "\\n"])
def test_a_known_secret_is_found_with_something_between_its_characters(between: str) -> None:
    """``k e y``, as in a list of characters, was stored."""
    gate = Gate([Secret("QISKIT_IBM_TOKEN", VALUE)], patterns=())
    [finding, *_] = gate.search(f"body: x{between.join(VALUE)}x".encode())
    assert finding.rule == "GATE-001"
    assert gate.search(between.join(VALUE[:-1]).encode()) == []


_SECRETS = st.text(
    st.characters(codec="ascii", min_codepoint=33), min_size=8, max_size=60
) | st.text("abcdefghij0123456789", min_size=8, max_size=60)
_AROUND = st.binary(max_size=60)


@pytest.mark.slow
@settings(max_examples=300)
@given(
    value=_SECRETS,
    how=st.sampled_from(sorted(WRITERS)),
    outer=st.sampled_from(["as it is", "gzip", "gzip in base64", "JSON in JSON", "UTF-16"]),
    before=st.text(" \n{}\"',:", max_size=9),
)
def test_random_secrets_in_random_places_are_never_missed(
    value: str, how: str, outer: str, before: str
) -> None:
    written = WRITERS[how](value.encode())
    try:
        text = written.decode("utf-8")
    except UnicodeDecodeError:
        text = base64.b64encode(written).decode()
    data = WRITERS[outer](f"{before} {text} {before}".encode())
    gate = Gate([Secret("PLANTED", value)], patterns=())
    assert [one.rule for one in gate.search(data)][:1] == ["GATE-001"]


@pytest.mark.slow
@settings(max_examples=200)
@given(value=_SECRETS, how=st.sampled_from(sorted(WRITERS)), as_yaml=st.booleans())
@example(value="\x7f0000000", how="URL-encoded in part", as_yaml=True)
def test_random_secrets_in_documents_are_found_and_never_shown(
    value: str, how: str, as_yaml: bool
) -> None:
    written = WRITERS[how](value.encode())
    body: Any = written
    if not as_yaml:
        body = written.decode("latin-1")
    document = {"interactions": [{"a": 1}, {"response": {"body": {"string": body}}}]}
    data = (yaml.safe_dump(document) if as_yaml else json.dumps(document)).encode()
    found = Gate([Secret("PLANTED", value)], patterns=()).search(data)
    said = str(SecretFound(found, "a.yaml"))
    assert "GATE-001 the value of PLANTED" in said
    # A short value can be a word of the message itself.
    assert value not in said or value in str(SecretFound(found, "a.yaml")).replace(value, "", 1)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("byte", range(256))
def test_a_stream_among_escapes_is_found_whenever_it_was_packed(place: int, byte: int) -> None:
    """A zero byte and a one after it, both escaped, were read as a backslash."""
    value = "a-secret-of-somebody"
    packed = gzip.compress(value.encode(), mtime=byte << (8 * place)).decode("latin-1")
    data = json.dumps({"string": packed}).encode()
    gate = Gate([Secret("K", value)], patterns=())
    assert [one.rule for one in gate.search(data)][:1] == ["GATE-001"]


@pytest.mark.parametrize("around", [b"\xfe\xfd\xfc", b"\xfe\xfd\xfc\xfb", b"\0\1"])
def test_no_bytes_stand_for_backslashes_by_chance(around: bytes) -> None:
    value = 'one"quote\\and-more'
    data = around + json.dumps({"a": value}).encode() + around
    assert Gate([Secret("K", value)], patterns=()).search(data)


@pytest.mark.slow
@pytest.mark.parametrize("distance", [1, 40, 2_040, 2_046, 2_047, 2_048, 2_049, 2_060, 9_000])
@pytest.mark.parametrize("filler", ["x", "1, ", '","'])
def test_a_long_document_with_few_escapes_is_read_everywhere(distance: int, filler: str) -> None:
    """Only what is near an escape is read again: the secret may be anywhere in there."""
    value = 'one"quote\\and-more'
    gate = Gate([Secret("K", value)], patterns=())
    far = filler * (400_000 // len(filler))
    near = (filler * distance)[:distance]
    written = json.dumps(value)[1:-1].replace("quote", "qu\\u006fte")
    for text in (f"{far}\\n{near}{written}{near}\\n{far}", f"{near}{written}{far}", far + written):
        assert len(gate.search(text.encode())) == 1
    packed = base64.b64encode(zlib.compress(VALUE.encode() + random.Random(3).randbytes(30_000)))
    cut = packed[:20_000] + b"\\u00%02x" % packed[20_000] + packed[20_001:]
    assert GATE.hits(b'{"a": "' + far.encode() + b'", "b": "' + cut + b'"}')


_ZSTD = b"\x28\xb5\x2f\xfd"
_BYTES = st.binary(max_size=300).filter(lambda data: _ZSTD not in data)  # cannot be opened
_WORDS = st.sampled_from(
    ["status", "Completed", "ibm_torino", "online", "readout_error", "cz", "μs"]
)
_CLEAN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _WORDS
    | st.text(max_size=12)
    | _BYTES.map(lambda data: base64.b64encode(zlib.compress(data)).decode())
    | _BYTES.map(lambda data: base64.b64encode(data + b"\0").decode())
    | st.uuids().map(str)
    | st.datetimes().map(lambda at: at.isoformat() + "Z")
    | st.integers(1, 9).map(lambda number: Standins().of("job_id", str(number) * 20))
    | st.integers(1, 9).map(lambda number: f"Bearer {standin_jwt(number)}"),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(_WORDS, inner, max_size=6),
    max_leaves=40,
)


@pytest.mark.slow
@settings(max_examples=300)
@given(document=_CLEAN, as_yaml=st.booleans())
def test_clean_documents_are_never_refused(document: Any, as_yaml: bool) -> None:
    text = yaml.safe_dump(document) if as_yaml else json.dumps(document)
    assert GATE.search(text.encode()) == []
    assert GATE.search(gzip.compress(text.encode())) == []


@pytest.mark.slow
@pytest.mark.parametrize("size", [100, 10_000, 300_000])
def test_random_bytes_are_never_refused(size: int) -> None:
    for seed in range(20):
        data = random.Random(seed).randbytes(size)
        assert GATE.search(data) == []
        assert GATE.search(json.dumps({"a": base64.b64encode(data).decode()}).encode()) == []


_HEX128 = "".join(random.Random(5).choices("0123456789abcdef", k=128))
_CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/{}:5c0b3f2e-94d1-4a7b-8e36-f1a2b3c4d5e6::"
_REAL_JWT = ".".join(
    base64.urlsafe_b64encode(one).decode().rstrip("=")
    for one in (b'{"alg": "RS256"}', b'{"iat": 1, "exp": 2}', b"signature")
)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("GATE-010", VALUE),
        ("GATE-010", f"key={VALUE}&x=1"),
        ("GATE-011", _REAL_JWT),
        ("GATE-012", _HEX128),
        ("GATE-013", _CRN.format("d41a8f0c3b9e4c7281f5a60b7e92c3d4")),
        ("GATE-014", "IBMid-66200XY7Z1"),
        ("GATE-015", "written by ada.byron@acme-fusion.com, today"),
        ("GATE-016", "Authorization: Bearer 0a1b2c3d4e5f6a7b8c"),
        ("GATE-016", "authorization: Basic " + base64.b64encode(b"ada:hunter2").decode()),
        ("GATE-016", "apikey 0a1b2c3d4e5f6a7b8c"),
        ("GATE-017", "https://s3.x/y?X-Amz-Signature=b7f4e1a93c5d2086f7e9"),
        ("GATE-017", "https://s3.x/y?a=b&sig=b7f4e1a93c5d2086f7e9"),
        ("GATE-018", "-----BEGIN RSA PRIVATE KEY-----"),
        ("GATE-019", '{"apiToken": "0a1b2c3d4e"}'),
        ("GATE-019", "password=hunter2hunter2"),
    ],
)
def test_what_nobody_knew_is_found_by_its_looks(rule: str, text: str) -> None:
    gate = Gate()
    assert rule in {one.rule for one in gate.search(text.encode())}
    packed = base64.b64encode(gzip.compress(json.dumps({"a": [text]}).encode()))
    assert rule in {one.rule for one in gate.search(packed)}


@pytest.mark.parametrize("width", [9, 20, 40])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n    "])
def test_a_token_that_is_broken_over_lines_is_found_by_its_looks(width: int, end: str) -> None:
    lines = [_REAL_JWT[at : at + width] for at in range(0, len(_REAL_JWT), width)]
    found = Gate().search(f"token:\n  {end.join(lines)}\n".encode())
    assert [one.rule for one in found] == ["GATE-011"]


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg"])
def test_what_is_packed_is_found_whatever_stands_right_before_its_base64(before: str) -> None:
    """Nobody can know where in a run of such characters the base64 begins."""
    packed = base64.b64encode(gzip.compress(VALUE.encode())).decode()
    assert [one.rule for one in GATE.search(f"{before}{packed}".encode())][:1] == ["GATE-001"]


def test_every_pattern_has_an_example() -> None:
    [mark] = [
        mark
        for mark in test_what_nobody_knew_is_found_by_its_looks.pytestmark  # type: ignore[attr-defined]
        if mark.name == "parametrize"
    ]
    assert {rule for rule, _ in mark.args[1]} == {pattern.id for pattern in PATTERNS}


@pytest.mark.parametrize(
    "text",
    [
        _CRN.format("716368616e6e656c0000000000000011"),
        "IBMid-STANDIN0001",
        "person-1@stand-in.invalid, someone@example.com",
        f"Bearer {standin_jwt(1)}",
        "apikey qchannel-stand-in-api-key-000000000000000001",
        '{"apikey": "<your API key here>", "password": "********"}',
        "Basic configuration of the backend; a Bearer token is needed",
        '{"access_token": "not_supported"}',
        "qubit[2] q; ctrl @ x q[0], q[1];",
        "f" * 128,
        "ab" * 64,
        _CRN.format("0" * 32),
        "Bearer authentication-is-required",
        base64.urlsafe_b64encode(b"the 2 quick Brown foxes JUMP overs").decode()[:44],
        base64.urlsafe_b64encode(zlib.compress(bytes(range(99)))[:33]).decode(),
        "PauliEvolutionGate_5f113de4-49ce-459e-99b1-bcb0399c4573Theta",  # as Qiskit 1 names it
        "sha256:" + "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_standins_and_words_are_no_secrets(text: str) -> None:
    assert Gate().search(text.encode()) == []


@pytest.mark.parametrize(
    "name",
    [
        "test_SamplerV2_returns_1024_shots_for_each_of_its_PUBs",
        "test_what_IBMRuntimeError_1291_says_of_a_job_that_is_gone",
        "TestQiskitRuntimeService2026_with_a_token_that_has_expired",
        "test_QAOA_MaxCut_3x3_grid_p2_SPSA_100_iter_EstimatorV2_ZNE",
    ],
)
def test_a_long_name_is_no_key(name: str) -> None:
    """A test with such a name could not be recorded: "refused to store a secret", its own name."""
    assert Gate().search(f"test: test_it.py::{name}".encode()) == []


def test_the_refusal_has_the_shape_of_the_house() -> None:
    document = "interactions:\n- request:\n    headers:\n      x: [" + VALUE + "]\n"
    found = Gate([Secret("QISKIT_IBM_TOKEN", VALUE)], patterns=()).search(document.encode())
    assert str(SecretFound(found, "cassettes/a.yaml")) == (
        "refused to store a secret: GATE-001 the value of QISKIT_IBM_TOKEN, line 4, interaction "
        "#1, interactions[0].request.headers.x[0]\n"
        "  where: cassettes/a.yaml\n"
        "  next:  send something else there, or leave the test emulated, without the marker vcr; "
        "where the code sends nothing of it: report this text (qchannel docs scrubbing)"
    )


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(UsageProblem, match="SHORT_ONE is too short to be searched for"):
        Gate([Secret("SHORT_ONE", "1234567")])


def test_what_is_too_large_to_be_looked_into_is_a_finding() -> None:
    bomb = gzip.compress(b"\0" * 3_000_000)
    small = Gate(most_bytes=1_000_000)
    assert [one.rule for one in small.search(bomb)] == ["GATE-090"]
    assert GATE.search(bomb) == []


def test_what_cannot_be_opened_is_a_finding() -> None:
    zstd = b"\x28\xb5\x2f\xfd" + bytes(20)
    assert [one.rule for one in GATE.search(zstd)] == ["GATE-090"]


def test_packing_deeper_than_is_looked_into_is_a_finding() -> None:
    data = VALUE.encode()
    for _ in range(12):
        data = base64.b64encode(gzip.compress(data))
    assert [one.rule for one in GATE.search(data)] == ["GATE-090"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"{",
        b"[" * 5_000,
        b"a: &a [*a]",
        b"!!python/object:os.system x",
        b"\xff\xfe",
        b"%",
    ],
)
def test_hostile_and_broken_documents_are_searched(data: bytes) -> None:
    assert GATE.search(data) == []
    found = GATE.search(data + b"\n" + VALUE.encode())
    assert "GATE-001" in {one.rule for one in found}
