"""Whether a request will be found again: what the scrubber took from it, a replay looks for.

A value that was given to the code under test (an account's, or one of an earlier answer) is a
stand-in in the replay as well. One that stands in the test itself is sent again as it is, and if
the cassette has something else in its place, every replay is a miss. So it is where a given value
is a part of a text that is compared as a whole. Such a recording is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from ahocorasick_rs import BytesAhoCorasick

from pytest_qchannel.cassette.accounts import HeldAccount
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import address_of, found_in, is_submission
from pytest_qchannel.cassette.playback.replay.foreign_ids import named_ids
from pytest_qchannel.cassette.playback.replay.identity import is_login
from pytest_qchannel.cassette.playback.replay.own_words import own_words
from pytest_qchannel.cassette.scrub.parts import all_parts, parts_of
from pytest_qchannel.cassette.scrub.standins import Standins
from pytest_qchannel.cassette.scrub.texts import texts_in
from pytest_qchannel.cassette.standin_shapes import WORD, is_word_standin, parted
from pytest_qchannel.cassette.submitted.submission import fields_of
from pytest_qchannel.ibm.table import asked_by
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import json_object

__all__ = ["not_found_again", "unreplayable"]

_LEAST: Final = 4


def unreplayable(
    pairs: Sequence[tuple[Interaction, Interaction]],
    sent: Mapping[int, object],
    accounts: Mapping[str, HeldAccount],
    standins: Standins,
    ids: Sequence[Secret],
    given: Iterable[Secret],
) -> Iterator[str]:
    """What a replay would not find again, in words.

    Args:
        pairs: Each interaction as it happened, and as it would be kept; in order.
        sent: The params of jobs, the circuits as forms, by the identity of what would be kept.
        accounts: The accounts that the test used, by channel; not scrubbed.
        standins: What stands for what was sent.
        ids: The ids that have a stand-in, each named by what it is.
        given: All that has one.
    """
    yield from not_found_again(pairs, accounts, standins)
    yield from _made_of_parts(((*both, sent.get(id(both[1]))) for both in pairs), ids)
    yield from _made_of_given(((one, sent[id(one)]) for _, one in pairs if id(one) in sent), given)


def not_found_again(
    pairs: Iterable[tuple[Interaction, Interaction]],
    accounts: Mapping[str, HeldAccount],
    standins: Standins,
) -> Iterator[str]:
    """What a replay would not find, in words.

    Args:
        pairs: Each interaction as it happened and as it would be kept, in order.
        accounts: The accounts that the test used; not scrubbed.
        standins: What stands for what was sent.
    """
    seen = _Seen(accounts, standins)
    for raw, kept in pairs:
        if not is_login(raw):
            key = address_of(kept)  # of the raw one nothing is shown
            for what in _changed(raw, kept, seen):
                yield f"{key.method} {key.path} by {what}"
        seen.add(raw, kept)


def _made_of_given(
    jobs: Iterable[tuple[Interaction, object]], given: Iterable[Secret]
) -> Iterator[str]:
    """In which texts of submissions a value is hidden that is another one in a replay, in words.

    Args:
        jobs: Each as it would be kept, with the params that were sent, the circuits as forms.
        given: What has a stand-in, each named by what it is.
    """
    names = {written: one.env_var for one in given for written, _ in one.encodings()}
    # One search for all: each job has an id, and each of these some thirty forms.
    search, known = BytesAhoCorasick(list(names)), list(names.values())
    for kept, params in jobs:
        texts = "\n".join(dict.fromkeys(texts_in(params)))
        both = [text.encode("utf-8", "surrogatepass") for text in (texts, texts[::-1])]
        found = {
            n for text in both for n, *_ in search.find_matches_as_indexes(text, overlapping=True)
        }
        key = address_of(kept)
        for name in dict.fromkeys(known[n] for n in sorted(found)):
            yield f"{key.method} {key.path} by a text of its params, which holds {name}"


def _made_of_parts(
    requests: Iterable[tuple[Interaction, Interaction, object]], ids: Iterable[Secret]
) -> Iterator[str]:
    """In which texts of requests a part of an id is hidden, in words.

    A whole id is kept in step, or found by the others. Of a part nobody can say so: the beginnings
    of all stand-ins are one text.

    Args:
        requests: Each as it happened, as it would be kept, and the params that it submitted, the
            circuits as forms; in order.
        ids: What has a stand-in, each named by what it is.
    """
    names = {one.reveal(): one.env_var for one in ids}
    parts = {part: names[one] for part, one in all_parts(names)}
    wholes = sorted(names, key=len, reverse=True)
    answers = ""
    for raw, kept, params in requests if parts else ():
        known = {name for _, name in named_ids(raw)}
        known |= own_words(raw).texts - own_words(kept).texts
        for where, text in _compared(raw, params):
            is_one = text not in known and any(part in parts for part in parts_of(text))
            if not is_one or _stands_in(text, answers):
                continue
            for whole in wholes:
                text = text.replace(whole, " ")
            for name in [parts[part] for part in parts_of(text) if part in parts][:1]:
                key = address_of(kept)
                yield f"{key.method} {key.path} by {where}, which holds a part of {name}"
        answers += raw.response_body.decode("utf-8", "replace") + "\n"


def _stands_in(text: str, answers: str) -> bool:
    """Whether an answer has given a text, as it is or in a link."""
    return f'"{text}"' in answers or f"={quote(text, safe='')}" in answers


def _compared(raw: Interaction, params: object) -> Iterator[tuple[str, str]]:
    """The texts of a request that a replay compares, or gives back, each with where it is."""
    for part in urlsplit(raw.url).path.split("/"):
        yield "a part of its path", unquote(part)
    for name, value in asked_by(raw.method, raw.url):
        yield f"the field {name[:40]!r} of its query", value
    body = fields_of(raw.request_body) if is_submission(raw) else None
    if body is not None:
        for name in body.keys() - {"params"}:
            for text in texts_in(body[name]):
                yield f"the field {name[:40]!r} of its body", text
    elif _puts_tags(raw):
        for text in texts_in(json_object(raw.request_body)):
            yield "the field 'tags' of its body", text
    for text in dict.fromkeys(texts_in(params)):
        yield "a text of its params", text


class _Seen:
    """What has gone over the wire so far."""

    def __init__(self, accounts: Mapping[str, HeldAccount], standins: Standins) -> None:
        self._standins = standins
        names = (name for one in accounts.values() for held in one.instances for name in held)
        self._accounts = {part for name in names for part in (name, *re.split("[:/]", name))}
        self._said: list[tuple[bool, bytes]] = []
        self._kept: list[bytes] = []

    def add(self, one: Interaction, kept: Interaction) -> None:
        asked = unquote(one.url).encode("utf-8", "replace") + b"\n" + one.request_body
        self._said += [(False, asked), (True, one.response_body)]
        self._kept.append(kept.response_body)

    def stays(self, value: str, kept: str) -> bool:
        """Whether a replay sends what is kept: the stand-in of a value that was given.

        Or knows what it sends for it, as one of the test's own words.
        """
        return self._is_own(value, kept) or (kept != WORD and self.was_given(value))

    def _is_own(self, value: str, kept: str) -> bool:
        return is_word_standin(kept) or self._standins.known("word", value) == kept

    def stays_as_tag(self, value: str, kept: str) -> bool:
        """The same of a tag, which may be any text, and any value of an answer."""
        said = json.dumps(kept).encode()  # as a whole
        if self._is_own(value, kept) or value in self._accounts:
            return True
        if self.stays(value, kept) and any(said in answer for answer in self._kept):
            return True
        around, names = parted(kept)  # ids, with other words
        made = re.fullmatch("(.+)".join(map(re.escape, around)), value)
        return (
            made is not None
            and names not in ([], [kept])
            and all(map(self.stays_as_tag, made.groups(), names))
        )

    def was_given(self, value: str) -> bool:
        """Whether the code under test can have it from somebody else."""
        if len(value) < _LEAST:
            return False  # a part of anything
        if value in self._accounts:
            return True
        # As it is, as it stands in the query of a link, or as in JSON of ASCII only.
        written = value, quote(value, safe=""), json.dumps(value)[1:-1]
        forms = {one.encode("utf-8", "replace") for one in written}
        return next(
            (is_answer for is_answer, said in self._said if any(one in said for one in forms)),
            False,
        )


def _changed(raw: Interaction, kept: Interaction, seen: _Seen) -> Iterator[str]:
    was, now = urlsplit(raw.url), urlsplit(kept.url)
    if was.hostname != now.hostname:
        if not seen.was_given(raw.url):
            yield "its host"
        return
    ids = {name for _, name in named_ids(raw)}  # a replay knows made-up ones: see foreign_ids.py
    why = "" if found_in(raw) else ", which with this method is no route that is known"
    segments = was.path.rstrip("/").split("/"), now.path.rstrip("/").split("/")
    if len(segments[0]) != len(segments[1]):
        yield "its path"
    for old, new in zip(*segments, strict=False):
        value = unquote(old)
        if value != unquote(new) and value not in ids and not seen.stays(value, unquote(new)):
            yield f"a part of its path{why}"
    fields = [asked_by(one.method, one.url) for one in (raw, kept)]
    if len(fields[0]) != len(fields[1]):
        yield "a field of its query"
    for (name, value), other in zip(*fields, strict=False):
        stays = seen.stays_as_tag if name in ("tags", "search") else seen.stays
        if (name, value) != other and value not in ids and not stays(value, other[1]):
            yield f"the field {name[:40]!r} of its query"
    if is_submission(raw):
        yield from _changed_in_body(raw, kept, ids, seen)
    elif _puts_tags(raw):
        before, after = (json_object(one.request_body) for one in (raw, kept))
        yield from _changed_tags(before, after, seen)


def _changed_in_body(
    raw: Interaction, kept: Interaction, ids: set[str], seen: _Seen
) -> Iterator[str]:
    was, now = fields_of(raw.request_body), fields_of(kept.request_body)
    if was is None or now is None:
        return  # not compared
    yield from _changed_tags(was, now, seen)
    # Of circuits nothing that counts is taken.
    for name in was.keys() & now.keys() - {"params", "tags"}:
        gone = _gone(was[name], now[name])
        if not all(text in ids or seen.was_given(text) for text in gone):
            yield f"the field {name[:40]!r} of its body"


def _puts_tags(raw: Interaction) -> bool:
    """Whether a request gives a job tags, beside the one that submits it."""
    found = found_in(raw)
    return raw.status < 400 and found is not None and "tags[]" in found.route.sent


def _changed_tags(
    was: Mapping[str, object], now: Mapping[str, object], seen: _Seen
) -> Iterator[str]:
    """The tags of a body: a test reads them back, also where the body is not compared."""
    tags = was.get("tags"), now.get("tags")
    made = list(_gone(*reversed(tags)))
    words = [one for one in made if is_word_standin(one)]  # each stands for one text
    others = [one for one in made if one not in words]
    gone = [t for t in _gone(*tags) if not any(seen.stays_as_tag(t, one) for one in others)]
    yield from ["the field 'tags' of its body"] * max(len(gone) - len(words), 0)


def _gone(value: object, other: object) -> Iterator[str]:
    """The texts of a value that another one lacks."""
    values = value if isinstance(value, list) else [value]
    others = other if isinstance(other, list) else [other]
    yield from (str(one) for one in values if one not in others)
