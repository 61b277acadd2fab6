"""Everywhere mode: what goes beyond the emulator fails what is to blame, and nothing else."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

FLAGS = ("--qchannel-mode=emulated", "--qchannel-everywhere")
ROUTE = "https://quantum.cloud.ibm.com/api/v1/no-such-route"
SAID = f"the emulator has no route for GET {ROUTE}"
HEAD = f"""
    import contextlib
    import threading
    import unittest

    import pytest
    import requests

    def gap():
        assert requests.get("{ROUTE}", timeout=9).status_code == 501

    def blocked():
        with contextlib.suppress(BaseException):
            requests.get("https://example.org", timeout=9)
"""
SECTION = "*= qchannel: problems outside tests =*"


def fails_outside(result: pytest.RunResult, where: str, **outcomes: int) -> None:
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.parseoutcomes() == {**outcomes, "errors": 1}
    result.stdout.fnmatch_lines([SECTION, f"{where}:", SAID, "*closest: *", "*next: *"])


# Of a test --------------------------------------------------------------------------------------

OF_A_TEST = {
    "function": ("def test_bad(): gap()", {"failed": 1}),
    "unittest": (
        "class TestIt(unittest.TestCase):\n        def test_bad(self): gap()",
        {"failed": 1},
    ),
    "unittest tearDown": (
        "class TestIt(unittest.TestCase):\n"
        "        def tearDown(self): gap()\n"
        "        def test_bad(self): pass",
        {"failed": 1},
    ),
    "doctest": ("def test_bad():\n        '''\n        >>> gap()\n        '''", {"failed": 1}),
    "fixture": (
        "@pytest.fixture\n    def fix(): gap()\n    def test_bad(fix): pass",
        {"failed": 1},
    ),
    "fixture teardown": (
        "@pytest.fixture\n    def fix():\n        yield\n        gap()\n"
        "    def test_bad(fix): pass",
        {"passed": 1, "errors": 1},
    ),
    "skipped": ("def test_bad():\n        gap()\n        pytest.skip('x')", {"errors": 1}),
    "thread": (
        "def test_bad():\n        one = threading.Thread(target=gap)\n"
        "        one.start()\n        one.join()",
        {"failed": 1},
    ),
}


@pytest.mark.parametrize("kind", OF_A_TEST)
def test_what_a_test_swallows_fails_that_test(run: Any, kind: str) -> None:
    code, expected = OF_A_TEST[kind]
    source = f"{HEAD}\n    def test_before(): pass\n\n    {code}\n\n    def test_zlast(): pass\n"
    result = run(source, *FLAGS, *(("--doctest-modules",) if kind == "doctest" else ()))
    outcomes = result.parseoutcomes()
    for word, number in expected.items():
        innocent = 2 if word == "passed" else 0
        assert outcomes[word] == number + innocent
    result.stdout.fnmatch_lines([f"*EmulatorGap: {SAID}"])
    failed = [line for line in result.outlines if line.startswith(("FAILED", "ERROR"))]
    assert len(failed) == 1
    assert "test_bad" in failed[0]
    assert "problems outside tests" not in result.stdout.str()


def test_a_blocked_host_names_the_test_and_allowed_ones_are_let_through(run: Any) -> None:
    source = HEAD + "    def test_a(): blocked()\n    def test_b(): pass\n"
    result = run(source, *FLAGS)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*NetworkBlocked: a test in the emulated lane reached for example.org",
            "*where: test_it.py::test_a",
            "*next: *pytest --qchannel-mode=emulated --qchannel-everywhere "
            "--qchannel-allowed-hosts=example.org",
        ]
    )
    source = """
        import socket

        def test_a(monkeypatch):
            assert socket.getaddrinfo("127.0.0.1", 80)
    """
    run(source, *FLAGS, "--qchannel-allowed-hosts=example.org").assert_outcomes(passed=1)


def test_an_error_is_shown_with_its_problem(run: Any) -> None:
    result = run(
        HEAD
        + """
    def test_a():
        gap()
        raise ValueError("mine")
    """,
        *FLAGS,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ValueError: mine", f"*{SAID}"])


def test_under_xdist_too(run_apart: Any) -> None:
    source = HEAD + "    def test_a(): gap()\n    def test_b(): pass\n"
    result = run_apart(source, *FLAGS, "-n", "2")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines([f"*EmulatorGap: {SAID}"])


# Outside tests ----------------------------------------------------------------------------------

OUTSIDE = {
    "setUpClass of test_it.py::TestIt": """
    class TestIt(unittest.TestCase):
        @classmethod
        def setUpClass(cls): gap()
        def test_a(self): pass
        def test_b(self): pass
    """,
    "tearDownClass of test_it.py::TestIt": """
    class TestIt(unittest.TestCase):
        @classmethod
        def tearDownClass(cls): gap()
        def test_a(self): pass
        def test_b(self): pass
    """,
    "setup_module of test_it.py": """
    def setup_module(): gap()
    def test_a(): pass
    def test_b(): pass
    """,
    "the class fixture 'fix' of test_it.py::TestIt": """
    @pytest.fixture(scope="class")
    def fix(): gap()
    @pytest.mark.usefixtures("fix")
    class TestIt:
        def test_a(self): pass
        def test_b(self): pass
    """,
    "the session fixture 'fix' of the session": """
    @pytest.fixture(scope="session")
    def fix():
        yield
        gap()
    def test_a(fix): pass
    def test_b(fix): pass
    """,
}


@pytest.mark.parametrize("where", OUTSIDE)
def test_what_belongs_to_no_test_fails_the_run(run: Any, where: str) -> None:
    result = run(HEAD + OUTSIDE[where], *FLAGS)
    # setUpClass and tearDownClass are one fixture for pytest.
    phase = "teardown" if "yield" in OUTSIDE[where] or "tearDown" in where else "setup"
    fails_outside(result, f"{phase} of {where.replace('tearDown', 'setUp')}", passed=2)


def test_the_last_fixtures_of_a_run_that_stops_early(run: Any) -> None:
    result = run(
        HEAD
        + """
    @pytest.fixture(scope="session")
    def fix():
        yield
        gap()
    def test_a(fix): assert False
    def test_b(fix): pass
    """,
        *FLAGS,
        "-x",
    )
    assert result.parseoutcomes() == {"failed": 1, "errors": 1}
    where = "teardown of the session fixture 'fix' of the session"
    result.stdout.fnmatch_lines([SECTION, f"{where}:", SAID])


def test_a_class_fixture_that_fails_shows_its_problem_at_each_test(run: Any) -> None:
    result = run(
        HEAD
        + """
    class TestIt(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            gap()
            raise ValueError("mine")
        def test_a(self): pass
        def test_b(self): pass
    """,
        *FLAGS,
    )
    result.assert_outcomes(errors=2)
    assert result.stdout.str().count("ValueError: mine") >= 2
    assert SAID in result.stdout.str()
    assert "problems outside tests" not in result.stdout.str()


def test_between_tests(run: Any) -> None:
    result = run(
        HEAD + "    def test_a(): pass\n    def test_b(): pass\n",
        *FLAGS,
        conftest=f"""
        import requests

        def pytest_runtest_logfinish(nodeid):
            if "test_a" in nodeid:
                requests.get("{ROUTE}", timeout=9)
        """,
    )
    fails_outside(result, "between tests, after test_it.py::test_a", passed=2)


def test_while_a_conftest_is_imported(run: Any) -> None:
    conftest = f"import requests\nrequests.get('{ROUTE}', timeout=9)"
    result = run("def test_a(): pass", *FLAGS, conftest=conftest)
    fails_outside(result, "before collection (a plugin or conftest.py)", passed=1)
    result = run("", *FLAGS, conftest=conftest)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_while_a_conftest_is_imported_that_fails(run: Any) -> None:
    conftest = f"import requests\nrequests.get('{ROUTE}', timeout=9).raise_for_status()"
    result = run("def test_a(): pass", *FLAGS, conftest=conftest)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "501" in result.stderr.str()
    assert SAID in result.stderr.str()


def test_a_key_that_is_written_in_a_conftest_is_of_no_account(run: Any) -> None:
    """What the user saw: the client's own word, though the run was all on the emulator."""
    grant = "urn:ibm:params:oauth:grant-type:apikey"
    conftest = f"""
        import requests

        form = dict(grant_type="{grant}", apikey="x" * 44)
        requests.post("https://iam.cloud.ibm.com/identity/token", form).raise_for_status()
    """
    result = run("def test_a(): pass", *FLAGS, conftest=conftest)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the API key that #1 was sent with is unknown here*", "*next: *"])


def test_after_the_run(run_apart: Any) -> None:
    result = run_apart(
        "def test_a(): pass",
        *FLAGS,
        conftest=f"""
        import requests

        def pytest_unconfigure():
            requests.get("{ROUTE}", timeout=9)
        """,
    )
    assert result.ret == 1
    assert f"EmulatorGap: {SAID}" in result.stderr.str()


@pytest.mark.parametrize("option", ["--no-summary", "-pno:terminal"])
def test_without_a_summary_it_is_still_told(run: Any, option: str) -> None:
    where = "the session fixture 'fix' of the session"
    result = run(HEAD + OUTSIDE[where], *FLAGS, option)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert (result.stdout.str() + result.stderr.str()).count(SAID) == 1


def test_of_a_worker(run_apart: Any) -> None:
    where = "the session fixture 'fix' of the session"
    result = run_apart(HEAD + OUTSIDE[where], *FLAGS, "-n", "1")
    fails_outside(result, f"teardown of {where} [[]gw0]", passed=2)


# At collection ----------------------------------------------------------------------------------


@pytest.mark.parametrize("is_swallowed", [True, False])
def test_at_collection_the_file_is_named(run: Any, pytester: Any, is_swallowed: bool) -> None:
    pytester.makepyfile(test_other="def test_b(): pass")
    call = "gap()" if is_swallowed else "requests.get(ROUTE, timeout=9).raise_for_status()"
    source = f"{HEAD}\n    ROUTE = '{ROUTE}'\n    {call}\n    def test_a(): pass\n"
    result = run(source, *FLAGS, "--junitxml=out.xml")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert result.parseoutcomes() == {"errors": 1}
    result.stdout.fnmatch_lines(["*ERROR collecting test_it.py*", f"*{SAID}"])
    assert ("501" in result.stdout.str()) is not is_swallowed
    assert "problems outside tests" not in result.stdout.str()
    assert SAID in "".join(ElementTree.parse(pytester.path / "out.xml").getroot().itertext())


# Secrets ----------------------------------------------------------------------------------------

VALUE = "real-SECRET-value-of-44-characters-0123456789"
SENDING = """
    import contextlib
    import unittest

    import early
    import requests

    def send(KEY=early.KEY):
        requests.get("https://quantum.cloud.ibm.com/api/v1/jobs",
                     headers={"Authorization": "Bearer " + KEY}, timeout=9)
"""
SECRET_PLACES = {
    "import": ("    send()\n    def test_a(): pass", 1),
    "test": ("    def test_a(): send()", 1),
    "swallowed": ("    def test_a():\n        with contextlib.suppress(Exception): send()", 1),
    "class": (
        "    class TestIt(unittest.TestCase):\n"
        "        @classmethod\n"
        "        def setUpClass(cls): send()\n"
        "        def test_a(self): pass\n"
        "        def test_b(self): pass",
        2,
    ),
    "class teardown": (
        "    class TestIt(unittest.TestCase):\n"
        "        @classmethod\n"
        "        def tearDownClass(cls): send()\n"
        "        def test_a(self): pass",
        1,
    ),
}


@pytest.mark.parametrize("place", SECRET_PLACES)
def test_a_real_secret_is_refused_and_never_shown(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Read before we began: by a plugin that is named on the command line."""
    monkeypatch.setenv("QISKIT_IBM_TOKEN", VALUE)
    monkeypatch.syspath_prepend(pytester.path)
    pytester.makepyfile(early="import os\nKEY = os.environ['QISKIT_IBM_TOKEN']\n")
    code, times = SECRET_PLACES[place]
    loud = ("-vv", "--showlocals", "-rA", "--log-cli-level=DEBUG", "-p", "early")
    result = run(SENDING + code, *FLAGS, *loud)
    said = result.stdout.str() + result.stderr.str()
    assert result.ret not in (pytest.ExitCode.OK, pytest.ExitCode.INTERNAL_ERROR)
    headline = "RealSecretRefused: the code under test sent the real credential of QISKIT_IBM_TOKEN"
    assert said.count(headline) >= times
    assert VALUE not in said
    assert VALUE[:20] not in said
