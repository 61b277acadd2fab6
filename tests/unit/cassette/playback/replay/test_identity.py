"""Logins in a replay: fresh tokens, as often as one likes, and failures in their order."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import jwt
import pytest

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.replay.identity import Identity, is_login, kept_logins
from pytest_qchannel.cassette.playback.replay.player import Player
from pytest_qchannel.cassette.scrub import Scrubber
from tests.unit.cassette.traffic_kit import cassette

IAM = "https://iam.cloud.ibm.com/identity/token"
CLASSIC = "https://auth.quantum.ibm.com/api/users/loginWithToken"
OWN = "qchannel-stand-in-api-key-1"
TEN_YEARS_S = 10 * 365.25 * 86_400


def iam(key: str, status: int = 200, answer: bytes = b"{}") -> Interaction:
    form = urlencode({"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": key})
    return Interaction("POST", IAM, (), form.encode(), status, (), answer)


def classic(key: str, status: int = 200) -> Interaction:
    return Interaction("POST", CLASSIC, (), json.dumps({"apiToken": key}).encode(), status)


def statuses(identity: Identity, *keys: str) -> list[int]:
    return [identity.answer(iam(key)).status for key in keys]


@pytest.mark.parametrize("now_s", [1_800_000_000.0, 1_800_000_000.0 + TEN_YEARS_S])
def test_an_iam_token_is_of_now_and_lives_an_hour(now_s: float) -> None:
    identity = Identity([], [OWN], lambda: now_s)
    answer = json.loads(identity.answer(iam(OWN)).response_body)
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims["iat"] == now_s
    assert claims["exp"] == answer["expiration"] == now_s + 3_600
    assert answer["expires_in"] == 3_600


def test_each_login_has_a_token_of_its_own_also_from_threads() -> None:
    identity = Identity([], [OWN], lambda: 1_800_000_000.0)
    tokens: list[str] = []

    def log_in() -> None:
        for _ in range(50):
            body = json.loads(identity.answer(iam(OWN)).response_body)
            tokens.append(body["access_token"])

    threads = [threading.Thread(target=log_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(tokens)) == len(tokens) == 200


def test_the_classic_login_has_its_own_shape() -> None:
    answer = Identity([], [OWN], lambda: 0.0).answer(classic(OWN))
    body = json.loads(answer.response_body)
    assert answer.status == 200
    assert len(body["id"]) == 128
    assert body["created"] == "1970-01-01T00:00:00.000Z"
    assert body["ttl"] == 14 * 24 * 3_600


def test_successful_logins_leave_a_recording_and_others_keep_all() -> None:
    asked = Interaction("GET", "https://quantum.cloud.ibm.com/api/v1/jobs")
    assert is_login(iam(OWN))
    assert not is_login(asked)
    assert kept_logins([iam(OWN), asked, iam(OWN)]) == (asked,)
    failed = [iam(OWN), asked, iam(OWN, 503)]
    assert kept_logins(failed) == tuple(failed)


def test_failures_come_in_their_order_and_the_last_login_repeats() -> None:
    recorded = [iam(OWN, 503, b"down"), iam(OWN), iam(OWN, 400, b"revoked")]
    identity = Identity(recorded, [OWN], lambda: 0.0)
    assert statuses(identity, *[OWN] * 5) == [503, 200, 400, 400, 400]
    assert Identity(recorded, [OWN], lambda: 0.0).answer(iam(OWN)).response_body == b"down"


def test_another_credential_stands_for_another_recorded_one() -> None:
    """A test of a wrong key: its value is a stand-in in the cassette, and its own in the test."""
    recorded = [iam(OWN), iam("qchannel-stand-in-api-key-2", 400), iam(OWN)]
    identity = Identity(recorded, [OWN], lambda: 0.0)
    assert statuses(identity, OWN, "a-wrong-key", "a-wrong-key", OWN) == [200, 400, 400, 200]


@pytest.mark.parametrize("is_iam", [True, False])
def test_a_key_that_is_sent_as_the_service_does_not_read_it_is_refused_again(is_iam: bool) -> None:
    """``requests.post(IAM, json={"apikey": key})`` was 400 when recorded; a replay gave a token."""
    url, name = (IAM, "apikey") if is_iam else (CLASSIC, "apiToken")
    kind = (("Content-Type", "application/json"),) if is_iam else ()
    body = (json.dumps if is_iam else urlencode)({name: "a-key-of-somebody"}).encode()
    sent = Interaction("POST", url, kind, body)
    kept = Scrubber(["a-key-of-somebody"]).scrub(replace(sent, status=400)).interaction
    identity = Identity([kept], [OWN], lambda: 0.0)
    assert (
        identity.answer(
            replace(sent, request_body=body.replace(b"a-key-of-somebody", OWN.encode()))
        ).status
        == 400
    )
    assert identity.answer(iam(OWN) if is_iam else classic(OWN)).status == 200


def test_a_credential_that_nobody_recorded_logs_in() -> None:
    assert statuses(Identity([], [OWN], lambda: 0.0), "whatever") == [200]


def test_a_test_that_is_run_again_meets_its_failed_login_again() -> None:
    """Of tests that share a cassette: the second run of one began after its own failures."""
    recorded = [iam(OWN, 401), iam(OWN)]
    player = Player(cassette(*recorded), Path("a.yaml"), "a", lambda: 0.0)
    for _ in range(2):
        player.begin("test_a.py::test_it")
        found = [player.find(iam(OWN)) for _ in range(2)]
        assert [one.status for one in found if one] == [401, 200]
