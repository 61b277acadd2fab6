"""A person's own credential is refused before anything sees it."""

from __future__ import annotations

import base64

import pytest

from pytest_qchannel.errors import QChannelError, RealSecretRefused
from pytest_qchannel.network.real_secrets import refusing
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import Request, Response

KEY = "a-real-key/of+the person"
SECRETS = [Secret("QISKIT_IBM_TOKEN", KEY), Secret("IQP_API_TOKEN", "another-one-of-theirs")]
HOST = "quantum.cloud.ibm.com"


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", HOST, "/api/v1/jobs", {"authorization": f"apikey {KEY}"}),
        Request("GET", HOST, "/api/v1/jobs", {}, "token=a-real-key%2Fof%2Bthe+person"),
        Request("GET", HOST, "/a-real-key%2Fof%2Bthe%20person"),
        Request("POST", HOST, "/identity/token", {}, "", f"apikey={KEY}".encode()),
        Request("POST", HOST, "/identity/token", {}, "", b"apikey=a-real-key%2Fof%2Bthe+person"),
        Request("POST", HOST, "/api/v1/jobs", {}, "", b"0" * 99_999 + KEY.encode() + b"\xff" * 9),
        Request("POST", HOST, "/x", {}, "", b"0" * 99_999 + b"a-real-key%2Fof%2bthe%20person"),
        Request(
            "GET", HOST, "/", {"authorization": "Basic " + base64.b64encode(KEY.encode()).decode()}
        ),
    ],
)
def test_a_real_secret_is_refused_wherever_it_is(request_: Request) -> None:
    problems: list[QChannelError] = []
    handle = refusing(SECRETS, lambda: "test_it.py::test_a", problems)
    with pytest.raises(RealSecretRefused) as caught:
        handle(request_, lambda _: pytest.fail("it was sent on"))
    assert problems == [caught.value]
    assert "QISKIT_IBM_TOKEN" in caught.value.headline
    assert str(caught.value.where).startswith("test_it.py::test_a, ")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("authorization", ["Basic ?", "Bearer x", ""])
def test_everything_else_passes(authorization: str) -> None:
    problems: list[QChannelError] = []
    sent = Request("GET", HOST, "/api/v1/jobs", {"authorization": authorization})
    handle = refusing(SECRETS, lambda: "here", problems)
    assert handle(sent, lambda _: Response(204)).status == 204
    assert problems == []


def test_a_credential_of_the_account_file_has_advice_of_its_own() -> None:
    handle = refusing([Secret("~/.qiskit/qiskit-ibm.json", KEY)], lambda: "here", [])
    with pytest.raises(RealSecretRefused) as caught:
        handle(Request("GET", HOST, "/", {"x": KEY}), lambda _: Response(204))
    assert caught.value.headline.endswith("the real credential of ~/.qiskit/qiskit-ibm.json")
    assert str(caught.value.next).startswith("let the client log in without token=")


def test_a_key_that_is_written_out_or_read_from_a_file_has_advice_that_helps() -> None:
    """Nothing was read at import time: ``filename=`` named a file of accounts by its full path."""
    handle = refusing([Secret("QISKIT_IBM_TOKEN", KEY)], lambda: "here", [])
    with pytest.raises(RealSecretRefused) as caught:
        handle(Request("GET", HOST, "/", {"x": KEY}), lambda _: Response(204))
    assert "or take token= or filename= away: the fixtures put" in str(caught.value.next)


def test_a_key_in_what_is_submitted_is_not_to_be_read_at_another_time() -> None:
    """What the user saw of a key among a job's tags: how to log in, which let the tag stand."""
    sent = Request("POST", HOST, "/api/v1/jobs", {}, "", f'{{"tags": ["{KEY}"]}}'.encode())
    with pytest.raises(RealSecretRefused) as caught:
        refusing(SECRETS, lambda: "here", [])(sent, lambda _: Response(204))
    assert caught.value.next == "leave it out of what is submitted: a login alone needs it"
