"""What a recorded test becomes: from raw interactions to the exact bytes of a cassette.

The order matters. Logins leave first; then each interaction is scrubbed, in the order in which it
happened; equal polls collapse; the gate searches the bytes that would be written. Raw interactions
are in memory only, and nothing here shows one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from pytest_qchannel.cassette import accounts as held
from pytest_qchannel.cassette.accounts import HeldAccount
from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cassette.disk.store import Draft, Store
from pytest_qchannel.cassette.gate import Finding, Gate, SecretFound
from pytest_qchannel.cassette.interaction import Interaction, with_length
from pytest_qchannel.cassette.playback.matching import address_of, key_of, submission_in
from pytest_qchannel.cassette.playback.record.collapse import collapse
from pytest_qchannel.cassette.playback.record.job_states import unfinished
from pytest_qchannel.cassette.playback.record.qpy_answers import answered_params
from pytest_qchannel.cassette.playback.record.replayable import unreplayable
from pytest_qchannel.cassette.playback.replay.identity import is_login, kept_logins
from pytest_qchannel.cassette.playback.roles import role_of
from pytest_qchannel.cassette.problems import RecordingRefused, record_command
from pytest_qchannel.cassette.provenance import Provenance
from pytest_qchannel.cassette.scrub import Scrubbed, Scrubber, Unknown
from pytest_qchannel.cassette.scrub.echoes import Asked
from pytest_qchannel.cassette.scrub.kept_names import kept_names
from pytest_qchannel.cassette.scrub.standins import DRAWN, Standins
from pytest_qchannel.cassette.standin_shapes import is_standin
from pytest_qchannel.cassette.submitted.submission import Submission
from pytest_qchannel.ibm.route import Action
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import json_object

__all__ = ["Recording"]

_TOKEN_FIELDS: Final = ("access_token", "refresh_token", "id")
_OF_BODY: Final = ("content-type", "content-encoding")
_UNIQUE: Final = frozenset({"account", "guid", "job_id", "session_id", "task_id"})
"""The kinds of stand-ins whose values a test has from the run itself, if it was told them."""


class Recording:
    """Collects what a test sends and is answered, and makes a cassette of it.

    Args:
        test_id: The test.
        secrets: What is known of the run's secrets before it begins.
    """

    def __init__(self, test_id: str, secrets: Iterable[Secret] = ()) -> None:
        self.test_id = test_id
        self._secrets = tuple(secrets)
        self._lock = threading.Lock()
        self._raw: list[Interaction] = []
        self._outdated: set[int] = set()
        self._unknown: dict[Unknown, None] = {}
        self._not_found_again: tuple[str, ...] = ()
        self._lost: list[str] = []
        self._kept: set[tuple[str, str]] = set()
        self._test = ""
        self._tests: set[str] = set()

    def keep_names(self, names: Iterable[str]) -> None:
        """Lets names of instances stay what they are: they are no secret, and tests write them."""
        self._kept.update(kept_names(names))

    def begin(self, test: str, *, afresh: bool = True) -> None:
        """Takes what comes as of a test, or with an empty name as of all that share the recording.

        A test that is run again is recorded anew: see :meth:`_of_last_runs`.

        Args:
            test: Its id.
            afresh: Whether it is run now, and does not go on after something that all share.
        """
        with self._lock:
            self._test = test
            if afresh and test in self._tests:
                self._outdated.update(id(one) for one in self._raw if one.test == test)
            self._tests.update(filter(None, [test]))

    def add(self, interaction: Interaction) -> None:
        """Keeps what was sent and answered, in memory."""
        with self._lock:
            self._raw.append(self._marked(interaction))

    def _marked(self, interaction: Interaction) -> Interaction:
        return replace(interaction, test=self._test) if self._test else interaction

    def __len__(self) -> int:
        return len(self._raw) - len(self._outdated)

    def _of_last_runs(self) -> list[Interaction]:
        """Without what tests sent that were run again, but for what a client asked for once only.

        A service that lives longer than the test keeps answers, as a device's configuration, and
        does not ask in the next run of it; in a replay nothing is kept yet.
        """
        asked = {
            (one.test, key_of(one))
            for one in self._raw
            if id(one) not in self._outdated and one.method == "GET"
        }
        left = []
        for one in self._raw:
            if id(one) in self._outdated:
                if one.method != "GET":
                    continue
                role, place = role_of(key_of(one)), (one.test, key_of(one))
                if role.is_shared or role.action is not Action.READ or place in asked:
                    continue
                asked.add(place)
            left.append(one)
        return left

    @property
    def unknown(self) -> tuple[Unknown, ...]:
        """What no scrub rule names, once there is a draft."""
        return tuple(self._unknown)

    def draft(
        self,
        store: Store,
        path: Path,
        provenance: Provenance,
        accounts: Mapping[str, HeldAccount],
        most_days: float | None = None,
    ) -> Draft:
        """The exact bytes of the cassette; nothing is written, and nothing was searched yet.

        Args:
            store: The tree that it is for.
            path: Its index there.
            provenance: Where it comes from.
            accounts: The accounts that the test used, by channel; not scrubbed yet.
            most_days: An older cassette is not kept where only the times are new.
        """
        secrets = [one.reveal() for one in self.known(accounts)]
        scrubber = Scrubber(secrets, rewrite_params=answered_params, standins=self._standins())
        scrubbed, submitted = {}, {}
        self._lost.clear()
        raw = kept_logins(self._of_last_runs())
        for one in raw:
            kept, submission = self._scrubbed(one, scrubber)
            scrubbed[id(one)] = kept
            if submission is not None:
                submitted[id(kept)] = submission
        pairs = [(one, scrubbed[id(one)]) for one in raw]
        sent = {key: one.sent for key, one in submitted.items()}
        ids = self._ids_given(raw, accounts, scrubber.standins)
        given = [*ids, *(one for one in _credentials(accounts, raw) if one.is_searchable)]
        lost = [*self._lost, *unreplayable(pairs, sent, accounts, scrubber.standins, ids, given)]
        self._not_found_again = tuple(dict.fromkeys(lost))
        fewer = collapse(self._whole(scrubbed))
        cassette = Cassette(
            self.test_id,
            provenance,
            fewer,
            self._accounts(held.scrubbed(accounts, scrubber.value)),
            words=self._words(fewer),
            tests=self._every_test(),
        )
        places = {
            number: submitted[id(one)] for number, one in enumerate(fewer) if id(one) in submitted
        }
        if provenance.recorded_from == "emulator":
            cassette = store.with_old_date(cassette, path, most_days)
        return store.draft(cassette, path, places)

    # What a recording that adds to a cassette does otherwise.

    def _standins(self) -> Standins:
        """The stand-ins that there are before anything is scrubbed."""
        return Standins(kept=self._kept)

    def _whole(self, scrubbed: Mapping[int, Interaction]) -> list[Interaction]:
        """The interactions of the cassette in order, from new ones by their raw ones' identity."""
        return list(scrubbed.values())

    def _words(self, whole: Iterable[Interaction]) -> tuple[dict[str, object] | None, ...]:  # noqa: ARG002
        """What is known already of what was submitted, in words."""
        return ()

    def _accounts(self, scrubbed: dict[str, HeldAccount]) -> dict[str, HeldAccount]:
        """The accounts of the cassette."""
        return scrubbed

    def _every_test(self) -> tuple[str, ...]:
        """The tests that share the cassette."""
        return tuple(sorted(self._tests))

    def check(self, draft: Draft, accounts: Mapping[str, HeldAccount]) -> None:
        """Lets a draft pass, or refuses it.

        Raises:
            SecretFound: One of its files holds a secret.
        """
        gate = self._gate(accounts)
        if findings := _found_in(draft, gate):
            is_named = bool(gate.search_name(draft.path))
            raise SecretFound(findings, str(draft.path.parent if is_named else draft.path))

    def require_replayable(self, draft: Draft) -> None:
        """Passes a draft whose requests a replay will find again.

        Raises:
            RecordingRefused: Something that the test itself sends could not be kept.
        """
        if self._not_found_again:
            raise RecordingRefused(
                f"the recording was not saved: a replay would not find {self._not_found_again[0]}",
                path=draft.path,
                test_id=self.test_id,
                facts=[
                    (
                        "why",
                        "what is sent there is no plain word, or not known to be safe to keep, or "
                        "made of what is another one in a replay",
                    ),
                    *(("also", one) for one in self._not_found_again[1:]),
                ],
                next="send something else there (of an id the whole, as a tag), or leave the test "
                "emulated, without the marker vcr; what should be kept: report this text "
                "(qchannel docs scrubbing)",
            )

    def require_ended(self, draft: Draft) -> None:
        """Passes a draft all jobs of which have reached a final state.

        Raises:
            RecordingRefused: One has not: its replay could only wait for ever.
        """
        waiting = unfinished(draft.cassette.interactions)
        if waiting:
            job, status, _ = waiting[0]
            raise RecordingRefused(
                f"the recording was not saved: job {job} had not ended, its last state is {status}",
                path=draft.path,
                test_id=self.test_id,
                facts=[
                    *(("of", test) for _, _, test in waiting[:1] if test),
                    *(
                        ("also", f"{one}: {state}{f', of {test}' if test else ''}")
                        for one, state, test in waiting[1:]
                    ),
                ],
                next="wait for the job in the test (job.result()) or cancel it, then: "
                + record_command(self.test_id, draft.cassette.provenance.recorded_from),
            )

    def quarantine(
        self, draft: Draft, store: Store, path: Path, accounts: Mapping[str, HeldAccount]
    ) -> Path | None:
        """Writes what was refused to another tree, without whatever the gate finds in it.

        Returns:
            The index file, or ``None`` where nothing of it may be written.
        """
        gate = self._gate(accounts)
        cassette = draft.cassette
        clean = tuple(one for one in cassette.interactions if not _findings(gate, one))
        held_back = replace(cassette, interactions=clean)
        copy = store.draft(held_back, path)
        if _found_in(copy, gate):
            return None
        store.write(copy)
        return path

    def known(self, accounts: Mapping[str, HeldAccount]) -> list[Secret]:
        """Every secret of the run: of the environment, of the accounts, and of the logins."""
        found = {one.reveal(): one for one in _credentials(accounts, self._raw)}
        found.update((one.reveal(), one) for one in self._secrets)
        return [one for one in found.values() if one.is_searchable]

    @staticmethod
    def _ids_given(
        raw: Iterable[Interaction], accounts: Mapping[str, HeldAccount], standins: Standins
    ) -> list[Secret]:
        """The ids for which a replay gives other ones, each named by what it is.

        What a test has made up is none of it: a job that it asks for in vain.
        """
        held = "\n".join(one.id for account in accounts.values() for one in account.instances)
        found = {
            value: Secret(f"the run's own {kind.replace('_', ' ')}", value)
            for kind, value in standins.replaced()
            if kind in _UNIQUE
            and DRAWN.fullmatch(value)
            and (value in held or _was_told(value, raw))
        }
        return list(found.values())

    def _gate(self, accounts: Mapping[str, HeldAccount]) -> Gate:
        return Gate(self.known(accounts))

    def _scrubbed(
        self, one: Interaction, scrubber: Scrubber
    ) -> tuple[Interaction, Submission | None]:
        submission = submission_in(one)
        if submission is None:
            return self._noted(scrubber.scrub(one)), None
        # The params are harmless already (see submission.py): the scrubber has the rest.
        form = dict(submission.form)
        params = form.pop("params", None)
        rest = json.dumps(form, ensure_ascii=False).encode()
        headers = (*_without_type(one), ("Content-Type", "application/json"))
        scrubbed = self._noted(
            scrubber.scrub(
                replace(one, request_headers=headers, request_body=rest),
                Asked(one, params, submission.sent),
            )
        )
        kept: dict[str, object] = json.loads(scrubbed.request_body)
        if isinstance(tags := kept.get("tags"), list):
            kept["tags"] = sorted(tags, key=str)  # by what a replay compares
        if params is not None:
            kept["params"] = params
        whole = Submission(kept, submission.texts, submission.sent)
        body = whole.to_bytes()
        headers = with_length(scrubbed.request_headers, body)
        return replace(scrubbed, request_headers=headers, request_body=body), whole

    def _noted(self, done: Scrubbed) -> Interaction:
        self._unknown.update(dict.fromkeys(done.unknown))
        if done.has_lost_echo:
            key = address_of(done.interaction)
            self._lost.append(f"what the answer to {key.method} {key.path} says of another request")
        return done.interaction


def _without_type(one: Interaction) -> Iterator[tuple[str, str]]:
    return (row for row in one.request_headers if row[0].lower() not in _OF_BODY)


def _found_in(draft: Draft, gate: Gate) -> list[Finding]:
    """What is found in the files that a draft would be."""
    of_bodies = {name: gate.search(data) for name, data in draft.bodies()}
    return [*gate.search_name(draft.path), *gate.search_cassette(draft.index, of_bodies)]


def _findings(gate: Gate, one: Interaction) -> list[Finding]:
    headers = (*one.request_headers, *one.response_headers)
    texts = [one.url, *(text for row in headers for text in row)]
    parts = [one.request_body, one.response_body, "\n".join(texts).encode()]
    return [finding for part in parts for finding in gate.search(part)]


def _credentials(
    accounts: Mapping[str, HeldAccount], raw: Iterable[Interaction]
) -> Iterator[Secret]:
    """The credentials and access tokens that the code under test was given."""
    for channel, account in accounts.items():
        if not is_standin(account.credential):
            yield Secret(f"the credential of {channel}", account.credential)
    for value in _tokens(raw):
        yield Secret("an access token", value)


def _was_told(value: str, raw: Iterable[Interaction]) -> bool:
    """Whether a good answer gave a value that was not in its question."""
    told = value.encode("utf-8", "surrogatepass")
    return any(
        one.status < 400
        and told in one.response_body
        and told not in one.request_body
        and value not in one.url
        for one in raw
    )


def _tokens(raw: Iterable[Interaction]) -> Iterator[str]:
    """Access tokens, and refresh tokens that are some, from the answers to logins."""
    for one in raw:
        if one.status >= 400 or not is_login(one):
            continue
        body = json_object(one.response_body)
        for name in _TOKEN_FIELDS:
            if isinstance(body.get(name), str) and body[name] != "not_supported":
                yield body[name]
