"""Which lane a test runs in: one decision, from the mode and from what pytest-recording was asked.

``auto`` is decided by the marker ``vcr``: with it a test replays, without it a test is emulated.
A mode that somebody names holds for every test. pytest-recording's ``record_mode`` (its option,
its marker's or ``vcr_config``'s) keeps its meaning for tests that are marked:

================  ==================================================
record mode       lane
================  ==================================================
none, or not set  replay
once              replay where there is a cassette, else record
new_episodes      record: what the cassette has is replayed
all, rewrite      record
================  ==================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.rerun_command import again, words_of
from pytest_qchannel.settings import Mode, Settings, Source

__all__ = ["Asked", "Plan", "decide", "require_source"]


class Plan(NamedTuple):
    """What to do with one test.

    Attributes:
        mode: Any but ``auto``.
        record_mode: The record mode that decided so, or ``None``.
    """

    mode: Mode
    record_mode: str | None = None

    @property
    def has_tape(self) -> bool:
        """Whether the test has a cassette."""
        return self.mode in _TAPED


class Asked(NamedTuple):
    """What pytest-recording is asked to do with a test.

    Attributes:
        is_marked: Whether the test has the marker ``vcr``.
        record_mode: The record mode that somebody named, or ``None``.
        source: Where it was named, as ``--record-mode``.
        is_disabled: Whether ``--disable-recording`` is given.
        typed: The options that were typed; others that are set stand in ``addopts``.
    """

    is_marked: bool = False
    record_mode: str | None = None
    source: str = "--record-mode"
    is_disabled: bool = False
    typed: frozenset[str] = frozenset({"--record-mode", "--qchannel-mode"})

    def place(self, source: str) -> str:
        """Where somebody finds what a source says."""
        is_typed = not source.startswith("--") or source in self.typed
        return source if is_typed else f"{source} in addopts"


_TAPED: Final = frozenset({Mode.REPLAY, Mode.RECORD})
_RECORDS: Final = frozenset({"all", "rewrite", "new_episodes"})

RECORD_MODES: Final = ("none", "once", "new_episodes", "all", "rewrite")


def decide(settings: Settings, asked: Asked, where: str, exists: Callable[[], bool]) -> Plan:
    """The plan for one test.

    Args:
        settings: With the test's marker.
        asked: What pytest-recording is asked.
        where: The test, for errors.
        exists: Whether the test has a cassette.

    Raises:
        UsageProblem: The two contradict each other, or a word is none.
    """
    mode, said = settings.mode, asked.record_mode
    if said is not None and said not in RECORD_MODES:
        raise UsageProblem(
            f"{asked.source}: {said!r} is no record mode",
            where=where,
            closest=nearest(str(said), RECORD_MODES),
            next=f"use one of {', '.join(RECORD_MODES)}",
        )
    is_taped = asked.is_marked if mode is Mode.AUTO else mode in _TAPED
    if is_taped and asked.is_disabled:
        raise UsageProblem(
            "--disable-recording is given, and this test replays or records",
            where=f"{where}, mode={mode.value} ({settings.origin['mode']})",
            next=f"run it without a cassette: {again('--qchannel-mode=emulated')}",
        )
    if mode is Mode.AUTO:
        return Plan(_by_record_mode(said, exists), said) if is_taped else Plan(Mode.EMULATED)
    agreeing = _RECORDS if mode is Mode.RECORD else {"none"}
    if said is not None and (asked.is_marked or is_taped) and said not in agreeing:
        raise _contradiction(settings, asked, where)
    return Plan(mode, said if is_taped else None)


def _contradiction(settings: Settings, asked: Asked, where: str) -> UsageProblem:
    mode, said = f"mode={settings.mode.value}", f"the record mode {asked.record_mode!r}"
    ours, theirs = asked.place(settings.origin["mode"]), asked.place(asked.source)
    mending = f"take one of the two away: {mode} of {ours}, or {said} of {theirs}"
    if {ours, theirs} <= asked.typed:
        source = [f"--qchannel-record-from={settings.record_from or Source.EMULATOR}"]
        of_ours = again(f"--qchannel-{mode}", *source * (settings.mode is Mode.RECORD))
        of_theirs = again(
            "--qchannel-mode=auto",
            f"--record-mode={asked.record_mode}",
            *source * (asked.record_mode != "none"),
        )
        mending = f"give one of the two: {of_ours}, or {of_theirs}"
    return UsageProblem(
        f"{mode} and {said} contradict each other",
        where=f"{where}, mode from {ours}, record mode from {theirs}",
        next=mending,
    )


def _by_record_mode(said: str | None, exists: Callable[[], bool]) -> Mode:
    records = said in _RECORDS or (said == "once" and not exists())
    return Mode.RECORD if records else Mode.REPLAY


def require_source(
    settings: Settings, test: str | None = None, record_mode: str | None = None
) -> Source:
    """What is recorded.

    Args:
        settings: The run's, or a test's.
        test: The test that would be recorded; without it, it is the run.
        record_mode: The record mode that decided so, if one did.

    Raises:
        UsageProblem: Nobody said.
    """
    if settings.record_from is None:
        how = f"--record-mode={record_mode}" if record_mode else "--qchannel-mode=record"
        words = words_of(test) if test else ()
        raise UsageProblem(
            "recording needs a source, and nobody named one: emulator, or live (the real services)",
            where=test or f"mode={settings.mode.value} ({settings.origin['mode']})",
            next=" ".join(["pytest", *words, how, "--qchannel-record-from=emulator"]),
        )
    return settings.record_from
