"""The in-process door: whatever speaks through ``requests`` reaches the emulator.

``requests.Session.get_adapter`` chooses what carries a request. While a door is open, requests for
the emulated hosts are given a :class:`DoorAdapter`, whose ``send`` a ``responses`` mock answers
from the emulator; around it :mod:`.retrying` applies the session's own retry policy as urllib3
does, lost connections included. Everything else keeps its adapter. So a
``responses`` mock of the test's own, started before or after, works on for other hosts: it patches
``HTTPAdapter.send``, which the emulated hosts never come to.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO
from typing import Any, Final
from unittest import mock
from urllib.parse import urlsplit

import requests
import responses
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from pytest_qchannel.emulator.adapters.retrying import send_with_retries
from pytest_qchannel.hosts import is_ibm_host
from pytest_qchannel.wire import Handle, Request, whole_body

__all__ = ["DoorAdapter", "InProcessDoor"]

_SEND = ("request", "stream", "timeout", "verify", "cert", "proxies")
_COMPARED: Final = ("Content-Encoding", "Content-Length")
"""What a body may contradict; ``requests`` reads such a one, and has its errors for that."""


class DoorAdapter(HTTPAdapter):
    """Carries a request to the door that is open; ``send`` is replaced while one is."""

    def send(self, *_args: object, **_kwargs: object) -> requests.Response:
        """Never reached: without an open door no session is given this adapter."""
        raise AssertionError("no emulator door is open")


class _RetryingAdapter(DoorAdapter):
    """What a session is given while a door is open: each try goes to the replaced ``send``."""

    def send(self, *args: object, **kwargs: object) -> requests.Response:
        """Sends a request, and sends it again as the session's retry policy has it."""
        given = {**dict(zip(_SEND, args, strict=False)), **kwargs}
        request = given.pop("request")
        assert isinstance(request, requests.PreparedRequest)
        response = send_with_retries(self, super().send, request, given)
        if not given.get("stream") and not any(name in response.headers for name in _COMPARED):
            # ``requests`` would do it by ten kilobytes, and a device has 600.
            response._content = response.raw.read()
        return response


class InProcessDoor:
    """Opens the emulator to this process.

    Args:
        handle: The emulator's ``App.handle``, or something around it; called from any thread.
        is_served: Whether a host name is the emulator's.
        refuse: Called with the URL of an IBM host, or port of one, that is not served; raises.
    """

    def __init__(
        self,
        handle: Handle,
        is_served: Callable[[str], bool],
        refuse: Callable[[str], None],
    ) -> None:
        self._handle = handle
        self._is_served = is_served
        self._refuse = refuse
        self._open = ExitStack()

    def open(self) -> None:
        """Starts answering; :meth:`close` ends it and leaves nothing patched."""
        answering = responses.RequestsMock(
            assert_all_requests_are_fired=False,
            target=f"{__name__}.{DoorAdapter.__name__}.send",
        )
        answering.add(_Everything(self._handle))
        choose = requests.Session.get_adapter

        def get_adapter(session: requests.Session, url: str) -> BaseAdapter:
            adapter = choose(session, url)
            parts = urlsplit(url)
            name = (parts.hostname or "").rstrip(".")
            is_https = parts.scheme.lower() == "https" and parts.port in (None, 443)
            if self._is_served(name) and is_https:
                return _RetryingAdapter(max_retries=getattr(adapter, "max_retries", 0))
            if is_ibm_host(name):
                self._refuse(url)
            return adapter

        answering.start()
        self._open.callback(answering.stop, allow_assert=False)
        self._open.callback(answering.reset)
        self._open.enter_context(mock.patch.object(requests.Session, "get_adapter", get_adapter))

    def close(self) -> None:
        """Puts everything back as it was."""
        self._open.close()


class _Everything(responses.BaseResponse):
    """What answers in ``responses``: every request, whatever its method."""

    def __init__(self, handle: Handle) -> None:
        super().__init__("GET", "")
        self._handle = handle

    def matches(self, _request: requests.PreparedRequest) -> tuple[bool, str]:
        """Says that it answers this one, too."""
        return True, ""

    def get_response(self, sent: requests.PreparedRequest) -> HTTPResponse:
        """Asks the emulator."""
        parts = urlsplit(sent.url or "")
        body: Any = sent.body
        start = getattr(sent, "_body_position", None)
        if hasattr(body, "seek") and isinstance(start, int):
            body.seek(start)  # a file that was read by the try before
        request = Request(
            method=(sent.method or "GET").upper(),
            host=(parts.hostname or "").lower().rstrip("."),
            # As requests itself puts it on the wire.
            path=re.sub("^//+", "/", parts.path) or "/",
            headers={name.lower(): _as_text(value) for name, value in sent.headers.items()},
            query_string=parts.query,
            body=whole_body(body),
        )
        answer = self._handle(request)
        return HTTPResponse(
            BytesIO(answer.body),
            answer.headers,
            answer.status,
            reason=http.client.responses.get(answer.status),
            preload_content=False,
            request_method=request.method,
        )


def _as_text(value: object) -> str:
    """A header's value as text; ``requests`` lets it be bytes."""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
