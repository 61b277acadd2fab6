"""A run that is stopped while something is recorded."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.lane_kit import RECORD, files

TESTS = """
    import pytest
    pytestmark = pytest.mark.vcr

    def test_a(qchannel_rest):
        assert qchannel_rest.get("/backends").ok

    def test_b(qchannel_rest):
        assert qchannel_rest.get("/jobs").ok
        END

    def test_c(qchannel_rest):
        pass
"""
STOPS = """
    def pytest_runtest_logfinish(nodeid):
        if "test_b" in nodeid:
            SESSION.shouldstop = "enough"

    def pytest_sessionstart(session):
        global SESSION
        SESSION = session
"""
COMMAND = "; to record it: pytest *test_it.py* --qchannel-mode=record *; what was recorded: *"


@pytest.mark.parametrize(
    ("scope", "end", "conftest", "why"),
    [
        ("module", "pytest.exit('enough')", "", "the run was stopped"),
        ("function", "pytest.exit('enough')", "", "the run was stopped"),
        ("module", "assert False", "", "*"),  # what pytest tears down then is its version's
        ("module", "pass", STOPS, "*"),
    ],
    ids=["exit", "exit, own cassette", "fails", "stopped between tests"],
)
def test_the_summary_tells_what_was_not_written(
    run: Any, pytester: pytest.Pytester, scope: str, end: str, conftest: str, why: str
) -> None:
    """After Ctrl-C no line said so; a run stopped between two tests wrote a part as the whole."""
    wide = f"--qchannel-scope={scope}"
    result = run(TESTS.replace("END", end), wide, "-x", *RECORD, conftest=conftest)
    unit = "test_it.py::*" if scope == "module" else "test_it.py::test_b*"
    result.stdout.fnmatch_lines([f"qchannel: no cassette written for {unit}: {why}{COMMAND}"])
    written = [name for name in files(pytester.path / "cassettes") if ".qchannel" not in name]
    assert len(written) == (scope == "function")


COMPLAINS = """
    import socket
    import pytest

    @pytest.fixture
    def ends_late(qchannel_rest):
        yield
        with pytest.raises(Exception):
            socket.create_connection(("192.0.2.1", 443))

    def test_a(ends_late):
        pytest.exit("enough")
"""


def test_what_a_lane_complains_about_does_not_go_past_a_run_that_is_stopped(run: Any) -> None:
    """Ctrl-C ended in a traceback of pytest's own, with another exit status than 2."""
    result = run(COMPLAINS)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["qchannel: * reached for 192.0.2.1*", "* no tests ran in *"])
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
