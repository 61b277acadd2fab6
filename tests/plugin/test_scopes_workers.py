"""Tests that share a lane, distributed over workers of pytest-xdist."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Run
from tests.plugin.lane_kit import RECORD, files

SUITE = """
    import pytest

    pytestmark = pytest.mark.vcr

    @pytest.fixture(scope="module")
    def rest(qchannel_rest):
        assert qchannel_rest.get("/backends").status_code == 200
        return qchannel_rest

    @pytest.mark.parametrize("name", ["a", "b", "c", "d"])
    def test_one(rest, name):
        assert rest.get(f"/jobs?tags={name}").status_code == 200

    class TestIt:
        def test_in_a_class(self, rest):
            assert rest.get("/instances/usage").status_code == 200
"""


@pytest.mark.slow
def test_a_replay_is_shared_and_the_controller_decides(run: Run, pytester: pytest.Pytester) -> None:
    """Each worker plays its part; what none of them asked for fails the run, once."""
    wide = "--qchannel-scope=session"
    run(SUITE, wide, *RECORD).assert_outcomes(passed=5)
    result = run(SUITE, wide, "-n", "2")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["qchannel: 1 cassette replayed*"])
    unused = SUITE.replace('rest.get("/instances/usage").status_code', "200")
    result = run(unused, wide, "-n", "2")
    result.assert_outcomes(passed=5, errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*cassettes that workers share*",
            "*InteractionsUnused: 1 of * recorded interactions were not used*",
            "*GET /api/v1/instances/usage of test_it.py::TestIt::test_in_a_class*",
        ]
    )
    result = run(SUITE, wide, "-n", "2", "-k", "test_one")
    result.assert_outcomes(passed=4)


@pytest.mark.slow
def test_who_shares_a_recording_is_told_how_not_to(run: Run, pytester: pytest.Pytester) -> None:
    """A recording in parts would be none; a file that stays together is recorded anywhere."""
    two = ("-n", "2")
    result = run(SUITE, "--qchannel-scope=module", *RECORD, *two)
    said = result.stdout.str() + result.stderr.str()
    assert "2 workers would share the recording of test_it.py" in said
    assert "record it with --dist loadfile" in said
    result = run(SUITE, "--qchannel-scope=module", *RECORD, *two, "--dist=loadscope")
    assert "2 workers would share the recording" in result.stdout.str() + result.stderr.str()
    result = run(SUITE, "--qchannel-scope=session", *RECORD, *two)
    assert "--qchannel-record-from=emulator -n 0" in result.stdout.str() + result.stderr.str()
    assert not files(pytester.path / "cassettes")
    result = run(SUITE, "--qchannel-scope=module", *RECORD, *two, "--dist=loadfile")
    result.assert_outcomes(passed=5)
    assert list(files(pytester.path / "cassettes")) == ["test_it/_module.yaml"]
