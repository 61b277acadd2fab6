"""Values that a run was given, other ones in its replay: where a test sends them again.

As a whole each has a stand-in in a path, a query and a tag, and a replay sends that. Within a text
of a job's params, in whatever encoding, and with a part of it anywhere (a short name that a test
cuts off), a replay sends something else than was recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ahocorasick_rs import BytesAhoCorasick

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import address_of
from pytest_qchannel.cassette.scrub.texts import texts_in
from pytest_qchannel.cassette.submitted.submission import Submission
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import json_object

__all__ = ["Given"]

_PART: Final = 6
_PART_OF_DIGITS: Final = 8
"""A part of an id that is no chance in a text."""

_TELLING: Final = 4
"""How many different characters it has."""

_DIGITS: Final = re.compile(r"[0-9a-fA-F-]+")


class Given:
    """Finds such values in requests.

    Args:
        ids: What the service drew, each named by what it is.
        credentials: Keys and access tokens. Their parts are not looked for: a key may begin with
            words, and all web tokens begin alike.
    """

    def __init__(self, ids: Iterable[Secret], credentials: Iterable[Secret]) -> None:
        drawn = list(ids)
        self._whole = [
            (written, one.env_var)
            for one in (*drawn, *credentials)
            if one.is_searchable
            for written, _ in one.encodings()
        ]
        self._parts = [(part, one.env_var) for one in drawn for part in _parts(one.reveal())]
        self._find_whole = BytesAhoCorasick([written for written, _ in self._whole])
        self._find_part = BytesAhoCorasick([part for part, _ in self._parts])

    def hidden_in(self, kept: Interaction, submitted: Submission | None) -> Iterator[str]:
        """Where a request has one, in words.

        Args:
            kept: The request as it would be kept.
            submitted: What is submitted with it.
        """
        key = address_of(kept)
        sent = submitted.sent if submitted is not None else None
        params = _bytes("\n".join(dict.fromkeys(texts_in(sent))))
        told = "\n".join([key.path, *(value for _, value in key.query), *_tags(kept)])
        found = {
            self._whole[at][1]
            for text in (params, params[::-1])
            for at, _, _ in self._find_whole.find_matches_as_indexes(text)
        }
        for name in sorted(found):
            yield f"{key.method} {key.path} by a text of its params, which holds {name}"
        in_part = {
            self._parts[at][1]
            for text in (_bytes(told), params)
            for at, _, _ in self._find_part.find_matches_as_indexes(text)
        }
        for name in sorted(in_part - found):
            yield f"{key.method} {key.path} by a word that has a part of {name} in it"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _parts(value: str) -> Iterator[bytes]:
    size = _PART_OF_DIGITS if _DIGITS.fullmatch(value) else _PART
    for at in range(len(value) - size + 1):
        part = value[at : at + size]
        if len(set(part)) >= _TELLING and not part.isdigit():
            yield _bytes(part)


def _tags(kept: Interaction) -> Iterator[str]:
    """The tags of a body: a test reads them back, also where the body is not compared."""
    if b'"tags"' in kept.request_body:
        yield from texts_in(json_object(kept.request_body).get("tags"))
