"""The loopback door: the emulator behind a real HTTP/1.1 server, on a port of this machine.

The server is cheroot. What is here is what a door of a test needs beside it: TLS with a
certificate for IBM's host names, clients that keep it waiting without holding anybody else up, and
an end that comes at once and leaves no thread and no socket.
"""

from __future__ import annotations

import errno
import logging
import os
import selectors
import socket
import ssl
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from cheroot.makefile import StreamReader, StreamWriter
from cheroot.server import HTTPConnection
from cheroot.ssl import Adapter
from cheroot.wsgi import Server

from pytest_qchannel.emulator.adapters.authority import Authority
from pytest_qchannel.emulator.adapters.wsgi import WsgiApp
from pytest_qchannel.wire import Handle

__all__ = ["LoopbackDoor"]

THREADS: Final = 8
"""How many requests are answered at once."""

_MOST_THREADS: Final = 4_096
"""With those that wait for a client in the middle of a request: no process has more sockets."""

# A client may think for long between two requests of a connection, or while it sends one.
_PATIENCE_S: Final = 300

_REFUSED_S: Final = 5
"""How long one may take of a connection that is to be told that there is no room."""

_FIRST_REQUEST_S: Final = 0.02
"""How long a thread waits for it; after that the selector does."""

_SOON_S: Final = 0.05
"""How long a thread waits for a client that has begun; after that another takes its place."""

_LOOK_UP_S: Final = 0.25
"""How often a thread that waits for a client looks whether the door is being closed."""

_Given = TypeVar("_Given")

_PLAIN_HTTP: Final = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    b"Content-Length: 38\r\n\r\nThis port speaks HTTPS: use https://.\n"
)

_log = logging.getLogger(__name__)


class LoopbackDoor:
    """Opens the emulator to whoever connects.

    Args:
        handle: The emulator's ``App.handle``, or something around it; called from any thread.
        failed: Called with what ``handle`` raised, except for lost connections.
        authority: Whose certificate is presented; without one the server speaks plain HTTP.
        host: The address to listen on.
        port: The port; 0 for one that is free.
    """

    def __init__(
        self,
        handle: Handle,
        failed: Callable[[Exception], None],
        authority: Authority | None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._address = (host, port)
        self._app = WsgiApp(handle, failed)
        self._authority = authority
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that the open door listens on."""
        return int(self._server.bind_addr[1])

    def open(self) -> None:
        """Starts answering.

        Raises:
            OSError: The address or the port cannot be used.
        """
        server = _Server(
            self._address,
            self._app,
            numthreads=THREADS,
            max=_MOST_THREADS,
            server_name="pytest-qchannel",
            request_queue_size=128,
            timeout=_PATIENCE_S,
            shutdown_timeout=1,
        )
        if self._authority is not None:
            server.ssl_adapter = _Tls(self._authority.server_context)
        started: SimpleQueue[Exception | None] = SimpleQueue()
        # A daemon, and so are the threads that are made in it: else they would keep a program from
        # ending that does not close the door before the interpreter waits for its threads.
        thread = threading.Thread(
            target=_serve, args=(server, started), name="qchannel loopback door", daemon=True
        )
        thread.start()
        problem = started.get()
        if problem is not None:
            thread.join()
            server.forget()
            raise problem
        self._server, self._thread, self._pid = server, thread, os.getpid()

    def close(self) -> None:
        """Answers what was asked, closes every connection, and ends every thread."""
        if self._thread is None or os.getpid() != self._pid:
            return  # a forked child has the sockets, but not the threads that would close them
        address = self._server.bind_addr
        self._server.lend_no_more()
        stopping = threading.Thread(target=self._server.stop, name="qchannel loopback door's end")
        stopping.start()
        # The server looks up from its sockets when somebody knocks, or else every half second.
        while stopping.is_alive():
            with suppress(OSError):
                socket.create_connection(address, timeout=1).close()
            stopping.join(0.01)
        self._thread.join()
        self._thread = None
        self._server.forget()


def _serve(server: _Server, started: SimpleQueue[Exception | None]) -> None:
    try:
        server.prepare()
    except Exception as error:  # it is the opener's, who waits for it
        started.put(error)
        return
    started.put(None)
    server.serve()


class _Server(Server):
    """cheroot's, quiet, with as many connections kept alive as there are clients."""

    # Its type stub has forgotten that None means any number.
    keep_alive_conn_limit = None  # type: ignore[assignment]
    _refusing: threading.Thread | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ConnectionClass = _Connection
        self.made: weakref.WeakSet[_Connection] = weakref.WeakSet()
        self._lending = threading.Lock()
        self._waiting = 0
        self._lends = True

    def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:  # noqa: A002 - theirs
        """A bound socket whose port can be bound again as soon as the server has ended."""
        bound: socket.socket = super().bind(family, type, proto)
        if sys.platform != "win32":  # where it means another thing
            # After it is bound: before, the system might give a port that somebody has. Without it
            # connections that were closed here hold the port for a minute.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return bound

    def patiently(self, sock: socket.socket, attempt: Callable[[], _Given]) -> _Given:
        """What ``attempt`` gives, which waits for the client.

        Raises:
            TimeoutError: The client took longer than :data:`_PATIENCE_S`.
            ConnectionResetError: The door was closed meanwhile.
        """
        sock.settimeout(_SOON_S)
        with suppress(TimeoutError):
            return attempt()
        until = time.monotonic() + _PATIENCE_S
        with self._one_more_thread():
            sock.settimeout(_LOOK_UP_S)
            while self.ready and time.monotonic() < until:
                with suppress(TimeoutError):
                    return attempt()
        if self.ready:
            raise TimeoutError("timed out")
        raise ConnectionResetError(errno.ECONNRESET, "the door was closed")

    @contextmanager
    def _one_more_thread(self) -> Iterator[None]:
        """Lets as many requests be answered as if this thread were not waiting for a client."""
        with self._lending:
            self._waiting += 1
            have = len(self.requests._threads)
            if self._lends and have < THREADS + self._waiting:
                # Some at once: it may take a tenth of a second, however many they are.
                self.requests.grow(have // 2)
        try:
            yield
        finally:
            with self._lending:
                self._waiting -= 1

    def lend_no_more(self) -> None:
        """Makes no more threads: none would be told of the end that is about to come."""
        with self._lending:
            self._lends = False

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        """Logs what the server has to say; by default it writes to stderr."""
        _log.log(min(level, logging.INFO), "%s", msg, exc_info=traceback)

    def _serve_unservicable(self) -> None:
        self._refusing = threading.current_thread()
        super()._serve_unservicable()  # type: ignore[misc]  # not in the type stub

    def forget(self) -> None:
        """Waits for the one thread that ``stop`` does not, and leaves the server to be freed."""
        if self._refusing is not None:
            self._refusing.join()
        for connection in list(self.made):  # one that a thread gave back while all were closed
            connection.socket.close()
        getattr(logging, "statistics", {}).pop(f"Cheroot HTTPServer {id(self)}", None)


class _Tls(Adapter):
    """Presents a certificate; the handshake is left to the thread that serves the connection."""

    def __init__(self, context: ssl.SSLContext) -> None:
        # Not the parent's: that wants files.
        self.context = context

    def bind(self, sock: socket.socket) -> socket.socket:
        return sock

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, self.get_environ()

    def get_environ(self) -> dict[str, str]:
        return {"wsgi.url_scheme": "https", "HTTPS": "on"}

    def makefile(
        self, sock: ssl.SSLSocket, mode: str = "r", bufsize: int = -1
    ) -> StreamReader | StreamWriter:
        return (StreamReader if "r" in mode else StreamWriter)(sock, mode, bufsize)


class _Patient:
    """A connection's socket as its files use it: who waits for the client holds nobody else up."""

    def __init__(self, server: _Server, sock: socket.socket) -> None:
        self._server = server
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def recv_into(self, into: memoryview) -> int:
        return self._server.patiently(self._sock, lambda: self._sock.recv_into(into))

    def send(self, data: bytes) -> int:
        return self._server.patiently(self._sock, lambda: self._sock.send(data))


class _Writer(StreamWriter):
    """What a connection writes through; nobody closes it but its end."""

    def close(self) -> None:
        """As its parent's, but what cannot be sent any more is forgotten.

        A client may go in the middle of its handshake, and the socket with it. Since Python 3.13 a
        file that ends with something unsent says that its socket has gone, to whoever listens.
        """
        with suppress(OSError):
            super().close()


class _Connection(HTTPConnection):
    """One connection, which begins with the handshake where there is one."""

    _is_begun = False

    def __init__(self, server: _Server, sock: socket.socket, _makefile: object) -> None:
        def makefile(_sock: object, mode: str, bufsize: int) -> object:
            return (StreamReader if "r" in mode else _Writer)(patient, mode, bufsize)

        patient: Any = _Patient(server, sock)
        super().__init__(server, sock, makefile)
        server.made.add(self)
        if isinstance(sock, ssl.SSLSocket):
            # Here: of a connection that is refused the first write does it.
            sock.settimeout(_REFUSED_S)

    def communicate(self) -> bool:
        """Answers the next request, and whatever was read with it; says whether to go on."""
        if not self._is_begun:
            # Some connect long before they ask, some never ask, and some never end the handshake
            # that they have begun: they hold no thread.
            if not self._is_asked():
                return True
            try:
                self._greet()
            except ssl.SSLWantReadError:
                return True
            except OSError as error:  # ssl.SSLError is one
                self._tell_why_not(error)
                return False
            self._is_begun = True
            if not self._is_asked():
                return True
        while self._answer():
            # What TLS has read already no selector will ever tell of.
            if not isinstance(self.socket, ssl.SSLSocket) or not self.socket.pending():
                return True
        return False

    def _answer(self) -> bool:
        return bool(super().communicate())  # type: ignore[no-untyped-call]

    def _is_asked(self) -> bool:
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.socket, selectors.EVENT_READ)
            return bool(waiting.select(_FIRST_REQUEST_S))

    def _greet(self) -> None:
        """Goes on with the handshake, where there is one, by what the client has sent of it.

        Raises:
            ssl.SSLWantReadError: It has still to send the rest.
            OSError: There will be no handshake.
        """
        if isinstance(self.socket, ssl.SSLSocket):
            self.socket.settimeout(0)
            self.socket.do_handshake()

    def _tell_why_not(self, error: OSError) -> None:
        _log.debug("no TLS handshake with %s: %s", self.remote_addr, error)
        if getattr(error, "reason", "") == "HTTP_REQUEST":
            with suppress(OSError):
                os.write(self.socket.fileno(), _PLAIN_HTTP)
