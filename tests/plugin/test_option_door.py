"""``--qchannel-door``: what speaks TCP reaches the emulator, and nothing reaches anything else."""

from __future__ import annotations

from typing import Any

import pytest

LOOPBACK = "--qchannel-door=loopback"
CLOUD = "--qchannel-channel=ibm_cloud"

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
        assert "ibm_brisbane" in way(URL, headers)["devices"]
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


@pytest.mark.parametrize("origin", ["--qchannel-door", "QCHANNEL_DOOR", "ini", "marker"])
def test_who_asked_for_the_door(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    """Only the loopback door serves what does not speak through requests."""
    mark, arguments, said = "", [CLOUD], origin
    if origin == "marker":
        mark = '@pytest.mark.qchannel(door="loopback")'
    elif origin == "ini":
        pytester.makeini("[pytest]\nqchannel_door = loopback")
        said = "qchannel_door in the ini file"
    elif origin.startswith("--"):
        arguments.append(LOOPBACK)
    else:
        monkeypatch.setenv(origin, "loopback")
    result = run(
        f"""
        import pytest, urllib.error, urllib.request

        {mark}
        def test_a(qchannel):
            with pytest.raises(urllib.error.HTTPError, match="401"):
                urllib.request.urlopen("https://quantum.cloud.ibm.com/api/v1/jobs")
        """,
        *arguments,
    )
    result.assert_outcomes(passed=1)
    if origin != "marker":
        result.stdout.fnmatch_lines([f"qchannel: *, door=loopback (from {said})"])


def test_the_door_is_in_process_unless_somebody_asks(run: Any) -> None:
    result = run(
        """
        import threading

        def test_a(qchannel_rest, qchannel):
            assert qchannel.settings.door == "in-process"
            assert qchannel_rest.get("/backends").status_code == 200
            names = [thread.name for thread in threading.enumerate()]
            assert not [name for name in names if "loopback door" in name], names
        """,
        CLOUD,
    )
    result.assert_outcomes(passed=1)
    assert "door=" not in result.stdout.str()


def test_the_way_out_of_the_in_process_door_is_named(run: Any) -> None:
    result = run(
        """
        import urllib.request

        def test_a(qchannel_emulator):
            urllib.request.urlopen("https://quantum.cloud.ibm.com/api/v1/jobs")
        """,
        CLOUD,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *next: *pytest --qchannel-door=loopback*"])


@pytest.mark.parametrize(
    ("value", "closest"), [("loopbak", "loopback"), ("inprocess", "in-process"), ("", None)]
)
def test_what_is_no_door_is_refused(run: Any, value: str, closest: str | None) -> None:
    result = run("def test_a(): pass", f"--qchannel-door={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    lines = [f"ERROR: --qchannel-door: '{value}' is no door"]
    lines += [f"  closest: {closest}"] if closest else []
    result.stderr.fnmatch_lines([*lines, "  next: * to one of in-process, loopback"])


WATCHED = """
    import gc, os, socket, ssl, threading, warnings
    import pytest

    def now():
        return (
            {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"},
            [socket.getaddrinfo, socket.gethostbyname, socket.gethostbyname_ex],
            [socket.socket.connect, socket.socket.connect_ex],
            [ssl.SSLContext.wrap_socket, ssl.SSLContext.wrap_bio],
            set(threading.enumerate()),
        )

    BEFORE = now()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(item):
        gc.collect()  # what ran in this process before is nothing of ours
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ResourceWarning)
            result = yield
            gc.collect()
        assert now() == BEFORE
        assert [str(one.message) for one in caught if one.category is ResourceWarning] == []
        return result
"""


def test_nothing_is_left_when_the_test_has_ended(run: Any, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(WATCHED)
    result = run(
        """
        import pytest

        @pytest.mark.parametrize("how", ["pass", "fail", "error"])
        def test_a(qchannel_rest, request, how):
            assert qchannel_rest.get("/backends").status_code == 200
            if how == "error":
                request.addfinalizer(lambda: 1 / 0)
            assert how != "fail"
        """,
        LOOPBACK,
        CLOUD,
    )
    result.assert_outcomes(passed=2, failed=1, errors=1)


def test_a_real_secret_fails_the_test_and_is_answered_once_and_never_shown(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = "real-SECRET-value-of-44-characters-0123456789"
    monkeypatch.setenv("QISKIT_IBM_TOKEN", value)
    result = run(
        """
        import os
        import httpx
        KEY = os.environ["QISKIT_IBM_TOKEN"]

        def test_a(qchannel):
            answer = httpx.get(
                "https://quantum.cloud.ibm.com/api/v1/jobs",
                headers={"Authorization": "apikey " + KEY},
            )
            assert answer.status_code == 501
            assert KEY not in answer.text
            assert len(qchannel.requests) == 0
        """,
        *("-vv", "--showlocals", "--log-level=DEBUG", LOOPBACK, CLOUD),
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*RealSecretRefused: the code under test sent the real credential of QISKIT_IBM_TOKEN"]
    )
    assert value not in result.stdout.str() + result.stderr.str()


def test_a_gap_fails_the_test_that_swallowed_it(run: Any) -> None:
    result = run(
        """
        import httpx

        def test_a(qchannel):
            url = "https://quantum.cloud.ibm.com/api/v1/jbos"
            assert httpx.get(url).status_code == 501
        """,
        LOOPBACK,
        CLOUD,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*EmulatorGap: the emulator has no route for GET *jbos"])


def test_a_bug_of_the_emulator_fails_the_test_that_swallowed_it(run: Any) -> None:
    result = run(
        """
        import httpx
        import pytest
        from pytest_qchannel.emulator.app import App

        def test_a(qchannel, monkeypatch):
            monkeypatch.setattr(App, "handle", lambda *args: 1 / 0)
            url = "https://quantum.cloud.ibm.com/api/v1/jobs"
            assert httpx.get(url).status_code == 501
        """,
        LOOPBACK,
        CLOUD,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*QChannelError: the emulator failed: ZeroDivisionError", "*where:*test_it.py::test_a*"]
    )


def test_faults_end_connections_and_cut_answers(run: Any) -> None:
    result = run(
        """
        import httpx
        import pytest

        URL = "https://quantum.cloud.ibm.com/api/v1/jobs"

        @pytest.mark.qchannel_fault("GET /jobs", drop="before")
        @pytest.mark.qchannel_fault("GET /jobs", body="truncated")
        @pytest.mark.qchannel_fault("GET /jobs", delay_s=0.3)
        def test_a(qchannel):
            found = set()
            with httpx.Client(timeout=0.15) as client:
                for _ in range(3):
                    with pytest.raises(httpx.TransportError) as caught:
                        client.get(URL)
                    found.add(caught.type)
                assert client.get(URL).status_code == 401
            assert found == {httpx.RemoteProtocolError, httpx.ReadTimeout}
        """,
        LOOPBACK,
        CLOUD,
    )
    result.assert_outcomes(passed=1)


EVERYWHERE = ("--qchannel-mode=emulated", "--qchannel-everywhere")
PLAIN = """
    import json
    import urllib.request

    import pytest

    def versions():
        with urllib.request.urlopen("https://quantum.cloud.ibm.com/api/v1/versions") as answer:
            return json.load(answer)

    AT_IMPORT = versions()

    @pytest.mark.parametrize("number", range(4))
    def test_a(number):
        assert versions() == AT_IMPORT
"""


def test_everywhere_the_door_is_open_for_the_whole_run(run: Any) -> None:
    result = run(PLAIN, *EVERYWHERE, LOOPBACK)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["qchannel: 4 emulated; the whole process: 5 requests, 0 jobs"])


def test_everywhere_no_test_has_a_door_of_its_own(run: Any) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.qchannel(door="loopback")
        def test_a(): pass
        """,
        *EVERYWHERE,
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: marker qchannel: door=loopback, but the whole run is behind one door, "
            "in-process",
            "  next: *pytest --qchannel-door=loopback, or run without --qchannel-everywhere",
        ]
    )


def test_with_xdist_each_worker_has_a_door(run_apart: Any) -> None:
    result = run_apart(PLAIN, *EVERYWHERE, LOOPBACK, "-p", "xdist", "-n", "2")
    result.assert_outcomes(passed=4)


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
