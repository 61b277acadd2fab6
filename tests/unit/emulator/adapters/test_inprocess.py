"""The in-process door's answer to HEAD, whatever the release of ``responses``."""

from __future__ import annotations

import inspect
import socket
from typing import Any

import pytest
import requests
import responses

from pytest_qchannel.emulator.adapters.inprocess import InProcessDoor
from pytest_qchannel.wire import Request, Response

URL = "https://quantum.cloud.ibm.com/api/v1/versions"


def answer(request: Request) -> Response:
    assert request.method == "HEAD"
    return Response(200, b"", {"Content-Type": "application/json", "Content-Length": "17"})


def refuse(url: str) -> None:
    raise AssertionError(url)


@pytest.fixture(params=["as installed", "0.25"])
def _release(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until 0.25 the method of the request was not passed on to urllib3."""
    form: Any = responses._form_response
    if request.param == "0.25" and "request_method" in inspect.signature(form).parameters:

        def without_method(*args: Any) -> Any:
            return form(*args[:3], None)

        monkeypatch.setattr(responses, "_form_response", without_method)


@pytest.mark.usefixtures("_release")
def test_a_head_is_told_the_length_of_a_body_that_does_not_come() -> None:
    """``requests`` waited for the body and raised a ``ChunkedEncodingError``."""
    door = InProcessDoor(answer, lambda name: name == "quantum.cloud.ibm.com", refuse)
    door.open()
    try:
        got = requests.head(URL, timeout=9)
    finally:
        door.close()
    assert (got.status_code, got.content, got.headers["Content-Length"]) == (200, b"", "17")


def test_a_proxy_that_cannot_be_reached_is_the_error_of_real_life() -> None:
    """A client's own ``proxies=`` was ignored: code that handles its errors could not be tested."""

    def carried(request: Request) -> Response:
        assert request.method == "GET"
        return Response(200, b"{}")

    door = InProcessDoor(carried, lambda name: name == "quantum.cloud.ibm.com", refuse)
    door.open()
    try:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            alive = f"http://127.0.0.1:{listening.getsockname()[1]}"
            assert requests.get(URL, proxies={"https": alive}, timeout=9).status_code == 200
        for proxy in (alive, "http://proxy.invalid:8085"):
            with pytest.raises(requests.exceptions.ProxyError, match="Unable to connect to proxy"):
                requests.get(URL, proxies={"https": proxy}, timeout=9)
        assert requests.get(URL, proxies={"http": alive}, timeout=9).status_code == 200
    finally:
        door.close()
