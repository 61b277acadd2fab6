"""What is read may have been made to hurt: files are looked at first, and nothing has no end.

A tree comes from a repository, so anything may lie in it: a pipe, which a reader waits for, or a
link to a device, which has no end. The same may stand where a setting or a variable points.
"""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import Final

__all__ = ["MOST_UNPACKED", "read_file", "read_small"]

MOST_UNPACKED: Final = 256 * 1024 * 1024
"""The bytes that anything may grow to when it is unpacked; the service takes inputs of 80 MB."""

_MOST_BYTES: Final = 16 * 1024**2
"""Of what people write: tests, settings, worlds."""


def read_file(path: Path, most_bytes: int) -> bytes:
    """The content of a file; of one that is larger, one byte more than allowed.

    Raises:
        OSError: It is missing, no file, or may not be read.
    """
    try:
        mode = path.stat().st_mode
    except ValueError as problem:  # a NUL
        raise OSError(errno.EINVAL, str(problem), str(path)) from None
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no file, but a folder, a pipe or a device", str(path))
    with path.open("rb") as file:
        return file.read(most_bytes + 1)


def read_small(path: Path) -> bytes:
    """The content of a file that somebody has written, or that should be one.

    Raises:
        OSError: It is missing, no file, may not be read, or is far too large.
    """
    content = read_file(path, _MOST_BYTES)
    if len(content) > _MOST_BYTES:
        raise OSError(errno.EFBIG, f"it is larger than {_MOST_BYTES // 1024**2} MB", str(path))
    return content
