"""``--qchannel-allowed-hosts``: names only, never IBM's; an allowed name passes the guard."""

from __future__ import annotations

from typing import Any

import pytest

# No look-up leaves this machine: the resolver is replaced before the lane opens.
RESOLVER = """
    import socket
    import pytest

    asked = []

    @pytest.fixture(autouse=True)
    def resolver(monkeypatch):
        def getaddrinfo(host, port, *args, **kwargs):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("203.0.113.9", port))]

        def connect(sock, address):
            raise ConnectionRefusedError(f"stopped at {address[0]}")

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        monkeypatch.setattr(socket.socket, "connect", connect)
"""
TEST = """
    import socket
    import pytest

    def test_a(resolver, qchannel_emulator):
        with pytest.raises(ConnectionRefusedError, match="stopped at 203.0.113.9"):
            socket.create_connection(("Db.Example.org.", 5432))
"""


@pytest.mark.parametrize("value", ["db.example.org", " other.example , DB.example.org."])
def test_an_allowed_host_and_its_addresses_pass(run: Any, value: str) -> None:
    result = run(TEST, f"--qchannel-allowed-hosts={value}", conftest=RESOLVER)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["qchannel: *allowed_hosts=*db.example.org (from --qchannel-allowed-hosts)"]
    )


def test_without_the_option_the_same_host_is_refused(run: Any) -> None:
    result = run(TEST, conftest=RESOLVER)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E  *NetworkBlocked: a test in the emulated lane reached for db.example.org",
            "E *where: test_it.py::test_a",
        ]
    )


def test_the_address_of_a_host_that_is_not_allowed_stays_shut(run: Any) -> None:
    result = run(
        """
        import socket

        def test_a(resolver, qchannel_emulator):
            socket.create_connection(("203.0.113.9", 80))
        """,
        "--qchannel-allowed-hosts=db.example.org",
        conftest=RESOLVER,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E  *NetworkBlocked: *reached for 203.0.113.9"])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("https://db.example.org", "'https://db.example.org' is no host name"),
        ("db.example.org:80", "'db.example.org:80' is no host name"),
        ("*.example.org", "'[*].example.org' is no host name"),
        ("a.example b.example", "'a.example b.example' is no host name"),
        ("quantum.cloud.ibm.com", "'quantum.cloud.ibm.com' is IBM's: this lane never reaches it"),
        ("iam.cloud.IBM.com.", "'iam.cloud.ibm.com' is IBM's: this lane never reaches it"),
        ("x.org,ibm.com", "'ibm.com' is IBM's: this lane never reaches it"),
    ],
)
def test_what_is_no_host_or_is_ibms_is_refused(run: Any, value: str, said: str) -> None:
    result = run(TEST, f"--qchannel-allowed-hosts={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --qchannel-allowed-hosts: {said}", "  next: set it to *"])


def test_a_host_that_merely_ends_like_ibms_may_be_allowed(run: Any) -> None:
    result = run("def test_a(): pass", "--qchannel-allowed-hosts=notibm.com")
    result.assert_outcomes(passed=1)
