"""What stands for a person's credentials, and where the real ones are put in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs

import jwt
import pytest

from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.lanes.live.problems import LiveRefused
from pytest_qchannel.lanes.live.standins import StandIns
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import Request, Response

KEY = "a-real-key-of-IBM-cloud-that-nobody-shall-see"
PLATFORM = CHANNEL_BY_NAME["ibm_quantum_platform"]
LOGIN = ("POST", "iam.cloud.ibm.com", "/identity/token")
JOBS = ("GET", "quantum.cloud.ibm.com", "/api/v1/jobs")
REAL_TOKEN = jwt.encode({"iat": 1_700_000_000, "exp": 1_700_003_600, "id": "me"}, "k" * 32)


@pytest.fixture
def learned() -> list[Secret]:
    return []


@pytest.fixture
def standins(learned: list[Secret]) -> StandIns:
    return StandIns({PLATFORM: Secret("MY_KEY", KEY)}, learned.append)


def form_of(standins: StandIns, key: str) -> Mapping[str, list[str]]:
    sent = standins.outwards(Request(*LOGIN, body=f"grant_type=g%3Ag&apikey={key}".encode()))
    return parse_qs(sent.body.decode())


def log_in(standins: StandIns, **answered: object) -> dict[str, object]:
    body = {"access_token": REAL_TOKEN, "refresh_token": "not_supported", **answered}
    response = standins.inwards(Request(*LOGIN), Response.json(body))  # type: ignore[arg-type]
    found: dict[str, object] = json.loads(response.body)
    return found


def test_a_login_gets_the_real_key_and_nothing_else_changes(standins: StandIns) -> None:
    key = standins.keys["ibm_quantum_platform"]
    assert len(key) == 44
    assert form_of(standins, key) == {"grant_type": ["g:g"], "apikey": [KEY]}


def test_an_access_token_is_known_by_its_standin_which_lives_as_long(
    standins: StandIns, learned: list[Secret]
) -> None:
    token = str(log_in(standins)["access_token"])
    claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
    assert (claims["iat"], claims["exp"], "id" in claims) == (1_700_000_000, 1_700_003_600, False)
    sent = standins.outwards(Request(*JOBS, headers={"authorization": f"Bearer {token}"}))
    assert sent.headers["authorization"] == f"Bearer {REAL_TOKEN}"
    assert [one.reveal() for one in learned] == [REAL_TOKEN]
    assert log_in(standins)["access_token"] == token, "the same one again is the same stand-in"


def test_a_token_that_is_none_of_json_web_lives_as_its_answer_says(standins: StandIns) -> None:
    token = str(
        log_in(standins, access_token="opaque-token-of-tests", expires_in=60)["access_token"]
    )
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 60


def test_a_refresh_token_goes_out_and_in(standins: StandIns) -> None:
    answered = log_in(standins, refresh_token="real-refresh-token-of-mine")
    standin = str(answered["refresh_token"])
    assert "real-refresh" not in standin
    sent = standins.outwards(Request(*LOGIN, body=f"refresh_token={standin}".encode()))
    assert parse_qs(sent.body.decode())["refresh_token"] == ["real-refresh-token-of-mine"]


@pytest.mark.parametrize("scheme", ["Bearer", "apikey"])
def test_what_is_neither_is_refused_by_the_variable_to_use(standins: StandIns, scheme: str) -> None:
    problems: list[QChannelError] = []
    link = standins.link(lambda: "test_a", problems)
    request = Request(*JOBS, headers={"authorization": f"{scheme} something-of-its-own"})
    with pytest.raises(LiveRefused, match="QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN") as refused:
        link(request, lambda _: Response(200))
    assert problems == [refused.value]
    assert "something-of-its-own" not in str(refused.value)


def test_a_refusal_names_no_account(standins: StandIns) -> None:
    """It showed the CRN of the instance that the request was for."""
    crn = "crn%3Av1%3Abluemix%3Apublic%3Aquantum-computing%3Aus-east%3Aa%2Fmine%3A1%3A%3A"
    headers = {"authorization": "Bearer something-of-its-own"}
    request = Request("GET", "resource-controller.cloud.ibm.com", "", headers)
    for path in (f"/v2/resource_instances/{crn}", f"/v9/unknown/{crn}"):
        with pytest.raises(LiveRefused, match="resource-controller") as refused:
            standins.outwards(replace(request, path=path))
        assert "mine" not in str(refused.value)


def test_without_a_credential_a_request_goes_on(standins: StandIns) -> None:
    assert standins.outwards(Request(*JOBS)) == Request(*JOBS)


def test_what_is_real_is_taken_out_of_every_answer(standins: StandIns) -> None:
    """A service that says a key back, in an error or a header, must not show it."""
    log_in(standins)
    answer = Response(400, f'{{"said": "{KEY} {REAL_TOKEN}"}}'.encode(), {"X-Debug": f"key={KEY}"})
    shown = standins.inwards(Request(*JOBS), answer)
    assert KEY.encode() not in shown.body
    assert REAL_TOKEN.encode() not in shown.body
    assert KEY not in shown.headers["X-Debug"]


def test_the_real_key_is_put_into_no_body_but_a_logins(standins: StandIns) -> None:
    """A program that puts its key into a job's params sends the stand-in."""
    key = standins.keys["ibm_quantum_platform"]
    request = Request("POST", JOBS[1], JOBS[2], body=f'{{"apikey": "{key}"}}'.encode())
    assert standins.outwards(request).body == request.body
