"""What is asked: every free route of today's services that only reads, well and badly.

Nothing is sent that changes something: of the table's actions only reads and logins are walked.
The classic platform is not: it ended on 2025-07-01.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from pytest_qchannel.crn import CRN
from pytest_qchannel.hosts import (
    CATALOG,
    CONTROLLER,
    IAM,
    RUNTIME,
    SEARCH,
    base_url_of,
)
from pytest_qchannel.ibm.releases import RELEASES
from pytest_qchannel.ibm.route import Action, Route
from pytest_qchannel.ibm.table import ABLE_HEADER, ROUTES
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import ConnectionDropped, Handle, Json, Request, Response

__all__ = ["NEWEST", "NO_CREDENTIAL", "VERSIONS", "WALKED", "Asked", "See", "Subject", "walk"]

VERSIONS: Final = tuple(one.api_version for one in RELEASES if one.api_version is not None)
"""The versions of the API that clients ask for, the oldest first; the empty one is none."""

NEWEST: Final = VERSIONS[-1]

_SERVICES: Final = (IAM, SEARCH, CATALOG, CONTROLLER, RUNTIME)
WALKED: Final = tuple(
    route
    for service in _SERVICES
    for route in ROUTES[service]
    if route.action in (Action.READ, Action.LOGIN) and route.is_free
)
"""The routes of the walk, in its order."""

_SEARCH: Final[Json] = {
    "query": "service_name:quantum-computing",
    "fields": ["crn", "service_plan_unique_id", "name", "doc", "tags"],
}
"""What the client asks the search for."""

_GRANT: Final = "urn:ibm:params:oauth:grant-type:apikey"
NO_CREDENTIAL: Final = "qchannel-none"
"""What is sent to be refused; who guards credentials may let it pass."""

_NOBODY: Final = "0" * 32
_NO_GUID: Final = "00000000-0000-0000-0000-000000000000"
_UNKNOWN: Final[Mapping[str, str]] = {
    "backend": "ibm_nowhere",
    "job_id": "d0000000000000000000",
    "session_id": _NO_GUID,
    "plan_id": _NO_GUID,
    "account": _NOBODY,
}
"""Well-formed names of what nobody has; that of an instance is a CRN."""

_GOOD: Final[Mapping[str, Mapping[str, str]]] = {
    "GET /tags": {"search": "qchannel"},
    "GET /analytics/usage_grouped": {"group_by": "backend"},
    "GET /analytics/usage_grouped_by_date": {"group_by": "instance"},
    "GET /jobs": {"limit": "50"},
    "GET /workloads": {"limit": "50"},
    "GET /<plan_id>": {"include": "metadata.pricing", "complete": "true"},
}
"""Queries that a good request needs, or that make it tell more."""

_BUSY: Final = frozenset({429, 502, 503, 504})
"""What a service says that has no time, or is not there: nothing of the route."""

_BAD: Final[Mapping[str, str]] = {
    "limit": "x", "offset": "x", "updated_before": "x", "created_after": "x", "group_by": "colour",
    "interval_start": "x", "search": "b",
}  # fmt: skip
"""Values that no field takes; a route is asked with those of its own fields."""


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


@dataclass
class _Things:
    """What there is to ask about, by the variable that names it."""

    token: str = ""
    named: dict[str, list[str]] = field(default_factory=dict)

    def values(self, route: Route) -> Iterator[dict[str, str]]:
        """Values for the variables of a route; none where there is no such thing."""
        if not route.variables:
            yield {}
            return
        [name] = route.variables
        for value in self.named.get(name, ()):
            yield {name: value}


def walk(send: Handle, subject: Subject, see: See) -> list[str]:
    """Asks everything, well and badly.

    Args:
        send: Answers.
        subject: In whose name is asked.
        see: Called with each answer.

    Returns:
        What could not be asked, in words.
    """
    return _Walk(send, subject, see).run()


class _Walk:
    def __init__(self, send: Handle, subject: Subject, see: See) -> None:
        self._send, self._subject, self._see = send, subject, see
        self._things = _Things(named={
            "account": [subject.instance.account_id],
            "instance_id": [quote(str(subject.instance), safe="")],
        })  # fmt: skip
        self._missed: list[str] = []

    def run(self) -> list[str]:
        for route in WALKED:
            self._learn(route, self._well(route))
            self._badly(route)
        return self._missed

    def _well(self, route: Route) -> list[Json]:
        """Asks well, in every version of the API; gives what the newest one answered."""
        told: list[Json] = []
        chosen = list(self._things.values(route))
        if not chosen:
            self._missed.append(f"{route.key}: the account has no {_words(route.variables[0])}")
        # Devices are large, and what is told of one has never depended on the version.
        is_dated = route.service == RUNTIME and "backend" not in route.variables
        versions = reversed(VERSIONS) if is_dated else (NEWEST,)
        for version in versions:
            for values in chosen if version == NEWEST else chosen[: self._subject.few]:
                answer = self._ask(Asked(route, version), values, _GOOD.get(route.key, {}))
                if version == NEWEST and answer is not None and answer.status == 200:
                    told.append(_json(answer))
        return told

    def _badly(self, route: Route) -> None:
        """Asks badly, in each way that there is for the route."""
        if route.variables:
            self._ask(
                Asked(route, NEWEST, "about what is not there"),
                self._unknown(route),
                _GOOD.get(route.key, {}),
            )
        values = next(self._things.values(route), None)
        if values is None:
            return
        query, asked = _GOOD.get(route.key, {}), Asked(route, NEWEST)
        if route.action is Action.LOGIN:
            self._ask(
                replace(asked, how="with a key that is none"), values, query, bearer=NO_CREDENTIAL
            )
            self._ask(replace(asked, how="with a body that is none"), values, query, body={"a": 1})
            return
        if route.credential != "none":
            self._ask(replace(asked, how="without a credential"), values, query, bearer="")
            self._ask(
                replace(asked, how="with a token that is none"), values, query, bearer=NO_CREDENTIAL
            )
        if route.credential == "runtime":
            mine = self._subject.instance
            strange = replace(mine, account_id=_NOBODY, guid=_NO_GUID)
            for how, crn in (
                ("for an instance of nobody", strange),
                ("for an instance that is not there", replace(mine, guid=_NO_GUID)),
            ):
                self._ask(replace(asked, how=how), values, query, instance=str(crn))
        bad = {name: _BAD[name] for name in _BAD if name in route.query}
        if bad:
            self._ask(replace(asked, how="with a bad query"), values, bad)
        if route.service == RUNTIME and route.credential != "none":
            self._ask(replace(asked, how="in a version that is none"), values, query, version="x")
        if route.sent:
            self._ask(replace(asked, how="with a body that is none"), values, query, body=[])

    def _ask(
        self,
        asked: Asked,
        values: Mapping[str, str],
        query: Mapping[str, str],
        *,
        bearer: str | None = None,
        instance: str | None = None,
        version: str | None = None,
        body: Json = None,
    ) -> Response | None:
        route = asked.route
        host = urlsplit(base_url_of(route.service, self._region(route)))
        headers, sent = {"accept": "application/json"}, b""
        if route.action is Action.LOGIN:
            key = self._subject.secret.reveal() if bearer is None else bearer
            form = {"grant_type": _GRANT, "apikey": key} if body is None else {"a": "b"}
            headers["content-type"] = "application/x-www-form-urlencoded"
            sent = urlencode(form).encode()
        elif route.sent:
            headers["content-type"] = "application/json"
            sent = json.dumps(_SEARCH if body is None else body).encode()
        if route.credential != "none" and bearer != "":
            headers["authorization"] = f"Bearer {self._things.token if bearer is None else bearer}"
        if route.credential in ("runtime", "account"):
            headers["service-crn"] = instance or str(self._subject.instance)
        version = asked.version if version is None else version
        if route.service == RUNTIME and version:
            headers[ABLE_HEADER] = version
        if sent:
            headers["content-length"] = str(len(sent))
        path = host.path + route.path(values)
        request = Request(route.method, host.hostname or "", path, headers, urlencode(query), sent)
        try:
            answer = self._send(request)
        except ConnectionDropped:
            self._missed.append(f"{route.key}, {asked.how}: no answer")
            return None
        if answer.status in _BUSY:
            self._missed.append(f"{route.key}, {asked.how}: {answer.status}")
            return None
        self._see(asked, answer)
        return answer

    def _region(self, route: Route) -> str | None:
        return self._subject.instance.region if route.service == RUNTIME else None

    def _unknown(self, route: Route) -> dict[str, str]:
        nobody = replace(self._subject.instance, guid=_NO_GUID)
        known = {**_UNKNOWN, "instance_id": quote(str(nobody), safe="")}
        return {name: known[name] for name in route.variables}

    def _learn(self, route: Route, told: Sequence[Json]) -> None:
        """What there is to ask about next."""
        named = self._things.named
        for one in told:
            if route.action is Action.LOGIN:
                self._things.token = str(_at(one, "access_token"))
            named.setdefault("plan_id", []).extend(
                _texts(one, "items", "service_plan_unique_id") if route.service == SEARCH else ()
            )
            if route.key == "GET /backends":
                named["backend"] = _texts(one, "devices", "name")[: self._subject.backends]
            if route.key == "GET /jobs/<job_id>" and _at(one, "private") is True:
                # The results of a private job are given once: they are its owner's to read.
                named["job_id"] = [job for job in named["job_id"] if job != _at(one, "id")]
            if route.key == "GET /jobs":
                named["job_id"] = self._chosen(one)
                named["session_id"] = list(dict.fromkeys(_texts(one, "jobs", "session_id")))[:4]
        named["plan_id"] = list(dict.fromkeys(named.get("plan_id", ())))

    def _chosen(self, listed: Json) -> list[str]:
        """The ids of some jobs: of every state and program first, then the newest."""
        rows = [one for one in _list(_at(listed, "jobs")) if isinstance(one, dict)]
        kinds: dict[str, list[str]] = {}
        for row in rows:
            kind = json.dumps([_at(row, "state"), _at(row, "program"), "session_id" in row])
            kinds.setdefault(kind, []).append(str(row.get("id")))
        in_turn = [ids[at] for at in range(len(rows)) for ids in kinds.values() if at < len(ids)]
        return in_turn[: self._subject.jobs]


def _words(variable: str) -> str:
    return variable.removesuffix("_id")


def _json(answer: Response) -> Json:
    try:
        found: Json = json.loads(answer.body)
    except ValueError:
        return None
    return found


def _at(value: Json, name: str) -> Json:
    return value.get(name) if isinstance(value, dict) else None


def _list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list) else []


def _texts(value: Json, name: str, field_: str) -> list[str]:
    found = (_at(one, field_) for one in _list(_at(value, name)))
    return [one for one in found if isinstance(one, str) and one]
