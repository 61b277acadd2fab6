"""A failed test shows what it sent, whichever part of it failed, and wherever the report goes."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

TITLE = "- qchannel: what was sent -"
TEST = """
    import unittest

    import pytest

    def test_passes(qchannel_rest):
        qchannel_rest.get("/jobs/of-one-that-passes")

    def test_body(qchannel_rest):
        assert qchannel_rest.get("/jobs/of-the-body").status_code == 200

    @pytest.fixture
    def broken(qchannel_rest):
        qchannel_rest.get("/jobs/of-the-setup")
        raise ValueError("in the setup")

    def test_setup(broken):
        pass

    @pytest.fixture
    def leaving(qchannel_rest):
        yield
        qchannel_rest.get("/jobs/of-the-teardown")
        raise ValueError("in the teardown")

    def test_teardown(leaving):
        pass

    @pytest.mark.xfail
    def test_expected(qchannel_rest):
        assert qchannel_rest.get("/jobs/of-an-expected-one").status_code == 200

    @pytest.mark.qchannel
    class TestCase(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def rest(self, qchannel_rest):
            self.rest = qchannel_rest

        def test_unittest(self):
            self.assertEqual(self.rest.get("/jobs/of-unittest").status_code, 200)

    def test_silent(qchannel):
        assert False, "nothing was sent"

    def test_not_ours():
        assert False
"""
FAILED = ("of-the-body", "of-the-setup", "of-the-teardown", "of-unittest")


def sections(output: str) -> list[str]:
    """What stands below each title, to the next rule or failure."""
    found = []
    for part in output.split(TITLE)[1:]:
        lines = part.split("\n")[1:]
        ends = [n for n, line in enumerate(lines) if not line.startswith(("#", "...", "no "))]
        found.append("\n".join(lines[: ends[0]]))
    return found


@pytest.mark.parametrize("args", [(), ("-n1", "--tb=short", "--show-capture=no")], ids=str)
def test_each_part_of_a_test_that_fails_shows_it(
    run: Any, pytester: pytest.Pytester, args: tuple[str, ...]
) -> None:
    """A failed test had shown an assertion about a status, and not what was asked and refused."""
    result = run(TEST, "--junitxml=out.xml", *args)
    assert result.parseoutcomes() == {
        "passed": 2, "failed": 4, "errors": 2, "xfailed": 1
    }  # fmt: skip
    shown = sections(result.stdout.str())
    assert len(shown) == 5
    for path in FAILED:
        (one,) = (text for text in shown if path in text)
        assert one.count(f"/api/v1/jobs/{path} -> 404: 1291 Job not found. Job ID: {path}") == 1
    assert "no request was sent" in shown
    assert "of-one-that-passes" not in result.stdout.str()
    assert "of-an-expected-one" not in "".join(shown)
    failures = ElementTree.parse(pytester.path / "out.xml").iter("failure")
    (of_body,) = (one for one in failures if "of-the-body" in (one.text or ""))
    assert TITLE in (of_body.text or "")
    assert "#" not in of_body.attrib["message"]


EVERYWHERE = """
    import pytest
    import requests

    URL = "https://iam.cloud.ibm.com/identity/token"

    @pytest.fixture(scope="module")
    def shared():
        requests.post(URL + "?of=the-fixture")

    def test_a(shared):
        requests.post(URL + "?of=the-first")

    def test_b(shared):
        requests.post(URL + "?of=the-second")
        assert False
"""


def test_in_a_lane_of_a_whole_run_it_is_the_tests_own_part(run: Any) -> None:
    result = run(EVERYWHERE, "--qchannel-everywhere")
    (shown,) = sections(result.stdout.str())
    assert "of=the-second -> 400: BXNIM0109E" in shown
    assert "the-first" not in shown
    assert "the-fixture" not in shown


SHARED = """
    import pytest

    @pytest.fixture(scope="module")
    def shared(qchannel_rest):
        qchannel_rest.get("/jobs/of-the-fixture")
        return qchannel_rest

    def test_a(shared):
        shared.get("/jobs/of-the-first")

    def test_b(shared):
        assert shared.get("/jobs/of-the-second").status_code == 200
"""


def test_in_a_lane_of_a_module_too(run: Any) -> None:
    (shown,) = sections(run(SHARED, "--qchannel-scope=module").stdout.str())
    assert "/jobs/of-the-second -> 404: 1291" in shown
    assert "of-the-first" not in shown
    assert "of-the-fixture" not in shown


SUMMARY = """
    import pytest
    import requests

    @pytest.mark.qchannel_fault("GET /jobs", status=503)
    def test_a(qchannel):
        pass

    def test_b(qchannel):
        error = ValueError("the cause")
        error.add_note("a note")
        raise error

    def test_c(qchannel):
        requests.get("https://example.org/")
"""


def test_the_summary_has_one_cause_a_line_also_where_pytest_cuts_nothing(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a CI server each of our errors took five lines of the summary."""
    monkeypatch.setenv("CI", "true")
    result = run(SUMMARY)
    summary = [line for line in result.outlines if line.startswith("FAILED")]
    assert [line.partition(" - ")[2] for line in summary] == [
        "FaultNotMet: the fault 'GET /jobs: status 503' never happened",
        "ValueError: the cause",
        "NetworkBlocked: a test in the emulated lane reached for example.org",
    ]
    assert result.outlines[result.outlines.index(summary[-1]) + 1].startswith("===")
    result.stdout.fnmatch_lines(["E *a note", "E *next: *--qchannel-allowed-hosts=example.org"])
    result.stdout.no_fnmatch_line("*pytest_qchannel*.py:*")


BUGGED = """
    from pytest_qchannel.lanes.lane import Lane

    def test_a(qchannel, monkeypatch):
        qchannel._lane._traffic.accounts = None
        qchannel.instances
"""


def test_a_bug_of_ours_shows_where_it_is_and_so_does_full_trace(run: Any) -> None:
    run(BUGGED).stdout.fnmatch_lines(["*pytest_qchannel*lane.py:*", "*AttributeError*"])
    run(SUMMARY, "--full-trace", "-k", "test_c").stdout.fnmatch_lines(["*guard.py:*"])
