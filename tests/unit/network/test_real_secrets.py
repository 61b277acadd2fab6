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
