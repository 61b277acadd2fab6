"""What a ``unittest`` test and a subtest did is told: pytest reports both in ways of their own."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

FLAGS = ("--qchannel-mode=emulated", "--qchannel-everywhere")
ROUTE = "https://quantum.cloud.ibm.com/api/v1/no-such-route"
SAID = f"the emulator has no route for GET {ROUTE}"
VALUE = "real-SECRET-value-of-44-characters-0123456789"
REFUSED = "RealSecretRefused: the code under test sent the real credential of QISKIT_IBM_TOKEN"
HEAD = f"""
    import contextlib
    import unittest

    import early
    import pytest
    import requests

    def gap():
        assert requests.get("{ROUTE}", timeout=9).status_code == 501

    def send(key=early.KEY):
        requests.get("https://quantum.cloud.ibm.com/api/v1/jobs",
                     headers={{"Authorization": "Bearer " + key}}, timeout=9)
"""
HAS_SUBTESTS = pytest.mark.skipif(
    pytest.version_tuple < (9, 0), reason="pytest reports subtests since 9.0"
)


@pytest.fixture(params=["everywhere", "fixture"])
def run_one(
    request: pytest.FixtureRequest,
    run: Any,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """Runs the body of a unittest class, in everywhere mode and with a fixture of the kit."""
    monkeypatch.setenv("QISKIT_IBM_TOKEN", VALUE)
    monkeypatch.syspath_prepend(pytester.path)
    pytester.makepyfile(early="import os\nKEY = os.environ['QISKIT_IBM_TOKEN']\n")
    flags = FLAGS if request.param == "everywhere" else ()
    mark = "" if flags else "@pytest.mark.usefixtures('qchannel')"

    def run_class(*lines: str) -> pytest.RunResult:
        body = "".join(f"\n        {line}" for line in lines)
        source = f"{HEAD}\n    {mark}\n    class TestIt(unittest.TestCase):{body}\n"
        loud = ("-vv", "--showlocals", "-rA", "--log-level=DEBUG", "--junitxml=out.xml")
        result: pytest.RunResult = run(source, "-p", "early", *loud, *flags)
        assert VALUE[:20] not in result.stdout.str() + result.stderr.str()
        assert VALUE[:20] not in (pytester.path / "out.xml").read_text("utf-8")
        return result

    return run_class


def test_a_failing_test_is_told_what_the_lane_complains_about(
    run_one: Any, pytester: pytest.Pytester
) -> None:
    """The user saw ``501 != 200`` and nothing about the route that the emulator does not have."""
    result = run_one("def test_a(self):", "    gap()", "    self.assertEqual(501, 200)")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *AssertionError: 501 != 200", f"E *{SAID}", "E *next: *"])
    assert SAID in "".join(ElementTree.parse(pytester.path / "out.xml").getroot().itertext())


def test_a_test_that_skips_itself_does_not_hide_it(run_one: Any) -> None:
    """The user saw a green run: ``skipTest`` replaced the complaint."""
    result = run_one("def test_a(self):", "    gap()", "    self.skipTest('no')")
    result.assert_outcomes(skipped=1, errors=1)
    result.stdout.fnmatch_lines([f"*EmulatorGap: {SAID}"])


def test_an_expected_failure_hides_it_as_its_other_errors(run_one: Any) -> None:
    result = run_one(
        "@unittest.expectedFailure", "def test_a(self):", "    gap()", "    self.fail('no')"
    )
    result.assert_outcomes(xfailed=1)


@pytest.mark.parametrize("end", ["self.fail('no')", "self.skipTest('no')", "pass"])
def test_a_secret_that_was_sent_is_never_shown(run_one: Any, end: str) -> None:
    result = run_one(
        "def test_a(self, KEY=early.KEY):",
        "    with contextlib.suppress(Exception): send()",
        f"    {end}",
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert REFUSED in result.stdout.str()


@HAS_SUBTESTS
def test_a_secret_that_a_subtest_sent_is_never_shown(run_one: Any) -> None:
    """The user saw the API key in the subtest's ``--showlocals``: only the test's was hidden."""
    result = run_one(
        "def test_a(self):", "    key = early.KEY", "    with self.subTest('x'): send()"
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["SUBFAIL*", "*RealSecretRefused*"])


@HAS_SUBTESTS
def test_a_secret_that_a_subtest_of_pytest_sent_is_never_shown(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", VALUE)
    monkeypatch.syspath_prepend(pytester.path)
    pytester.makepyfile(early="import os\nKEY = os.environ['QISKIT_IBM_TOKEN']\n")
    source = f"{HEAD}\n    def test_a(qchannel, subtests):\n        with subtests.test(): send()\n"
    result = run(source, "-p", "early", "-vv", "--showlocals")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert REFUSED in result.stdout.str()
    assert VALUE[:20] not in result.stdout.str()


@HAS_SUBTESTS
def test_subtests_are_not_counted_as_tests(run: Any) -> None:
    """The user saw ``3 emulated`` for one test with two subtests."""
    source = """
        def test_a(qchannel_emulator, subtests):
            for number in range(2):
                with subtests.test(number=number):
                    pass
        """
    run(source).stdout.fnmatch_lines(["qchannel: 1 emulated"])


def test_a_complaint_shows_none_of_our_hooks(run: Any) -> None:
    """The user saw the plugin's own hooks above the complaint, and nothing of the test."""
    source = """
        import pytest

        @pytest.mark.qchannel_fault("GET /jobs", status=503)
        def test_a(qchannel_rest): pass
        """
    result = run(source)
    result.stdout.fnmatch_lines(["E *FaultNotMet: the fault 'GET /jobs: status 503' never *"])
    assert "pytest_runtest_call" not in result.stdout.str()
