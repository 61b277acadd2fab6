"""A cassette, replayed: what each request is answered, and what to complain about at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.naming import channel_of_check
from pytest_qchannel.cassette.playback.matching import key_of
from pytest_qchannel.cassette.playback.replay.cursors import Replay, State
from pytest_qchannel.cassette.playback.replay.foreign_ids import ForeignIds
from pytest_qchannel.cassette.playback.replay.identity import Identity, is_login
from pytest_qchannel.cassette.playback.replay.miss import CassetteMiss, explain
from pytest_qchannel.cassette.playback.replay.own_words import OwnWords
from pytest_qchannel.cassette.playback.replay.sent_texts import SentTexts
from pytest_qchannel.cassette.problems import CassetteProblem, record_command
from pytest_qchannel.cassette.versions import version_difference

__all__ = ["InteractionsUnused", "Player"]

_MOST_TOLD = 10


class InteractionsUnused(CassetteProblem):
    """The test did not ask for everything that was recorded.

    Attributes:
        unused: What was not asked for, as ``#4 (line 61) GET /api/v1/jobs``.
    """

    unused: tuple[str, ...] = ()


class Player:
    """Answers from a cassette; any thread may ask.

    Args:
        cassette: What was recorded.
        path: Its index, for errors.
        test_id: The test, for errors.
        now: Seconds since the epoch: logins are answered as of now.
    """

    def __init__(
        self, cassette: Cassette, path: Path, test_id: str, now: Callable[[], float]
    ) -> None:
        self.cassette = cassette
        self.path = path
        self._test_id = test_id
        is_own = cassette.test == test_id
        apart = "" if is_own else "give the test a cassette of its own (no default_cassette), then "
        self._record = apart + record_command(test_id, cassette.provenance.recorded_from)
        self._replay = Replay(cassette.interactions)
        accounts = cassette.accounts.values()
        instances = (held.id for one in accounts for held in one.instances)
        self._foreign_ids = ForeignIds(cassette.interactions, instances)
        self._words = OwnWords(cassette.interactions)
        own = (one.credential for one in accounts)
        self._identity = Identity(cassette.interactions, own, now)
        self._texts = SentTexts()
        self._lock = threading.Lock()
        self._answered = 0
        self._test = ""
        self._begun: dict[str, tuple[State, Mapping[str, int]]] = {}

    def begin(self, test: str, *, afresh: bool = True) -> None:
        """Takes what comes as of a test, or with an empty name as of all that share the cassette.

        A test that is run once more at once gets again what it got the last time.

        Args:
            test: Its id.
            afresh: Whether it is run now, and does not go on after something that all share.
        """
        self._test = test
        if not test or not afresh:
            return
        if next(reversed(self._begun), None) == test:
            state, logins = self._begun[test]
            self._replay.go_back(state)
            self._identity.go_back(logins)
            self._words.forget(test)
        self._begun.pop(test, None)
        self._begun[test] = self._replay.state(), self._identity.state()

    @property
    def answered(self) -> int:
        """How many requests were answered so far, logins included."""
        return self._answered

    @property
    def has_refused_another(self) -> bool:
        """Whether a credential that is not in the cassette got a refusal that is."""
        return self._identity.has_refused_another

    @property
    def played(self) -> int:
        """How many of the interactions were given at least once."""
        return self._replay.played

    def find(self, sent: Interaction) -> Interaction | None:
        """The answer to a request as it was recorded, or ``None`` where the cassette has none."""
        if is_login(sent):
            found: Interaction | None = self._identity.answer(sent)
        else:
            asked = key_of(self._as_recorded(sent))
            entry = self._replay.answer_to(asked, self._test)
            found = entry.interaction if entry is not None else None
            self._texts.hear(sent, asked.submitted, found)
        if found is not None:
            with self._lock:
                self._answered += 1
        return found

    def words_sent(self) -> dict[str, str]:
        """The test's own words behind the recorded ones, where they are others."""
        return self._words.sent()

    def given_back(self, found: Interaction, sent: Interaction) -> Interaction:
        """A recorded answer with the texts in it that the test itself has sent."""
        return self._texts.given_back(found, sent, self.words_sent())

    def _as_recorded(self, sent: Interaction) -> Interaction:
        sent = self._foreign_ids.as_recorded(sent, self._test)
        return self._words.as_recorded(sent, self._test)

    def miss(self, sent: Interaction) -> CassetteMiss:
        """Why there is no answer to a request."""
        return explain(
            self._replay,
            self._as_recorded(sent),
            path=self.path,
            test_id=self._test or self._test_id,
            record=self._record,
            channel=self.cassette.provenance.channel,
            lines=self.cassette.lines,
            versions=version_difference(self.cassette.provenance),
        )

    def idle(self) -> tuple[int, ...]:
        """The places of what was not asked for."""
        return self._replay.unused()

    def unused(self, numbers: Iterable[int] | None = None) -> InteractionsUnused | None:
        """What the test did not ask for, as an error; ``None`` where it asked for everything.

        Args:
            numbers: The places of what was not asked for; by default as this replay knows it.
        """
        told = self._replay.unused() if numbers is None else numbers
        entries = [self._replay.entries[number] for number in told]
        if not entries:
            return None
        lines = self.cassette.lines
        said = tuple(
            f"#{one.number + 1}"
            + (f" (line {lines[one.number]})" if one.number < len(lines) else "")
            + f" {one.key.method} {one.key.path}"
            + (f" of {one.interaction.test}" if one.interaction.test else "")
            for one in entries
        )
        more = len(said) - _MOST_TOLD
        shown = [*said[:_MOST_TOLD], *([f"and {more} more"] if more > 0 else [])]
        problem = InteractionsUnused(
            f"{len(said)} of {len(self._replay.entries)} recorded interactions were not used",
            path=self.path,
            test_id=self._test_id,
            facts=[("unused", "\n".join(shown))],
            next=self._record
            if channel_of_check(self._test_id)
            else f"{self._record}, or allow it: @pytest.mark.qchannel(allow_unused=True)",
        )
        problem.unused = said
        return problem
