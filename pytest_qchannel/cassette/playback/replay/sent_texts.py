"""Texts that a test sends and is given back: a cassette has stand-ins of them only.

What a person wrote beside a program comes back with its results. The test that is replayed sends it
again, so it can be put where its stand-in is.
"""

from __future__ import annotations

import json
from dataclasses import replace

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import is_submission
from pytest_qchannel.cassette.scrub.texts import MARK, texts_in, written_by_somebody

__all__ = ["SentTexts"]

_LONGEST = 10_000


class SentTexts:
    """What the code under test has sent in a replay, by its stand-in."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def hear(self, sent: Interaction) -> None:
        """Takes the texts of a submitted job."""
        if not is_submission(sent):
            return
        try:
            texts = texts_in(json.loads(sent.request_body))
        except (ValueError, RecursionError):
            return
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
