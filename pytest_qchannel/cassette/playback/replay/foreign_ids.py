"""Ids that a test makes up: a job that never was, an instance or a hub of nobody.

In a cassette they are stand-ins like all others, but no answer gives them: a test that asks for a
job that does not exist sends an id that the cassette has never seen. Such an id stands for the
first recorded one that nobody gave and that stands for no other yet, and keeps to it. Where
several tests share a cassette, it is one that the same test has asked for.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import found_in, is_submission
from pytest_qchannel.cassette.submitted.submission import fields_of
from pytest_qchannel.crn import CRN_HEADER
from pytest_qchannel.ibm.fields import HGP

__all__ = ["ForeignIds", "named_ids"]

_CRNS: Final = "crns"
_JOB: Final = "job_id"
_SESSION: Final = "session_id"
_NAMED: Final = (_JOB, _SESSION, "task_id")
"""The variables of a path whose ids count."""

_FIELDS: Final = (_SESSION, "provider", "user", *HGP)
"""The fields of a query whose ids count; of a session, also the field of a submission."""


class ForeignIds:
    """Knows the made-up ids of one replay.

    Args:
        recorded: The cassette's interactions.
        own: Ids of the account's instances.
    """

    def __init__(self, recorded: Sequence[Interaction], own: Iterable[str]) -> None:
        self._recorded = recorded
        self._own = set(own)
        self._asked: dict[tuple[str, str], set[str]] = {}  # by whom, in the order of the recording
        for one in recorded:
            for named in named_ids(one):
                self._asked.setdefault(named, set()).add(one.test)
        self._lock = threading.Lock()
        self._stands_for: dict[tuple[str, str], str] = {}

    def as_recorded(self, sent: Interaction, test: str = "") -> Interaction:
        """A request with the cassette's ids in place of made-up ones.

        Args:
            sent: The request.
            test: Who sends it, of several that share the cassette.
        """
        for kind, name in named_ids(sent):
            known = self._name(kind, name, test)
            if known != name:
                sent = _renamed(sent, kind, name, known)
        return sent

    def _name(self, kind: str, name: str, test: str) -> str:
        if name in self._own:
            return name
        with self._lock:
            if (kind, name) in self._asked:
                self._stands_for.setdefault((kind, name), name)  # a kept name is itself
            if (kind, name) not in self._stands_for:
                taken = {one for (its, _), one in self._stands_for.items() if its == kind}
                free = (
                    one
                    for (its, one), tests in self._asked.items()
                    if its == kind
                    and tests & {test, ""}
                    and one not in taken
                    and self._is_made_up(its, one)
                )
                self._stands_for[kind, name] = next(free, name)
            return self._stands_for[kind, name]

    def _is_made_up(self, kind: str, name: str) -> bool:
        """Whether no answer gave an id, other than those to who asked for it."""
        # It may be the beginning of another one.
        said = re.compile(re.escape(name.encode()) + rb"(?![\w-])")
        return name not in self._own and not any(
            said.search(one.response_body)
            for one in self._recorded
            if (kind, name) not in named_ids(one)
        )


def named_ids(one: Interaction) -> list[tuple[str, str]]:
    """The ids that a request is about, by their kinds."""
    found = found_in(one)
    args = found.args if found is not None else {}
    names = [(kind, unquote(args[kind])) for kind in _NAMED if kind in args]
    fields = parse_qsl(urlsplit(one.url).query)
    names += [one for one in fields if one[0] in _FIELDS]
    fields_sent = _submitted(one)
    session = fields_sent.get(_SESSION) if fields_sent is not None else None
    if isinstance(session, str):
        names.append((_SESSION, session))
    return [*names, *((_CRNS, crn) for crn in one.crns if crn)]


def _submitted(one: Interaction) -> Mapping[str, object] | None:
    """The fields of a submission that may name a session."""
    if _SESSION.encode() not in one.request_body or not is_submission(one):
        return None
    return fields_of(one.request_body)


def _renamed(sent: Interaction, kind: str, name: str, known: str) -> Interaction:
    if kind == _CRNS:
        headers = tuple(
            (n, known if n.lower() == CRN_HEADER else v) for n, v in sent.request_headers
        )
        return replace(sent, request_headers=headers)
    parts = urlsplit(sent.url)
    found = found_in(sent)
    path = parts.path
    if found is not None and unquote(found.args.get(kind, "")) == name:
        path = found.path({kind: quote(known, safe="")})
    fields = parse_qsl(parts.query, keep_blank_values=True)
    if (kind, name) in fields:
        renamed = [(n, known if (n, v) == (kind, name) else v) for n, v in fields]
        parts = parts._replace(query=urlencode(renamed))
    body = _submitted(sent) if kind == _SESSION else None
    if body is not None and body.get(_SESSION) == name:
        sent = replace(sent, request_body=json.dumps({**body, _SESSION: known}).encode())
    return replace(sent, url=parts._replace(path=path).geturl())
