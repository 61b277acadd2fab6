"""Functions of ``socket`` that are replaced for a while."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from pytest_qchannel.uses import LOOKUPS, Uses


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, object]]]:
    """What is told from here on."""
    for name in LOOKUPS:
        monkeypatch.setattr(socket, name, lambda host, *_, **__: f"found {host}")
    before = vars(socket.socket).get("connect")  # whoever replaced it before may have left it there
    found: list[tuple[str, object]] = []
    uses = Uses(lambda name, given: found.append((name, given)))
    uses.begin()
    yield found
    uses.end()
    uses.end()
    assert vars(socket.socket).get("connect") is before, "as it was, most often inherited"


def test_each_use_is_told_and_happens(told: list[tuple[str, object]]) -> None:
    captured = socket.gethostbyname
    assert captured("one.example") == "found one.example"
    assert str(socket.getaddrinfo(host="two.example", port=1)) == "found two.example"
    near, far = socket.socketpair()
    with near, far:
        near.sendall(b"a")
        far.send(b"b")
        assert (near.recv(1), far.recv(1)) == (b"b", b"a")
    with socket.socket() as free, pytest.raises(OSError, match=r".*"):
        free.connect(("127.0.0.1", 0))
    assert told == [
        ("gethostbyname", "one.example"),
        ("getaddrinfo", "two.example"),
        ("sendall", b"a"),
        ("send", b"b"),
        ("connect", ("127.0.0.1", 0)),
    ]


def test_who_captured_a_function_has_the_real_one_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "gethostbyname", lambda host: f"found {host}")
    found: list[str] = []
    uses = Uses(lambda name, _: found.append(name))
    uses.begin()
    captured = socket.gethostbyname
    monkeypatch.setattr(socket, "gethostbyname", lambda host: captured(host).upper())  # for good
    uses.end()
    assert socket.gethostbyname("a") == "FOUND A"
    assert found == []
