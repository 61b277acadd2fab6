"""The guard's own patches: on, off, and in any order."""

from __future__ import annotations

import itertools
import socket
import ssl

import pytest

from pytest_qchannel.errors import QChannelError
from pytest_qchannel.network.guard import NetworkGuard

PLACES = [
    (socket, "getaddrinfo"),
    (socket.socket, "connect"),
    (socket.socket, "sendto"),
    (ssl.SSLSocket, "send"),
    (ssl.SSLSocket, "sendall"),
]


def now() -> list[object]:
    return [vars(owner).get(name) for owner, name in PLACES]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_guards_that_end_in_any_order_leave_nothing_behind(order: tuple[int, ...]) -> None:
    """A guard that ended before one on top of it stayed in the process, where tests that use
    none of our fixtures met its functions.
    """
    found: list[QChannelError] = []
    before = now()
    guards = [NetworkGuard(str(at), (), found.append) for at in range(3)]
    for guard in guards:
        guard.close_network()
    assert not any(a is b for a, b in zip(now(), before, strict=True))
    for at in order:
        guards[at].reopen()
    assert now() == before
