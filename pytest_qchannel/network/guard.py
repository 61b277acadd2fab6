"""Shuts the network for a lane that must not use it.

Name look-ups and connections are refused with an error that names the host and the test, except
to loopback addresses, to Unix sockets and to hosts that the settings allow. The error is not an
``OSError``: HTTP libraries would retry that, wrap it, or take it for a network that is down.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from pytest_qchannel.errors import NetworkBlocked
from pytest_qchannel.hosts import host_name, is_ibm_host
from pytest_qchannel.network.passage import is_free
from pytest_qchannel.network.proxied import proxied_host
from pytest_qchannel.rerun_command import again
from pytest_qchannel.uses import LOOKUPS, SENDING, replace

__all__ = ["NetworkGuard", "host_of"]

_OF_A_TEST: Final = "pytest --qchannel-{option}={value}"
_MARKER: Final = '@pytest.mark.qchannel(door="loopback"), or '
"""What a test that has a lane of its own can be marked with."""

_NETWORK_FAMILIES: Final = frozenset({socket.AF_INET, socket.AF_INET6})


def _is_loopback(host: str) -> bool:
    if host in ("", "localhost") or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def host_of(address: object) -> str:
    """The host of a socket's address; what is none the socket refuses itself."""
    return host_name(address[0]) if isinstance(address, tuple) else ""


class NetworkGuard:
    """Refuses network access while it is closed (:meth:`close_network`).

    Its attributes may change while the network is closed.

    Args:
        test_id: The test that errors name.
        allowed_hosts: Host names that may be reached.
        report: Called with each error before it is raised.

    Attributes:
        where: The test, or the part of the run, that errors name.
        who: What reaches for a host, as ``a test``.
        lane: Where it does, as ``the emulated lane``; empty: errors do not say.
        way_out: How an option is set, with places for ``option``, ``name`` and ``value``.
        ibm_advice: What to do about a host of IBM's; empty: the emulator can answer for it.
        refuses: Whether a host is refused that is not allowed.
    """

    def __init__(
        self,
        test_id: str,
        allowed_hosts: Iterable[str],
        report: Callable[[NetworkBlocked], None],
    ) -> None:
        self.where = test_id
        self.who = "a test"
        self.lane = "the emulated lane"
        self.way_out = _OF_A_TEST
        self.ibm_advice = ""
        self._allowed = frozenset(allowed_hosts)
        self._allowed_addresses: set[str] = set()
        self._report = report
        self._patches = ExitStack()
        self.is_closed = False
        self.refuses: Callable[[str], bool] = _every_host

    def close_network(self) -> None:
        """Starts refusing."""
        self.is_closed = True
        for name in LOOKUPS:
            real = getattr(socket, name)
            self._patch(socket, name, self._looking_up(real))
        self._patch(socket, "getnameinfo", self._naming(socket.getnameinfo))
        for name in ("connect", "connect_ex"):
            self._patch(socket.socket, name, self._connecting(getattr(socket.socket, name)))
        for kind in (socket.socket, ssl.SSLSocket):  # a proxy may be spoken to with TLS
            for name in SENDING:
                self._patch(kind, name, self._sending_on(getattr(kind, name)))
        self._patch(socket.socket, "sendto", self._sending(socket.socket.sendto))
        if hasattr(socket.socket, "sendmsg"):  # not on Windows
            self._patch(socket.socket, "sendmsg", self._sending_message(socket.socket.sendmsg))

    def reopen(self) -> None:
        """Puts the socket module back as it was; see :func:`pytest_qchannel.uses.replace`."""
        self.is_closed = False
        self._patches.close()

    @contextmanager
    def naming(self, who: str, advice: str) -> Iterator[None]:
        """Names who reaches for hosts, and what to do, until the block is left."""
        before = (self.who, self.lane, self.ibm_advice)
        self.who, self.lane, self.ibm_advice = who, "", advice
        try:
            yield
        finally:
            self.who, self.lane, self.ibm_advice = before

    @contextmanager
    def only_ibm(self, who: str, advice: str) -> Iterator[None]:
        """Refuses IBM's hosts and no other, in the name of somebody, until the block is left."""
        before, self.refuses = self.refuses, is_ibm_host
        try:
            with self.naming(who, advice):
                yield
        finally:
            self.refuses = before

    def refuse(
        self, host: str, closest: str | None = None, advice: str = "use the host above"
    ) -> None:
        """Reports and raises the error for a host.

        Args:
            host: What was reached for.
            closest: What there is in its place.
            advice: What to do where there is something closest.

        Raises:
            NetworkBlocked: Always.
        """
        __tracebackhide__ = True
        if closest is not None:
            pass
        elif is_ibm_host(host) and self.ibm_advice:
            advice = self.ibm_advice
        elif is_ibm_host(host):
            door = self._way_out("door", "loopback")
            marker = _MARKER if self.way_out == _OF_A_TEST else ""
            advice = (
                "speak to it through requests: there the emulator answers for IBM's hosts; or let "
                f"it answer whatever speaks TCP: {marker}{door} (qchannel docs httpx)"
            )
        else:
            way_out = self._way_out("allowed-hosts", ",".join([*sorted(self._allowed), host]))
            advice = f"mock this host with responses, or allow it: {way_out}"
        blocked = NetworkBlocked(
            f"{self.who}{self.lane and f' in {self.lane}'} reached for {host}",
            where=self.where,
            closest=closest,
            next=advice,
        )
        self._report(blocked)
        raise blocked

    def _way_out(self, option: str, value: str) -> str:
        name = option.replace("-", "_")
        text = self.way_out.format(option=option, name=name, value=value)
        command, *options = text.split()
        return again(*options) if command == "pytest" else text

    def _patch(self, owner: object, name: str, replacement: Callable[..., object]) -> None:
        self._patches.callback(replace(owner, name, replacement))

    def _check(self, host: str) -> None:
        if not (
            not self.is_closed
            or is_free()
            or _is_loopback(host)
            or host in self._allowed
            or host in self._allowed_addresses
            or not self.refuses(host)
        ):
            self.refuse(host)

    def _looking_up(self, real: Callable[..., object]) -> Callable[..., object]:
        def look_up(host: object, *args: object, **kwargs: object) -> object:
            name = host_name(host)
            self._check(name)
            found = real(host, *args, **kwargs)
            if name in self._allowed:
                self._allowed_addresses.update(_addresses(found))
            return found

        return look_up

    def _naming(self, real: Callable[..., object]) -> Callable[..., object]:
        def getnameinfo(address: object, flags: int) -> object:
            if not flags & socket.NI_NUMERICHOST:
                self._check(host_of(address))
            return real(address, flags)

        return getnameinfo

    def _connecting(self, real: Callable[..., object]) -> Callable[..., object]:
        def connect(sock: socket.socket, address: object) -> object:
            if sock.family in _NETWORK_FAMILIES:
                self._check(host_of(address))
            return real(sock, address)

        return connect

    def _sending_on(self, real: Callable[..., object]) -> Callable[..., object]:
        def send(sock: socket.socket, data: object, *rest: object) -> object:
            self._check_proxied(sock, data)
            return real(sock, data, *rest)

        return send

    def _check_proxied(self, sock: socket.socket, data: object) -> None:
        if sock.family in _NETWORK_FAMILIES and (host := proxied_host(data)) is not None:
            self._check(host)

    def _sending(self, real: Callable[..., object]) -> Callable[..., object]:
        def sendto(sock: socket.socket, data: object, *rest: object) -> object:
            if sock.family in _NETWORK_FAMILIES:
                self._check(host_of(rest[-1]))
            self._check_proxied(sock, data)
            return real(sock, data, *rest)

        return sendto

    def _sending_message(self, real: Callable[..., object]) -> Callable[..., object]:
        def sendmsg(sock: socket.socket, pieces: Iterable[object], *rest: object) -> object:
            pieces = list(pieces)
            address = rest[2] if len(rest) > 2 else None
            if address is not None and sock.family in _NETWORK_FAMILIES:
                self._check(host_of(address))
            self._check_proxied(sock, pieces)
            return real(sock, pieces, *rest)

        return sendmsg


def _every_host(_name: str) -> bool:
    return True


def _addresses(found: object) -> set[str]:
    """The addresses in the answer of any of the look-up functions."""
    if isinstance(found, str):
        return {found}
    if isinstance(found, tuple):
        return set(found[2])
    assert isinstance(found, list), "socket.getaddrinfo gives a list"
    return {entry[4][0] for entry in found}
