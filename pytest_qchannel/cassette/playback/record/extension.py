"""A recording that adds to a cassette: what is new is put where it happened, the rest stays.

The place of a new interaction is behind the last old one that was given before it was sent. So a
request that a test sends before it logs out is before the logout in the cassette, too, and the
replay does not look for it behind that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from pytest_qchannel.cassette.accounts import HeldAccount
from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import found_in
from pytest_qchannel.cassette.playback.record.recording import Recording
from pytest_qchannel.cassette.playback.record.translation import Translation
from pytest_qchannel.cassette.playback.replay.foreign_ids import named_ids
from pytest_qchannel.cassette.playback.replay.identity import is_login, kept_logins
from pytest_qchannel.cassette.provenance import Provenance
from pytest_qchannel.cassette.scrub.standins import Standins
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import json_object

__all__ = ["Extension"]

_BEFORE_ALL: Final = -1


class Extension(Recording):
    """Collects what a test sends beyond what a cassette answers.

    Args:
        test_id: The test.
        secrets: What is known of the run's secrets before it begins.
        old: The cassette.
        translation: Between its account and the one that is logged in.
        words_sent: Gives the test's own words behind the recorded ones, where they are others.
    """

    def __init__(
        self,
        test_id: str,
        secrets: Iterable[Secret],
        old: Cassette,
        translation: Translation,
        words_sent: Callable[[], Mapping[str, str]],
    ) -> None:
        super().__init__(test_id, secrets)
        self._old = old
        self._translation = translation
        self._words_sent = words_sent
        self._numbers = {id(one): number for number, one in enumerate(old.interactions)}
        self._reached = _BEFORE_ALL
        self._places: dict[int, int] = {}
        self._issued: set[str] = set()

    def add(self, interaction: Interaction) -> None:
        """Keeps what was sent and answered, and its place among what is old."""
        with self._lock:
            kept = self._marked(interaction)
            self._raw.append(kept)
            self._places[id(kept)] = self._reached
            self._issued.update(_issued(kept))

    def was_given(self, recorded: Interaction) -> None:
        """Called with each old interaction that was given once more."""
        with self._lock:
            self._reached = max(self._reached, self._numbers[id(recorded)])

    def is_about_new(self, sent: Interaction) -> bool:
        """Whether a request is about a job or a session that the source made in this run."""
        return any(name in self._issued for _, name in named_ids(sent))

    @property
    def has_news(self) -> bool:
        """Whether there is something to add: logins alone are none, unless other ones failed."""
        kept = kept_logins(self._raw)
        logins = sum(map(is_login, kept))
        return logins < len(kept) or logins != sum(map(is_login, self._old.interactions))

    def provenance(self, new: Provenance) -> Provenance:
        """That of the whole: as old as its oldest answer, and it replays with today's client."""
        old = self._old.provenance
        return replace(
            new,
            recorded_at=old.recorded_at,
            scrubber=old.scrubber,
            qpu_seconds=old.qpu_seconds + new.qpu_seconds,
        )

    def _standins(self) -> Standins:
        parts = (self._said(one) for one in self._old.interactions)
        standins = Standins(b"\n".join(part for each in parts for part in each), self._kept)
        for kind, real, recorded in self._translation.pairs:
            standins.adopt(kind, real, recorded)
        for recorded, sent in self._words_sent().items():
            standins.adopt("word", sent, recorded)
        return standins

    @staticmethod
    def _said(one: Interaction) -> Iterator[bytes]:
        yield from (one.url.encode(), one.request_body, one.response_body)
        for _, value in (*one.request_headers, *one.response_headers):
            yield value.encode()

    def _whole(self, scrubbed: Mapping[int, Interaction]) -> list[Interaction]:
        """What is old and what is new in one order; of logins, what this run has seen."""
        behind: dict[int, list[Interaction]] = {}
        for key, one in scrubbed.items():
            behind.setdefault(self._places[key], []).append(one)
        whole = behind.get(_BEFORE_ALL, [])
        for number, one in enumerate(self._old.interactions):
            whole += [] if is_login(one) else [one]
            whole += behind.get(number, [])
        return whole

    def _words(self, whole: Iterable[Interaction]) -> tuple[dict[str, object] | None, ...]:
        words = zip(self._old.interactions, self._old.words, strict=True)
        known = {id(one): said for one, said in words}
        return tuple(known.get(id(one)) for one in whole)

    def _every_test(self) -> tuple[str, ...]:
        return tuple(sorted(self._tests | set(self._old.tests)))

    def _accounts(self, scrubbed: dict[str, HeldAccount]) -> dict[str, HeldAccount]:
        return {**scrubbed, **self._old.accounts}


def _issued(one: Interaction) -> Iterator[str]:
    """The id of what a request has made: a job, a session, a task."""
    found = found_in(one)
    if one.status < 300 and found is not None and found.route.action.makes:
        body = json_object(one.response_body)
        ids = (body.get(name) for name in ("id", "task_id"))
        yield from (one for one in ids if isinstance(one, str))
