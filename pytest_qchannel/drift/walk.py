"""What is asked: every free route of today's services that only reads, well and badly.

Nothing is sent that changes something: of the table's actions only reads and logins are walked.
The classic platform is not: it ended on 2025-07-01.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple
from urllib.parse import quote

from pytest_qchannel.drift.ask import (
    NEWEST,
    VERSIONS,
    Asked,
    Asker,
    See,
    Subject,
    at,
    json_of,
    rows,
    texts,
)
from pytest_qchannel.hosts import CATALOG, CONTROLLER, IAM, RUNTIME, SEARCH
from pytest_qchannel.ibm.cloud import INSTANCES
from pytest_qchannel.ibm.route import Action, Route
from pytest_qchannel.ibm.table import ROUTES
from pytest_qchannel.wire import Handle, Json

__all__ = ["NO_CREDENTIAL", "WALKED", "walk"]

_SERVICES: Final = (IAM, SEARCH, CATALOG, CONTROLLER, RUNTIME)
WALKED: Final = tuple(
    route
    for service in _SERVICES
    for route in ROUTES[service]
    if route.action in (Action.READ, Action.LOGIN) and route.is_free
)
"""The routes of the walk, in its order."""

_SEARCH: Final[Json] = {
    "query": INSTANCES,
    "fields": ["crn", "service_plan_unique_id", "name", "doc", "tags"],
}
"""What the client asks the search for."""

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

_BAD: Final[Mapping[str, str]] = {
    "limit": "x", "offset": "x", "updated_before": "x", "created_after": "x", "group_by": "colour",
    "interval_start": "x", "search": "b",
}  # fmt: skip
"""Values that no field takes; a route is asked with those of its own fields."""


class _Wrong(NamedTuple):
    """What is otherwise than in a good request; ``None``: nothing."""

    bearer: str | None = None
    instance: str | None = None
    version: str | None = None
    query: Mapping[str, str] | None = None
    body: Json = None


@dataclass
class _Things:
    """What there is to ask about, by the variable that names it."""

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
        self._subject, self._asker = subject, Asker(send, subject, see)
        self._things = _Things(named={
            "account": [subject.instance.account_id],
            "instance_id": [quote(str(subject.instance), safe="")],
        })  # fmt: skip

    def run(self) -> list[str]:
        for route in WALKED:
            self._learn(route, self._well(route))
            self._badly(route)
        return self._asker.missed

    def _well(self, route: Route) -> list[Json]:
        """Asks well, in every version of the API; gives what the newest one answered."""
        told: list[Json] = []
        chosen = list(self._things.values(route))
        if not chosen:
            missing = route.variables[0].removesuffix("_id")
            self._asker.missed.append(f"{route.key}: the account has no {missing}")
        # Devices are large, and what is told of one has never depended on the version.
        is_dated = route.service == RUNTIME and "backend" not in route.variables
        versions = reversed(VERSIONS) if is_dated else (NEWEST,)
        for version in versions:
            for values in chosen if version == NEWEST else chosen[: self._subject.few]:
                query, body = _GOOD.get(route.key, {}), _body_for(route)
                answer = self._asker.ask(Asked(route, version), values, query, body=body)
                if version == NEWEST and answer is not None and answer.status == 200:
                    told.append(json_of(answer))
        return told

    def _badly(self, route: Route) -> None:
        """Asks badly, in each way that there is for the route."""
        query = _GOOD.get(route.key, {})
        if route.variables:
            self._asker.ask(Asked(route, NEWEST, "about what is not there"), self._unknown(route),
                            query)  # fmt: skip
        values = next(self._things.values(route), None)
        if values is None:
            return
        for how, wrong in self._ways(route):
            self._asker.ask(
                Asked(route, NEWEST, how),
                values,
                query if wrong.query is None else wrong.query,
                body=_body_for(route) if wrong.body is None else wrong.body,
                bearer=wrong.bearer,
                instance=wrong.instance,
                version=wrong.version,
            )

    def _ways(self, route: Route) -> Iterator[tuple[str, _Wrong]]:
        """What can be wrong with a request, in words, and how it is made so."""
        if route.action is Action.LOGIN:
            yield "with a key that is none", _Wrong(bearer=NO_CREDENTIAL)
            yield "with a body that is none", _Wrong(body={"a": 1})
            return
        if route.credential != "none":
            yield "without a credential", _Wrong(bearer="")
            yield "with a token that is none", _Wrong(bearer=NO_CREDENTIAL)
        if route.credential == "runtime":
            nobody = replace(self._subject.instance, account_id=_NOBODY, guid=_NO_GUID)
            nothing = replace(self._subject.instance, guid=_NO_GUID)
            yield "for an instance of nobody", _Wrong(instance=str(nobody))
            yield "for an instance that is not there", _Wrong(instance=str(nothing))
        bad = {name: _BAD[name] for name in _BAD if name in route.query}
        if bad:
            yield "with a bad query", _Wrong(query=bad)
        if route.service == RUNTIME and route.credential != "none":
            yield "in a version that is none", _Wrong(version="x")
        if route.sent:
            yield "with a body that is none", _Wrong(body=[])

    def _unknown(self, route: Route) -> dict[str, str]:
        nobody = replace(self._subject.instance, guid=_NO_GUID)
        known = {**_UNKNOWN, "instance_id": quote(str(nobody), safe="")}
        return {name: known[name] for name in route.variables}

    def _learn(self, route: Route, told: Sequence[Json]) -> None:
        """What there is to ask about next."""
        named = self._things.named
        for one in told:
            if route.action is Action.LOGIN:
                self._asker.token = str(at(one, "access_token"))
            named.setdefault("plan_id", []).extend(
                texts(one, "items", "service_plan_unique_id") if route.service == SEARCH else ()
            )
            if route.key == "GET /backends":
                named["backend"] = texts(one, "devices", "name")[: self._subject.backends]
            if route.key == "GET /jobs":
                named["job_id"] = self._chosen(one)
                named["session_id"] = list(dict.fromkeys(texts(one, "jobs", "session_id")))[:4]
        if route.key == "GET /jobs/<job_id>":
            # The results of a private job are given once: they are its owner's to read.
            named["job_id"] = [str(at(one, "id")) for one in told if not at(one, "private")]
        named["plan_id"] = list(dict.fromkeys(named.get("plan_id", ())))

    def _chosen(self, listed: Json) -> list[str]:
        """The ids of some jobs: of every state and program first, then the newest."""
        listed_jobs = [one for one in rows(at(listed, "jobs")) if isinstance(one, dict)]
        kinds: dict[str, list[str]] = {}
        for row in listed_jobs:
            kind = json.dumps([at(row, "state"), at(row, "program"), "session_id" in row])
            kinds.setdefault(kind, []).append(str(row.get("id")))
        in_turn = itertools.zip_longest(*kinds.values())
        ids = [one for turn in in_turn for one in turn if one is not None]
        return ids[: self._subject.jobs]


def _body_for(route: Route) -> Json:
    """What a good request sends as JSON: of all that is walked, a search alone does."""
    return _SEARCH if route.sent else None
