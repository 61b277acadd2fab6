"""Sends a request on to the real host, over TLS: the only file of the live lane with sockets.

It is made before a lane is open: the person's proxy and CA variables hold for it, not a test's. Its
connections pass the shut network (:mod:`pytest_qchannel.network.passage`), and vcrpy, which puts
its own classes into urllib3, does not see them: theirs are subclasses of our own.

Nothing is sent twice here, and no redirect is followed. What went wrong says whether the request
can have been processed: that decides whether a submission may be sent again.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.request import getproxies
from weakref import WeakSet

import certifi
import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from pytest_qchannel.channels.environment import CA_VARIABLES
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.network.passage import free_passage
from pytest_qchannel.wire import ConnectionDropped, Drop, Request, Response, Trouble

__all__ = ["CONNECT_S", "READ_S", "Forwarder"]

CONNECT_S: Final = 10.0
READ_S: Final = 120.0
"""How long the service may think: the client has no limit but 900 s for ``POST /jobs``."""

HURRIED_S: Final = 5.0
"""How long it, and a connection, may take where the run has to end soon."""

_PORT: Final = 443
_HOST: Final = re.compile(r"([a-z0-9-]+\.)+ibm\.com")
_KEPT: Final = 8
"""Connections that are kept for each host, as many as the door answers at once."""

# RFC 9110, section 7.6.1, and what the door's own server says of a body that is decoded here.
_OF_A_HOP: Final = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade", "content-length", "content-encoding"}
)
_NOT_FORWARDED: Final = _OF_A_HOP - {"content-encoding"} | {"host", "accept-encoding", "expect"}

_asking: Final[ContextVar[Callable[[HTTPSConnection], None] | None]] = ContextVar(
    "qchannel_asking", default=None
)
"""Called with a connection on which a request is sent."""

_begun: Final = ContextVar("qchannel_request_begun", default=False)
"""Whether a connection was made and the request begun. urllib3's errors do not say it: it calls
many an answer that was lost an error of the proxy."""


class _Connection(HTTPSConnection):
    """urllib3's; a class of its own, because vcrpy replaces urllib3's."""

    # Of http.client: a test that has it print what is sent shows what it sends, and no real key.
    debuglevel = 0

    def connect(self) -> None:
        """Connects past a shut network; what else a request calls, as a log's handler, does not."""
        with free_passage():
            super().connect()

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Sends a request; the pool has connected before."""
        _begun.set(True)
        if (asking := _asking.get()) is not None:
            asking(self)
        super().request(*args, **kwargs)


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


@dataclass(frozen=True)
class _Outside:
    """The person's own ways out, as they are when the run begins."""

    proxies: dict[str, str] = field(default_factory=getproxies)
    ca_bundle: str = field(
        default_factory=lambda: next(
            (os.environ[name] for name in CA_VARIABLES if os.environ.get(name)), certifi.where()
        )
    )

    def proxy_of(self, host: str) -> str | None:
        """The proxy for an HTTPS host, or ``None``."""
        found = self.proxies.get("https") or self.proxies.get("all")
        if not found or self._is_left_out(host):
            return None
        return found if "://" in found else f"http://{found}"

    def _is_left_out(self, host: str) -> bool:
        """By what was read then: a lane has a ``no_proxy`` of its own, with IBM's hosts."""
        names = [one.strip().lstrip(".").lower() for one in self.proxies.get("no", "").split(",")]
        return any(one == "*" or (one and f".{host}".endswith(f".{one}")) for one in names)


class Forwarder:
    """Gives the real services' answers.

    Args:
        connect_s: How long a connection may take.
        read_s: How long an answer may let itself be waited for.
    """

    def __init__(self, connect_s: float = CONNECT_S, read_s: float = READ_S) -> None:
        self._outside = _Outside()
        self._trust = _trusting(self._outside.ca_bundle)
        self._timeout = urllib3.Timeout(connect=connect_s, read=read_s)
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._managers: dict[str | None, urllib3.PoolManager] = {}
        self._lock = threading.Lock()
        self._asked: WeakSet[HTTPSConnection] = WeakSet()

    def handle(self, request: Request) -> Response:
        """The real answer.

        Raises:
            ConnectionDropped: There is none. ``connect``: nothing of the request was sent;
                ``after``: it may have been processed.
        """
        # Not only hosts of the table: an instance may be in a region that is newer.
        if not _HOST.fullmatch(request.host) or not request.path.startswith("/"):
            raise ValueError("the live lane asks IBM's hosts and nobody else")
        query = f"?{request.query_string}" if request.query_string else ""
        url = f"https://{request.host}:{_PORT}{request.path}{query}"
        headers = {k: v for k, v in request.headers.items() if k not in _NOT_FORWARDED}
        _begun.set(False)
        _asking.set(self._asks)
        try:
            answer = self._manager(request.host).urlopen(
                request.method,
                url,
                body=request.body or None,
                headers=headers | {"Host": request.host, "Accept-Encoding": "gzip"},
                redirect=False,
                retries=False,
                timeout=self._timeout,
            )
        except HTTPError as error:
            how: Drop = "after" if _begun.get() else "connect"
            raise ConnectionDropped(how, Trouble(_told(error), is_lost=True)) from error
        return Response(answer.status, answer.data, _forwarded(answer.headers))

    def abandon(self) -> None:
        """Ends the connections on which an answer is waited for, as if they were lost.

        From now on no answer is waited for as long as before.
        """
        self._timeout = urllib3.Timeout(connect=HURRIED_S, read=HURRIED_S)
        with self._lock:
            asked = list(self._asked)
        for connection in asked:
            if isinstance(connection.sock, socket.socket):
                with suppress(OSError):
                    # Not its own: that of TLS forgets its state, which another thread reads with.
                    socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Closes every connection."""
        with self._lock:
            for manager in self._managers.values():
                manager.clear()
            self._managers.clear()

    def _asks(self, connection: HTTPSConnection) -> None:
        with self._lock:
            self._asked.add(connection)

    def _manager(self, host: str) -> urllib3.PoolManager:
        proxy = self._outside.proxy_of(host)
        if self._process != os.getpid():
            self._begin()  # a fork: two cannot speak on one connection
        with self._lock:
            if proxy not in self._managers:
                self._managers[proxy] = self._new_manager(proxy)
            return self._managers[proxy]

    def _new_manager(self, proxy: str | None) -> urllib3.PoolManager:
        made = (
            urllib3.PoolManager(ssl_context=self._trust, maxsize=_KEPT)
            if proxy is None
            else urllib3.ProxyManager(
                proxy, ssl_context=self._trust, maxsize=_KEPT, proxy_headers=_login(proxy)
            )
        )
        made.pool_classes_by_scheme = {**made.pool_classes_by_scheme, "https": _Pool}
        return made


def _login(proxy: str) -> Mapping[str, str] | None:
    """What a proxy is told of who asks, where its URL says it."""
    auth = urllib3.util.parse_url(proxy).auth
    return urllib3.make_headers(proxy_basic_auth=auth) if auth else None


def _trusting(bundle: str) -> ssl.SSLContext:
    try:
        if Path(bundle).is_dir():
            return ssl.create_default_context(capath=bundle)
        return ssl.create_default_context(cafile=bundle)
    except OSError as error:  # ssl.SSLError is one
        raise UsageProblem(
            f"the certificates to trust cannot be read: {error}",
            where=bundle,
            next=f"set {' or '.join(CA_VARIABLES)} to a file of certificates, or unset it",
        ) from None


def _forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in headers.items() if name.lower() not in _OF_A_HOP}


def _told(error: BaseException) -> str:
    """What went wrong, in the innermost error's words, which name no address of an object."""
    while error.args and isinstance(error.args[-1], BaseException):
        error = error.args[-1]
    words = str(error).rpartition(": ")[2] if isinstance(error, HTTPError) else str(error)
    return f"no answer: {type(error).__name__}: {words}"[:300]
