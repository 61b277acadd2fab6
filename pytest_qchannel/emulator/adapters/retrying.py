"""What ``requests`` and urllib3 do around one try: retries, and the errors of lost connections.

The session's retry policy decides, as it would over a network; only its pauses are left out, so
that tests stay fast. Source: ``HTTPConnectionPool.urlopen`` of urllib3 2, ``HTTPAdapter.send`` of
requests 2.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final, NoReturn
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import (
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    ResponseError,
)
from urllib3.util.retry import Retry

from pytest_qchannel.emulator.adapters.proxies import require_proxy
from pytest_qchannel.wire import ConnectionDropped

__all__ = ["send_with_retries"]

_ONE_TRY: Final = Retry(0, respect_retry_after_header=False, raise_on_status=False)
"""For ``responses``, which would retry on its own, after a status but not after a lost line."""

Send = Callable[..., requests.Response]


def send_with_retries(
    adapter: HTTPAdapter,
    send: Send,
    request: requests.PreparedRequest,
    options: Mapping[str, object],
) -> requests.Response:
    """Sends a request until it is answered or the policy of the adapter gives up.

    Args:
        adapter: The adapter whose ``max_retries`` counts.
        send: Makes one try; raises :class:`ConnectionDropped` where there is no answer.
        request: The request.
        options: What ``HTTPAdapter.send`` is given: ``timeout`` and more.

    Raises:
        requests.ConnectionError: The connection was lost, or never made.
        requests.exceptions.ProxyError: The proxy that was given cannot be reached.
        requests.ReadTimeout: The answer took longer than ``timeout`` allows.
        requests.exceptions.RetryError: The policy's retries are used up.
    """
    url, retries = str(request.url), adapter.max_retries
    read_timeout_s = _read_timeout(options.get("timeout"))
    while True:
        began_s = time.perf_counter()
        try:
            require_proxy(adapter, url, options.get("proxies"))
            response = send(request, retries=_ONE_TRY, **options)
        except ProxyError as unreachable:
            error: HTTPError = unreachable
        except ConnectionDropped as dropped:
            error = _network_error(dropped, url)
        else:
            if read_timeout_s is None or time.perf_counter() - began_s <= read_timeout_s:
                more = _after_answer(retries, request, response)
                if more is None:
                    return response
                retries = more
                continue
            error = ReadTimeoutError(
                _pool(url), request.path_url, f"Read timed out. (read timeout={read_timeout_s})"
            )
        try:
            retries = retries.increment(
                request.method or "GET", request.path_url, error=error, _pool=_pool(url)
            )
        except HTTPError as final:
            _raise_as_requests(final, request)


def _after_answer(
    retries: Retry, request: requests.PreparedRequest, response: requests.Response
) -> Retry | None:
    """What is left of a policy that wants another try; ``None`` where the answer is to be given."""
    method = request.method or "GET"
    if not retries.is_retry(method, response.status_code, "Retry-After" in response.headers):
        return None
    try:
        return retries.increment(method, request.path_url, response=response.raw)
    except MaxRetryError as spent:
        if retries.raise_on_status:
            raise requests.exceptions.RetryError(spent, request=request) from spent
        return None


def _read_timeout(timeout: object) -> float | None:
    read = timeout[1] if isinstance(timeout, tuple) else timeout
    return float(read) if isinstance(read, int | float) else None


def _network_error(dropped: ConnectionDropped, url: str) -> HTTPError:
    if dropped.how == "connect":
        parts = urlsplit(url)
        connection = HTTPSConnection(parts.hostname or "", parts.port or 443)
        return NewConnectionError(
            connection, "Failed to establish a new connection: [Errno 111] Connection refused"
        )
    return ProtocolError(
        "Connection aborted.",
        ConnectionResetError(104, "Connection reset by peer"),
    )


def _pool(url: str) -> HTTPSConnectionPool:
    """The pool that errors name; it opens nothing."""
    parts = urlsplit(url)
    return HTTPSConnectionPool(parts.hostname or "", parts.port or 443)


def _raise_as_requests(error: HTTPError, request: requests.PreparedRequest) -> NoReturn:
    """Raises what ``HTTPAdapter.send`` makes of an error of urllib3."""
    reason = error.reason if isinstance(error, MaxRetryError) else error
    kind: type[requests.RequestException] = requests.ConnectionError
    if isinstance(reason, ResponseError):
        kind = requests.exceptions.RetryError
    elif isinstance(reason, ProxyError):
        kind = requests.exceptions.ProxyError
    elif isinstance(error, ReadTimeoutError):
        kind = requests.ReadTimeout
    raise kind(error, request=request) from error
