"""A marker of ours on a test without a fixture of ours: the test gets the lane."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels_kit import is_offered

ASK = 'requests.get("https://quantum.cloud.ibm.com/api/v1/jobs", timeout=9)'
TESTS = f"""
    import os
    import unittest

    import pytest
    import requests

    def ask():
        assert "emulated" in os.environ["QISKIT_IBM_TOKEN"]
        return {ASK}.status_code, os.environ["QISKIT_IBM_CHANNEL"]

    @pytest.fixture(autouse=True)
    def own():
        return ask() if "WITHOUT" not in os.environ else None

    @pytest.mark.qchannel
    def test_function():
        assert ask()[0] == 401

    @pytest.mark.qchannel("ibm_cloud")
    @pytest.mark.parametrize("number", [1, 2])
    def test_parametrized(number, own):
        assert own == ask() == (401, "ibm_cloud")

    @pytest.mark.qchannel("ibm_cloud", "ibm_quantum")
    def test_channels():
        assert ask()[0] == 401

    @pytest.mark.qchannel_fault("GET /jobs", status=503, times=2)
    def test_fault():
        assert ask()[0] == 503

    @pytest.mark.qchannel("ibm_cloud")
    class TestClass:
        def test_method(self):
            assert ask() == (401, "ibm_cloud")

    @pytest.mark.qchannel("ibm_cloud")
    class TestCase(unittest.TestCase):
        def setUp(self):
            self.before = ask()

        def test_method(self):
            assert self.before == ask() == (401, "ibm_cloud")

    class TestMixed(unittest.TestCase):
        @pytest.mark.qchannel_fault("GET /jobs", status=503, times="every")
        def test_method(self):
            assert ask()[0] == 503
"""


def test_the_test_gets_the_lane(run: Any) -> None:
    """What the user saw: the marker did nothing, and the test reached for the real host."""
    result = run(TESTS, "-v", "--strict-markers")
    result.assert_outcomes(passed=9)
    told = "8 emulated on ibm_cloud, 1 emulated on ibm_quantum"  # older clients' default channel
    if is_offered("ibm_quantum_platform"):
        told = (
            "5 emulated on ibm_cloud, 1 emulated on ibm_quantum, 3 emulated on ibm_quantum_platform"
        )
    result.stdout.fnmatch_lines(
        [
            "*::test_parametrized[[]*[]] PASSED*",
            "*::test_channels[[]ibm_cloud[]] PASSED*",
            "*::test_channels[[]ibm_quantum[]] PASSED*",
            f"qchannel: {told}",
        ]
    )


def test_other_tests_do_not(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WITHOUT", "1")
    source = (
        TESTS
        + """
    def test_plain():
        assert "QISKIT_IBM_TOKEN" not in os.environ
"""
    )
    run(source, "-k", "plain").assert_outcomes(passed=1, deselected=9)


def test_the_command_line_is_cut_down_to_the_marker(run: Any) -> None:
    result = run(TESTS, "-rs", "-k", "test_parametrized", "--qchannel-channel=ibm_quantum")
    result.assert_outcomes(skipped=2, deselected=6)
    result.stdout.fnmatch_lines(["SKIPPED*runs only on ibm_cloud*asked for: ibm_quantum"])


def test_it_is_recorded_and_replayed_like_any_other(run: Any) -> None:
    source = f"""
    import pytest, requests

    @pytest.mark.vcr
    @pytest.mark.qchannel("ibm_cloud")
    def test_a():
        assert {ASK}.status_code == 401
    """
    run(source, "--qchannel-mode=record", "--qchannel-record-from=emulator").assert_outcomes(
        passed=1
    )
    result = run(source)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["qchannel: *1 replay on ibm_cloud*"])


@pytest.mark.parametrize("fixture", ["", "qchannel"])
def test_a_marker_that_a_conftest_adds_counts(run: Any, fixture: str) -> None:
    conftest = """
        import pytest

        def pytest_collection_modifyitems(items):
            items[0].add_marker(pytest.mark.qchannel_fault("GET /jobs", status=503))
        """
    source = f"import requests\ndef test_a({fixture}): assert {ASK}.status_code == 503"
    run(source, conftest=conftest).assert_outcomes(passed=1)


XUNIT = """
    import os, unittest
    import pytest

    {marker}
    class TestPlain:
        {decorator}
        def {setup}: assert "emulated" in os.environ["QISKIT_IBM_TOKEN"]
        def test_a(self, qchannel): pass
        def test_b(self, ibm_cloud_service): pass

    {marker}
    @pytest.mark.usefixtures("qchannel")
    class TestUnit(unittest.TestCase):
        @classmethod
        def setUpClass(cls): assert "emulated" in os.environ["QISKIT_IBM_TOKEN"]
        def test_a(self): pass
    """


def test_with_our_fixtures_as_well_the_lane_is_open_before_setup_class(run: Any) -> None:
    """``setUpClass`` and ``setup_class`` can ask for no fixture; with the marker they need not.

    Where a test asked for one of our fixtures too, they were set up before the lane.
    """
    setup = {"setup": "setup_class(cls)", "decorator": "@classmethod"}
    marked = XUNIT.format(marker="@pytest.mark.qchannel", **setup)
    run(marked, "--qchannel-scope=class").assert_outcomes(passed=3)


def test_what_can_ask_for_no_fixture_is_told_of_the_marker(run: Any) -> None:
    """The advice was to have ``setUpClass`` ask for the fixture ``qchannel``."""
    source = """
    import pytest
    from qiskit_ibm_runtime import QiskitRuntimeService

    class TestA:
        def setup_method(self): QiskitRuntimeService()
        def test_a(self, qchannel): pass

    class TestB:
        @classmethod
        def setup_class(cls): QiskitRuntimeService("ibm_cloud", token="t" * 44)
        def test_b(self, qchannel): pass

    def setup_function(): QiskitRuntimeService()
    def test_c(qchannel): pass
    """
    result = run(source)
    result.assert_outcomes(errors=3)
    at_class = "mark its class with @pytest.mark.qchannel: the lane is open before it then"
    result.stdout.fnmatch_lines_random(
        [
            "E *qchannel: setup_method was set up before the lane*",
            f"E *next: {at_class}",
            "E *setup_class of test_it.py::TestB reached for *",
            f"E *next: *qchannel_scope = class in the ini file) and {at_class}; or put *",
            "E *qchannel: setup_function was set up before the lane*",
            "E *next: write pytestmark = pytest.mark.qchannel into its module: the lane is open*",
        ]
    )
    result.stdout.no_fnmatch_line("*let it ask for*")
