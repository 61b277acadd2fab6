"""Who reaches for IBM before pytest knows which tests there are."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from typing import Any

import pytest

HOST = "iam.cloud.ibm.com"
LOOKS = f'import socket\n\ndef look():\n    socket.getaddrinfo("{HOST}", 443)\n'
IMPORTED = f"{LOOKS}\nlook()\n"
SWALLOWED = f"{LOOKS}\ntry:\n    look()\nexcept Exception:\n    pass\n"
USES_US = "def test_a(qchannel): pass"
OTHER = "def test_a(): pass"


@pytest.fixture(autouse=True)
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that left the process."""
    found: list[str] = []
    real: Callable[..., object] = socket.getaddrinfo

    def look_up(host: str, *args: object, **kwargs: object) -> object:
        if host == "127.0.0.1":
            return real(host, *args, **kwargs)
        found.append(host)
        raise OSError("nobody answers")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return found


AT_IMPORT = "from qiskit_ibm_runtime import QiskitRuntimeService\n\nQiskitRuntimeService()\n"


def said(result: pytest.RunResult) -> str:
    return result.stdout.str() + result.stderr.str()


def hook(name: str) -> str:
    return f"{LOOKS}\ndef {name}():\n    look()\n"


@pytest.mark.parametrize(
    ("conftest", "line"),
    [
        (IMPORTED, 4),
        (SWALLOWED, 4),
        (hook("pytest_configure"), 4),
        (hook("pytest_sessionstart"), 4),
        (hook("pytest_collection_finish"), 4),
        (hook("pytest_configure").replace("    look()", "    try: look()\n    except: pass"), 4),
    ],
    ids=["imported", "swallowed", "configure", "sessionstart", "collected", "swallowed in a hook"],
)
def test_a_run_that_uses_us_is_refused_with_file_and_line(
    run: Any, looked_up: list[str], conftest: str, line: int
) -> None:
    """A service made in a conftest.py looked IBM up with the person's own key."""
    # "make it in a fixture, which may have scope='session'" led from one refusal to the next.
    result = run(USES_US, conftest=conftest)
    assert looked_up == []
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: conftest.py, line {line}, reached for {HOST} before it was known which tests*",
            "  uses us: test_it.py names qchannel",
            "  next: *make it in a fixture * has scope='function' *pytest --qchannel-everywhere; *",
        ]
    )
    assert "Traceback" not in said(result)


@pytest.mark.parametrize(
    ("args", "looks"),
    [
        ((), True),
        (("--qchannel-seed=3",), False),
        (("-o", "qchannel_scope=module"), False),
        (("other.py",), False),
        (("--qchannel-mode=live", "other.py", "--collect-only"), False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, Sequence) else "",
)
def test_a_project_is_left_alone_unless_it_uses_us(
    run: Any,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    looked_up: list[str],
    args: tuple[str, ...],
    looks: bool,
) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "a-Real-Looking_Key-of-44-characters-01234567")
    pytester.makepyfile(other=USES_US)
    pytester.mkdir(".venv").joinpath("one.py").write_text(USES_US, encoding="utf-8")
    result = run(OTHER, "test_it.py", *args, conftest=SWALLOWED)
    assert looked_up == ([HOST] if looks else [])
    assert result.ret == (pytest.ExitCode.OK if looks else pytest.ExitCode.USAGE_ERROR)


def test_ibm_s_pages_and_other_hosts_are_left_alone(run: Any, looked_up: list[str]) -> None:
    source = SWALLOWED.replace(HOST, "www.ibm.com") + SWALLOWED.replace(HOST, "example.org")
    run(USES_US, conftest=source).assert_outcomes(passed=1)
    assert looked_up == ["www.ibm.com", "example.org"]


def test_a_proxy_is_not_asked_for_ibm(run: Any) -> None:
    asks = f"""
    import contextlib, socket
    near, far = socket.socketpair()
    with near, far, contextlib.suppress(Exception):
        near.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
        near.sendall(b"CONNECT {HOST}:443 HTTP/1.1\\r\\n\\r\\n")
    """
    result = run(asks + "\n    def test_a(qchannel): pass")
    result.stdout.fnmatch_lines([f"test_it.py, line 5, reached for {HOST} before *"])
    result.assert_outcomes(errors=1)


def test_emulated_at_import_answers(run: Any, looked_up: list[str]) -> None:
    """The doors of ``emulated`` lie on top, and are no business of ours."""
    result = run(
        f"""
        import socket
        from pytest_qchannel import emulated

        with emulated(door="loopback"):
            (*_, address), = socket.getaddrinfo("{HOST}", 443, type=socket.SOCK_STREAM)
            socket.create_connection(address).close()
            socket.create_connection(("{HOST}", 443)).close()

        def test_a(qchannel):
            assert address[0] == "127.0.0.1"
        """
    )
    result.assert_outcomes(passed=1)
    assert HOST not in looked_up


def test_who_logs_in_at_import_and_does_not_know_us_is_told_the_way(
    run: Any, pytester: pytest.Pytester
) -> None:
    """The user saw ``AccountNotFoundError`` while pytest collected, and no word of ours.

    No fixture and no marker serves them: one option does, or one key of the ini file.
    """
    sub = pytester.mkpydir("sub")
    sub.joinpath("conftest.py").write_text(AT_IMPORT, encoding="utf-8")
    sub.joinpath("test_sub.py").write_text(OTHER, encoding="utf-8")
    asks = (
        'import requests\n\nrequests.get("https://quantum.cloud.ibm.com/api/v1/jobs", timeout=9)\n'
    )
    pytester.makepyfile(
        test_client=f"{AT_IMPORT}\n{OTHER}",
        test_variable=f'import os\n\nos.environ["QISKIT_IBM_TOKEN"]\n{OTHER}',
        test_rest=f"{asks}\n{OTHER}",
        test_theirs="raise KeyError('of theirs')",
    )
    result = run(OTHER)
    result.assert_outcomes(errors=5)
    hint = "^E   (.*) wants an account while it is imported, when no fixture or marker of .*\n"
    found = re.findall(hint + "((?:E     .*\n)+)", result.stdout.str(), flags=re.MULTILINE)
    steps = dict(found)
    assert steps.keys() == {"conftest.py", "test_client.py", "test_variable.py", "test_rest.py"}
    assert "asked: quantum.cloud.ibm.com\n" in steps["test_rest.py"]
    result.stdout.fnmatch_lines(["ERROR test_client.py - qiskit_ibm_runtime.*Accoun*"])
    for step in steps.values():
        assert "pytest --qchannel-everywhere (for good: qchannel_everywhere = true in" in step
        assert "; or make it in a fixture that asks for the fixture qchannel and " in step
    pytester.makepyfile(test_theirs=OTHER, test_rest=OTHER)
    result = run(OTHER, "-o", "qchannel_everywhere=true")
    result.assert_outcomes(passed=6)
    assert " wants an account " not in said(result)


def test_a_first_conftest_that_logs_in_is_told_the_way_with_the_options_of_the_run(
    run: Any, looked_up: list[str]
) -> None:
    """It ends the run before pytest reports anything; every step lost the person's options."""
    result = run(OTHER, "--qchannel-seed=3", "--qchannel-mode=auto", conftest=AT_IMPORT)
    way = "put the whole run on the emulator: pytest --qchannel-seed=3 --qchannel-mode=emulated "
    result.stderr.fnmatch_lines(
        [
            "E   conftest.py wants an account while it is imported, *",
            f"E     next: {way}--qchannel-everywhere (for good: *",
        ]
    )
    result = run(OTHER, "--qchannel-seed=3", conftest=IMPORTED)
    result.stderr.fnmatch_lines(
        ["  next: *; or *: pytest --qchannel-seed=3 --qchannel-everywhere;*"]
    )
    result = run(OTHER, "--qchannel-mode=live", conftest=AT_IMPORT)
    result.stderr.fnmatch_lines(["E     next: make it in a test, or in a fixture, that uses *"])
    assert looked_up == []
