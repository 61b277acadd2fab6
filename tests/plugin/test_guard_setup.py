"""Before a lane is open, and around it: what fixtures of the user's own find there."""

from __future__ import annotations

import socket
from typing import Any

import pytest

KEY = "a-real-looking-key-of-44-characters-01234567"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", KEY)
    monkeypatch.setenv("KEPT", "kept")


def test_credentials_are_gone_first_and_emulated_ones_follow(run: Any) -> None:
    result = run(
        f"""
        import os, socket
        from pathlib import Path
        import pytest
        from pytest_qchannel.errors import NetworkBlocked

        REAL = Path.home()

        @pytest.fixture(autouse=True)
        def early():
            assert not [name for name, value in os.environ.items() if value == {KEY!r}]
            assert Path.home() != REAL and os.environ["KEPT"] == "kept"
            yield
            assert "QISKIT_IBM_TOKEN" not in os.environ and Path.home() != REAL

        def test_a(early, qchannel):
            assert "emulated" in os.environ["QISKIT_IBM_TOKEN"]

        class TestOthers:
            @pytest.fixture(autouse=True)
            def early(self):
                pass

            def test_without(self):
                assert os.environ["QISKIT_IBM_TOKEN"] == {KEY!r} and Path.home() == REAL
        """
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("code", ["raise_it()", "swallow_it()"])
def test_a_fixture_before_the_lane_that_reaches_for_a_host_is_named(run: Any, code: str) -> None:
    result = run(
        f"""
        import contextlib, socket
        import pytest

        def raise_it(): socket.getaddrinfo("iam.cloud.ibm.com", 443)
        def swallow_it():
            with contextlib.suppress(Exception): raise_it()

        @pytest.fixture
        def svc(): {code}

        def test_a(svc, qchannel): pass
        """
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "E *NetworkBlocked: the fixture 'svc' in a test that uses qchannel reached for iam.*",
            "E *where: test_it.py::test_a*",
            "E *next: *let it ask for the fixture qchannel*",
        ]
    )


@pytest.mark.parametrize("scope", ["class", "module", "package", "session"])
@pytest.mark.parametrize("ask", ["def test_a(svc, qchannel)", "def test_a(qchannel, request)"])
def test_a_wider_fixture_keeps_everything_but_ibm(run: Any, scope: str, ask: str) -> None:
    """What it sets in the environment outlives the test in whose middle it was asked for."""
    result = run(
        f"""
        import os, socket
        from pathlib import Path
        import pytest

        REAL = Path.home()
        asked = []

        @pytest.fixture(scope="session", autouse=True)
        def _no_names():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(socket, "gethostbyname", asked.append)
                yield

        @pytest.fixture(scope={scope!r})
        def svc():
            assert os.environ["QISKIT_IBM_TOKEN"] == {KEY!r} and Path.home() == REAL
            socket.gethostbyname("example.org")
            assert asked == ["example.org"]
            os.environ["SET_BY_IT"] = "1"
            yield
            del os.environ["SET_BY_IT"]

        {ask}:
            if "svc" not in locals(): request.getfixturevalue("svc")
            assert "emulated" in os.environ["QISKIT_IBM_TOKEN"] and Path.home() != REAL
            assert os.environ["SET_BY_IT"] == "1"
            with pytest.raises(Exception, match="reached for example.org"):
                qchannel.lane and socket.gethostbyname("example.org")
        """
    )
    result.assert_outcomes(failed=1)  # for the host that the test itself reaches for
    result.stdout.fnmatch_lines(["E *NetworkBlocked: a test in the emulated lane reached for e*"])
    result.stdout.no_fnmatch_line("*AssertionError*")


def test_other_tests_of_the_run_are_left_as_they_are(run: Any) -> None:
    """All but for the services that a credential could go to."""
    result = run(
        f"""
        import os, socket
        import pytest

        asked = []

        @pytest.fixture(scope="session", autouse=True)
        def _no_names():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(socket, "gethostbyname", asked.append)
                yield

        def test_with(qchannel): pass

        def test_without():
            assert os.environ["QISKIT_IBM_TOKEN"] == {KEY!r}
            socket.gethostbyname("example.org")
            socket.gethostbyname("www.ibm.com")
            assert asked == ["example.org", "www.ibm.com"]

        def test_that_sends():
            socket.gethostbyname("eu-fr.quantum.cloud.ibm.com")
        """
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *NetworkBlocked: a test that does not use us reached for eu-fr.quantum.cloud.*",
            "E *next: *ask for one: def test_that_sends(qchannel); *"
            "run it apart: pytest 'test_it.py::test_that_sends'",
        ]
    )


def test_a_hook_between_two_tests_sends_no_key(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ``conftest.py`` that asks IBM after each test did so with the person's own account."""
    asked: list[object] = []

    def look_up(host: object, *args: object, **kwargs: object) -> None:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "nobody answers here")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    pytester.makeconftest(
        """
        import socket

        SAID = []

        def pytest_runtest_logfinish():
            for host in ("iam.cloud.ibm.com", "db.example"):
                try:
                    socket.getaddrinfo(host, 443)
                except Exception as error:
                    SAID.append(f"{type(error).__name__} {error}".splitlines()[0])

        def pytest_terminal_summary(terminalreporter):
            for one in SAID:
                terminalreporter.line(one)
        """
    )
    result = run("def test_a(qchannel): pass\ndef test_b(): pass")
    result.assert_outcomes(passed=2)
    blocked = "NetworkBlocked a hook between two tests reached for iam.cloud.ibm.com"
    result.stdout.fnmatch_lines([blocked, "gaierror *nobody answers here", blocked])
    assert asked == ["db.example", "db.example"]


def test_the_teardown_of_a_wider_fixture_is_named(run: Any) -> None:
    """What the user saw: that the next test, which uses us, does not, and is to be run apart."""
    result = run(
        """
        import socket
        import pytest

        @pytest.fixture(scope="module", params=["one", "two"])
        def svc():
            yield
            socket.getaddrinfo("iam.cloud.ibm.com", 443)

        @pytest.fixture(scope="module")
        def other(svc):
            yield

        def test_a(other, qchannel): pass
        """
    )
    result.assert_outcomes(passed=1, errors=1)
    lines = [
        "E *NetworkBlocked: the teardown of the module fixture 'svc' of test_it.py reached for*",
        "E *next: *qchannel_scope = module *pytest --qchannel-everywhere",
    ]
    result.stdout.fnmatch_lines(lines)
    result.stdout.no_fnmatch_line("*run it apart*")


FORGOTTEN = """
    import pytest, requests

    @pytest.mark.vcr
    def test_a():
        requests.get("https://quantum.cloud.ibm.com/api/v1/backends")
"""


def test_a_run_that_names_a_lane_sends_no_key_where_no_test_uses_it(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pytest-recording recorded the real service, with the key, in a run that named the emulator.

    The test had no fixture of ours and none of the run had; vcrpy's own error advises to record.
    """
    asked: list[object] = []

    def nobody(host: object, *_: object, **__: object) -> None:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "there is nobody")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    for options in (
        ("--record-mode=once", "--qchannel-record-from=emulator"),
        ("--qchannel-mode=record", "--record-mode=once"),
    ):
        result = run(FORGOTTEN, *options)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["E *NetworkBlocked: a test *reached for quantum.cloud.ibm.*"])
        assert not asked
    result = run(FORGOTTEN)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E *this test has none of the fixtures of pytest-qchannel*", "E *def test_a(qchannel);*"]
    )
