"""Tests that share a lane, distributed over workers of pytest-xdist."""

from __future__ import annotations

from unittest import mock

import pytest

from pytest_qchannel.plugin import taping, unit_tapes
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
def test_a_replay_is_shared_and_the_controller_decides(run: Run) -> None:
    """Each worker plays its part; what none of them asked for fails the run, once."""
    wide = "--qchannel-scope=session"
    run(SUITE, wide, *RECORD).assert_outcomes(passed=5)
    unused = SUITE.replace('rest.get("/instances/usage").status_code', "200")
    result = run(unused, wide, "-n", "2")
    result.assert_outcomes(passed=5, errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*cassettes that workers share*",
            "*InteractionsUnused: 1 of * recorded interactions were not used*",
            "*GET /api/v1/instances/usage of test_it.py::TestIt::test_in_a_class*",
            "qchannel: 1 cassette replayed*",
        ]
    )


@pytest.mark.slow
def test_a_recording_is_of_one_worker(run: Run, pytester: pytest.Pytester) -> None:
    """A recording in parts would be none; a file that stays together is recorded anywhere."""
    wide = ("--qchannel-scope=module", "-n", "2")
    result = run(SUITE, *wide, *RECORD)
    said = result.stdout.str() + result.stderr.str()
    assert "2 workers would share the recording of test_it.py" in said
    assert "record it with --dist loadfile" in said
    assert not files(pytester.path / "cassettes")
    run(SUITE, *wide, *RECORD, "--dist=loadfile").assert_outcomes(passed=5)
    assert list(files(pytester.path / "cassettes")) == ["test_it/_module.yaml"]


@pytest.mark.parametrize(
    ("dist", "groups"),
    [
        (
            "load",
            {"t/test_a.py::test_x", "t/test_a.py::A::test_y[1::2@x]", "t/test_a.py::A::test_z@db"},
        ),
        ("loadfile", {"t/test_a.py"}),
        ("loadscope", {"t/test_a.py", "t/test_a.py::A"}),
        ("loadgroup", {"t/test_a.py::test_x", "t/test_a.py::A::test_y[1::2@x]", "db"}),
    ],
)
def test_what_stays_in_one_worker(dist: str, groups: set[str]) -> None:
    ids = ("t/test_a.py::test_x", "t/test_a.py::A::test_y[1::2@x]", "t/test_a.py::A::test_z@db")
    assert {unit_tapes.worker_group(one, dist) for one in ids} == groups


def test_the_group_of_a_worker_is_in_no_id(pytester: pytest.Pytester) -> None:
    """pytest-xdist adds it to the ids of tests, and a cassette must not have it."""
    item = pytester.getitem("import pytest\n@pytest.mark.xdist_group('db')\ndef test_func(): pass")
    item.config.option.loadgroup = True
    for more, kept in (("@db", ""), ("[a@b]", "[a@b]"), ("[a@b]@db", "[a@b]"), ("", "")):
        node = f"{item.nodeid}{more}"  # with pytest 9.2 it is not there
        named = mock.Mock(wraps=item, config=item.config, path=item.path, nodeid=node)
        assert taping.test_id(named).endswith(f".py::test_func{kept}")
