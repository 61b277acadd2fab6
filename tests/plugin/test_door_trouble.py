"""What goes wrong behind the loopback door is seen, and nothing is left of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.door_kit import CLOUD, LOOPBACK

WATCHED = """
    import gc, os, socket, ssl, threading, warnings
    import pytest

    def now():
        return (
            {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"},
            [socket.getaddrinfo, socket.gethostbyname, socket.gethostbyname_ex],
            [socket.socket.connect, socket.socket.connect_ex],
            [ssl.SSLContext.wrap_socket, ssl.SSLContext.wrap_bio],
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop():  # what is imported before is watched itself
        global BEFORE
        BEFORE = now()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(item):
        gc.collect()  # what ran in this process before is nothing of ours
        others = set(threading.enumerate())  # and may end while this runs
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ResourceWarning)
            result = yield
            gc.collect()
        assert now() == BEFORE
        assert set(threading.enumerate()) - others == set()
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
        from pytest_qchannel.emulator.api.app import App

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
        @pytest.mark.qchannel_fault("GET /jobs", delay_s=1)
        def test_a(qchannel):
            with httpx.Client(timeout=60) as client:
                for _ in range(2):
                    with pytest.raises(httpx.RemoteProtocolError):
                        client.get(URL)
                with pytest.raises(httpx.ReadTimeout):
                    client.get(URL, timeout=httpx.Timeout(60, read=0.15))
                assert client.get(URL).status_code == 401
        """,
        LOOPBACK,
        CLOUD,
    )
    result.assert_outcomes(passed=1)
