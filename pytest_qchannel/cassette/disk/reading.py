"""Files of a tree of cassettes are looked at before they are read: what they are, how large.

A tree comes from a repository, so anything may lie in it: a pipe, which a reader waits for, or a
link to a device, which has no end.
"""

from __future__ import annotations

import errno
import stat
from pathlib import Path

__all__ = ["read_file"]


def read_file(path: Path, most_bytes: int) -> bytes:
    """The content of a file; of one that is larger, one byte more than allowed.

    Raises:
        OSError: It is missing, no file, or may not be read.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is no file, but a folder, a pipe or a device", str(path))
    with path.open("rb") as file:
        return file.read(most_bytes + 1)
