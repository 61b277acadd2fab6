"""What a cassette says in words, in a terminal and on a page."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cli.cassettes.folder import shown, size_words
from pytest_qchannel.counted import counted
from pytest_qchannel.modes import Source

__all__ = ["head", "plain_of", "pretty"]


def head(path: Path, cassette: Cassette) -> list[tuple[str, str]]:
    """Where it is, and where it comes from: names and texts; a row without a name goes on."""
    provenance = cassette.provenance
    rows = [
        ("file", f"{shown(path)} ({size_words(path.stat().st_size)})"),
        ("channel", provenance.channel),
        ("recorded", f"{provenance.recorded_at} from {Source(provenance.recorded_from).words}"),
        (
            "with",
            f"qiskit-ibm-runtime {provenance.client}, Qiskit {provenance.qiskit}, "
            f"pytest-qchannel {provenance.plugin}, scrubbing rules {provenance.scrubber}",
        ),
        ("QPU seconds", f"{provenance.qpu_seconds:g}"),
    ]
    for channel, account in sorted(cassette.accounts.items()):
        rows.append(("account", f"{channel}, {account.credential}"))
        rows += [("", f"  {held.name} ({held.plan}) {held.id}") for held in account.instances]
    return rows


def pretty(body: bytes) -> str:
    """A body with indentation where it is JSON, in one sentence where it is no text."""
    plain = plain_of(body)
    if isinstance(plain, dict) and set(plain) == {"base64"}:
        return f"{counted(body, 'byte that is', 'bytes that are')} no text"
    return plain if isinstance(plain, str) else json.dumps(plain, indent=2, ensure_ascii=False)


def plain_of(body: bytes) -> object:
    """A body as JSON has it: what it holds where it is JSON, else its text, else its bytes."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
