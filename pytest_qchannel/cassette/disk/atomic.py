"""Files that are there whole or not at all, and the error where the system refuses one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_qchannel.cassette.problems import CassetteProblem, record_command

__all__ = ["put_in_place", "written"]


def put_in_place(path: Path, data: bytes, temporary_in: Path) -> None:
    """Writes a file beside its place, flushes it, and moves it there.

    Args:
        path: Its place.
        data: Its content.
        temporary_in: A folder on the same disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_in / f"{os.getpid()}-{path.name}"
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there, and need not be
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def written(path: Path, test_id: str | None) -> Iterator[None]:
    """Says of what the system refuses that a cassette cannot be written for it."""
    try:
        yield
    except OSError as problem:
        at = problem.filename or path
        raise CassetteProblem(
            f"the cassette cannot be written: {problem.strerror or problem}",
            path=path,
            test_id=test_id,
            facts=[("at", str(at))],
            next=f"look at {at}: what is there, who may write it, and whether the disk is full; "
            f"then {record_command(test_id)}",
        ) from None
