"""What stands for a person's credentials, and where the real ones are put in."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs

import jwt
import pytest

from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.lanes.live.problems import LiveRefused
from pytest_qchannel.lanes.live.standins import Loan, StandIns
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import Json, Request, Response

KEY = "a-real-key-of-IBM-cloud-that-nobody-shall-see"
PLATFORM = CHANNEL_BY_NAME["ibm_quantum_platform"]
LOGIN = ("POST", "iam.cloud.ibm.com", "/identity/token")
JOBS = ("GET", "quantum.cloud.ibm.com", "/api/v1/jobs")
REAL_TOKEN = jwt.encode({"iat": 1_700_000_000, "exp": 1_700_003_600, "id": "me"}, "k" * 32)


@pytest.fixture
def learned() -> list[Secret]:
    return []


@pytest.fixture
def of_run(learned: list[Secret]) -> StandIns:
    return StandIns({PLATFORM: Secret("MY_KEY", KEY)}, learned.append)


@pytest.fixture
def standins(of_run: StandIns) -> Loan:
    return of_run.lend()


def form_of(standins: Loan, key: str) -> Mapping[str, list[str]]:
    sent = standins.outwards(Request(*LOGIN, body=f"grant_type=g%3Ag&apikey={key}".encode()))
    return parse_qs(sent.body.decode())


def log_in(standins: Loan, **answered: object) -> dict[str, object]:
    body = {"access_token": REAL_TOKEN, "refresh_token": "not_supported", **answered}
    response = standins.inwards(Request(*LOGIN), Response.json(body))  # type: ignore[arg-type]
    found: dict[str, object] = json.loads(response.body)
    return found


def test_a_login_gets_the_real_key_and_nothing_else_changes(standins: Loan) -> None:
    key = standins.keys["ibm_quantum_platform"]
    assert len(key) == 44
    assert form_of(standins, key) == {"grant_type": ["g:g"], "apikey": [KEY]}


def test_an_access_token_is_known_by_its_standin_which_lives_as_long(
    standins: Loan, learned: list[Secret]
) -> None:
    token = str(log_in(standins)["access_token"])
    claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
    assert (claims["iat"], claims["exp"], "id" in claims) == (1_700_000_000, 1_700_003_600, False)
    sent = standins.outwards(Request(*JOBS, headers={"authorization": f"Bearer {token}"}))
    assert sent.headers["authorization"] == f"Bearer {REAL_TOKEN}"
    assert [one.reveal() for one in learned] == [REAL_TOKEN]
    assert log_in(standins)["access_token"] == token, "the same one again is the same stand-in"


def test_a_token_that_is_none_of_json_web_lives_as_its_answer_says(standins: Loan) -> None:
    token = str(
        log_in(standins, access_token="opaque-token-of-tests", expires_in=60)["access_token"]
    )
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 60


def test_a_refresh_token_goes_out_and_in(standins: Loan) -> None:
    answered = log_in(standins, refresh_token="real-refresh-token-of-mine")
    standin = str(answered["refresh_token"])
    assert "real-refresh" not in standin
    sent = standins.outwards(Request(*LOGIN, body=f"refresh_token={standin}".encode()))
    assert parse_qs(sent.body.decode())["refresh_token"] == ["real-refresh-token-of-mine"]


@pytest.mark.parametrize("scheme", ["Bearer", "apikey"])
def test_what_is_neither_is_refused_by_the_variable_to_use(standins: Loan, scheme: str) -> None:
    problems: list[QChannelError] = []
    link = standins.link(lambda: "test_a", problems)
    request = Request(*JOBS, headers={"authorization": f"{scheme} something-of-its-own"})
    with pytest.raises(LiveRefused, match="QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN") as refused:
        link(request, lambda _: Response(200))
    assert problems == [refused.value]
    assert "something-of-its-own" not in str(refused.value)


def test_a_refusal_names_no_account(standins: Loan) -> None:
    """It showed the CRN of the instance that the request was for."""
    crn = "crn%3Av1%3Abluemix%3Apublic%3Aquantum-computing%3Aus-east%3Aa%2Fmine%3A1%3A%3A"
    headers = {"authorization": "Bearer something-of-its-own"}
    request = Request("GET", "resource-controller.cloud.ibm.com", "", headers)
    for path in (f"/v2/resource_instances/{crn}", f"/v9/unknown/{crn}"):
        with pytest.raises(LiveRefused, match="resource-controller") as refused:
            standins.outwards(replace(request, path=path))
        assert "mine" not in str(refused.value)


def test_without_a_credential_a_request_goes_on(standins: Loan) -> None:
    for headers in ({}, {"authorization": ""}, {"authorization": "Bearer"}):
        request = Request(*JOBS, headers=headers)
        assert standins.outwards(request) == request


def test_a_credential_without_a_scheme_is_one_too(standins: Loan) -> None:
    """It went on to the service as it was."""
    with pytest.raises(LiveRefused, match="does not know"):
        standins.outwards(Request(*JOBS, headers={"authorization": "something-of-its-own"}))
    sent = standins.outwards(
        Request(*JOBS, headers={"authorization": standins.keys["ibm_quantum_platform"]})
    )
    assert sent.headers["authorization"] == KEY


@pytest.mark.parametrize("scheme", ["Bea\rrer", "Bearer\0", "Token", "X\n"])
def test_a_scheme_of_no_service_gets_no_credential(standins: Loan, scheme: str) -> None:
    """``http.client`` refuses a control character, and said so with the whole header: the test was
    told of a fault of the emulator's, with the real key in it.
    """
    standin = standins.keys["ibm_quantum_platform"]
    with pytest.raises(LiveRefused, match="does not know"):
        standins.outwards(Request(*JOBS, headers={"authorization": f"{scheme} {standin}"}))


def test_half_a_character_is_no_token_of_anybody(standins: Loan) -> None:
    half = "\ud800-a-token-that-no-header-may-have"
    assert log_in(standins, access_token=half)["access_token"] == half
    with pytest.raises(LiveRefused, match="does not know"):
        standins.outwards(Request(*JOBS, headers={"authorization": f"Bearer {half}"}))


def test_what_is_real_is_taken_out_of_every_answer(standins: Loan) -> None:
    """A service that says a key back, in an error or a header, must not show it."""
    log_in(standins)
    answer = Response(400, f'{{"said": "{KEY} {REAL_TOKEN}"}}'.encode(), {"X-Debug": f"key={KEY}"})
    shown = standins.inwards(Request(*JOBS), answer)
    assert KEY.encode() not in shown.body
    assert REAL_TOKEN.encode() not in shown.body
    assert KEY not in shown.headers["X-Debug"]


def test_the_real_key_is_put_into_no_body_but_a_logins(standins: Loan) -> None:
    """A program that puts its key into a job's params sends the stand-in."""
    key = standins.keys["ibm_quantum_platform"]
    request = Request("POST", JOBS[1], JOBS[2], body=f'{{"apikey": "{key}"}}'.encode())
    assert standins.outwards(request).body == request.body


def asking(loan: Loan, request: Request) -> Response:
    """What the code under test is answered."""
    return loan.link(lambda: "test_b", [])(request, lambda sent: Response(200, sent.body))


def test_who_goes_on_when_its_test_has_ended_is_told_of_which_it_is(of_run: StandIns) -> None:
    """A thread of a test submitted in the next one, which had to pay for it."""
    first, second = of_run.lend(), of_run.lend()
    token, key = str(log_in(first)["access_token"]), first.keys["ibm_quantum_platform"]
    other = str(log_in(second)["access_token"])
    assert token != other, "the service gave the same one again"
    first.end("test_a")
    for scheme, credential in (("Bearer", token), ("apikey", key)):
        request = Request(*JOBS, headers={"authorization": f"{scheme} {credential}"})
        answer = asking(second, request)
        assert (answer.status, b"It is of test_a, which has ended." in answer.body) == (401, True)
        assert asking(first, request).status == 401, "one that was on its way"
    answer = asking(second, Request(*LOGIN, body=f"apikey={key}".encode()))
    assert (answer.status, b"of test_a, which has ended" in answer.body) == (400, True)
    going_on = Request(*JOBS, headers={"authorization": f"Bearer {other}"})
    assert asking(second, going_on).status == 200


def test_a_key_that_was_read_when_a_module_was_imported_holds_in_every_lane(
    learned: list[Secret],
) -> None:
    shown = "what-stands-in-the-variable"
    of_run = StandIns({PLATFORM: Secret("MY_KEY", KEY)}, learned.append, {KEY: shown})
    for test in ("test_a", "test_b"):
        loan = of_run.lend()
        assert form_of(loan, shown)["apikey"] == [KEY]
        loan.end(test)


def test_two_channels_may_have_one_key(learned: list[Secret]) -> None:
    cloud = CHANNEL_BY_NAME["ibm_cloud"]
    of_run = StandIns(dict.fromkeys((PLATFORM, cloud), Secret("MY_KEY", KEY)), learned.append)
    loan = of_run.lend()
    assert len({*loan.keys.values(), *of_run.keys.values()}) == 4
    for standin in loan.keys.values():
        assert form_of(loan, standin)["apikey"] == [KEY]
    assert KEY.encode() not in loan.inwards(Request(*JOBS), Response(400, KEY.encode())).body


def test_every_token_of_a_login_is_a_standin(standins: Loan, learned: list[Secret]) -> None:
    """Some logins are answered with other tokens, too: the code under test got the real ones."""
    names = ("access_token", "delegated_refresh_token", "ims_access_token")
    body: dict[str, Json] = {**{one: f"the-real-{one}" for one in names}, "token_type": "Bearer"}
    few: dict[str, Json] = {"delegated_refresh_token": "the-real-delegated-one"}
    for one in (body, few):
        answer = standins.inwards(Request(*LOGIN), Response.json(one))
        assert b"the-real" not in answer.body
        assert json.loads(answer.body).keys() == one.keys()
    assert b'"token_type":"Bearer"' in standins.inwards(Request(*LOGIN), Response.json(body)).body
    assert len(learned) == 4


@pytest.mark.parametrize("rest", ["}", "", " or so"])
def test_a_login_that_cannot_be_read_is_withheld(standins: Loan, rest: str) -> None:
    text = f'{{"access_token": "{REAL_TOKEN}"{rest}'.encode()
    if rest == "}":
        text += b"}"
    answer = standins.inwards(Request(*LOGIN), Response(200, text))
    assert REAL_TOKEN.encode() not in answer.body


def test_what_is_said_back_in_other_words_is_hidden(standins: Loan) -> None:
    """A proxy showed what it had been sent in base64, and the code under test had the key."""
    log_in(standins)
    for real in (f"apikey {KEY}", f"Bearer {REAL_TOKEN}"):
        told = base64.b64encode(real.encode())
        answer = standins.inwards(Request(*JOBS), Response(400, told, {"X-Debug": told.decode()}))
        assert b"<real credential>" in answer.body
        assert "<real credential>" in answer.headers["X-Debug"]
