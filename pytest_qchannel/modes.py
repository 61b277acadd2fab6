"""The settings that are a choice of few: what :mod:`.options` writes as words, as kinds."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Door", "Mode", "Source"]


class Mode(StrEnum):
    """Where answers come from."""

    AUTO = "auto"
    EMULATED = "emulated"
    REPLAY = "replay"
    RECORD = "record"
    LIVE = "live"


class Door(StrEnum):
    """How requests get to the emulator."""

    IN_PROCESS = "in-process"
    LOOPBACK = "loopback"


class Source(StrEnum):
    """Where the record lane gets what it records, and what cassettes say of themselves."""

    EMULATOR = "emulator"
    LIVE = "live"

    @property
    def words(self) -> str:
        """As a sentence has it."""
        return "the real services" if self is Source.LIVE else f"the {self}"
