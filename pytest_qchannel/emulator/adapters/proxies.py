"""A proxy that a client was given: where it cannot be reached, nothing is reached through it.

The in-process door carries requests itself, whatever proxy they are for, and its network is shut.
What can be known without one is told as ``requests`` and urllib3 tell it: a URL that is none of a
proxy, one on loopback that nobody listens at, a name that is nobody's, an address that leads
nowhere. Whether a proxy elsewhere is there cannot be known: it is taken as there.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from typing import Final

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    ProxyError,
)
from urllib3.util import parse_url

__all__ = ["require_proxy"]

_TIMEOUT_S: Final = 2
_NOBODYS: Final = (".invalid", ".test", ".example")
"""Ends of names that are in no public DNS. Source: RFC 6761."""
_NOWHERE: Final = tuple(
    ipaddress.ip_network(text)
    for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)
"""Addresses for documentation, which are routed nowhere. Source: RFC 5737, RFC 3849."""


def require_proxy(adapter: HTTPAdapter, url: str, proxies: object) -> None:
    """Passes a URL for which no proxy was given, or one that may be reached.

    Args:
        adapter: What carries the request.
        url: What is asked for.
        proxies: What ``requests`` was given, with what the environment names.

    Raises:
        ProxyError: It cannot be reached; in the words of urllib3.
        requests.exceptions.InvalidURL: It is no URL of a proxy.
        requests.exceptions.InvalidSchema: It needs a package that is not installed.
    """
    chosen = select_proxy(url, dict(proxies)) if isinstance(proxies, Mapping) else None
    if not chosen:
        return
    # As ``HTTPAdapter.get_connection_with_tls_context`` of requests 2.32 comes to a connection.
    try:
        proxy = parse_url(chosen if "://" in chosen else f"http://{chosen}")
        if not proxy.host:
            raise requests.exceptions.InvalidProxyURL(
                "Please check proxy URL. It is malformed and could be missing the host."
            )
        adapter.proxy_manager_for(proxy.url)
    except LocationValueError as malformed:
        raise requests.exceptions.InvalidURL(malformed) from malformed
    if problem := _problem(proxy.host.strip("[]"), proxy.port or 80):
        raise ProxyError("Unable to connect to proxy", problem)


def _problem(host: str, port: int) -> HTTPError | None:
    """Why nobody is there, as far as it can be told."""
    connection = HTTPSConnection(host, port)
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        if not f".{host}".endswith(_NOBODYS):
            return None
        return _not_made(connection, "[Errno -2] Name or service not known")
    if any(address in network for network in _NOWHERE):
        return ConnectTimeoutError(connection, f"Connection to {host} timed out.")
    if address.is_loopback:
        try:
            socket.create_connection((host, port), timeout=_TIMEOUT_S).close()
        except OSError as error:
            return _not_made(connection, str(error))
    return None


def _not_made(connection: HTTPSConnection, why: str) -> NewConnectionError:
    return NewConnectionError(connection, f"Failed to establish a new connection: {why}")
