"""Where what lies in a folder of cassettes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pytest_qchannel.cassette.naming import SUFFIX

__all__ = ["BLOBS", "OWN", "QUARANTINE", "index_files"]

BLOBS: Final = "blobs"
"""The folder of large bodies."""

OWN: Final = ".qchannel"
"""The folder of locks, unfinished files and quarantine."""

QUARANTINE: Final = f"{OWN}/quarantine"
"""The folder of recordings that were not saved."""


def index_files(root: Path) -> list[Path]:
    """Every file below a folder of cassettes that may be an index, sorted."""
    found = root.rglob(f"*{SUFFIX}") if root.is_dir() else ()
    inner = (root / OWN, root / BLOBS)
    outside = (p for p in found if not any(p.is_relative_to(one) for one in inner))
    return sorted(path for path in outside if path.is_file())
