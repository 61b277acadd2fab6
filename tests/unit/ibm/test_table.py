"""The table of IBM's API: complete, with a source for everything, and each rule matches itself."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Final, get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_qchannel.hosts import ALL_HOSTS, HOSTS, SERVICES, Host
from pytest_qchannel.ibm.fields import CLASSIC_QUERY
from pytest_qchannel.ibm.route import (
    BY_CREDENTIAL,
    HEAD_SOURCE,
    SOURCES,
    Action,
    Credential,
    Method,
    Route,
    Tells,
)
from pytest_qchannel.ibm.table import ROUTES, Found, find, is_submission, url_of

EVERY: Final = [route for routes in ROUTES.values() for route in routes]
RUNTIME: Final = "quantum.cloud.ibm.com"
METHODS: Final = (*get_args(Method), "HEAD")

# What stands in a path as it was sent: anything but a slash, a question mark and a hash.
SEGMENTS: Final = st.text(
    st.characters(exclude_characters="/?#", exclude_categories=["Cs"]), min_size=1, max_size=8
) | st.sampled_from(["%2F", "jobs", "results", "..", "<job_id>", "crn%3Av1%3A%3A", "usage"])


def name_of(route: Route) -> str:
    return f"{route.service} {route.key}"


def hosts_of(route: Route) -> list[Host]:
    return [host for host in ALL_HOSTS if host.service == route.service]


each_route = pytest.mark.parametrize("route", EVERY, ids=name_of)


@each_route
def test_a_route_has_statuses_a_meaning_a_credential_and_sources(route: Route) -> None:
    assert route.method in get_args(Method)
    assert route.credential in get_args(Credential)
    assert route.source
    assert route.own_answers
    assert any(status < 300 for status in route.own_answers)
    assert set(route.answers.values()) <= set(SOURCES)
    assert route.answers == {**BY_CREDENTIAL[route.credential], **route.own_answers}
    assert list(route.answers) == sorted(route.answers)
    assert route.resource in ("job", "session", "task", "account")


@each_route
def test_a_read_is_a_get_or_the_search_and_nothing_else_is(route: Route) -> None:
    is_search = route.key == "POST /v3/resources/search"
    assert (route.action is Action.READ) == (route.method == "GET" or is_search)


@each_route
def test_nothing_is_said_of_bodies_that_there_are_not(route: Route) -> None:
    if route.method in ("GET", "DELETE"):
        assert not route.form
        assert not route.sent
    assert not (route.form and route.sent)


def test_every_service_has_hosts_and_routes() -> None:
    assert tuple(ROUTES) == SERVICES
    assert all(ROUTES.values())
    assert {host.service for host in HOSTS} == set(SERVICES)
    keys = [(route.service, route.key) for route in EVERY]
    assert len(set(keys)) == len(keys)


def test_head_is_marked_as_inferred() -> None:
    assert SOURCES[HEAD_SOURCE].startswith("inferred")


ACTIONS: Final[Mapping[Action, set[str]]] = {
    Action.LOGIN: {"POST /identity/token", "POST /users/loginWithToken"},
    Action.SUBMISSION: {"POST /jobs"},
    Action.WRITE: {"POST /sessions"},
    Action.SOFT_GATE: {
        "POST /jobs/<job_id>/cancel",
        "PUT /jobs/<job_id>/tags",
        "PATCH /sessions/<session_id>",
        "DELETE /sessions/<session_id>/close",
    },
    Action.HARD_GATE: {
        "DELETE /jobs/<job_id>",
        "POST /users/logout",
        "PUT /instances/configuration",
        "PATCH /v2/resource_instances/<instance_id>",
    },
}


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_no_read_means_what_it_did(action: Action) -> None:
    found = {route.key for route in EVERY if route.action is action}
    assert ACTIONS[action] <= found, "a new route needs no line here"


def test_only_a_submission_costs_qpu_time() -> None:
    assert {route.key for route in EVERY if not route.is_free} == {"POST /jobs"}


def test_only_submissions_and_writes_make_something() -> None:
    assert {action for action in Action if action.makes} == {Action.SUBMISSION, Action.WRITE}
    assert {action for action in Action if action.is_gate} == {Action.SOFT_GATE, Action.HARD_GATE}


def test_what_answers_tell_of_jobs() -> None:
    told = {route.key: route.tells for route in EVERY if route.tells is not Tells.NOTHING}
    assert told == {
        "GET /jobs": Tells.STATES,
        "GET /workloads": Tells.LIST,
        "GET /jobs/<job_id>": Tells.STATE,
        "GET /jobs/<job_id>/results": Tells.END,
        "POST /jobs/<job_id>/cancel": Tells.END,
        "DELETE /jobs/<job_id>": Tells.END,
    }
    assert {route.key for route in EVERY if route.lists_jobs} == {"GET /jobs", "GET /workloads"}
    assert all(
        route.resource == "job" for route in EVERY if route.tells in (Tells.STATE, Tells.END)
    )


def test_what_is_about_a_job_or_a_session_names_it() -> None:
    for route in EVERY:
        assert (route.resource == "job") == route.rule.startswith("/jobs/")
        assert (route.resource == "session") == route.rule.startswith("/sessions/")


def test_the_classic_routes_are_the_same_but_for_credential_and_source() -> None:
    today = {route.key: route for route in ROUTES["runtime"]}
    own = set()
    for classic in ROUTES["classic_runtime"]:
        if classic.key not in today or classic.key == "GET /usage":  # another body on each
            own.add(classic.key)
            continue
        same = dataclasses.replace(
            classic,
            service="runtime",
            credential=today[classic.key].credential,
            source=today[classic.key].source,
            query={n: rule for n, rule in classic.query.items() if n not in CLASSIC_QUERY},
        )
        assert dataclasses.asdict(same) == dataclasses.asdict(today[classic.key])
    assert own == {"GET /usage"}
    for route in EVERY:  # each may have its credential in the query, and no other may
        is_classic = route.credential == "classic"
        assert (route.query.items() >= CLASSIC_QUERY.items()) is is_classic, route.key


@each_route
@given(data=st.data())
def test_a_rule_matches_itself_at_every_host(route: Route, data: st.DataObject) -> None:
    values = {name: data.draw(SEGMENTS) for name in route.variables}
    assume(not any(_is_literal(route, name, value) for name, value in values.items()))
    host = data.draw(st.sampled_from(hosts_of(route)))
    path = host.base + route.path(values) + data.draw(st.sampled_from(["", "/"]))
    assert find(route.method, host.name, path) == Found(host, route, values)
    for method in METHODS:
        other = find(method, host.name, path)
        if method == "HEAD":
            assert other == find("GET", host.name, path)
        elif other is not None and method != route.method:
            assert other.route.key == f"{method} {route.rule}"


def _is_literal(route: Route, name: str, value: str) -> bool:
    """Whether a value makes the path one of a rule that has the word in the variable's place."""
    changed = route.rule.replace(f"<{name}>", value)
    return any(one.rule == changed for one in ROUTES[route.service])


@given(path=st.lists(SEGMENTS | st.just(""), max_size=5), method=st.sampled_from(METHODS))
def test_only_what_a_rule_describes_is_found(path: list[str], method: str) -> None:
    """Held against the rules as regular expressions, which the table does without."""
    asked = "".join("/" + segment for segment in path)
    for host in HOSTS:
        expected = {
            route.key
            for route in ROUTES[host.service]
            if route.method == ("GET" if method == "HEAD" else method)
            and re.fullmatch(re.sub(r"<\w+>", "[^/]+", route.rule) + "/?", asked, re.DOTALL)
        }
        found = find(method, host.name, host.base + asked)
        if found is not None and found.host == host:
            assert found.route.key in expected
        elif found is None:
            assert not expected


@each_route
@given(extra=SEGMENTS)
def test_a_longer_a_shorter_and_a_foreign_path_are_other_routes(route: Route, extra: str) -> None:
    host = hosts_of(route)[0]
    path = host.base + route.path(dict.fromkeys(route.variables, "x"))
    for other in (f"{path}/{extra}/{extra}/{extra}", path.rpartition("/")[0], f"/{extra}{path}"):
        found = find(route.method, host.name, other)
        assert found is None or found.route is not route
    for wrong in ("example.com", f"x.{host.name}", f"{host.name}.example.com", ""):
        assert find(route.method, wrong, path) is None


@pytest.mark.parametrize(
    "path",
    ["/api/v1/jobs//", "/api/v1//jobs", "/api/v1/jobs//results", "/api/v2/jobs", "/jobs", "", "/"],
)
def test_paths_that_are_none(path: str) -> None:
    assert find("GET", RUNTIME, path) is None


def test_variables_stay_encoded_and_can_be_replaced() -> None:
    found = find("GET", RUNTIME, "/api/v1/jobs/a%2Fb/results")
    assert found is not None
    assert found.args == {"job_id": "a%2Fb"}
    assert found.path({"job_id": "c"}) == "/api/v1/jobs/c/results"
    assert found.path({}) == "/api/v1/jobs/a%2Fb/results"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/api/v1/jobs", True),
        ("POST", "/api/v1/jobs/", True),
        ("GET", "/api/v1/jobs", False),
        ("POST", "/api/v1/jobs/x/cancel", False),
        ("POST", "/other/jobs", False),
    ],
)
def test_a_submission_is_told(method: str, path: str, expected: bool) -> None:
    assert is_submission(method, RUNTIME, path) is expected


def test_the_url_of_a_route() -> None:
    assert url_of("iam", "POST /identity/token") == "https://iam.cloud.ibm.com/identity/token"
    assert (
        url_of("classic_auth", "POST /users/logout")
        == "https://auth.quantum-computing.ibm.com/api/users/logout"
    )
    with pytest.raises(KeyError):
        url_of("iam", "GET /identity/token")
