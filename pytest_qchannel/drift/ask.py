"""One request in an account's name, and what is told of its answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from pytest_qchannel.crn import CRN, CRN_HEADER
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.hosts import RUNTIME, base_url_of
from pytest_qchannel.ibm.cloud import API_KEY_GRANT
from pytest_qchannel.ibm.releases import RELEASES
from pytest_qchannel.ibm.route import Action, Route
from pytest_qchannel.ibm.table import ABLE_HEADER
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import FORM_TYPE, ConnectionDropped, Handle, Json, Request, Response

__all__ = [
    "NEWEST",
    "VERSIONS",
    "Asked",
    "Asker",
    "See",
    "Subject",
    "at",
    "json_of",
    "rows",
    "texts",
]

VERSIONS: Final = tuple(one.api_version for one in RELEASES if one.api_version is not None)
"""The versions of the API that clients ask for, the oldest first; the empty one is none."""

NEWEST: Final = VERSIONS[-1]

_BUSY: Final = frozenset({429, 502, 503, 504})
"""What a service says that has no time, or is not there: nothing of the route."""


@dataclass(frozen=True, slots=True)
class Subject:
    """In whose name is asked.

    Attributes:
        secret: The API key.
        instance: The CRN of the instance.
        backends: How many devices are asked about.
        jobs: How many jobs are, in the newest version of the API.
        few: How many jobs and sessions are asked about in each of the older ones.
    """

    secret: Secret
    instance: CRN
    backends: int = 4
    jobs: int = 12
    few: int = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, in words.

    Attributes:
        route: The route.
        version: The version of the API that was asked for.
        how: ``good``, or what is wrong with it.
    """

    route: Route
    version: str
    how: str = "good"


See = Callable[[Asked, Response], None]


class Asker:
    """Asks in somebody's name.

    Args:
        send: Answers.
        subject: In whose name is asked.
        see: Called with each answer.

    Attributes:
        token: The access token, once somebody has logged in.
        missed: What got no answer, in words.
    """

    def __init__(self, send: Handle, subject: Subject, see: See) -> None:
        self.subject = subject
        self.token = ""
        self.missed: list[str] = []
        self._send, self._see = send, see

    def ask(
        self,
        asked: Asked,
        values: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        *,
        bearer: str | None = None,
        instance: str | None = None,
        version: str | None = None,
        body: Json = None,
    ) -> Response | None:
        """Sends one request; gives its answer, or nothing where there is none.

        Args:
            asked: What is asked.
            values: What stands in place of the variables of the path.
            query: The query.
            bearer: Another credential than the token, or than the key of a login.
            instance: Another instance.
            version: Another version of the API.
            body: What is sent as JSON; of a login any makes a wrong form.
        """
        route = asked.route
        region = self.subject.instance.region if route.service == RUNTIME else None
        host = urlsplit(base_url_of(route.service, region))
        kind, sent = self._content(route, bearer, body)
        headers = {"accept": "application/json", **kind}
        if route.credential != "none" and bearer != "":
            headers["authorization"] = f"Bearer {self.token if bearer is None else bearer}"
        if route.credential in ("runtime", "account"):
            headers[CRN_HEADER] = instance or str(self.subject.instance)
        version = asked.version if version is None else version
        if route.service == RUNTIME and version:
            headers[ABLE_HEADER] = version
        path = host.path + route.path(values or {})
        answer = self._answer(
            asked,
            Request(route.method, host.hostname or "", path, headers, urlencode(query or {}), sent),
        )
        if answer is not None:
            self._see(asked, answer)
        return answer

    def _content(
        self, route: Route, bearer: str | None, body: Json
    ) -> tuple[dict[str, str], bytes]:
        """What a request sends, with the headers that say so."""
        if route.action is Action.LOGIN:
            key = self.subject.secret.reveal() if bearer is None else bearer
            form = {"grant_type": API_KEY_GRANT, "apikey": key} if body is None else {"a": "b"}
            kind, sent = FORM_TYPE, urlencode(form).encode()
        elif body is not None:
            kind, sent = "application/json", json.dumps(body).encode()
        else:
            return {}, b""
        return {"content-type": kind, "content-length": str(len(sent))}, sent

    def _answer(self, asked: Asked, request: Request) -> Response | None:
        """The answer; where there is none, why is noted."""
        route = asked.route
        try:
            answer = self._send(request)
        except ConnectionDropped:
            self.missed.append(f"{route.key}, {asked.how}: no answer")
            return None
        except QChannelError as refused:  # whose words may name things of the account
            self.missed.append(f"{route.key}, {asked.how}: not sent, {type(refused).__name__}")
            return None
        if answer.status in _BUSY:
            self.missed.append(f"{route.key}, {asked.how}: {answer.status}")
            return None
        return answer


def json_of(answer: Response) -> Json:
    """The body read as JSON; ``None`` where it is none."""
    try:
        found: Json = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found


def at(value: Json, name: str) -> Json:
    """A field of what may be an object."""
    return value.get(name) if isinstance(value, dict) else None


def rows(value: Json) -> list[Json]:
    """The items of what may be a list."""
    return list(value) if isinstance(value, list) else []


def texts(value: Json, name: str, of_each: str) -> list[str]:
    """The texts that a field of each item of a list has."""
    found = (at(one, of_each) for one in rows(at(value, name)))
    return [one for one in found if isinstance(one, str) and one]
