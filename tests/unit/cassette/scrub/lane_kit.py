"""Stores an interaction the way a recorded test does, and searches what is on disk then.

The interaction goes where vcrpy's stubs put it: into the cassette that ``use_cassette`` gave. From
there on everything is real: a tape in a tree of its own, saved or refused when the test is over.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import itertools
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

from pytest_qchannel.cassette.disk.place import Place
from pytest_qchannel.cassette.gate import SecretFound
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.tape import RecordTape
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.secret import Secret
from tests.unit.cassette.scrub.planted_kit import JSON, RUNTIME, is_in

TEST: Final = "tests/test_leaks.py::test_leak"
_HARMLESS: Final = Interaction("GET", f"{RUNTIME}/backends", (), b"", 200, JSON, b'{"devices":[]}')
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_ESCAPE: Final = re.compile(rb"\\u([0-9a-fA-F]{4})")
_DEEPEST: Final = 5


def _fed(cassette: Any, one: Interaction) -> None:
    """What vcrpy's stubs do with a request that was answered."""
    from vcr.request import Request

    headers: dict[str, list[str]] = {}
    for name, value in one.response_headers:
        headers.setdefault(name, []).append(value)
    response = {
        "status": {"code": one.status, "message": ""},
        "headers": headers,
        "body": {"string": one.response_body},
    }
    request = Request(one.method, one.url, one.request_body or None, dict(one.request_headers))
    if not cassette.can_play_response_for(request):
        cassette.append(request, response)


def by_lane(interaction: Interaction, root: Path, known: str | None = None) -> str:
    """Records it with our lane.

    Args:
        interaction: What is sent and answered.
        root: The tree.
        known: The value of a credential in the environment.

    Returns:
        ``saved``, ``gate`` where the gate refused it, or ``refused`` for another reason.
    """
    secrets = (Secret("PLANTED", known),) if known is not None else ()
    tape = RecordTape(Place.of(root, TEST), secrets, "emulator")
    with tape.opened() as cassette:
        for one in (_HARMLESS, interaction):
            _fed(cassette, one)
    try:
        tape.finish(has_passed=True)
    except SecretFound:
        return "gate"
    except QChannelError:
        return "refused"
    return "saved"


def by_vcrpy(interaction: Interaction, root: Path) -> None:
    """Records it with vcrpy as it comes, which is what pytest-recording does by itself."""
    from vcr import VCR

    with VCR().use_cassette(str(root / "plain.yaml"), record_mode="all") as cassette:
        for one in (_HARMLESS, interaction):
            _fed(cassette, one)


def files_with(value: str, root: Path) -> list[str]:
    """The files of a tree that hold a value, in whatever encoding: the quarantine's included."""
    return [
        path.relative_to(root).as_posix()
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and any(is_in(value, one) or is_found(value, one) for one in (_plain(path), _name(path)))
    ]


def _name(path: Path) -> bytes:
    return path.name.encode()


def _plain(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def is_found(value: str, data: bytes, depth: int = 0) -> bool:
    """A second search, which shares no code with the gate: it decodes, and looks again."""
    raw = value.encode()
    written = (raw, quote(raw, safe="").encode(), raw.hex().encode(), json.dumps(value).encode())
    low = data.lower()
    if any(one.strip(b'"').lower() in low for one in written):
        return True
    return depth < _DEEPEST and any(is_found(value, one, depth + 1) for one in _inside(data))


def _inside(data: bytes) -> Iterator[bytes]:
    """What is packed in some bytes, and what they are without their escapes."""
    for bits in (47, -15):
        try:
            yield zlib.decompressobj(bits).decompress(data, 10_000_000)
        except zlib.error:
            continue
    if b"%" in data and (unquoted := unquote_to_bytes(data)) != data:
        yield unquoted
    if b"\\" in data:
        plain = _ESCAPE.sub(lambda one: chr(int(one[1], 16)).encode("utf-8", "replace"), data)
        yield plain.replace(b"\\", b"")
    if data.count(b"\0") * 3 > len(data):
        yield data.replace(b"\0", b"")
    for run in _BASE64.findall(data):
        text = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        # A value may begin anywhere in what was encoded, and the text anywhere in the run.
        for start in itertools.islice(range(len(text)), 4 if len(text) < 4_000 else 1):
            part = text[start:]
            try:
                yield base64.b64decode(part[: len(part) // 4 * 4])
                yield base64.b64decode(part + b"=" * (-len(part) % 4))
            except binascii.Error:
                continue
