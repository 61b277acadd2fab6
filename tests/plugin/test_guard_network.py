"""The network is shut: an error names host and test, even where the code swallowed it."""

from __future__ import annotations

from typing import Any

import pytest

REACHING = {
    "requests": "import requests; requests.get('https://example.org/x', timeout=9)",
    "requests_ip": "import requests; requests.get('http://203.0.113.7/x', timeout=9)",
    "urllib3": "import urllib3; urllib3.PoolManager(retries=False).request('GET', URL)",
    "urllib": "import urllib.request; urllib.request.urlopen(URL, timeout=9)",
    "http_client": "import http.client as c; c.HTTPSConnection('example.org').request('GET', '/')",
    "create_connection": "import socket; socket.create_connection(('example.org', 80))",
    "connect": "import socket; socket.socket().connect(('203.0.113.7', 80))",
    "connect_ex": "import socket; socket.socket().connect_ex(('203.0.113.7', 80))",
    "ipv6": "import socket; socket.socket(socket.AF_INET6).connect(('2001:db8::7', 80, 0, 0))",
    "gethostbyname": "import socket; socket.gethostbyname('example.org')",
    "gethostbyname_ex": "import socket; socket.gethostbyname_ex('example.org')",
    "gethostbyaddr": "import socket; socket.gethostbyaddr('203.0.113.7')",
    "getnameinfo": "import socket; socket.getnameinfo(('203.0.113.7', 80), 0)",
    "bytes": "import socket; socket.getaddrinfo(b'example.org', 80)",
    "udp_sendto": "udp().sendto(b'x', ('203.0.113.7', 53))",
    "udp_sendto_flags": "udp().sendto(b'x', 0, ('203.0.113.7', 53))",
    "udp_sendmsg": "udp().sendmsg([b'x'], [], 0, ('203.0.113.7', 53))",
    "udp_connect": "udp().connect(('203.0.113.7', 53))",
    "asyncio": "import asyncio; asyncio.run(asyncio.open_connection('example.org', 80))",
    "asyncio_ip": "import asyncio; asyncio.run(asyncio.open_connection('203.0.113.7', 80))",
    "thread": (
        "import threading, socket; t = threading.Thread(target=lambda: suppressed("
        "socket.create_connection, ('example.org', 80))); t.start(); t.join()"
    ),
}
TEST = """
    import contextlib
    import socket

    URL = "https://example.org/x"

    def udp():
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def suppressed(function, *args):
        with contextlib.suppress(Exception):
            function(*args)

    def reach():
        {code}
"""
PLAIN = (
    TEST
    + """
    def test_a(qchannel_emulator):
        reach()
"""
)
SWALLOWED = (
    TEST
    + """
    def test_a(qchannel_emulator):
        try:
            reach()
        except Exception:
            pass
"""
)


def host_of(code: str) -> str:
    if "2001:db8" in code:
        return "2001:db8::7"
    return "203.0.113.7" if "203.0" in code else "example.org"


@pytest.mark.parametrize("way", REACHING)
@pytest.mark.parametrize("test", [PLAIN, SWALLOWED], ids=["plain", "swallowed"])
def test_no_way_leads_out(run: Any, test: str, way: str) -> None:
    code = REACHING[way]
    result = run(test.format(code=code))
    result.assert_outcomes(failed=1)
    host = host_of(code)
    result.stdout.fnmatch_lines(
        [
            f"E *NetworkBlocked: a test in the emulated lane reached for {host}",
            "E *where: test_it.py::test_a",
            "E *next: *mock this host with responses, or allow it: "
            f"pytest --qchannel-allowed-hosts={host}",
        ]
    )
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_a - *NetworkBlocked: *"])


def test_what_a_fixture_of_the_test_reaches_for_is_told_once(run: Any) -> None:
    result = run(
        """
        import pytest
        import socket

        @pytest.fixture
        def reaching(qchannel_emulator):
            socket.getaddrinfo("example.org", 80)

        def test_a(reaching):
            pass
        """
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E *NetworkBlocked: *reached for example.org"])


@pytest.mark.parametrize(
    ("body", "outcomes"),
    [
        ("reach(); yield", {"failed": 1}),
        ("yield; reach()", {"passed": 1, "errors": 1}),
    ],
)
def test_what_a_fixture_swallows_is_told_too(run: Any, body: str, outcomes: dict[str, int]) -> None:
    result = run(
        f"""
        import contextlib
        import socket

        import pytest

        def reach():
            with contextlib.suppress(Exception):
                socket.getaddrinfo("example.org", 80)

        @pytest.fixture
        def reaching(qchannel_emulator):
            {body}

        def test_a(reaching):
            pass
        """
    )
    result.assert_outcomes(**outcomes)
    result.stdout.fnmatch_lines(["E *NetworkBlocked: *reached for example.org"])


@pytest.mark.parametrize("ending", ["assert False, 'mine'", "pytest.fail('mine')"])
def test_a_test_that_fails_by_itself_keeps_its_words_and_adds_ours(run: Any, ending: str) -> None:
    result = run(
        f"""
        import contextlib
        import socket

        import pytest

        def test_a(qchannel_emulator):
            with contextlib.suppress(Exception):
                socket.getaddrinfo("example.org", 80)
            {ending}
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*mine", "*reached for example.org"])


def test_loopback_and_unix_sockets_are_open(run: Any) -> None:
    result = run(
        """
        import asyncio
        import http.server
        import os
        import socket
        import threading

        import pytest
        import requests

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args):
                pass

        @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
        def test_tcp(qchannel_emulator, host):
            server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                url = f"http://{host}:{server.server_port}/"
                assert requests.get(url, timeout=9).status_code == 204
                assert socket.socket().connect_ex(("127.0.0.1", server.server_port)) == 0
            finally:
                server.shutdown()
                server.server_close()

        def test_udp(qchannel_emulator):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
                one.bind(("127.0.0.1", 0))
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two:
                    two.sendto(b"a", one.getsockname())
                    two.sendmsg([b"b"], [], 0, one.getsockname())
                assert one.recv(9) + one.recv(9) == b"ab"

        @pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets")
        def test_unix(qchannel_emulator, monkeypatch, tmp_path):
            monkeypatch.chdir(tmp_path)
            with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
                server.bind("sock")
                server.listen()
                client.connect("sock")

        def test_asyncio_loop(qchannel_emulator):
            assert asyncio.run(asyncio.sleep(0, 7)) == 7
        """
    )
    result.assert_outcomes(passed=5)


def test_tests_without_our_fixtures_are_untouched(run: Any) -> None:
    result = run(
        """
        import socket

        import requests

        REAL = []

        def now():
            return socket.getaddrinfo, socket.socket.connect, requests.Session.get_adapter

        def test_before():
            REAL.extend(now())

        def test_with(qchannel):
            assert all(a is not b for a, b in zip(now(), REAL))

        def test_without():
            assert all(a is b for a, b in zip(now(), REAL))
            assert now()[0].__module__ == "socket"
        """
    )
    result.assert_outcomes(passed=3)


def test_a_proxy_on_loopback_is_no_way_out(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With HTTP_PROXY on loopback, a request for another host left through the proxy."""
    for name in ("HTTP_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    result = run(
        """
        import requests

        def test_a(qchannel):
            requests.get("http://example.org", timeout=9)
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *reached for example.org"])
