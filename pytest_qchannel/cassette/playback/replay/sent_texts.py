"""Texts that a test sends and is given back: a cassette has stand-ins of them only.

What a person wrote beside a program comes back with its results, and so does the name of a register
that looks like a secret: its data is found by it. The test that is replayed sends both again, so
they can be put where their stand-ins are.
"""

from __future__ import annotations

import json
from dataclasses import replace

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import is_submission
from pytest_qchannel.cassette.scrub.texts import (
    MARK,
    harmless_text,
    names_in_program,
    texts_in,
    written_by_somebody,
)
from pytest_qchannel.cassette.submitted.submission import Submission, walk_circuits

__all__ = ["SentTexts"]

_LONGEST = 10_000


class SentTexts:
    """What the code under test has sent in a replay, by its stand-in."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def hear(self, sent: Interaction, submitted: Submission | None) -> None:
        """Takes the texts of a submitted job, and the names in it that its results have."""
        if not is_submission(sent):
            return
        try:
            texts = list(texts_in(json.loads(sent.request_body)))
        except (ValueError, RecursionError):
            return
        circuits = walk_circuits(submitted.sent) if submitted is not None else ()
        names = {str(name) for _, one in circuits for name, _ in one["cregs"]}
        names.update(*(names_in_program(one) for one in texts if "OPENQASM" in one))
        self._texts.update((harmless_text(one), one) for one in names)
        self._texts.update((written_by_somebody(one), one) for one in texts if len(one) < _LONGEST)

    def given_back(self, found: Interaction) -> Interaction:
        """An answer with the test's own texts in place of their stand-ins."""
        if MARK not in found.response_body or not self._texts:
            return found
        try:
            document = json.loads(found.response_body)
        except (ValueError, RecursionError):
            return found
        told = self._told(document)
        if told == document:
            return found
        body = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
        headers = tuple(
            (name, str(len(body)) if name.lower() == "content-length" else value)
            for name, value in found.response_headers
        )
        return replace(found, response_headers=headers, response_body=body)

    def _told(self, value: object) -> object:
        if isinstance(value, str):
            return self._texts.get(value, value)
        if isinstance(value, list):
            return [self._told(one) for one in value]
        if isinstance(value, dict):
            return {self._texts.get(name, name): self._told(one) for name, one in value.items()}
        return value
