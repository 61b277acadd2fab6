"""Ids that a test makes up: a job that never was, an instance of nobody.

In a cassette they are stand-ins like all others, but no answer gives them: a test that asks for a
job that does not exist sends an id that the cassette has never seen. Such an id stands for the
first recorded one that nobody gave and that stands for no other yet, and keeps to it.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import CRN_HEADER, is_submission
from pytest_qchannel.cassette.submitted.submission import fields_of

__all__ = ["ForeignIds", "named_ids"]

_IDS: Final = re.compile(r"/(jobs|sessions)/([^/]+)")
_CRNS: Final = "crns"
_SESSIONS: Final = "sessions"
_SESSION_FIELD: Final = "session_id"


class ForeignIds:
    """Knows the made-up ids of one replay.

    Args:
        recorded: The cassette's interactions.
        own: Ids of the account's instances.
    """

    def __init__(self, recorded: Sequence[Interaction], own: Iterable[str]) -> None:
        self._recorded = recorded
        self._own = set(own)
        self._asked: dict[tuple[str, str], None] = {}  # in the order of the recording
        for one in recorded:
            self._asked.update(dict.fromkeys(named_ids(one)))
        self._lock = threading.Lock()
        self._stands_for: dict[tuple[str, str], str] = {}

    def as_recorded(self, sent: Interaction) -> Interaction:
        """A request with the cassette's ids in place of made-up ones."""
        for kind, name in named_ids(sent):
            known = self._name(kind, name)
            if known != name:
                sent = _renamed(sent, kind, name, known)
        return sent

    def _name(self, kind: str, name: str) -> str:
        if (kind, name) in self._asked or name in self._own:
            return name
        with self._lock:
            if (kind, name) not in self._stands_for:
                taken = {one for (its, _), one in self._stands_for.items() if its == kind}
                free = (
                    one
                    for its, one in self._asked
                    if its == kind and one not in taken and self._is_made_up(its, one)
                )
                self._stands_for[kind, name] = next(free, name)
            return self._stands_for[kind, name]

    def _is_made_up(self, kind: str, name: str) -> bool:
        """Whether no answer gave an id, other than those to who asked for it."""
        return name not in self._own and not any(
            name.encode() in one.response_body
            for one in self._recorded
            if (kind, name) not in named_ids(one)
        )


def named_ids(one: Interaction) -> list[tuple[str, str]]:
    """The ids that a request is about, by their kinds."""
    found = _IDS.search(urlsplit(one.url).path)
    names = [(found[1], unquote(found[2]))] if found else []
    fields = parse_qsl(urlsplit(one.url).query)
    names += [(_SESSIONS, value) for field, value in fields if field == _SESSION_FIELD]
    fields_sent = _submitted(one)
    if fields_sent is not None and isinstance(fields_sent.get(_SESSION_FIELD), str):
        names.append((_SESSIONS, fields_sent[_SESSION_FIELD]))
    crns = (unquote(v).strip() for n, v in one.request_headers if n.lower() == CRN_HEADER)
    return [*names, *((_CRNS, crn) for crn in crns if crn)]


def _submitted(one: Interaction) -> dict[str, Any] | None:
    """The fields of a submission that may name a session."""
    if _SESSION_FIELD.encode() not in one.request_body or not is_submission(one):
        return None
    return fields_of(one.request_body)


def _renamed(sent: Interaction, kind: str, name: str, known: str) -> Interaction:
    if kind == _CRNS:
        headers = tuple(
            (n, known if n.lower() == CRN_HEADER else v) for n, v in sent.request_headers
        )
        return replace(sent, request_headers=headers)
    parts = urlsplit(sent.url)
    path = _IDS.sub(
        lambda m: f"/{m[1]}/{quote(known, safe='')}" if unquote(m[2]) == name else m[0], parts.path
    )
    fields = parse_qsl(parts.query, keep_blank_values=True)
    if kind == _SESSIONS and (_SESSION_FIELD, name) in fields:
        renamed = [(n, known if (n, v) == (_SESSION_FIELD, name) else v) for n, v in fields]
        parts = parts._replace(query=urlencode(renamed))
    body = _submitted(sent) if kind == _SESSIONS else None
    if body is not None and body.get(_SESSION_FIELD) == name:
        sent = replace(sent, request_body=json.dumps({**body, _SESSION_FIELD: known}).encode())
    return replace(sent, url=parts._replace(path=path).geturl())
