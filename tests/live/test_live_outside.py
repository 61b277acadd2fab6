"""What of a live run is in no lane: no budget holds it, so it reaches nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.live.conftest import SAMPLER
from tests.live.second_server import SecondServer

Run = Callable[..., pytest.RunResult]

TESTS = (
    SAMPLER
    + """
import requests
from qiskit_ibm_runtime import QiskitRuntimeService

def test_without_a_lane():
    requests.get("https://quantum.cloud.ibm.com/api/v1/versions")

@pytest.mark.live_qpu(max_qpu_seconds=1)
def test_marked():
    sample(QiskitRuntimeService())
"""
)


@pytest.mark.parametrize("chosen", ["lane", "lane or marked"])
def test_a_test_without_a_lane_reaches_nobody_and_the_marker_gives_one(
    live: Run, led: SecondServer, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    """It went past the door with the person's key: a job of three hours, with a budget of 6 s."""
    monkeypatch.setenv("QISKIT_IBM_TOKEN", led.key)
    monkeypatch.setenv("QISKIT_IBM_INSTANCE", led.crn)
    known, before = len(led.jobs()), len(led.requests())
    result = live(TESTS, "--qchannel-budget=6", "-k", chosen)
    is_marked = "marked" in chosen
    result.assert_outcomes(passed=int(is_marked), failed=1, deselected=int(not is_marked))
    result.stdout.fnmatch_lines(["*a test that does not use us reached for quantum.cloud.ibm.com"])
    result.stdout.fnmatch_lines(["E * next: *in a live run nothing reaches IBM that the budget *"])
    assert "/api/v1/versions" not in [one[2] for one in led.requests()[before:]]
    assert [one["cost_s"] for one in led.jobs()[known:]] == [1] * is_marked


def test_a_property_of_the_run_has_no_key(
    live: Run, led: SecondServer, pytester: pytest.Pytester
) -> None:
    """JUnit's report had it, where a test came by it in a way of its own."""
    (pytester.path / "key.txt").write_text(led.key, encoding="utf-8")
    test = """
        def test_a(qchannel, record_testsuite_property):
            record_testsuite_property("noted", f"<{open('key.txt').read()}>")
    """
    result = live(test, "--junitxml=report.xml")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["qchannel: a real credential stood in a property of the run, *"])
    written = (pytester.path / "report.xml").read_text(encoding="utf-8")
    assert 'name="noted"' in written
    assert led.key not in written
