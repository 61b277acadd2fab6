"""The table as a whole, and the one function that tells which route a request is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from pytest_qchannel.hosts import SERVICES, Host, base_url_of, find_any_host
from pytest_qchannel.ibm import classic, cloud, runtime, transpiler
from pytest_qchannel.ibm.route import Action, Route

__all__ = ["ABLE_HEADER", "ROUTES", "Found", "asked_by", "find", "is_submission", "url_of"]

_EVERY: Final = (*cloud.ROUTES, *runtime.ROUTES, *classic.ROUTES, *transpiler.ROUTES)

ROUTES: Final[Mapping[str, tuple[Route, ...]]] = {
    service: tuple(route for route in _EVERY if route.service == service) for service in SERVICES
}
"""Service -> its routes."""


ABLE_HEADER: Final = "ibm-api-version"
"""The header that tells which forms of answers the client can read (observed: 0.40 to 0.51)."""


@dataclass(frozen=True, slots=True)
class Found:
    """The route that a request is.

    Attributes:
        host: The host of the table.
        route: The route; that of ``GET`` for a ``HEAD``.
        args: The path's variables, percent-encoded as they were sent.
    """

    host: Host
    route: Route
    args: Mapping[str, str]

    def path(self, values: Mapping[str, str]) -> str:
        """The whole path with other values, percent-encoded, in place of its variables."""
        return self.host.base + self.route.path({**self.args, **values})


def find(method: str, host: str, path: str) -> Found | None:
    """The route of a request, or ``None`` where the table has none.

    Args:
        method: In capitals.
        host: A host name in lower case, without a port; any that IBM has, emulated or not.
        path: The whole path, still percent-encoded. A slash at its end does not count.
    """
    return _find(method, host, path)


@lru_cache(maxsize=1_024)
def _find(method: str, host: str, path: str) -> Found | None:
    """The same; one request is looked up by all that have to do with it."""
    known = find_any_host(host, path)
    if known is None:
        return None
    asked = _segments(path[len(known.base) :].removesuffix("/"))
    method = "GET" if method == "HEAD" else method
    for segments, route in _INDEX.get((known.service, method, len(asked)), ()):
        args = _args(segments, asked)
        if args is not None:
            return Found(known, route, args)
    return None


def is_submission(method: str, host: str, path: str) -> bool:
    """Whether a request submits a job."""
    found = find(method, host, path)
    return found is not None and found.route.action is Action.SUBMISSION


def asked_by(method: str, url: str) -> list[tuple[str, str]]:
    """The fields of a URL's query: what the client can do, and who asks, is asked for by none."""
    parts = urlsplit(url)
    found = find(method.upper(), (parts.hostname or "").lower(), parts.path)
    fields = parse_qsl(parts.query, keep_blank_values=True)
    if found is None:
        return fields
    able, rules = found.route.abilities, found.route.query
    return [(n, v) for n, v in fields if n not in able and rules.get(n) != "access_token"]


def url_of(service: str, key: str) -> str:
    """The URL of a route without variables at the first host of its service.

    Raises:
        KeyError: The service has no such route.
    """
    return base_url_of(service) + {one.key: one for one in ROUTES[service]}[key].rule


def _segments(path: str) -> list[str]:
    return path.split("/")[1:]


def _args(segments: list[str], asked: list[str]) -> dict[str, str] | None:
    """The variables of a rule in a path of as many segments; ``None`` where it is another one."""
    args = {}
    for known, given in zip(segments, asked, strict=True):
        if known.startswith("<") and given:
            args[known[1:-1]] = given
        elif known != given:
            return None
    return args


def _indexed() -> dict[tuple[str, str, int], list[tuple[list[str], Route]]]:
    """The rules by service, method and length, those with the fewest variables first."""
    index: dict[tuple[str, str, int], list[tuple[list[str], Route]]] = {}
    for route in sorted(_EVERY, key=lambda one: len(one.variables)):
        segments = _segments(route.rule)
        index.setdefault((route.service, route.method, len(segments)), []).append((segments, route))
    return index


_INDEX: Final = _indexed()
