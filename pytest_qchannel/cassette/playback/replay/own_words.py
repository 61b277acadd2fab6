"""Words of the test's own that differ from run to run: tags, and what lists are searched by.

A tag is the commit that is tested, a UUID, a time, the number of a process: in the replay it is
another one. So it stands for the first recorded one that looks like it and that stands for no other
yet, and keeps to it; in answers it is the test's own again (:mod:`.sent_texts`). What the service
does depends on no tag but by its being the same, so nothing else becomes another one by that.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import found_in, is_submission, submission_in
from pytest_qchannel.cassette.scrub.looks import UUID, is_drawn, is_tag
from pytest_qchannel.cassette.standin_shapes import is_word_standin, length_of, parted
from pytest_qchannel.wire import json_object

__all__ = ["OwnWords", "own_words"]

_FIELDS: Final = frozenset({"tags", "search"})
_TAGS: Final = "tags"
_ANY: Final = "*"

_DRAWN: Final = re.compile(
    UUID.pattern + r"|(?=[\w+/-]*\d)(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])[\w+/-]{12,}={0,2}"
    r"|(?<![A-Za-z0-9])[0-9a-fA-F]{7,}(?![A-Za-z0-9])|[A-Za-z]*[0-9][A-Za-z0-9]*"
)
"""What may be drawn within a text: UUIDs, tokens, digests, and every word with a digit."""

_LETTERS: Final = re.compile(r"\w{6,}")
"""A word of letters may be drawn, too: if the same job was sent with another one as long."""

_Named = tuple[str, str]
"""A field of the query and a word of it; the field is empty for tags and searches."""


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of one request, each behind its field.

    Attributes:
        route: Of which kind the request is.
        queried: Those of its query.
        tags: Those of its body.
    """

    route: str = ""
    queried: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def fields(self) -> list[tuple[str, str]]:
        return [*self.queried, *((_TAGS, tag) for tag in self.tags)]

    @property
    def texts(self) -> set[str]:
        return {text for _, text in self.fields}


def own_words(one: Interaction) -> _Words:
    """The words of a request that may be others in another run."""
    found = found_in(one)
    if found is None:
        return _Words()
    query, known = urlsplit(one.url).query, found.route.query
    queried = [
        (name, text)
        for name, text in (parse_qsl(query) if query else ())
        if name in _FIELDS or (name not in known and (is_drawn(text) or is_word_standin(text)))
    ]
    tags = one.tags_sent if "tags[]" in found.route.sent else ()
    return _Words(f"{one.method} {found.route.rule}", tuple(queried), tuple(tags))


@dataclass(slots=True)
class _Asked:
    """Which tests have sent a recorded word, and where."""

    tests: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)


class OwnWords:
    """Knows which words of a replay stand for which recorded ones.

    Args:
        recorded: The cassette's interactions.
    """

    def __init__(self, recorded: Sequence[Interaction]) -> None:
        self._recorded = recorded
        self._asked: dict[_Named, _Asked] = {}  # in the order of the recording
        self._set: set[str] = set()
        for one in recorded:
            words = own_words(one)
            self._set.update(words.tags)
            for name, text in words.fields:
                asked = self._asked.setdefault((_kind(name), text), _Asked())
                asked.tests.add(one.test)
                asked.places.add(f"{words.route} {name}")
        self._lock = threading.Lock()
        self._stands_for: dict[_Named, str] = {}
        self._of_test: dict[_Named, str] = {}

    def as_recorded(self, sent: Interaction, test: str = "") -> Interaction:
        """A request with the cassette's words in place of its own.

        Args:
            sent: The request.
            test: Who sends it, of several that share the cassette.
        """
        words = own_words(sent) if self._asked else _Words()
        with self._lock:
            for name, text in words.fields:
                self._learn((_kind(name), text), f"{words.route} {name}", sent, test)
            known = {
                (name, text): self._stands_for[_kind(name), text] for name, text in words.fields
            }
        if all(word == text for (_, text), word in known.items()):
            return sent
        return _renamed(sent, words, known)

    def sent(self) -> dict[str, str]:
        """The test's own words behind the recorded ones, where they are others."""
        with self._lock:
            return {word: text for (_, text), word in self._stands_for.items() if word != text}

    def forget(self, test: str) -> None:
        """Frees what stood for words of a test that is run once more."""
        with self._lock:
            for named in [one for one, whose in self._of_test.items() if whose == test]:
                del self._of_test[named], self._stands_for[named]

    def _learn(self, named: _Named, place: str, sent: Interaction, test: str) -> None:
        if named in self._stands_for:
            return
        kind, text = named
        if named in self._asked:
            self._stands_for[named] = text
            return
        taken = {word for (its, _), word in self._stands_for.items() if its == kind}
        free = [
            word
            for (its, word), asked in self._asked.items()
            if its == kind
            and word not in taken
            and place in asked.places
            and asked.tests & {test, ""}
        ]
        self._stands_for[named] = self._closest(kind, text, free, sent)
        self._of_test[named] = test

    def _closest(self, kind: str, text: str, free: list[str], sent: Interaction) -> str:
        """The recorded word that one stands for, of those that are free; else itself."""
        shape = _shape(text)
        alike = [
            word
            for word in free
            if is_word_standin(word)
            or (not kind and _ANY in shape and _shape(word) == shape and self._is_own(word))
        ]
        if is_submission(sent) and len(alike) != 1:
            likely = alike or [word for word in free if _is_near(word, text)]
            alike = self._of_the_same_job(sent, likely) or alike
        if len(alike) < 2:
            return alike[0] if alike else text
        is_plain = is_tag(text) and not self._is_cut(text)

        def likeness(word: str) -> tuple[bool, bool, int]:
            size = length_of(word) if is_word_standin(word) else len(word)
            return is_word_standin(word) is not is_plain, size == len(text), _in_common(word, text)

        return max(alike, key=likeness)

    def _is_cut(self, text: str) -> bool:
        """Whether a text is a part of an id of the cassette."""
        return any(text in one for one in self._ids)

    @cached_property
    def _ids(self) -> frozenset[str]:
        """The ids in all answers."""
        said = (parted(one.response_body.decode("utf-8", "replace"))[1] for one in self._recorded)
        return frozenset(name for names in said for name in names)

    def _is_own(self, word: str) -> bool:
        """Whether no answer has told it: a filter by the tag of another's job is not drawn."""
        if word in self._set:
            return True
        told = json.dumps(word, ensure_ascii=False).encode("utf-8", "replace")
        return not any(told in one.response_body for one in self._recorded)

    def _of_the_same_job(self, sent: Interaction, words: list[str]) -> list[str]:
        """The words that were sent with the same job: threads send theirs in any order."""
        work = _work(sent)
        tags = {tag for its, sent_with in self._jobs if its == work for tag in sent_with}
        return [word for word in words if word in tags]

    @cached_property
    def _jobs(self) -> list[tuple[Mapping[str, object], tuple[str, ...]]]:
        """The work of each recorded job, and its tags."""
        jobs = (one for one in self._recorded if is_submission(one))
        return [(_work(one), own_words(one).tags) for one in jobs]


def _kind(name: str) -> str:
    return "" if name in _FIELDS else name


def _work(one: Interaction) -> Mapping[str, object]:
    """What a request submits, without its tags."""
    submitted = submission_in(one)
    form = submitted.form if submitted is not None else {}
    return {name: value for name, value in form.items() if name != _TAGS}


@lru_cache(maxsize=4_096)
def _shape(text: str) -> str:
    """A text with an asterisk for whatever may be drawn in it; ids that a cassette has stay."""
    around, names = parted(text)
    if len(text) > 1_000:
        return text
    bare = [_DRAWN.sub(_ANY, part) for part in around]
    return "".join(part + name for part, name in zip(bare, [*names, ""], strict=True))


def _is_near(one: str, other: str) -> bool:
    """Whether the letters of two tags are as many, or a word of one has a digit in the other.

    The worker of a run is ``gw1``, or ``master``.
    """
    as_long = [_LETTERS.sub(lambda word: f"*{len(word[0])}", text) for text in (one, other)]
    shapes = [_shape(text) for text in (one, other)]
    words = [re.escape(shape).replace(re.escape(_ANY), r"\w+") for shape in shapes]
    return (
        as_long[0] == as_long[1]
        or re.fullmatch(words[0], other) is not None
        or re.fullmatch(words[1], one) is not None
    )


def _in_common(one: str, other: str) -> int:
    """How many words two texts have at the same places."""
    both = (re.findall(r"\w+", text) for text in (one, other))
    return sum(a == b for a, b in zip(*both, strict=False))


def _renamed(sent: Interaction, words: _Words, known: Mapping[tuple[str, str], str]) -> Interaction:
    url, body = sent.url, sent.request_body
    if words.queried:
        parts = urlsplit(url)
        fields = [
            (name, known.get((name, text), text))
            for name, text in parse_qsl(parts.query, keep_blank_values=True)
        ]
        url = parts._replace(query=urlencode(fields)).geturl()
    if words.tags:
        data = json_object(body)
        tags = data[_TAGS]
        named = [known.get((_TAGS, one), one) if isinstance(one, str) else one for one in tags]
        body = json.dumps({**data, _TAGS: named}).encode()
    return replace(sent, url=url, request_body=body)
