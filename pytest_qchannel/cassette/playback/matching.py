"""When two requests are one interaction.

Compared are method, host, path, query, ``Service-CRN``, and for a submitted job, and for circuits
that are to be transpiled, what was submitted (:mod:`.submitted.submission`). Nothing else: not
credentials, not the inventory of packages that the client sends along, not the order of query
fields, nor those that only tell what the client can do (``abilities`` of the route), not other
bodies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import unquote, urlsplit

from pytest_qchannel.cassette.circuits.fingerprint import same_form
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.submitted.submission import Submission, read_submission
from pytest_qchannel.ibm.route import Action
from pytest_qchannel.ibm.table import Found, asked_by, find

__all__ = [
    "Key",
    "address_of",
    "found_in",
    "is_submission",
    "key_of",
    "submission_in",
]


_TRUTH: Final = {"true", "false"}
_MOMENTS: Final = frozenset(
    {"created_after", "created_before", "interval_start", "interval_end", "updated_before"}
)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Key:
    """What of a request is compared.

    Attributes:
        method: In capitals.
        host: In lower case, with the port if it is an unusual one.
        path: Percent-decoded, without a slash at its end.
        query: Names and values, sorted, decoded; truth values in lower case, moments as one.
        crn: ``Service-CRN``, decoded; empty where there is none.
        submission: The fingerprint of what was submitted; empty for every other request.
        submitted: What was submitted, for a second and closer look.
        found: The route that it is, if it is one that is known.
    """

    method: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    crn: str = ""
    submission: str = ""
    submitted: Submission | None = field(default=None, compare=False, repr=False)
    found: Found | None = field(default=None, compare=False, repr=False)

    def matches(self, other: Key) -> bool:
        """Whether both are one interaction."""
        if self == other:
            return True
        mine, its = self.submitted, other.submitted
        if mine is None or its is None or self.without_submission() != other.without_submission():
            return False
        return same_form(mine.form, its.form)  # the fingerprints differ, as seen above

    def without_submission(self) -> Key:
        """The rest of the key."""
        return Key(self.method, self.host, self.path, self.query, self.crn)


def _query_value(name: str, value: str) -> str:
    """A value of the query as it is compared: of a moment, that it is one.

    Programs ask for the jobs of the last week; a week later that is another moment.
    """
    if name in _MOMENTS and _TIME.fullmatch(value):
        return "a time"
    return value.lower() if value.lower() in _TRUTH else value


def found_in(request: Interaction) -> Found | None:
    """The route that a request is, or ``None`` where the table of IBM's API has none."""
    parts = urlsplit(request.url)
    return find(request.method.upper(), parts.hostname or "", parts.path)


def is_submission(request: Interaction) -> bool:
    """Whether a request submits a job."""
    return _is_submission(found_in(request))


def _is_submission(found: Found | None) -> bool:
    return found is not None and found.route.action is Action.SUBMISSION


def submission_in(request: Interaction) -> Submission | None:
    """What a request submits that has circuits in it; ``None`` for every other request."""
    return _submission_in(request, found_in(request))


def _submission_in(request: Interaction, found: Found | None) -> Submission | None:
    if found is None or not found.route.is_packed:
        return None
    return read_submission(request.request_body, is_job=_is_submission(found))


def key_of(request: Interaction) -> Key:
    """What of a request is compared; its response, if it has one, does not matter."""
    key = address_of(request)
    submitted = _submission_in(request, key.found)
    if submitted is None:
        return key
    return replace(key, submission=submitted.fingerprint, submitted=submitted)


def address_of(request: Interaction) -> Key:
    """The same without what was submitted, which takes its time to be read."""
    parts = urlsplit(request.url)
    host = (parts.hostname or "").lower()
    port = parts.port
    if port is not None and port != _PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    query = tuple(
        sorted(
            (name, _query_value(name, value))
            for name, value in asked_by(request.method, request.url)
        )
    )
    return Key(
        method=request.method.upper(),
        host=host,
        path=unquote(parts.path).rstrip("/") or "/",
        query=query,
        crn=next(iter(request.crns), ""),
        found=found_in(request),
    )
