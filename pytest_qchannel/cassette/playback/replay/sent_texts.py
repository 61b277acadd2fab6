"""Texts that a test sends and is given back: a cassette has stand-ins of them only, or nothing.

What a person wrote beside a program or a circuit comes back with its results, and so does the name
of a register that looks like a secret: its data is found by it. An error names the job that was
asked for, or another word of the request. The test that is replayed sends all of it again, so it
can be put where the stand-ins are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from pytest_qchannel.cassette.interaction import Interaction, with_length
from pytest_qchannel.cassette.playback.matching import is_submission
from pytest_qchannel.cassette.playback.replay.metadata import (
    CircuitMetadata,
    put_back,
    put_params_back,
)
from pytest_qchannel.cassette.scrub import echoes
from pytest_qchannel.cassette.scrub.texts import MARK, harmless_text, texts_in, written_by_somebody
from pytest_qchannel.cassette.standin_shapes import is_one_of_many
from pytest_qchannel.cassette.submitted.submission import Submission, walk_circuits

__all__ = ["SentTexts"]

_ELSEWHERE: Final = frozenset({"params", "tags"})
"""Fields of a job that are kept in another form or order."""

_TEXT: Final = re.compile(rf"{MARK.decode()}[0-9a-f]{{8}}")


class SentTexts:
    """What the code under test has sent in a replay, by its stand-in."""

    def __init__(self) -> None:
        self._unread: list[tuple[Interaction, Submission | None]] = []
        self._texts: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        self._metadata = CircuitMetadata()

    def hear(
        self, sent: Interaction, submitted: Submission | None, recorded: Interaction | None
    ) -> None:
        """Takes the texts of a job, and the values for which the recorded request has stand-ins.

        Args:
            sent: The request.
            submitted: What it submits, if it is a job.
            recorded: What the cassette has of it, if it has it.
        """
        if is_submission(sent):
            self._unread.append((sent, submitted))
            if recorded is not None:
                self._metadata.hear(sent, recorded)
        met = dict(_stood_for(recorded, sent)) if recorded is not None else {}
        if met.items() - self._values.items():
            self._values.update(met)
            names = "|".join(map(re.escape, self._values))
            self._pattern = re.compile(rf"(?<![\w-])(?:{names})(?![\w-])")

    def given_back(
        self, found: Interaction, sent: Interaction, words: Mapping[str, str]
    ) -> Interaction:
        """An answer with the test's own texts in place of their stand-ins.

        Args:
            found: As it was recorded.
            sent: The request that it answers.
            words: The test's own words behind the recorded ones.
        """
        body = found.response_body
        metadata = self._metadata.of(found)
        params = self._metadata.params_of(found)
        own = {old: new for old, new in words.items() if _quoted(old) in body}
        has_texts = any((own, MARK in body, echoes.MARK in body)) or (
            self._pattern and self._pattern.search(body.decode("utf-8", "replace"))
        )
        if not metadata and not has_texts and params is None:
            return found
        places = list(echoes.texts_sent(sent)) if echoes.MARK in body else []
        if MARK in body:
            self._read()
        pattern, texts, values = self._pattern, self._texts, self._values

        def text(value: str) -> str:
            value = echoes.with_texts_sent(value, places)
            value = _TEXT.sub(lambda one: texts.get(one[0], one[0]), value)
            return pattern.sub(lambda one: values[one[0]], value) if pattern else value

        try:
            document = json.loads(body)
            document = _told(document, text, own) if has_texts else document
        except (ValueError, RecursionError):
            made = text(body.decode("utf-8", "replace"))
        else:
            if params is not None:
                put_params_back(document, params)
            put_back(document, metadata)
            made = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
        body = made.encode("utf-8", "surrogatepass")
        headers = with_length(found.response_headers, body)
        return replace(found, response_headers=headers, response_body=body)

    def _read(self) -> None:
        """Takes the texts of what was submitted: most replays need none of them."""
        for sent, submitted in self._unread:
            try:
                params: list[object] = [json.loads(sent.request_body)]
            except (ValueError, RecursionError):
                continue
            names = set()
            if submitted is not None:
                params.append(submitted.sent)
                circuits = walk_circuits(submitted.sent)
                names = {str(name) for _, one in circuits for name, _ in one["cregs"]}
            texts = {*names, *echoes.words_in(params), *texts_in(params)}
            for one in texts:
                if len(one) <= echoes.LONGEST:
                    self._texts[harmless_text(one)] = self._texts[written_by_somebody(one)] = one
        self._unread.clear()


def _told(value: object, text: Callable[[str], str], words: Mapping[str, str]) -> object:
    """A part of an answer, with every text in it as ``text`` makes it, and tags as ``words`` do."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [_told(one, text, words) for one in value]
    if isinstance(value, dict):
        return {
            text(name): _told(_renamed(one, words) if name == "tags" else one, text, words)
            for name, one in value.items()
        }
    return value


def _quoted(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")


def _renamed(tags: object, words: Mapping[str, str]) -> object:
    """Tags of an answer with the test's own words in place of the recorded ones."""
    if not isinstance(tags, list):
        return tags
    return [words.get(one, one) if isinstance(one, str) else one for one in tags]


def _stood_for(recorded: Interaction, sent: Interaction) -> Iterator[tuple[str, str]]:
    """The values of a request for which the recorded one has stand-ins, behind these."""
    both = recorded, sent
    parts = [urlsplit(one.url) for one in both]
    pairs: list[tuple[object, object]] = list(
        zip(*([*map(unquote, one.path.split("/"))] for one in parts), strict=False)
    )
    queries = [sorted(parse_qsl(one.query), key=lambda field: field[0]) for one in parts]
    pairs += [(old[1], new[1]) for old, new in zip(*queries, strict=False) if old[0] == new[0]]
    pairs += zip(*(one.crns for one in both), strict=False)
    if recorded.request_body:
        with suppress(ValueError, RecursionError):
            pairs.append((json.loads(recorded.request_body), json.loads(sent.request_body)))
    while pairs:
        old, new = pairs.pop()
        if isinstance(old, dict) and isinstance(new, dict):
            pairs += [(old[name], new[name]) for name in old.keys() & new.keys() - _ELSEWHERE]
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            pairs += zip(old, new, strict=True)
        elif isinstance(old, str) and isinstance(new, str) and old != new and is_one_of_many(old):
            yield old, new
