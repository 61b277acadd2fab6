"""Makes HTTP libraries trust the loopback door, in this process and for as long as it is open.

Most libraries take their CA file from the environment, when they connect or when a client is made.
Some made their TLS contexts before the door was opened: aiohttp does when it is imported. So the
door's authority is also given to each context that is about to greet an emulated host.
"""

from __future__ import annotations

import functools
import os
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from unittest import mock

import certifi

from pytest_qchannel.channels.environment import CA_VARIABLES, put_back
from pytest_qchannel.network.passage import is_free

__all__ = ["contexts_trusting", "trusting"]

# Read by ``requests`` and curl each time that they connect; the last one is read when a TLS context
# is made, which may outlive the door.
*_PER_CONNECTION, _KEPT = CA_VARIABLES

_CERTIFICATE: Final = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")


@contextmanager
def trusting(
    certificate_pem: str, is_served: Callable[[str], bool], *, also_public: bool
) -> Iterator[None]:
    """Puts the authority where libraries look for it, until the block is left.

    What the variables named before is trusted on, and so are the public authorities by what reads
    ``SSL_CERT_FILE``: a context made then may still be used when the block is left.

    Args:
        certificate_pem: The authority's certificate.
        is_served: Whether a host name is the emulator's.
        also_public: Whether ``requests`` is to trust the public authorities, too; only hosts
            beyond loopback need it.
    """
    named = {name: os.environ.get(name) for name in (*_PER_CONNECTION, _KEPT)}
    with TemporaryDirectory(prefix="qchannel-ca-") as folder:
        few, many = Path(folder, "ca.pem"), Path(folder, "ca-and-public.pem")
        own = _certificates(*dict.fromkeys(path for path in named.values() if path))
        # Reading all public ones takes a hundredth of a second for each connection.
        rare = [one for one in own if one not in _public()]
        few.write_text(_joined([certificate_pem, *rare]), encoding="ascii")
        many.write_text(_joined([certificate_pem, *rare, *_public()]), encoding="ascii")
        for_requests = many if also_public else few
        try:
            os.environ.update({name: str(for_requests) for name in _PER_CONNECTION})
            os.environ[_KEPT] = str(many)
            with contexts_trusting(certificate_pem, is_served):
                yield
        finally:
            put_back(named)


@contextmanager
def contexts_trusting(certificate_pem: str, is_served: Callable[[str], bool]) -> Iterator[None]:
    """Gives the authority to TLS contexts that were made without it."""

    def informed(context: ssl.SSLContext, server_hostname: str | bytes | None) -> None:
        name = server_hostname.decode() if isinstance(server_hostname, bytes) else server_hostname
        if name and not is_free() and is_served(name.lower().rstrip(".")):
            context.load_verify_locations(cadata=certificate_pem)

    wrap_socket, wrap_bio = ssl.SSLContext.wrap_socket, ssl.SSLContext.wrap_bio

    def _wrap_socket(
        self: ssl.SSLContext,
        sock: socket.socket,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> object:
        informed(self, server_hostname)
        return wrap_socket(
            self,
            sock,
            server_side,
            do_handshake_on_connect,
            suppress_ragged_eofs,
            server_hostname,
            session,
        )

    def _wrap_bio(
        self: ssl.SSLContext,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> object:
        informed(self, server_hostname)
        return wrap_bio(self, incoming, outgoing, server_side, server_hostname, session)

    with (
        mock.patch.object(ssl.SSLContext, "wrap_socket", _wrap_socket),
        mock.patch.object(ssl.SSLContext, "wrap_bio", _wrap_bio),
    ):
        yield


@functools.cache
def _public() -> Mapping[str, None]:
    """The authorities that libraries trust on their own: certifi's, and the system's."""
    files = (certifi.where(), ssl.get_default_verify_paths().openssl_cafile)
    return dict.fromkeys(_certificates(*files))


def _certificates(*paths: str) -> list[str]:
    """The certificates in files and folders; a path that is not there has none."""
    return [one for path in paths for file in _files(Path(path)) for one in _read(file)]


def _files(path: Path) -> list[Path]:
    inside = sorted(path.iterdir()) if path.is_dir() else [path]
    return [file for file in inside if file.is_file()]


def _read(file: Path) -> list[str]:
    # Comments in such files are in any encoding.
    return _CERTIFICATE.findall(file.read_bytes().decode("ascii", "ignore"))


def _joined(certificates: Iterable[str]) -> str:
    return "".join(f"{one.strip()}\n" for one in certificates)
