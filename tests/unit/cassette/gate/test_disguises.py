"""A known secret in rarer ways to write it, with anything between its characters."""

from __future__ import annotations

import base64
import binascii
import codecs
import json
import quopri
from collections.abc import Callable, Mapping
from typing import Final

import pytest

from pytest_qchannel.cassette.gate import Gate
from pytest_qchannel.secret import Secret

KEY: Final = "Zk3-vX9_pL2qR7sT5uW1yA8bC4dE6fG0hJkM3nPqRsTu"

WRITTEN: Final[Mapping[str, Callable[[bytes], str | bytes]]] = {
    "pairs of hex": lambda data: data.hex(" "),
    "pairs of hex with colons": lambda data: data.hex(":").upper(),
    "hex as C has it": lambda data: ", ".join(f"0x{one:02x}" for one in data),
    "codes": lambda data: json.dumps(list(data)),
    "octal escapes": lambda data: "".join(f"\\{one:03o}" for one in data),
    "bits": lambda data: " ".join(f"{one:08b}" for one in data),
    "quoted-printable": lambda data: quopri.encodestring(
        b"".join(b"=%02X" % one for one in data)).replace(b"=3D", b"="),
    "backwards": lambda data: data[::-1],
    "other capitals": lambda data: data.swapcase(),
    "capitals": lambda data: data.upper(),
    "no capitals": lambda data: data.lower(),
    "rot13": lambda data: codecs.encode(data.decode(), "rot13"),
    "rot47": lambda data: "".join(chr(33 + (one - 33 + 47) % 94) for one in data),
    "base32": base64.b32encode,
    "base32, not from its beginning": lambda data: base64.b32encode(b"abc" + data + b"de"),
    "base32hex": base64.b32hexencode,
    "base85": base64.b85encode,
    "base85, not from its beginning": lambda data: base64.b85encode(b"abc" + data + b"de"),
    "ascii85": base64.a85encode,
    "uuencode": lambda data: binascii.b2a_uu(data[:45]),
    "wide letters": lambda data: "".join(chr(one + 0xFEE0) for one in data),
    "bold letters": lambda data: "".join(
        chr(0x1D400 + one - 65) if 65 <= one <= 90 else chr(one) for one in data),
    "circled letters": lambda data: data.decode().replace("A", "\u24b6"),
    "a raised letter": lambda data: data.decode().replace("A", "\u1d2c"),
    "a rare raised letter": lambda data: data.decode().replace("C", "\ua7f2"),
}  # fmt: skip


@pytest.mark.parametrize("how", WRITTEN)
def test_it_is_found_as_it_stands_and_within_json(how: str) -> None:
    """Stored in a tag, a search or an option of what was recorded: the gate did not know these."""
    gate = Gate([Secret("QISKIT_IBM_TOKEN", KEY)], patterns=())
    written = WRITTEN[how](KEY.encode())
    text = written.decode() if isinstance(written, bytes) else written
    for stored in (text, json.dumps({"a": text}), f"tags: [{json.dumps(text)}]"):
        assert [one.what for one in gate.search(stored.encode())] == [
            "the value of QISKIT_IBM_TOKEN"
        ]


def test_what_begins_like_another_one_hides_none() -> None:
    ours, theirs = "Zk3vX9pL2qR7sT5uW1yA", "pL2qR7sTeMqZ4nB8cD6f"
    gate = Gate([Secret("OURS", ours), Secret("THEIRS", theirs)], patterns=())
    found = gate.search(" ".join(ours[:6] + theirs).encode())
    assert [one.what for one in found] == ["the value of THEIRS"]


@pytest.mark.parametrize("how", WRITTEN)
def test_what_is_as_long_is_none(how: str) -> None:
    gate = Gate([Secret("QISKIT_IBM_TOKEN", KEY)], patterns=())
    other = WRITTEN[how](KEY.replace("yA8b", "Q7x2").encode())
    assert gate.search(other if isinstance(other, bytes) else other.encode()) == []
