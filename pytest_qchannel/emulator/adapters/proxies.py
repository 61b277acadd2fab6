"""A proxy that a client was given: where it cannot be reached, nothing is reached through it.

The in-process door carries requests itself, whatever proxy they are for. But a proxy on loopback
that nobody listens at, or one whose name can be nobody's, is told as urllib3 tells it. Of a proxy
elsewhere nothing is known: the network is shut.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from requests.utils import select_proxy
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError, ProxyError

__all__ = ["require_proxy"]

_TIMEOUT_S: Final = 2
_NOBODY_S: Final = ".invalid"
"""The end of names that are nobody's. Source: RFC 6761."""


def require_proxy(url: str, proxies: object) -> None:
    """Passes a URL for which no proxy was given, or one that may be reached.

    Args:
        url: What is asked for.
        proxies: What ``requests`` was given, with what the environment names.

    Raises:
        ProxyError: It cannot be reached; in the words of urllib3.
    """
    chosen = select_proxy(url, dict(proxies)) if isinstance(proxies, Mapping) else None
    if not chosen:
        return
    parts = urlsplit(chosen if "://" in chosen else f"http://{chosen}")
    host, port = parts.hostname or "", parts.port or 80
    if problem := _problem(host, port):
        said = f"Failed to establish a new connection: {problem}"
        failed = NewConnectionError(HTTPConnection(host, port), said)
        raise ProxyError("Unable to connect to proxy", failed)


def _problem(host: str, port: int) -> str | None:
    if f".{host}".endswith(_NOBODY_S):
        return "[Errno -2] Name or service not known"
    if host not in ("127.0.0.1", "localhost", "::1"):
        return None
    try:
        socket.create_connection((host, port), timeout=_TIMEOUT_S).close()
    except OSError as error:
        return str(error)
    return None
