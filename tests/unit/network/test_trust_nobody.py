"""In a lane without sockets IBM's SDK reads no authorities; whoever else asks is told the truth."""

from __future__ import annotations

import ssl
from pathlib import Path

import certifi
import pytest
from ibm_cloud_sdk_core.http_adapter import SSLHTTPAdapter  # type: ignore[import-untyped]
from requests import certs

from pytest_qchannel.errors import QChannelError
from pytest_qchannel.network import trust_nobody
from pytest_qchannel.network.shut import ShutNetwork
from pytest_qchannel.settings import resolve
from pytest_qchannel.wire import Request, Response


def trusted_by_the_sdk() -> list[str]:
    """The names of the authorities that an adapter of the SDK trusts."""
    context = SSLHTTPAdapter().poolmanager.connection_pool_kw["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    return [str(one["subject"]) for one in context.get_ca_certs()]


def network(**line: str) -> ShutNetwork:
    def handle(request: Request) -> Response:
        return Response.json({})

    problems: list[QChannelError] = []
    return ShutNetwork(resolve(line, {}, {}, {}), "test_a", problems, handle)


def test_in_the_process_it_trusts_nobody() -> None:
    shut = network()
    shut.open()
    try:
        [nobody] = trusted_by_the_sdk()
        assert "nobody: its key is gone" in nobody
        assert certs.where() == certifi.where()  # type: ignore[attr-defined]
        with shut.paused("a wider fixture", "nothing"):
            assert len(trusted_by_the_sdk()) > 50
    finally:
        shut.close()
    assert len(trusted_by_the_sdk()) > 50


@pytest.mark.parametrize(
    "line", [{"allowed_hosts": "example.org"}, {"door": "loopback"}], ids=["hosts", "loopback"]
)
def test_where_a_connection_is_possible_it_trusts_whom_it_always_does(line: dict[str, str]) -> None:
    shut = network(**line)
    shut.open()
    try:
        assert len(trusted_by_the_sdk()) > 50
    finally:
        shut.close()


def test_the_authority_that_nobody_is_ended_long_ago() -> None:
    context = ssl.create_default_context(cafile=str(trust_nobody._NOBODY))
    [nobody] = context.get_ca_certs()
    assert str(nobody["notAfter"]).startswith("Jan  2 00:00:00 2000")
    assert "PRIVATE" not in Path(trust_nobody._NOBODY).read_text(encoding="ascii")
