"""The control of what watches all tests of the live lane."""

from __future__ import annotations

import socket

import pytest

from tests.live.loopback_only import SEEN


@pytest.fixture(autouse=True)
def _nothing_personal() -> None:
    """Nothing is run here."""


def test_a_connection_elsewhere_is_refused_and_noted() -> None:
    with socket.socket() as made, pytest.raises(ConnectionRefusedError):
        made.connect(("192.0.2.1", 443))  # for documentation: nobody has it
    with pytest.raises(ConnectionRefusedError):
        socket.getaddrinfo("quantum.cloud.ibm.com", 443)
    assert SEEN == ["socket.connect 192.0.2.1", "socket.getaddrinfo quantum.cloud.ibm.com"]
    SEEN.clear()


def test_one_to_this_machine_is_made() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
