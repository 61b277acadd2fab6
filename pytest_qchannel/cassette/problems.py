"""What can be wrong with a cassette: each problem names the file, the line and the mending command.

They are errors of the person's files, so none of them is ever answered by going on without.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pytest_qchannel.cassette.disk.layout import head_of, source_in
from pytest_qchannel.cassette.naming import channel_of_check
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.modes import Source
from pytest_qchannel.rerun_command import words_of

__all__ = [
    "KEPT_APART",
    "STALE",
    "BlobDamaged",
    "BlobMissing",
    "CassetteBusy",
    "CassetteDamaged",
    "CassetteMissing",
    "CassetteProblem",
    "CassetteTaken",
    "CassetteTooOld",
    "CassetteUnsafe",
    "RecordingRefused",
    "record_command",
]


KEPT_APART: Final = (
    "keep a set for each client: qchannel_cassettes = cassettes/{client} in the ini file"
)
"""What to do where two clients need two recordings."""


def record_command(test_id: str | None, recorded_from: str = Source.EMULATOR) -> str:
    """The command that records a test's cassette anew.

    Args:
        test_id: The test; without one the command records all.
        recorded_from: ``emulator`` or ``live``: real answers are not to become made-up ones.
    """
    channel = channel_of_check(test_id) if test_id else None
    if channel is not None:
        return f"qchannel check --mode record --channel {channel}"
    words = ("--qchannel-mode=record", f"--qchannel-record-from={recorded_from}")
    return " ".join(["pytest", *(words_of(test_id) if test_id else ()), *words])


class CassetteProblem(QChannelError):
    """A cassette cannot be used as it is.

    Args:
        headline: What is wrong.
        path: The file.
        line: The line of the file, counted from 1.
        test_id: The test that the cassette belongs to, if it is known.
        next: What mends it; by default the command that records it anew, from where the file says
            that it was recorded.
        facts: More lines.
    """

    def __init__(
        self,
        headline: str,
        *,
        path: Path,
        line: int | None = None,
        test_id: str | None = None,
        next: str | None = None,  # noqa: A002 - the message's own word
        facts: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.path = path
        self.line = line
        self.test_id = test_id
        super().__init__(
            headline,
            where=f"{path}" + (f", line {line}" if line else ""),
            next=next or record_command(test_id, source_in(head_of(path))),
            facts=facts,
        )


class CassetteMissing(CassetteProblem):
    """There is no cassette for the test."""


class CassetteDamaged(CassetteProblem):
    """The index is truncated, edited by hand, unsafe, too large or of an unknown version."""


class BlobMissing(CassetteProblem):
    """The index names a body that is not in the tree."""


class BlobDamaged(CassetteProblem):
    """A stored body is not what its name says."""


class CassetteBusy(CassetteProblem):
    """Somebody else is writing the same cassette."""


class CassetteTaken(CassetteProblem):
    """The file belongs to another test."""


class RecordingRefused(CassetteProblem):
    """A recording is not saved: its test failed, or a job of it has not ended."""


class CassetteTooOld(CassetteProblem):
    """The cassette is older than the settings allow."""


class CassetteUnsafe(CassetteProblem):
    """The cassette holds a secret."""


STALE: Final = (CassetteMissing, CassetteDamaged, BlobMissing, BlobDamaged, CassetteTooOld)
"""What recording anew mends; a secret in a cassette is more than that."""
