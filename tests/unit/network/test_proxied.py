"""What is sent to a proxy says where it goes, however it is written."""

from __future__ import annotations

import pytest

from pytest_qchannel.network.proxied import proxied_host

HOST = "quantum.cloud.ibm.com"


@pytest.mark.parametrize(
    "line",
    [
        "CONNECT {}:443 HTTP/1.1\r\n",
        "CONNECT {}:443 HTTP/1.1 \r\n",
        "CONNECT {}:443 http/1.0\n",
        "connect  {}:443\tHTTP/1.1\r\n",
        "\r\n\nCONNECT {}:443 HTTP/1.1\r\n",
        "GET https://{}/x HTTP/1.1\r\n",
        "get HTTPS://a%2Fb:c@{}:443/x HTTP/1.2\r\n",
        "M-SEARCH ftp://{} HTTP/1.1\r\n",
        "GET https://{}/" + "a" * 9_000 + " HTTP/1.1\r\n",
    ],
)
def test_a_proxy_is_asked_for_a_host(line: str) -> None:
    """Servers take other spellings than the one of the clients, and the guard did not."""
    assert proxied_host(line.format(HOST).encode()) == HOST
    assert proxied_host(list(map(str.encode, line.format(HOST)))) == HOST


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /x?url=https://quantum.cloud.ibm.com HTTP/1.1\r\n",
        b"get https://quantum.cloud.ibm.com/x\r\n",  # a key of memcached
        b"\x16\x03\x01 CONNECT quantum.cloud.ibm.com:443 HTTP/1.1\r\n",
        b"",
        [],
        "CONNECT",
        7,
        None,
        [7],
    ],
)
def test_what_asks_no_proxy_has_no_host(sent: object) -> None:
    assert proxied_host(sent) is None
