"""The journal keeps what was sent and loses every credential."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_qchannel.journal import Exchange, Journal, is_of_nobody, scrub_headers
from pytest_qchannel.wire import Request, Response

_SAFE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# The prefix makes a secret that is found by chance (as "a" in "accept") impossible.
SECRETS = st.text(_SAFE + "-_.", min_size=8, max_size=60).map(lambda tail: f"zQ9-{tail}")
FIELDS = st.sampled_from(
    ["apikey", "apiKey", "APIKEY", "apiToken", "access_token", "refresh_token", "token",
     "password", "passcode"]
)  # fmt: skip
HEADERS = st.sampled_from(
    ["authorization", "x-access-token", "cookie", "x-qx-client-application", "user-agent",
     "x-auth-token", "proxy-authorization", "x-anything"]
)  # fmt: skip
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.text(_SAFE, max_size=8))
relaxed = settings(derandomize=True, deadline=None, max_examples=60)


def recorded(
    headers: Mapping[str, str] | None = None,
    query: str = "",
    body: bytes = b"",
    answer: Response | None = None,
    path: str = "/api/v1/jobs",
) -> Journal:
    journal = Journal()
    request = Request("POST", "quantum.cloud.ibm.com", path, headers or {}, query, body)
    journal.record(request, answer or Response(204), None)
    return journal


def everything_shown(journal: Journal) -> str:
    one = journal[0]
    return " ".join(
        map(str, (repr(journal), one, repr(one), one.body, dict(one.headers), one.url, one.query))
    )


@relaxed
@given(name=HEADERS, secret=SECRETS, scheme=st.sampled_from(["", "Bearer ", "apikey ", "Odd "]))
def test_no_header_shows_a_secret(name: str, secret: str, scheme: str) -> None:
    journal = recorded({name: scheme + secret, "accept": "application/json"})
    assert secret not in everything_shown(journal)
    assert journal[0].headers["accept"] == "application/json"
    assert set(journal[0].headers) == {name, "accept"}


@relaxed
@given(secret=SECRETS, rest=SECRETS)
def test_an_authorization_without_a_scheme_shows_no_part_of_it(secret: str, rest: str) -> None:
    shown = everything_shown(recorded({"authorization": f"{secret} {rest}"}))
    assert secret not in shown
    assert rest not in shown


@relaxed
@given(field=FIELDS, secret=SECRETS, other=st.text(_SAFE, min_size=1, max_size=8))
def test_no_query_shows_a_secret(field: str, secret: str, other: str) -> None:
    journal = recorded(query=urlencode([("limit", other), (field, secret), (field, secret)]))
    assert secret not in everything_shown(journal)
    assert journal[0].query == f"limit={other}&{field}=***&{field}=***"
    assert journal[0].url.endswith("/api/v1/jobs?" + journal[0].query)


@relaxed
@given(field=FIELDS, secret=SECRETS)
def test_no_form_shows_a_secret(field: str, secret: str) -> None:
    body = urlencode([("grant_type", "urn:ibm"), (field, secret)]).encode()
    journal = recorded(
        {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, "", body
    )
    assert secret not in everything_shown(journal)
    assert journal[0].body == f"grant_type=urn:ibm&{field}=***"


@st.composite
def planted(draw: st.DrawFn) -> tuple[Any, str]:
    """JSON with a secret in a credential field, somewhere among dictionaries and lists."""
    secret = draw(SECRETS)
    data: Any = {draw(FIELDS): draw(st.sampled_from([secret, [secret], {"value": secret}]))}
    for _ in range(draw(st.integers(0, 4))):
        wrap_in_list = draw(st.booleans())
        neighbour = draw(PLAIN)
        data = [neighbour, data] if wrap_in_list else {"beside": neighbour, "below": data}
    return data, secret


@relaxed
@given(planted())
def test_no_json_shows_a_secret_however_deep(case: tuple[Any, str]) -> None:
    data, secret = case
    journal = recorded(body=json.dumps(data).encode())
    assert secret not in everything_shown(journal)
    assert "***" in str(journal[0].body)


@relaxed
@given(planted(), st.integers(1, 3))
def test_no_broken_json_shows_a_secret(case: tuple[Any, str], missing: int) -> None:
    """A login with a typo in its JSON used to show the API token in ``.body``."""
    data, secret = case
    body = json.dumps(data).encode()[:-missing]
    journal = recorded({"content-type": "application/json"}, "", body)
    assert secret not in everything_shown(journal)
    assert journal[0].body == f"<{len(body)} bytes that are no JSON>"


def test_what_holds_no_credential_is_kept_as_it_is() -> None:
    data = {"program_id": "sampler", "tags": ["a"], "params": {"pubs": [["circuit", None, 5]]}}
    assert recorded(body=json.dumps(data).encode())[0].body == data


def test_a_body_nested_too_deeply_is_told_by_its_size() -> None:
    assert recorded(body=b"[" * 100_000)[0].body == "<100000 bytes that are no JSON>"


def test_without_a_body_there_is_none() -> None:
    assert recorded()[0].body is None


@pytest.mark.parametrize(
    ("headers", "kept", "scheme"),
    [
        ({"authorization": "Bearer abc"}, {"authorization": "Bearer ***"}, "bearer"),
        ({"authorization": "apikey abc"}, {"authorization": "apikey ***"}, "apikey"),
        ({"authorization": "Bearer"}, {"authorization": "Bearer ***"}, "bearer"),
        ({"authorization": "abc"}, {"authorization": "***"}, "***"),
        ({"x-access-token": "abc"}, {"x-access-token": "***"}, "x-access-token"),
        ({"service-crn": "crn:v1:x"}, {"service-crn": "crn:v1:x"}, None),
        ({}, {}, None),
    ],
)
def test_headers_that_tell_how_a_request_was_authenticated(
    headers: dict[str, str], kept: dict[str, str], scheme: str | None
) -> None:
    assert scrub_headers(headers) == kept
    assert recorded(headers)[0].auth_scheme == scheme


def test_only_the_answer_of_a_refusal_is_kept_and_it_is_cut() -> None:
    assert recorded(answer=Response(200, b'{"id": "token-value"}'))[0].answer == ""
    assert recorded(answer=Response(400, b"no such field"))[0].answer == "no such field"
    assert recorded(answer=Response(404, b"x" * 5_000))[0].answer == "x" * 2_000


@pytest.fixture
def three() -> Journal:
    journal = Journal()
    for method, host, path, status in (
        ("GET", "quantum.cloud.ibm.com", "/api/v1/jobs", 200),
        ("POST", "quantum.cloud.ibm.com", "/api/v1/jobs", 400),
        ("GET", "api.quantum.ibm.com", "/runtime/jobs/d1/results/", 204),
    ):
        job_id = "d1" if "d1" in path else None
        journal.record(Request(method, host, path), Response(status), job_id)
    return journal


def numbers(journal: Journal) -> list[int]:
    return [one.number for one in journal]


def test_exchanges_are_found_by_path_method_host_and_status(three: Journal) -> None:
    assert numbers(three.to("/jobs")) == [1, 2]
    assert numbers(three.to("jobs", method="post")) == [2]
    assert numbers(three.to("/api/v1/jobs", status=200)) == [1]
    assert numbers(three.to("/results", host="api.quantum.ibm.com")) == [3]
    assert not three.to("/obs")
    assert not three.to("/results", host="quantum.cloud.ibm.com")


def test_a_journal_is_a_sequence_that_reads_well(three: Journal) -> None:
    assert len(three) == 3
    assert isinstance(three[-1], Exchange)
    assert numbers(three[1:]) == [2, 3]
    assert str(three[2]) == (
        "#3 GET https://api.quantum.ibm.com/runtime/jobs/d1/results/ -> 204 job d1"
    )
    assert repr(three).splitlines()[1:] == [
        "  #1 GET https://quantum.cloud.ibm.com/api/v1/jobs -> 200",
        "  #2 POST https://quantum.cloud.ibm.com/api/v1/jobs -> 400",
        f"  {three[2]}>",
    ]
    assert repr(Journal()) == "<Journal: no request was sent>"
    assert not Journal()


def written(number: int, journal: Journal) -> None:
    request = Request("GET", "quantum.cloud.ibm.com", f"/api/v1/jobs/{number}")
    journal.record(request, Response(200), str(number))


def test_a_part_of_a_journal_grows_with_it() -> None:
    whole = Journal()
    written(1, whole)
    part = whole.since(len(whole))
    assert not part
    assert repr(part) == "<Journal: no request was sent>"
    written(2, whole)
    written(3, whole)
    assert [one.number for one in part] == [2, 3]
    assert part[0] == whole[1]
    assert part[-1] == whole[-1]
    assert [one.number for one in part[1:]] == [3]
    assert [one.number for one in part.since(1)] == [3]
    assert [one.number for one in part.to("/jobs/2")] == [2]
    with pytest.raises(IndexError):
        part[2]
    assert len(whole.since(0)) == 3


def test_what_is_taken_out_is_gone() -> None:
    journal = Journal()
    written(1, journal)
    assert [one.job_id for one in journal.take()] == ["1"]
    assert not journal
    written(2, journal)
    assert [one.number for one in journal.take()] == [1]


def test_threads_number_what_they_write_one_after_the_other() -> None:
    journal = Journal()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: written(number, journal), range(400)))
    assert [one.number for one in journal] == list(range(1, 401))


@pytest.mark.parametrize(
    ("headers", "query", "body"),
    [
        ({"authorization": "Bearer zQ9-secret"}, "", b""),
        ({"authorization": "apikey zQ9-secret"}, "", b""),
        ({"x-access-token": "zQ9-secret"}, "", b""),
        ({}, "access_token=zQ9-secret", b""),
        ({"content-type": "application/x-www-form-urlencoded"}, "", b"apikey=zQ9-secret"),
        ({"content-type": "application/json"}, "", b'{"apiToken": "zQ9-secret"}'),
    ],
)
def test_a_refusal_is_known_by_its_credential_and_shows_nothing_of_it(
    headers: Mapping[str, str], query: str, body: bytes
) -> None:
    journal = recorded(headers, query, body, Response(401))
    (refused,) = journal
    assert is_of_nobody(refused, ["zQ9-other"])
    assert not is_of_nobody(refused, ["zQ9-other", "zQ9-secret"])
    assert "zQ9" not in everything_shown(journal)
    (answered,) = recorded(headers, query, body)
    assert not is_of_nobody(answered, ["zQ9-other"])
