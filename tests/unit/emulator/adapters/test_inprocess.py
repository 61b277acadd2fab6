"""The in-process door's answer to HEAD, whatever the release of ``responses``."""

from __future__ import annotations

import inspect
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
