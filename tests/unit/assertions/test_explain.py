"""No credential survives in the text of a failure."""

from __future__ import annotations

import base64
import json
import string
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_qchannel.assertions._explain import scrub_text

keys = st.text(
    alphabet=string.ascii_letters + string.digits + "-_.~+/=:,;", min_size=12, max_size=90
)
any_keys = st.text(alphabet=st.characters(exclude_categories=["Z", "C"]), min_size=12, max_size=90)
names = st.sampled_from(
    ["apiToken", "api_token", "apikey", "apiKey", "API_KEY", "access_token", "refresh_token"]
)


@given(key=keys, scheme=st.sampled_from(["Bearer", "bearer", "apikey", "APIKEY"]))
def test_header_value_never_survives(key: str, scheme: str) -> None:
    for text in (
        f"Authorization: {scheme} {key}",
        f"{{'Authorization': '{scheme} {key}', 'Service-CRN': 'crn:v1'}}",
        f"x-access-token: {scheme} {key}\nAccept: application/json",
        f"refused: {scheme}  {key}",
    ):
        assert key not in scrub_text(text)


@given(key=any_keys, name=names, indent=st.sampled_from([None, 2]))
def test_json_field_never_survives(key: str, name: str, indent: int | None) -> None:
    body = json.dumps({"first": 1, name: key, "last": "kept"}, indent=indent, ensure_ascii=False)
    scrubbed = scrub_text(body)
    assert json.dumps(key, ensure_ascii=False)[1:-1] not in scrubbed
    assert json.loads(scrubbed.replace("***", '"***"')) == {"first": 1, name: "***", "last": "kept"}


@given(key=keys, name=names)
def test_form_json_in_json_and_repr_never_survive(key: str, name: str) -> None:
    for text in (
        urlencode({"grant_type": "apikey", name: key, "response_type": "cloud_iam"}),
        json.dumps({"body": json.dumps({name: key})}),
        repr({name: key}),
        repr({name: key.encode()}),
        f"{name} = {key}",
    ):
        assert key not in scrub_text(text)


@given(key=keys, name=names)
def test_scrubbing_twice_changes_nothing(key: str, name: str) -> None:
    once = scrub_text(f'Bearer {key} {{"{name}": "{key}"}} {name}={key}')
    assert scrub_text(once) == once


@given(payload=st.dictionaries(st.text(max_size=8), st.integers(), min_size=1, max_size=5))
def test_json_web_token_never_survives(payload: dict[str, int]) -> None:
    def segment(data: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()

    token = f"{segment({'alg': 'RS256'})}.{segment(payload)}.c2lnbmF0dXJl"
    assert scrub_text(f"token {token} has expired") == "token *** has expired"


@given(token=st.text(alphabet="0123456789abcdef", min_size=64, max_size=200))
def test_long_hexadecimal_never_survives(token: str) -> None:
    assert scrub_text(f"seen {token}.") == "seen ***."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{"id": "short-one", "ttl": 1209600, "userId": "u"}',
            '{"id": ***, "ttl": 1209600, "userId": "u"}',
        ),
        (f'{{"id": "{"Zx9_" * 16}"}}', '{"id": ***}'),
        ("{'token': 'abcdef'}", "{'token': ***}"),
        ("https://me:secret@proxy:8080/x", "https://***@proxy:8080/x"),
        ("apikey%20abcdef", "apikey ***"),
    ],
)
def test_other_credentials_are_scrubbed(text: str, expected: str) -> None:
    assert scrub_text(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"id": "d1qvqk5pbnm0008jm8a0", "status": "Queued"}',
        '401 {"errors":[{"code":1200,"message":"not authorised","solution":"make a new token"}]}',
        "Login failed: the token is not valid",
        "ConnectionError: https://quantum.cloud.ibm.com/api/v1/jobs?limit=1",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    assert scrub_text(text) == text


def test_long_text_is_one_short_line_scrubbed_before_it_is_cut() -> None:
    text = scrub_text("a\n  b " + "x " * 195 + "f" * 100)
    assert text.startswith("a b x x")
    assert len(text) <= 400
    assert "fff" not in text
