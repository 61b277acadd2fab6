"""Behind the loopback door every library reaches the emulator, and none reaches anything else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.door_kit import CLOUD, LOOPBACK

# Each way lists the devices, under the real URL. The clients are imported before the door opens.
WAYS = """
    import asyncio
    import http.client
    import json
    import urllib.request

    import aiohttp
    import httpx
    import pytest
    import requests
    import urllib3

    URL = "https://quantum.cloud.ibm.com/api/v1/backends"
    EARLY_POOL = urllib3.PoolManager()
    EARLY_CLIENT = httpx.Client()
    EARLY_SESSION = requests.Session()

    def by_http_client(url, headers):
        connection = http.client.HTTPSConnection("quantum.cloud.ibm.com", timeout=20)
        connection.request("GET", "/api/v1/backends", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return json.loads(body)

    def by_urllib(url, headers):
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return json.load(answer)

    def by_urllib3(url, headers):
        with urllib3.PoolManager() as pool:
            return pool.request("GET", url, headers=headers).json()

    def by_early_pool(url, headers):
        return EARLY_POOL.request("GET", url, headers=headers).json()

    def by_early_session(url, headers):
        return EARLY_SESSION.get(url, headers=headers, timeout=20).json()

    def by_requests(url, headers):
        return requests.get(url, headers=headers, timeout=20).json()

    def by_httpx(url, headers):
        return httpx.get(url, headers=headers).json()

    def by_early_client(url, headers):
        return EARLY_CLIENT.get(url, headers=headers).json()

    def by_httpx_async(url, headers):
        async def get():
            async with httpx.AsyncClient() as client:
                first, second = await asyncio.gather(
                    client.get(url, headers=headers), client.get(url, headers=headers)
                )
                assert first.json() == second.json()
                return first.json()
        return asyncio.run(get())

    def by_aiohttp(url, headers):
        async def get():
            async with aiohttp.ClientSession() as session:
                async with session.get(url, headers=headers) as answer:
                    return await answer.json()
        return asyncio.run(get())

    WAYS = [one for name, one in sorted(globals().items()) if name.startswith("by_")]
"""
EVERY_WAY = """
    @pytest.mark.parametrize("way", WAYS)
    def test_a(qchannel, way):
        headers = {
            "Authorization": "apikey " + qchannel.account.secret.reveal(),
            "Service-CRN": qchannel.account.instance.id,
        }
        assert "A_DEVICE" in way(URL, headers)["devices"]
        asked = qchannel.requests.to("/backends")
        assert asked and {one.auth_scheme for one in asked} == {"apikey"}
        assert {one.host for one in asked} == {"quantum.cloud.ibm.com"}
"""
ELSEWHERE = """
    @pytest.mark.parametrize("way", WAYS)
    def test_a(qchannel_emulator, way):
        import socket
        def never(*args):
            raise AssertionError("the name was looked up")
        with pytest.raises(Exception) as caught:
            if way is by_http_client:
                http.client.HTTPSConnection("{host}").request("GET", "/")
            else:
                way("https://{host}/", {{}})
"""


def count_of_ways() -> int:
    return WAYS.count("    def by_")


def test_every_library_reaches_the_emulator_under_the_real_url(run: Any) -> None:
    result = run(WAYS + EVERY_WAY, LOOPBACK, CLOUD)
    result.assert_outcomes(passed=count_of_ways())
    result.stdout.fnmatch_lines(
        [
            "qchannel: *, door=loopback (from --qchannel-door)",
            f"qchannel: {count_of_ways()} emulated on ibm_cloud",
        ]
    )


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("docs.quantum.ibm.com", "E *next: *use the host above"),
        ("example.org", "E *next: *--qchannel-allowed-hosts=example.org"),
    ],
)
def test_no_library_reaches_another_host(run: Any, host: str, said: str) -> None:
    result = run(WAYS + ELSEWHERE.format(host=host), LOOPBACK, CLOUD)
    result.assert_outcomes(failed=count_of_ways())
    blocked = f"E *NetworkBlocked: a test in the emulated lane reached for {host}"
    result.stdout.fnmatch_lines([blocked, said] * count_of_ways())


def test_an_ipv6_socket_is_told_of_the_door_that_is_on(run: Any) -> None:
    """It was told to turn the loopback door on, which was on."""
    result = run(
        """
        import socket

        def test_a(qchannel):
            with socket.socket(socket.AF_INET6) as sock:
                sock.connect(("quantum.cloud.ibm.com", 443))
        """,
        *(LOOPBACK, CLOUD),
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *next: *over IPv4*the loopback door, which is on*"])
    assert "door=loopback" not in "".join(line for line in result.outlines if line.startswith("E "))


def test_allowed_hosts_are_still_verified(run: Any) -> None:
    """A TLS server whose authority nobody trusts is not trusted because the door is open."""
    result = run(
        """
        import ssl, socket, threading
        import pytest, requests, trustme

        def test_a(qchannel):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            trustme.CA().issue_cert("localhost").configure_cert(context)
            with socket.create_server(("127.0.0.1", 0)) as listening:
                def serve():
                    sock, _ = listening.accept()
                    with pytest.raises(ssl.SSLError):
                        context.wrap_socket(sock, server_side=True)
                    sock.close()
                thread = threading.Thread(target=serve)
                thread.start()
                with pytest.raises(requests.exceptions.SSLError):
                    requests.get(f"https://localhost:{listening.getsockname()[1]}", timeout=9)
                thread.join()
        """,
        *(LOOPBACK, CLOUD, "--qchannel-allowed-hosts=db.example.org"),
    )
    result.assert_outcomes(passed=1)
