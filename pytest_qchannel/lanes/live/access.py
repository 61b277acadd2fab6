"""How the lane itself asks the service: as the instance, and with the credential, of a request."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote, urlencode

from pytest_qchannel.crn import CRN_HEADER
from pytest_qchannel.hosts import Host
from pytest_qchannel.ibm.releases import RELEASES
from pytest_qchannel.ibm.table import ROUTES, find
from pytest_qchannel.lanes.live.entry import fingerprint
from pytest_qchannel.wire import (
    ConnectionDropped,
    Handle,
    Json,
    Request,
    Response,
    compact,
    json_object,
)

__all__ = [
    "NEWEST_API",
    "Access",
    "Accesses",
    "Unanswered",
    "answer_of",
    "instance_of",
    "json_of",
    "saying",
    "shown",
    "with_body",
]

NEWEST_API: Final = next(one.api_version for one in reversed(RELEASES) if one.api_version)
"""The version of the API that the lane asks for: older ones do not tell whether usage is final."""

_KEPT: Final = ("authorization", CRN_HEADER, "user-agent", "accept")
"""The headers that say who asks."""


class Unanswered(Exception):
    """The service did not answer a question of the lane's; says how, without a secret."""

    def __init__(self, how: str, status: int | None = None) -> None:
        super().__init__(how)
        self.status = status


@dataclass(frozen=True, slots=True)
class Access:
    """Where and as whom an instance is asked.

    Attributes:
        host: A host of the runtime service.
        headers: Names in lower case: the credential and ``service-crn``.
    """

    host: Host
    headers: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, request: Request, host: Host) -> Access:
        """That of a request, which the table has found to be for the host."""
        return cls(host, {name: request.headers[name] for name in _KEPT if name in request.headers})

    @property
    def instance(self) -> str:
        """The fingerprint of the instance."""
        return fingerprint(self.headers.get(CRN_HEADER, ""))

    def request(
        self,
        key: str,
        args: Mapping[str, str] | None = None,
        query: Iterable[tuple[str, str]] = (),
        body: Mapping[str, Json] | None = None,
    ) -> Request:
        """A question of the lane's own.

        Args:
            key: The route, as ``GET /jobs/<job_id>``.
            args: The path's variables.
            query: The fields of the query.
            body: What is sent, as JSON.
        """
        [route] = [one for one in ROUTES[self.host.service] if one.key == key]
        encoded = {name: quote(value, safe="") for name, value in (args or {}).items()}
        headers = {**self.headers, "ibm-api-version": NEWEST_API, "host": self.host.name}
        content = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            headers |= {"content-type": "application/json"}
        if route.method != "GET":
            headers |= {"content-length": str(len(content))}
        return Request(
            route.method,
            self.host.name,
            self.host.base + route.path(encoded),
            headers,
            urlencode(list(query)),
            content,
        )


class Accesses:
    """The newest access to each instance that was answered well; for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Access] = {}

    def note(self, access: Access, *, is_good: bool) -> None:
        """Remembers how an instance is asked.

        Args:
            access: How it was asked.
            is_good: Whether it answered well; else it counts only where nothing better is known.
        """
        with self._lock:
            if is_good or access.instance not in self._known:
                self._known[access.instance] = access

    def of(self, instance: str) -> Access | None:
        """How the instance with a fingerprint is asked, where that is known."""
        with self._lock:
            return self._known.get(instance)


def instance_of(request: Request) -> str:
    """The fingerprint of the instance that a request is for."""
    return fingerprint(request.headers.get(CRN_HEADER, ""))


def shown(request: Request) -> str:
    """What was asked, without what names an account: the path of an instance does."""
    found = find(request.method, request.host, request.path)
    if found is not None:
        path = f"{found.host.base}{found.route.rule}"
    else:
        path = "/..." if "crn" in request.path.lower() else request.path
    return f"{request.method} https://{request.host}{path}"


def json_of(response: Response) -> Mapping[str, Json]:
    """The object in an answer; empty where it is whole, but no object, or cut short."""
    length = {name.lower(): text for name, text in response.headers.items()}.get("content-length")
    if length is not None and length.isdecimal() and int(length) > len(response.body):
        return {}
    return json_object(response.body)


def with_body(request: Request, body: Json) -> Request:
    """The request with another body."""
    content = compact(body)
    headers = {**request.headers, "content-length": str(len(content))}
    headers.pop("transfer-encoding", None)
    return replace(request, headers=headers, body=content)


def saying(response: Response, body: Json) -> Response:
    """The answer with another body."""
    headers = {
        name: text for name, text in response.headers.items() if name.lower() != "content-length"
    }
    content = compact(body)
    return replace(response, body=content, headers=headers)


def answer_of(request: Request, send: Handle) -> Mapping[str, Json]:
    """The object that the service answers a question with; empty for an answer without one.

    Raises:
        Unanswered: It did not, or with an error.
    """
    try:
        response = send(request)
    except ConnectionDropped as dropped:
        raise Unanswered(f"the connection was lost ({dropped.how})") from None
    if response.status >= 300:
        raise Unanswered(f"it answered {response.status}", response.status)
    return json_of(response)
