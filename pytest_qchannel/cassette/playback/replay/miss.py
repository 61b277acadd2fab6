"""Why no recorded interaction answers a request, and what to do about it."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import Key, key_of
from pytest_qchannel.cassette.playback.replay.cursors import Entry, Replay, differ
from pytest_qchannel.cassette.playback.roles import role_of
from pytest_qchannel.cassette.problems import KEPT_APART
from pytest_qchannel.cassette.submitted.submission_words import submission_differences
from pytest_qchannel.cassette.versions import CLIENT_NAME
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.ibm.route import Action

__all__ = ["CassetteMiss", "differences", "explain"]


class CassetteMiss(QChannelError):
    """The code under test sent something that was not recorded.

    Attributes:
        request: ``GET /api/v1/backends``.
        looked: The index file.
        number: The place of the closest interaction, counted from 1, if any is close.
        differences: How that one differs, a sentence each.
    """

    def __init__(
        self,
        request: str,
        *,
        where: str,
        looked: Path,
        interactions: int,
        played: int,
        number: int | None,
        differences: tuple[str, ...],
        closest: str | None,
        next: str,  # noqa: A002 - the message's own word
        versions: str | None = None,
    ) -> None:
        self.request = request
        self.looked = looked
        self.number = number
        self.differences = differences
        super().__init__(
            f"no recorded interaction answers {request}",
            where=where,
            facts=[
                ("looked", f"{looked} ({counted(interactions, 'interaction')}, {played} played)"),
                *([("versions", versions)] if versions else ()),
            ],
            closest=closest,
            next=next,
        )


def explain(
    replay: Replay,
    sent: Interaction,
    *,
    path: Path,
    test_id: str,
    channel: str,
    record: str,
    lines: tuple[int, ...] = (),
    versions: str | None = None,
) -> CassetteMiss:
    """The error for a request that ``replay.answer`` had no answer to.

    Args:
        replay: The replay that was asked.
        sent: What was sent, scrubbed as the cassette is.
        path: The cassette's index.
        test_id: The test.
        channel: Its channel.
        record: The command that records it anew.
        lines: The line of each interaction in the index, from ``Cassette.lines``.
        versions: What it was recorded with, where something else is installed.
    """
    key = key_of(sent)
    closest = _closest(replay, key)
    apart = f", or {KEPT_APART}" if versions and CLIENT_NAME in versions else ""
    found: tuple[str, ...] = ()
    said = None
    if closest is not None:
        found = tuple(differences(closest.key, key)) or (_unreachable(replay, closest),)
        line = f" (line {lines[closest.number]})" if closest.number < len(lines) else ""
        said = f"#{closest.number + 1}{line}, " + "\n".join(found)
    return CassetteMiss(
        f"{sent.method} {key.path}",
        where=f"{test_id}, channel {channel}, mode replay",
        looked=path,
        interactions=len(replay.entries),
        played=replay.played,
        number=None if closest is None else closest.number + 1,
        differences=found,
        closest=said,
        next=f"{record}, or {_undo(closest, key)}{apart} (qchannel docs replay-misses)",
        versions=versions,
    )


def differences(recorded: Key, sent: Key) -> list[str]:
    """How two requests differ in what is compared, a sentence each; empty where they match."""
    found = []
    for name in ("method", "host", "path"):
        one, two = getattr(recorded, name), getattr(sent, name)
        if one != two:
            found.append(f"{name} differs: {one} (recorded) != {two} (sent)")
    if recorded.crn != sent.crn:
        one, two = _crn_words(recorded.crn, sent.crn)
        found.append(f"header Service-CRN differs: {one} (recorded) != {two} (sent)")
    if recorded.query != sent.query:
        one, two = _query_words(recorded, sent), _query_words(sent, recorded)
        found.append(f"query differs: {one} (recorded) != {two} (sent)")
    mine, its = recorded.submitted, sent.submitted
    if mine is not None and its is not None:
        if not mine.matches(its):
            found += submission_differences(mine, its)
    elif recorded.submission != sent.submission:
        found.append("one of the two is no submission that can be read")
    return found


def _crn_words(one: str, two: str) -> tuple[str, str]:
    """The parts that differ, shortened: a CRN names an account."""
    mine, its = one.split(":"), two.split(":")
    if not one or not two or len(mine) != len(its):
        return _short(one), _short(two)
    pairs = [(a, b) for a, b in zip(mine, its, strict=True) if a != b]
    return "...:" + ":".join(_tail(a) for a, _ in pairs), "...:" + ":".join(
        _tail(b) for _, b in pairs
    )


def _tail(part: str) -> str:
    return part if len(part) <= 12 else part[-4:]


def _short(crn: str) -> str:
    return "none" if not crn else "..." + crn.rstrip(":")[-4:]


def _query_words(one: Key, other: Key) -> str:
    only = [f"{name}={value}" for name, value in one.query if (name, value) not in other.query]
    return "&".join(only) or "nothing"


def _closest(replay: Replay, key: Key) -> Entry | None:
    def likeness(entry: Entry) -> tuple[float, ...]:
        its = entry.key
        same_job = entry.role.resource == role_of(key).resource
        return (
            its.method == key.method and its.path == key.path,
            its.method == key.method,
            SequenceMatcher(None, its.path, key.path).ratio() + 0.1 * same_job,
            its.host == key.host,
            its.query == key.query,
            its.crn == key.crn,
            -_distance(its, key),
            -entry.plays,  # one that is still free
            -entry.number,
        )

    logins = Action.LOGIN
    candidates = [entry for entry in replay.entries if entry.role.action is not logins]
    best = max(candidates, key=likeness, default=None)
    if best is None or likeness(best)[2] < 0.5:
        return None
    return best


def _distance(one: Key, two: Key) -> int:
    if one.submitted is None or two.submitted is None or one.matches(two):
        return 0
    return len(submission_differences(one.submitted, two.submitted))


def _unreachable(replay: Replay, entry: Entry) -> str:
    """Why an interaction that matches is not given."""
    same = [one for one in replay.entries if one.key.matches(entry.key)]
    is_own_read = entry.role.action is Action.READ and not entry.role.is_shared
    if is_own_read and differ(same):
        tests = dict.fromkeys(one.interaction.test or "all" for one in same)
        return f"which was recorded in {', '.join(tests)} with different answers: nothing decides"
    lent = next((one for one in same if one.given_to), None)
    if lent is not None:
        return f"which was recorded in {lent.interaction.test} and given to {lent.given_to}"
    if entry.role.action is not Action.READ:
        times = "once" if len(same) == 1 else f"{len(same)} times"
        return f"which was recorded {times} and has been answered as often"
    gates = [
        one
        for one in replay.entries
        if one.role.resource == entry.role.resource and one.role.action is Action.HARD_GATE
    ]
    waiting = [one for one in gates if not one.plays and one.number < entry.number]
    if waiting:
        first = waiting[0].key
        return f"which was recorded after {first.method} {first.path}, and that was not sent yet"
    last = next((one.key for one in reversed(gates) if one.plays), None)
    if last is None:
        return "which cannot be reached any more"
    return f"which was recorded before {last.method} {last.path}, and that was sent already"


def _undo(closest: Entry | None, key: Key) -> str:
    if closest is None:
        return f"do not send {key.method} {key.path}"
    if (closest.key.method, closest.key.path) != (key.method, key.path):
        return f"send {closest.key.method} {closest.key.path} in its place"
    if closest.key.crn != key.crn:
        return "restore the instance"
    if closest.key.submission != key.submission:
        return "restore what the test submits"
    if closest.key.query != key.query:
        return "restore the query"
    if closest.key.matches(key):
        return "send the requests in the order in which they were recorded"
    return f"send {closest.key.method} {closest.key.path}"
