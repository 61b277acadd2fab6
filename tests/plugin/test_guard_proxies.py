"""A proxy on loopback that a test sets itself: requests do not leave through it."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

PROXY = """
    import socket, threading
    import pytest

    @pytest.fixture
    def proxy(monkeypatch):
        asked = []
        with socket.create_server(("127.0.0.1", 0)) as listening:
            def serve():
                while True:
                    try:
                        sock, _ = listening.accept()
                    except OSError:
                        return
                    asked.append(sock.recv(999))
                    sock.close()
            threading.Thread(target=serve, daemon=True).start()
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            for name in ("http_proxy", "https_proxy", "all_proxy"):
                monkeypatch.setenv(name, url)
                monkeypatch.setenv(name.upper(), url)
            monkeypatch.delenv("no_proxy", raising=False)
            yield url
            listening.shutdown(socket.SHUT_RDWR)
        assert not [one for one in asked if one], asked
"""

WAYS_OUT = {
    "requests": "import requests; requests.get(url, timeout=9)",
    "session": "import requests; requests.get(url, timeout=9, proxies={'all': proxy})",
    "urllib3": "import urllib3; urllib3.ProxyManager(proxy).request('GET', url, retries=False)",
    "httpx": "import httpx; httpx.get(url)",
    "urllib": "import urllib.request; urllib.request.build_opener().open(url, timeout=9)",
    "aiohttp": """import aiohttp, asyncio
        async def ask():
            async with aiohttp.ClientSession(trust_env=True) as session:
                await session.get(url)
        asyncio.run(ask())""",
}


@pytest.mark.parametrize("door", ["in-process", "loopback"])
@pytest.mark.parametrize("way", WAYS_OUT)
def test_a_proxy_that_a_test_sets_is_no_way_out(run: Any, way: str, door: str) -> None:
    """What a test sent through a proxy on loopback went past the guard, to anywhere."""
    pytest.importorskip(way if way not in ("session", "urllib") else "requests")
    result = run(
        textwrap.dedent(PROXY)
        + f"""
@pytest.mark.parametrize("url", ["http://example.org/x", "https://example.org/x"])
def test_a(qchannel, proxy, url):
        {WAYS_OUT[way]}
""",
        f"--qchannel-door={door}",
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["E *reached for example.org"] * 2)
