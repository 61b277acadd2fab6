"""What is read out of bytes, and what of it counts: known secrets always, looks where they tell."""

from __future__ import annotations

import base64
import gzip
import random
from urllib.parse import quote

import pytest

from pytest_qchannel.cassette.gate import Gate
from pytest_qchannel.secret import Secret

VALUE = "k7-Secret&<of>somebody"
GATE = Gate([Secret("K", VALUE)], patterns=())
LOOKS = Gate()
HEX = "".join(random.Random(7).choices("0123456789abcdef", k=128))
KEY = "Zq3vN8xTb6Lk0WmR9yHs2DfGc5JpQa7UeXo1-Ti_4MnB"
BINARY = bytes(range(9)) * 8


def rules(gate: Gate, data: bytes) -> list[str]:
    return [one.rule for one in gate.search(data)]


def percent(text: str) -> str:
    return "".join(f"%{ord(one):02X}" for one in text)


@pytest.mark.parametrize(
    ("written", "how"),
    [
        (VALUE.encode(), ""),
        (base64.b64encode(VALUE.encode()), "base64"),
        (VALUE.encode().hex().encode(), "hexadecimal digits"),
        (base64.b64encode(gzip.compress(VALUE.encode(), mtime=0)), "in base64, in gzip"),
        (percent(VALUE).encode(), "URL-encoded"),
        (gzip.compress(base64.b64encode(b"." + VALUE.encode()), mtime=0), "in gzip, base64"),
    ],
)
def test_a_find_says_how_it_was_written(written: bytes, how: str) -> None:
    assert [one.how for one in GATE.search(written)] == [how]


@pytest.mark.parametrize(
    "written",
    [
        "".join(f"&#{ord(one)};" for one in VALUE),
        "".join(f"&#x{ord(one):x};" for one in VALUE),
        VALUE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    ],
)
def test_html_entities_are_read(written: str) -> None:
    assert rules(GATE, written.encode()) == ["GATE-001"]


def test_a_secret_with_spaces_may_be_broken_at_them() -> None:
    gate = Gate([Secret("K", "four words of mine")], patterns=())
    assert rules(gate, b"a: four\n    words of\r\n\tmine, b") == ["GATE-001"]
    assert rules(gate, b"a: four\n    wordsof") == []


@pytest.mark.parametrize("before", ["", "a"])
def test_hexadecimal_digits_are_read_whatever_stands_right_before(before: str) -> None:
    packed = gzip.compress(VALUE.encode()).hex()
    assert rules(GATE, f"{before}{packed}".encode()) == ["GATE-001"]


@pytest.mark.parametrize("filler", [0, 120_000])
def test_short_runs_are_read_in_long_data_too(filler: int) -> None:
    gate = Gate([Secret("K", "ab12cd34")], patterns=())
    written = base64.b64encode(percent("ab12cd34").encode()).decode()
    assert rules(gate, f"{'word. ' * (filler // 6)}{written} end".encode()) == ["GATE-001"]


def test_short_texts_in_binary_data_hide_no_known_secret() -> None:
    gate = Gate([Secret("K", "ab12cd34")], patterns=())
    assert rules(gate, BINARY + b"ab%312cd34" + BINARY) == ["GATE-001"]


def test_what_chance_makes_in_binary_data_is_no_find() -> None:
    assert rules(LOOKS, BINARY + b"ab@cd.ef" + BINARY) == []
    assert rules(LOOKS, BINARY + b"ada.byron@acme-fusion.com" + BINARY) == ["GATE-015"]


def test_what_chance_makes_in_packed_data_is_no_find() -> None:
    short, long = b"it is a@bcd.ef, see", b"it is ada.byron@acme-fusion.com, see"
    assert rules(LOOKS, short) == rules(LOOKS, long) == ["GATE-015"]
    assert rules(LOOKS, base64.b64encode(short)) == []
    assert rules(LOOKS, base64.b64encode(long)) == ["GATE-015"]


def test_a_very_long_run_is_packed_data() -> None:
    assert rules(LOOKS, f"z{HEX}z".encode()) == ["GATE-012"]
    assert rules(LOOKS, f"{'z' * 4_096}{HEX}z".encode()) == []


@pytest.mark.parametrize("text", [KEY, "IBMid-66200XY7Z1"])
def test_two_things_side_by_side_are_no_find(text: str) -> None:
    """Of lines that were joined only a token counts, which has a mark in its middle, too."""
    assert len(rules(LOOKS, text.encode())) == 1
    assert rules(LOOKS, f"{text[:8]}\n{text[8:]}".encode()) == []


def test_where_the_beginning_of_base64_is_a_guess_looks_do_not_count() -> None:
    packed = base64.b64encode(b"this is IBMid-66200XY7Z1, he said").decode()
    assert rules(LOOKS, packed.encode()) == ["GATE-014"]
    assert rules(LOOKS, f"a{packed}".encode()) == []


def test_a_stream_that_cannot_be_opened_counts_where_it_is_no_guess() -> None:
    packed = base64.b64encode(b"\x28\xb5\x2f\xfd" + bytes(20)).decode()
    assert rules(LOOKS, packed.encode()) == ["GATE-090"]
    assert rules(LOOKS, f"A{packed}".encode()) == []


@pytest.mark.parametrize("escape", ["\\U00110000", "\\UFFFFFFFF", "\\ud800", "\\udfff"])
def test_escapes_that_are_no_characters_hide_nothing(escape: str) -> None:
    assert rules(GATE, f'"{escape}{quote(VALUE)}"'.encode()) == ["GATE-001"]
    assert rules(GATE, f'"{escape}"'.encode()) == []


def test_what_is_encoded_outside_of_a_document_has_no_line() -> None:
    data = b"\n\n}: [" + percent(VALUE).encode()
    assert [(one.line, one.path) for one in GATE.search(data)] == [(None, "")]
    looks = b"\n\n}: [ " + percent("IBMid-66200XY7Z1").encode()
    assert [(one.line, one.path) for one in LOOKS.search(looks)] == [(None, "")]
