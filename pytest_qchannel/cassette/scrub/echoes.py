"""Words that the code under test has sent, where an answer says them again.

A service names in its errors what it was asked for: a job that it does not have, a program, a name
within a circuit. A test may look for such a word, because it stands in the test itself. So it is
the same one in a replay, and still nothing is stored that would not be stored otherwise:

1. A word that a request in the cassette has as it is, is in the answer as it is.
2. Any other one of the request that is answered becomes its place there, as a stand-in. The replay
   has a request of its own, and takes the word from that.
3. Any other one of a submitted job becomes its stand-in as a text (:mod:`.texts`): the job fails
   long after it was sent.

A word of an earlier request of which the cassette has nothing is lost. A recording that has lost
one is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.scrub.prose import PIECE
from pytest_qchannel.cassette.scrub.texts import leaves_of, names_in_program, written_by_somebody
from pytest_qchannel.cassette.standin_shapes import WORD

__all__ = ["LONGEST", "MARK", "Asked", "Echoes", "texts_sent", "with_texts_sent", "words_in"]

_SENT: Final = f"{WORD}-sent-"
MARK: Final = _SENT.encode()
"""What is in every body that names a text of its request by its place."""

_PLACE: Final = re.compile(rf"{_SENT}(\d+)")
LONGEST: Final = 10_000


def words_in(value: object) -> Iterator[str]:
    """The texts and numbers of JSON, each followed by the words in it, always in one order."""
    for one in leaves_of(value):
        if isinstance(one, str):
            yield from _with_its_words(one)
        elif isinstance(one, int | float):
            yield str(one)


def _with_its_words(text: str) -> Iterator[str]:
    if "OPENQASM" in text:
        yield from sorted(names_in_program(text))
    elif len(text) <= LONGEST:
        yield text
        yield from (word for word in PIECE.findall(text) if word != text)


def texts_sent(request: Interaction) -> Iterator[str]:
    """The texts of a request, and the words in them, in the same order whenever it is sent."""
    parts = urlsplit(request.url)
    texts: list[object] = [*map(unquote, parts.path.split("/")), *parts.path.split("/")]
    texts += chain.from_iterable(parse_qsl(parts.query, keep_blank_values=True))
    texts += request.crns
    try:
        texts.append(json.loads(request.request_body or b"null"))
    except (ValueError, RecursionError):
        form = request.request_body[:LONGEST].decode("utf-8", "replace")
        texts += chain.from_iterable(parse_qsl(form))
    return words_in(texts)


def with_texts_sent(text: str, sent: list[str]) -> str:
    """A text with what was sent in place of the stand-ins that name it by its place."""

    def at_its_place(found: re.Match[str]) -> str:
        place = int(found[1])
        return sent[place] if place < len(sent) else found[0]

    return _PLACE.sub(at_its_place, text)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose answer is scrubbed.

    Attributes:
        sent: As it was sent.
        params: What the cassette has of the params of a job, which are scrubbed elsewhere.
        own: The same before stand-ins took the place of texts.
    """

    sent: Interaction
    params: object = None
    own: object = None


class Echoes:
    """Knows what was sent so far, while a cassette is scrubbed; read only where it is needed.

    Attributes:
        has_lost: Whether the last answer has said a word that a replay will not have.
    """

    def __init__(self) -> None:
        self.has_lost = False
        self._before: set[str] = set()
        self._unread: list[tuple[Asked, Interaction]] = []
        self._kept: set[str] = set()
        self._of_jobs: set[str] = set()
        self._kept_now: set[str] = set()
        self._places: Mapping[str, int] = {}

    def ask(self, asked: Asked, kept: Interaction) -> None:
        """Takes a request whose answer comes next, and what of it the cassette has."""
        self._unread.append((asked, kept))
        self.has_lost = False

    def is_in_step(self, word: str, standin: str, *, is_given: bool = True) -> bool:
        """Whether a replay that sends a word will find it where its stand-in is.

        Args:
            word: It.
            standin: What stands for it in another place.
            is_given: Whether an answer gave it: then a replay has the stand-in itself, unless the
                test has sent the word as one of its own.
        """
        self._read()
        is_own = not is_given or word in self._places or word in self._of_jobs
        return not is_own or standin in self._kept_now

    def of(self, word: str, *, as_it_is: bool = True) -> str | None:
        """What stands for a word of the answer, or nothing where it was not sent.

        Args:
            word: It.
            as_it_is: Whether it can be itself, where a request has it so.
        """
        self._read()
        if as_it_is and word in self._kept:
            return word
        if word in self._places:
            return f"{_SENT}{self._places[word]}"
        if word in self._of_jobs:
            return written_by_somebody(word)
        self.has_lost = self.has_lost or word in self._before
        return None

    def _read(self) -> None:
        if not self._unread:
            return
        for asked, kept in self._unread:
            self._kept_now = {*texts_sent(kept), *words_in(asked.params)}
            self._kept |= self._kept_now
            self._of_jobs.update(words_in(asked.own))
            self._before.update(texts_sent(replace(asked.sent, request_headers=())))
        sent = list(texts_sent(self._unread[-1][0].sent))
        self._places = {word: place for place, word in reversed(list(enumerate(sent)))}
        self._unread.clear()
