"""Where what lies in a folder of cassettes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pytest_qchannel.cassette.naming import SUFFIX
from pytest_qchannel.modes import Source

__all__ = [
    "BLOBS",
    "MOST_OF_INDEX",
    "OWN",
    "QUARANTINE",
    "head_of",
    "index_files",
    "source_in",
    "test_in",
]

BLOBS: Final = "blobs"
"""The folder of large bodies."""

OWN: Final = ".qchannel"
"""The folder of locks, unfinished files and quarantine."""

QUARANTINE: Final = f"{OWN}/quarantine"
"""The folder of recordings that were not saved."""

MOST_OF_INDEX: Final = 16 * 1024 * 1024
"""The bytes of an index; it is some ten kilobytes, and large bodies are blobs."""

_HEAD: Final = 16 * 1024
_TEST: Final = re.compile(rb"^test[ ]*:[ ]*(.+?)[ ]*\r?$", re.MULTILINE)
_SOURCE: Final = re.compile(rb"\brecorded_from: (\w+)")


def index_files(root: Path) -> list[Path]:
    """Every file below a folder of cassettes that may be an index, sorted."""
    found = root.rglob(f"*{SUFFIX}") if root.is_dir() else ()
    # A tree may have others below it: one for each client, say.
    inner = (path for path in found if OWN not in path.relative_to(root).parts)
    outside = (path for path in inner if not path.is_relative_to(root / BLOBS))
    return sorted(path for path in outside if path.is_file())


def head_of(path: Path) -> bytes:
    """The beginning of an index; nothing where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""


def test_in(head: bytes) -> str:
    """The test that the beginning of an index names, plain and long; empty where it names none."""
    found = _TEST.search(head)
    text = found[1].decode("utf-8", "replace") if found else ""
    return text[1:-1].replace("''", "'") if text[:1] == "'" == text[-1:] else text


def source_in(head: bytes) -> Source:
    """What the beginning of an index was recorded from; the emulator where it does not say."""
    found = _SOURCE.search(head)
    is_live = found is not None and found[1] == Source.LIVE.encode()
    return Source.LIVE if is_live else Source.EMULATOR
