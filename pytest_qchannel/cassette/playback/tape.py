"""One test's cassette, from before its first request until it is known whether the test passed.

A tape is opened by pytest-recording's fixture where the test has its marker, else by the lane; a
lane carries requests while it is open. What becomes of a recording is decided when everything of
the test is over, because the last request may be sent by the last fixture that is torn down.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pytest_qchannel.cassette.accounts import HeldAccount
from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cassette.disk.place import Place, load_safely, quarantine_of, require_age
from pytest_qchannel.cassette.disk.store import Draft, Store
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.record.log_scrubbing import scrubbed_logs
from pytest_qchannel.cassette.playback.record.recording import Recording
from pytest_qchannel.cassette.playback.replay.in_the_way import hints_of
from pytest_qchannel.cassette.playback.replay.player import Player
from pytest_qchannel.cassette.playback.replay.shared import unused
from pytest_qchannel.cassette.problems import RecordingRefused
from pytest_qchannel.cassette.provenance import Provenance
from pytest_qchannel.cassette.versions import new_provenance
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.hosts import is_ibm_host
from pytest_qchannel.rerun_command import again
from pytest_qchannel.secret import Secret, hide_all
from pytest_qchannel.wire import Request

__all__ = ["Done", "RecordTape", "ReplayTape", "Secrets", "Tape"]

NOT_PASSED: Final = "the test did not pass"

Done = Mapping[str, Any]
"""What became of a cassette at the end of a test, for the summary."""

Secrets = tuple[Secret, ...]
"""The known secrets of a run. They do not show themselves: tracebacks print arguments."""

Heard = Callable[[Interaction, Interaction | None], None]
"""Called with what was sent, and with the answer from the cassette."""


class Tape:
    """What both lanes with cassettes share.

    Attributes:
        place: Where the cassette lies.
        heard: Called with each request and the answer that the cassette gives, or ``None``: a miss.
        is_open: Whether vcrpy stands between HTTP libraries and the network.
        cassette_of_vcr: What vcrpy has for a cassette, meanwhile.
    """

    is_recording: bool

    def __init__(self, place: Place) -> None:
        self.place = place
        self.heard: Heard = lambda _sent, _answer: None
        self.is_open = False
        self.cassette_of_vcr: Any = None
        self._problems: list[QChannelError] = []

    # What vcrpy asks: see cassette/vcrpy/vcr_tape.py.

    def is_ours(self, url: str) -> bool:
        """Whether a request goes to IBM: every other host is left alone."""
        return is_ibm_host((urlsplit(url).hostname or "").lower())

    def answer(self, sent: Interaction) -> Interaction | None:
        """The answer from the cassette; ``None``: the request is sent."""
        raise NotImplementedError

    def was_sent(self) -> None:
        """Called when a request was sent and answered, whether it is kept or not."""

    def keep(self, interaction: Interaction) -> None:
        """Takes what was sent and answered."""
        raise NotImplementedError

    def interactions(self) -> list[Interaction]:
        """What the cassette has."""
        raise NotImplementedError

    # What the lane and the plugin ask.

    def begin(self, test: str, *, afresh: bool = True) -> None:
        """Takes what comes as of a test, run again if it has been, or, with '', as of all."""
        raise NotImplementedError

    def take_problems(self) -> list[QChannelError]:
        """What went wrong since the last call."""
        found, self._problems = self._problems, []
        return found

    def hide(self, text: str) -> str:
        """A text without the secrets that went by; it may be shown."""
        return self.hider()(text)

    def hider(self) -> Callable[[str], str]:
        """What takes the secrets that went by out of a text; holds nothing else of them."""
        raise NotImplementedError

    def hints(self, error: str) -> list[str]:  # noqa: ARG002
        """What the cassette has to do with an error that a test ended with."""
        return []

    def finish(self, *, has_passed: bool, why: str = NOT_PASSED) -> Done:
        """Ends the test's use of the cassette; tells what was done, for the summary.

        Args:
            has_passed: Whether the test did, or all that share the cassette.
            why: What to say where not.

        Raises:
            QChannelError: The test shall fail for it.
        """
        raise NotImplementedError

    @contextmanager
    def opened(self, vcr: Any = None, **options: Any) -> Iterator[Any]:
        """Puts vcrpy between HTTP libraries and the network, until the block is left.

        Args:
            vcr: A configured ``VCR``, as pytest-recording makes it.
            **options: What is given to its ``use_cassette``.
        """
        from pytest_qchannel.cassette.vcrpy.vcr_tape import taped

        with self._prepared(), taped(self, str(self.place.path), vcr, options) as cassette:
            self.is_open, self.cassette_of_vcr = True, cassette
            try:
                yield cassette
            finally:
                self.is_open, self.cassette_of_vcr = False, None

    @contextmanager
    def _prepared(self) -> Iterator[None]:
        yield


class ReplayTape(Tape):
    """Answers everything from the cassette.

    Args:
        place: Where it lies.
        secrets: What must not be in it.
        most_days: How old it may be.
        allow_unused: Whether the test may leave recorded interactions alone.
        require: Called with each request before it is answered; what it raises is a problem.

    Attributes:
        has_missed: Whether the test asked for something else than what was recorded.

    Raises:
        CassetteProblem: It is missing, damaged, unsafe, or too old.
    """

    is_recording: Literal[False] = False

    def __init__(
        self,
        place: Place,
        secrets: Secrets,
        most_days: float | None,
        *,
        allow_unused: bool,
        require: Callable[[Request], None],
    ) -> None:
        super().__init__(place)
        self.cassette: Cassette = load_safely(place, secrets)
        # Of a shared cassette the one that may write it: another one's recording is refused.
        writer = place._replace(test_id=self.cassette.test)
        require_age(self.cassette.provenance, writer, most_days)
        self.player = Player(self.cassette, place.path, place.test_id, time.time)
        self.has_missed = False
        self._allow_unused = allow_unused
        self._require = require
        self._secrets = secrets

    def answer(self, sent: Interaction) -> Interaction:
        """The recorded answer.

        Raises:
            CassetteMiss: There is none.
            QChannelError: The request is refused.
        """
        try:
            self._require(sent.request())
        except QChannelError as refused:
            self._problems.append(refused)
            raise
        found = self.player.find(sent)
        answer = None if found is None else self.player.given_back(found, sent)
        self.heard(sent, answer)
        if answer is None:
            self.has_missed = True
            miss = self.player.miss(sent)
            self._problems.append(miss)
            raise miss
        return answer

    def keep(self, interaction: Interaction) -> None:
        """Nothing is kept: nothing is sent."""

    def hider(self) -> Callable[[str], str]:
        """What takes the person's own credentials out of a text."""
        return partial(hide_all, secrets=self._secrets)

    def hints(self, error: str) -> list[str]:
        """The stand-ins that are in the way, and what is another client's, or of another key."""
        has_refused = self.player.has_refused_another
        return hints_of(self.cassette, self.place, error, has_refused_another=has_refused)

    def interactions(self) -> list[Interaction]:
        """What was recorded."""
        return list(self.cassette.interactions)

    def require_used(
        self, idle: Collection[int], ran: Collection[str], gone: Collection[str]
    ) -> None:
        """Complains of what tests that share the cassette should have asked for: see `unused`."""
        if problem := self.player.unused(unused(self.cassette, sorted(idle), ran, gone)):
            self.has_missed = True
            raise problem

    def begin(self, test: str, *, afresh: bool = True) -> None:
        """Answers as was recorded of a test."""
        self.player.begin(test, afresh=afresh)

    def finish(self, *, has_passed: bool, why: str = NOT_PASSED) -> Done:  # noqa: ARG002
        """Complains of what the test did not ask for."""
        if has_passed and not self._allow_unused and (problem := self.player.unused()):
            self.has_missed = True
            raise problem
        return {"did": "replayed", **self.cassette.provenance.to_plain()}


class RecordTape(Tape):
    """Keeps what the test sends and is answered, and saves it if the test passes.

    Args:
        place: Where it will lie.
        secrets: What must not be in it.
        source: ``emulator`` or ``live``.
        most_days: How old a cassette may be: an older one is not kept for being the same.
        keep: Names of instances that stay what they are, beside those of the source.

    Attributes:
        source: As above.
        accounts: The accounts that the test used, by channel.
        answered: How many requests the source has answered, as it says itself.
    """

    is_recording: Literal[True] = True

    def __init__(
        self,
        place: Place,
        secrets: Secrets,
        source: str,
        *,
        most_days: float | None = None,
        keep: Iterable[str] = (),
    ) -> None:
        super().__init__(place)
        self.source = source
        self._names = list(keep)
        self._most_days = most_days
        self._known = secrets
        self.recording = Recording(place.test_id, secrets)
        self.recording.keep_names(self._names)
        self.accounts: dict[str, HeldAccount] = {}
        self.answered = 0
        self._lock = threading.Lock()
        self._seen = 0

    def meet(
        self,
        accounts: Mapping[str, HeldAccount],  # noqa: ARG002 - what is extended compares them
        names: Iterable[str] = (),
    ) -> None:
        """Called with the source, once the tape is open and before any request.

        Args:
            accounts: Its accounts, by channel.
            names: Names of instances that are no secret there.
        """
        self._names += names
        self.recording.keep_names(self._names)

    def answer(self, sent: Interaction) -> Interaction | None:  # noqa: ARG002
        """Nothing: every request is sent."""
        return None

    def was_sent(self) -> None:
        """Counts what went by."""
        with self._lock:
            self._seen += 1

    def keep(self, interaction: Interaction) -> None:
        """Keeps it in memory."""
        self.recording.add(interaction)

    def interactions(self) -> list[Interaction]:
        """Nothing: what is new has its secrets still."""
        return []

    @contextmanager
    def _prepared(self) -> Iterator[None]:
        """Holds the cassette, and keeps traffic out of the logs."""
        with Store(self.place.root).lock(self.place.path), scrubbed_logs(self._known):
            yield

    def hider(self) -> Callable[[str], str]:
        """What takes the secrets that went by out of a text; holds nothing else of them."""
        return partial(hide_all, secrets=self.recording.known(self.accounts))

    def begin(self, test: str, *, afresh: bool = True) -> None:
        """Keeps what comes as of a test."""
        self.recording.begin(test, afresh=afresh)

    def finish(self, *, has_passed: bool, why: str = NOT_PASSED) -> Done:
        """Saves the recording, or puts it aside and says why."""
        if not len(self.recording) and not has_passed:  # perhaps because there is no way to write
            return {"did": "refused", "why": why, "kept": None}
        store = Store(self.place.root)
        with scrubbed_logs(self._known), store.lock(self.place.path):
            return self._finish(store, has_passed=has_passed, why=why)

    def _finish(self, store: Store, *, has_passed: bool, why: str) -> Done:
        recording = self.recording
        if not len(recording):
            raise self._nothing()
        draft = recording.draft(
            store, self.place.path, self._provenance(), self.accounts, self._most_days
        )
        try:
            recording.check(draft, self.accounts)
            if not has_passed:
                return {
                    "did": "refused",
                    "why": why,
                    "kept": self._put_aside(draft),
                }
            self._require_whole()
            recording.require_replayable(draft)
            recording.require_ended(draft)
        except QChannelError as problem:
            kept = self._put_aside(draft)
            problem.add_note(f"  kept: {kept or 'nothing of it'}")
            raise
        is_new = store.write(draft)
        return {
            "did": "written" if is_new else "unchanged",
            "unknown": [str(one) for one in recording.unknown],
            **draft.cassette.provenance.to_plain(),
        }

    def _nothing(self) -> RecordingRefused:
        said = "nothing was recorded: the test sent no request to IBM"
        mend = f"run it emulated: {again('--qchannel-mode=emulated')}, without the marker vcr"
        if self._seen:
            said = f"nothing was recorded: filters left out every request, {self._seen} in all"
            mend = "take filters of vcr_config and of the marker vcr away that leave IBM out"
        return RecordingRefused(said, path=self.place.path, test_id=self.place.test_id, next=mend)

    def _require_whole(self) -> None:
        """Passes a recording that has everything that was answered.

        Raises:
            RecordingRefused: Something went past vcrpy.
        """
        if self.answered > self._seen:
            raise RecordingRefused(
                f"only {self._seen} of {counted(self.answered, 'request')} reached the recording",
                path=self.place.path,
                test_id=self.place.test_id,
                facts=[("why", "they were sent in a way that vcrpy does not see")],
                next="send them through requests, httpx, aiohttp, urllib3 or http.client",
            )

    def _provenance(self) -> Provenance:
        return new_provenance(",".join(sorted(self.accounts)), self.source)

    def _put_aside(self, draft: Draft) -> str | None:
        aside = quarantine_of(self.place)
        found = self.recording.quarantine(draft, Store(aside.root), aside.path, self.accounts)
        return str(found) if found is not None else None
