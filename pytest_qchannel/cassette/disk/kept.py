"""Which cassettes a folder has, told by file names and first lines: nothing is parsed.

pytest-recording keeps its cassettes in folders of the same name, so a file is one of ours only if
it says so. This module is loaded by runs that replay nothing, and imports as little as it can.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from pytest_qchannel.cassette.disk.blobs import FOLDER
from pytest_qchannel.cassette.naming import SUFFIX, channel_of_check, test_id_of

__all__ = ["OWN", "Kept", "index_files", "is_foreign", "kept_in"]

OWN: Final = ".qchannel"
"""The folder of locks, unfinished files and quarantine."""

_HEAD: Final = 16 * 1024
_OURS: Final = re.compile(rb"^qchannel[ ]*:", re.MULTILINE)
_VCRPY: Final = re.compile(rb"^(?:interactions|version)[ ]*:", re.MULTILINE)
_TEST: Final = re.compile(rb"^test[ ]*:[ ]*(.+?)[ ]*\r?$", re.MULTILINE)


class Kept(NamedTuple):
    """A cassette in a folder.

    Attributes:
        path: Its index file.
        test: The test that its name was made from, or that it names itself; empty if neither
            can be told.
    """

    path: Path
    test: str

    @property
    def module(self) -> str:
        """The module of the test, relative to the folder that test ids are relative to.

        Empty for a cassette of ``qchannel check``: no run of pytest can tell whether it is used.
        """
        return "" if channel_of_check(self.test) else self.test.partition("::")[0]


def index_files(root: Path) -> list[Path]:
    """Every file below a folder of cassettes that may be an index, sorted."""
    found = root.rglob(f"*{SUFFIX}") if root.is_dir() else ()
    inner = (root / OWN, root / FOLDER)
    outside = (p for p in found if not any(p.is_relative_to(one) for one in inner))
    return sorted(path for path in outside if path.is_file())


def kept_in(root: Path) -> list[Kept]:
    """Our cassettes below a folder; what cannot be read, or is somebody else's, is left out."""
    found = []
    for path in index_files(root):
        head = _head(path)
        if _OURS.search(head):
            name = PurePosixPath(*path.relative_to(root).parts)
            found.append(Kept(path, test_id_of(name) or _named(head)))
    return found


def is_foreign(path: Path) -> bool:
    """Whether a file is a cassette of plain vcrpy or pytest-recording."""
    head = _head(path)
    return not _OURS.search(head) and bool(_VCRPY.search(head))


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""


def _named(head: bytes) -> str:
    """The test that an index names; a name was cut, so it is plain and long."""
    found = _TEST.search(head)
    text = found[1].decode("utf-8", "replace") if found else ""
    return text[1:-1].replace("''", "'") if text[:1] == "'" == text[-1:] else text
