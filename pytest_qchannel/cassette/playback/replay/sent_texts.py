"""What a test sends and is given back: a cassette has stand-ins of it only, or nothing.

What a person wrote beside a program comes back with its results, and so does the name of a register
that looks like a secret: its data is found by it. The metadata of a circuit comes back with the
results of its PUB, and all that a job was submitted with if it is asked for. The test that is
replayed sends them again, so they can be put where they were.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import found_in, is_submission
from pytest_qchannel.cassette.scrub.texts import (
    MARK,
    harmless_text,
    names_in_program,
    texts_in,
    written_by_somebody,
)
from pytest_qchannel.cassette.submitted.submission import Submission, walk_circuits
from pytest_qchannel.wire import json_object

__all__ = ["SentTexts"]

_LONGEST = 10_000
_NOTE: Final = "circuit_metadata"


class SentTexts:
    """What the code under test has sent in a replay, by its stand-in."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._jobs: dict[str, _Sent] = {}

    def hear(
        self, sent: Interaction, submitted: Submission | None, answered: Interaction | None
    ) -> None:
        """Takes what a job is submitted with: texts, and the names in it that its results have."""
        if not is_submission(sent):
            return
        body = json_object(sent.request_body)
        texts = list(texts_in(body))
        name = json_object(answered.response_body).get("id") if answered is not None else None
        if isinstance(name, str) and isinstance(body.get("params"), dict):
            notes = submitted.notes if submitted is not None else ()
            self._jobs[name] = _Sent(body["params"], notes)
        circuits = walk_circuits(submitted.sent) if submitted is not None else ()
        names = {str(name) for _, one in circuits for name, _ in one["cregs"]}
        names.update(*(names_in_program(one) for one in texts if "OPENQASM" in one))
        self._texts.update((harmless_text(one), one) for one in names)
        self._texts.update((written_by_somebody(one), one) for one in texts if len(one) < _LONGEST)

    def given_back(self, found: Interaction) -> Interaction:
        """An answer with what the test has sent itself in place of what stands for it."""
        job = self._jobs.get(_job_of(found)) if self._jobs else None
        if job is not None and not any(job.notes) and b'"params"' not in found.response_body:
            job = None  # a poll, mostly
        if job is None and (MARK not in found.response_body or not self._texts):
            return found
        try:
            document = json.loads(found.response_body)
        except (ValueError, RecursionError):
            return found
        told = self._told(document)
        if job is not None and isinstance(told, dict):
            told = job.with_params(told) if "params" in told else job.with_notes(told)
        if told == document:
            return found
        body = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
        return found.answered_with(body)

    def _told(self, value: object) -> object:
        if isinstance(value, str):
            return self._texts.get(value, value)
        if isinstance(value, list):
            return [self._told(one) for one in value]
        if isinstance(value, dict):
            return {self._texts.get(name, name): self._told(one) for name, one in value.items()}
        return value


@dataclass(frozen=True, slots=True)
class _Sent:
    """What one job was submitted with."""

    params: Mapping[str, object]
    notes: Sequence[Mapping[str, object]]

    def with_params(self, job: Mapping[str, object]) -> dict[str, object]:
        """A job with its params as they were sent, if it was answered with these."""
        params = job["params"]
        is_whole = isinstance(params, dict) and params.keys() == self.params.keys()
        return {**job, "params": self.params} if is_whole else dict(job)

    def with_notes(self, result: dict[str, object]) -> object:
        """A result with the metadata of each PUB's circuit, where it was left empty."""
        pubs = _value(result).get("pub_results")
        if not any(self.notes) or not isinstance(pubs, list) or len(pubs) != len(self.notes):
            return result
        for pub, note in zip(pubs, self.notes, strict=True):
            metadata = _value(pub).get("metadata")
            if isinstance(metadata, dict) and metadata.get(_NOTE) == {}:
                metadata[_NOTE] = note
        return result


def _value(tagged: object) -> Mapping[str, object]:
    value = tagged.get("__value__") if isinstance(tagged, dict) else None
    return value if isinstance(value, dict) else {}


def _job_of(found: Interaction) -> str:
    """The job that an answer is about; empty where it is about none."""
    route = found_in(found)
    return unquote(route.args.get("job_id", "")) if route is not None else ""
