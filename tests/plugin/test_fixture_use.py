"""The fixtures in every place where pytest lets a person use one."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel import fixtures

CLOUD = "--qchannel-channel=ibm_cloud"


def test_in_unittest_classes_with_usefixtures(run: Any) -> None:
    result = run(
        """
        import os
        import unittest

        import pytest
        import requests

        @pytest.mark.usefixtures("qchannel")
        class TestIt(unittest.TestCase):
            def setUp(self):
                self.channel = os.environ["QISKIT_IBM_CHANNEL"]

            def test_a(self):
                self.assertEqual(self.channel, "ibm_cloud")
                url = "https://quantum.cloud.ibm.com/api/v1/jobs"
                self.assertEqual(requests.get(url, timeout=9).status_code, 401)

        class TestWithoutIt(unittest.TestCase):
            def test_b(self):
                self.assertNotIn("QISKIT_IBM_CHANNEL", os.environ)
        """,
        CLOUD,
    )
    result.assert_outcomes(passed=2)


def test_a_swallowed_request_fails_a_unittest_too(run: Any) -> None:
    result = run(
        """
        import unittest

        import pytest
        import requests

        @pytest.mark.usefixtures("qchannel")
        class TestIt(unittest.TestCase):
            def test_a(self):
                try:
                    requests.get("https://example.org", timeout=9)
                except Exception:
                    pass
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E *NetworkBlocked: *reached for example.org", "E *where: test_it.py::TestIt::test_a"]
    )


def test_in_classes_and_through_a_fixture_of_the_users_own(run: Any) -> None:
    result = run(
        """
        import pytest

        @pytest.fixture
        def jobs(qchannel_rest):
            return lambda: qchannel_rest.get("/jobs").json()["jobs"]

        class TestIt:
            @pytest.fixture(autouse=True)
            def _here(self, qchannel):
                self.channel = qchannel.channel.name

            def test_a(self, jobs):
                assert jobs() == []
                assert self.channel in ("ibm_cloud", "ibm_quantum")
        """,
        "-v",
        "--qchannel-channel=ibm_cloud,ibm_quantum",
    )
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*TestIt::test_a[[]ibm_cloud[]] PASSED*"])


def test_with_getfixturevalue_on_the_first_channel_chosen(run: Any) -> None:
    result = run(
        """
        def test_a(request):
            assert request.getfixturevalue("qchannel").channel.name == "ibm_quantum"
            assert request.getfixturevalue("qchannel_rest").get("/jobs").status_code == 200
        """,
        "-v",
        "--qchannel-channel=ibm_quantum,ibm_cloud",
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["test_it.py::test_a PASSED*"])


def test_in_a_fixture_of_a_wider_scope_pytest_says_why_not(run: Any) -> None:
    result = run(
        """
        import pytest

        @pytest.fixture(scope="module")
        def wide(qchannel):
            pass

        def test_a(wide):
            pass
        """
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["ScopeMismatch: *function scoped fixture*"])


def test_tmp_path_of_the_test_is_its_own(run: Any) -> None:
    """What the user saw: a directory ``qchannel-home`` in what ought to be empty."""
    result = run(
        """
        def test_a(tmp_path, qchannel):
            assert list(tmp_path.iterdir()) == []
        """
    )
    result.assert_outcomes(passed=1)


def test_the_plugin_can_be_switched_off(run: Any) -> None:
    result = run("def test_a(qchannel): pass", "-p", "no:qchannel")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E *fixture 'qchannel' not found"])
    result.stdout.no_fnmatch_line("qchannel: *")


@pytest.mark.parametrize("ending", ["pass", "assert 0, 'by itself'"])
def test_a_test_that_asks_by_name_in_its_body_is_told_there(run: Any, ending: str) -> None:
    """Until its body asks, nothing says that the test, or the run, uses us."""
    result = run(
        f"""
        import requests

        def test_a(request):
            request.getfixturevalue("qchannel_emulator")
            try:
                requests.get("https://example.org", timeout=9)
            except Exception:
                pass
            {ending}
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*NetworkBlocked: *reached for example.org", "*where: *test_it.py::test_a"]
        if ending == "pass"
        else ["E *by itself", "*reached for example.org"]
    )
    assert "qchannel: 1 emulated" in result.outlines


def test_each_fixture_is_described(run: Any) -> None:
    """``pytest --fixtures`` had no word for the services of a fixed channel."""
    lines = run("def test_a(): pass", "--fixtures").outlines
    ours = [at for at, line in enumerate(lines) if " -- " in line and "fixtures.py" in line]
    named = {lines[at].split()[0]: lines[at + 1].strip() for at in ours}
    family = {name for name in fixtures(scope="function") if not name.startswith("_")}
    assert {"qchannel_world", *family} <= set(named)
    assert not [name for name, said in named.items() if not said or "no docstring" in said]
