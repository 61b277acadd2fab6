"""The record mode ``new_episodes``: what is recorded is replayed, what is new is added to it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import NoReturn

from pytest_qchannel.cassette.accounts import HeldAccount
from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cassette.disk.place import load_safely, require_age
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.record.extension import Extension
from pytest_qchannel.cassette.playback.record.mixing import Mixing, SourcesMixed
from pytest_qchannel.cassette.playback.record.translation import OtherAccount, Translation
from pytest_qchannel.cassette.playback.replay.identity import is_login
from pytest_qchannel.cassette.playback.replay.player import Player
from pytest_qchannel.cassette.playback.tape import Done, RecordTape
from pytest_qchannel.cassette.problems import RecordingRefused
from pytest_qchannel.cassette.provenance import Provenance
from pytest_qchannel.cassette.standin_shapes import standin_in
from pytest_qchannel.modes import Source
from pytest_qchannel.rerun_command import words_of

__all__ = ["ExtendTape"]


class ExtendTape(RecordTape):
    """Answers what the cassette has, sends the rest, and adds it if the test passes.

    Logins go to where the rest goes. The code under test sees the source's own account, also in
    what the cassette answers; the jobs and sessions of the cassette are stand-ins, and nothing new
    can be asked of them.

    Args:
        place: Where the cassette lies.
        secrets: What must not be in it.
        source: ``emulator`` or ``live``.
        most_days: How old a cassette may be.
        keep: Names of instances that stay what they are.
    """

    _cassette: Cassette
    _extension: Extension
    _player: Player
    _translation: Translation
    _mixing: Mixing

    def meet(self, accounts: Mapping[str, HeldAccount], names: Iterable[str] = ()) -> None:
        """Loads the cassette, and compares its account with that of the source.

        Raises:
            CassetteProblem: It cannot be used, or was recorded as somebody of another kind.
        """
        cassette = load_safely(self.place, self._known)
        require_age(cassette.provenance, self.place, self._most_days)
        if cassette.provenance.recorded_from != self.source:
            recorded_from = Source(cassette.provenance.recorded_from).words
            raise self._refused(
                f"the cassette was recorded from {recorded_from}, "
                f"and what is new would come from {Source(self.source).words}"
            )
        try:
            self._translation = Translation(cassette.accounts, accounts)
        except OtherAccount as difference:
            raise self._refused(
                f"the cassette was recorded with an account of another kind: {difference}"
            ) from None
        self._cassette = cassette
        self._mixing = Mixing()
        self._player = Player(cassette, self.place.path, self.place.test_id, time.time)
        self.recording = self._extension = Extension(
            self.place.test_id,
            self._known,
            cassette,
            self._translation,
            self._player.words_sent,
        )
        super().meet(accounts, names)

    def answer(self, sent: Interaction) -> Interaction | None:
        """The recorded answer; ``None`` where there is none, and the request is sent.

        Raises:
            RecordingRefused: It names something that only the cassette knows.
        """
        if is_login(sent):
            return None
        found = None
        if not self._extension.is_about_new(sent):
            found = self._player.find(self._translation.to_recorded(sent))
            if found is None:
                self._require_known(sent)
        try:
            self._mixing.require(sent, is_new=found is None)
        except SourcesMixed as mixed:
            self._refuse(str(mixed))
        if found is None:
            return None
        self._extension.was_given(found)
        answer = self._translation.to_real(self._player.given_back(found, sent))
        self.heard(sent, answer)
        self.was_sent()
        return answer

    def interactions(self) -> list[Interaction]:
        """What the cassette had."""
        return list(self._cassette.interactions)

    def _require_known(self, sent: Interaction) -> None:
        texts = (sent.url, *(value for _, value in sent.request_headers))
        body = sent.request_body.decode("utf-8", "replace")
        name = next(filter(None, map(standin_in, (*texts, body))), None)
        if name is not None:
            self._refuse(
                "a request that is not in the cassette names "
                f"{name}, which only the cassette knows",
                facts=[("why", f"it was replayed, and {Source(self.source).words} never had it")],
            )

    def _refuse(self, said: str, facts: Iterable[tuple[str, str]] = ()) -> NoReturn:
        refused = self._refused(said, facts)
        self._problems.append(refused)
        raise refused

    def _refused(self, said: str, facts: Iterable[tuple[str, str]] = ()) -> RecordingRefused:
        return RecordingRefused(
            said,
            path=self.place.path,
            test_id=self.place.test_id,
            next="record the test as a whole, not with new_episodes: "
            "pytest --qchannel-mode=auto --record-mode=rewrite "
            f"--qchannel-record-from={self.source} {' '.join(words_of(self.place.test_id))}",
            facts=facts,
        )

    def begin(self, test: str, *, afresh: bool = True) -> None:
        """Answers as was recorded of a test, and keeps what is new as of it."""
        super().begin(test, afresh=afresh)
        self._player.begin(test, afresh=afresh)

    def _finish(self, store: Store, *, has_passed: bool, why: str) -> Done:
        if not self._extension.has_news:
            return {"did": "replayed", **self._cassette.provenance.to_plain()}
        done = super()._finish(store, has_passed=has_passed, why=why)
        return {**done, "did": "extended"} if done["did"] == "written" else done

    def _provenance(self) -> Provenance:
        return self._extension.provenance(super()._provenance())
