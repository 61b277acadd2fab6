"""Tapes for tests: what of the settings and the environment they are made from."""

from __future__ import annotations

import functools
import time
from collections.abc import Collection
from pathlib import Path

from pytest_qchannel.cassette.disk.index import read_plain
from pytest_qchannel.cassette.disk.place import Place, load_safely
from pytest_qchannel.cassette.disk.store import read_index
from pytest_qchannel.cassette.playback.extend import ExtendTape
from pytest_qchannel.cassette.playback.replay.player import Player
from pytest_qchannel.cassette.playback.replay.shared import unused
from pytest_qchannel.cassette.playback.tape import RecordTape, ReplayTape, Secrets
from pytest_qchannel.cassette.problems import STALE, CassetteProblem
from pytest_qchannel.cassette.standin_shapes import is_standin
from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.lanes.decide import Plan, require_source
from pytest_qchannel.network.real_secrets import require_no_real_secret
from pytest_qchannel.settings import Mode, Settings

__all__ = [
    "Place",
    "RecordTape",
    "ReplayTape",
    "known_secrets",
    "recorded_tests",
    "tape_for",
    "unused_of",
]


def known_secrets() -> Secrets:
    """The person's credentials that are long enough to be searched for.

    Stand-ins are no secrets: within a replay they are what the environment has, and another replay
    may be started there.
    """
    return tuple(
        one for one in secrets_of_person() if one.is_searchable and not is_standin(one.reveal())
    )


def tape_for(
    plan: Plan,
    place: Place,
    settings: Settings,
    *,
    allow_unused: bool = False,
    has_missed: bool = False,
) -> ReplayTape | RecordTape:
    """The tape of a test whose lane has a cassette.

    Args:
        plan: Whether it is recorded or replayed. Where only stale cassettes are recorded, another
            one is replayed.
        place: Where the cassette lies.
        settings: With the test's marker.
        allow_unused: Whether the test may leave recorded interactions alone.
        has_missed: Whether the test was replayed in this run and did not fit its cassette.

    Raises:
        UsageProblem: There is nothing that it could be recorded from.
        CassetteProblem: The cassette cannot be replayed.
    """
    secrets = known_secrets()
    is_tried = plan.mode is Mode.RECORD and settings.only_stale and not has_missed
    if plan.mode is Mode.REPLAY or is_tried:
        require = functools.partial(require_no_real_secret, secrets=secrets, where=place.test_id)
        try:
            return ReplayTape(
                place, secrets, settings.max_age, allow_unused=allow_unused, require=require
            )
        except STALE:
            if not is_tried:
                raise
    source = require_source(settings, place.test_id, plan.record_mode)
    is_extended = plan.record_mode == "new_episodes" and place.exists()
    kind = ExtendTape if is_extended else RecordTape
    return kind(
        place,
        secrets,
        source.value,
        most_days=settings.max_age,
        keep=settings.keep,
    )


def unused_of(
    place: Place, idle: Collection[int], ran: Collection[str], gone: Collection[str]
) -> QChannelError | None:
    """What several processes together did not use of a cassette, as an error.

    Args:
        place: Where the cassette lies.
        idle: The places of what none of them asked for.
        ran: The tests that passed.
        gone: Tests that do not exist any more.

    Raises:
        CassetteProblem: The cassette is not what they have replayed.
    """
    cassette = load_safely(place, known_secrets())
    player = Player(cassette, place.path, place.test_id, time.time)
    return player.unused(unused(cassette, sorted(idle), ran, gone))


def recorded_tests(index: Path) -> tuple[str, ...]:
    """The tests that share a cassette, by its index; none where it cannot be read."""
    try:
        top = read_plain(read_index(index), index)
    except (CassetteProblem, OSError):
        return ()
    tests = top.get("tests") if isinstance(top, dict) else None
    return tuple(map(str, tests)) if isinstance(tests, list) else ()
