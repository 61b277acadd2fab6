"""``--qchannel-only-stale``: what is missing, too old or misses is recorded, and nothing else."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

from tests.plugin.lane_kit import RECORD, RERUNS, files

ONLY_STALE = (*RECORD, "--qchannel-only-stale")
TESTS = """
    import pytest
    pytestmark = pytest.mark.vcr

    def test_fits(qchannel_rest):
        assert qchannel_rest.get("/backends").ok

    def test_misses(qchannel_rest, tmp_path_factory):
        qchannel_rest.get("/jobs")

    def test_leaves_some(qchannel_rest):
        assert qchannel_rest.get("/backends").ok
        assert qchannel_rest.get("/jobs").ok
"""
CHANGED = (
    TESTS.replace('    qchannel_rest.get("/jobs")', '    qchannel_rest.get("/jobs?limit=3")')
    .replace('assert qchannel_rest.get("/jobs").ok', "assert True")
    .replace(
        "def test_fits",
        "def test_new(qchannel_rest):\n        "
        'assert qchannel_rest.get("/backends").ok\n\n    def test_fits',
    )
)


def _stamps(pytester: pytest.Pytester) -> dict[str, int]:
    """When each cassette was written, by its test."""
    found = (pytester.path / "cassettes" / "test_it").glob("*.yaml")
    return {one.name.partition("[")[0]: one.stat().st_mtime_ns for one in found}


def _age(pytester: pytest.Pytester) -> None:
    for one in (pytester.path / "cassettes" / "test_it").glob("*.yaml"):
        os.utime(one, (1, 1))


def test_only_what_does_not_fit_is_recorded(run: Any, pytester: pytest.Pytester) -> None:
    run(TESTS, *RECORD).assert_outcomes(passed=3)
    _age(pytester)
    result = run(CHANGED, *ONLY_STALE)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        [
            "qchannel: 3 record on *, 1 replay on *",
            "qchannel: 1 cassette replayed, *",
            "qchannel: 3 cassettes written, *",
        ],
    )
    written = {name for name, when in _stamps(pytester).items() if when > 1_000_000_000}
    assert written == {"test_misses", "test_leaves_some", "test_new"}
    run(CHANGED).assert_outcomes(passed=4)
    before = files(pytester.path / "cassettes", "*")
    _age(pytester)
    run(CHANGED, *ONLY_STALE).assert_outcomes(passed=4)
    assert files(pytester.path / "cassettes", "*") == before
    assert set(_stamps(pytester).values()) == {1_000_000_000}


def test_an_old_one_is_and_a_damaged_one(run: Any, pytester: pytest.Pytester) -> None:
    run(TESTS, *RECORD).assert_outcomes(passed=3)
    (index,) = (pytester.path / "cassettes" / "test_it").glob("test_fits*.yaml")
    index.write_text("cut short", encoding="utf-8")
    result = run(TESTS, *ONLY_STALE)
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["qchannel: 1 cassette written, *"])
    for index in (pytester.path / "cassettes" / "test_it").glob("*.yaml"):
        text = index.read_text(encoding="utf-8")
        old = re.sub(r"(recorded_at: ')\d{4}", r"\g<1>2020", text)
        assert old != text
        index.write_text(old, encoding="utf-8")
    result = run(TESTS, *ONLY_STALE, "--qchannel-max-age=30")
    result.stdout.fnmatch_lines(["qchannel: 3 cassettes written, *"])


def test_a_test_that_fails_for_another_reason_is_not(run: Any, pytester: pytest.Pytester) -> None:
    run(TESTS, *RECORD).assert_outcomes(passed=3)
    before = files(pytester.path / "cassettes", "*")
    source = TESTS.replace('get("/jobs").ok', 'get("/jobs").status_code == 7')
    result = run(source, *ONLY_STALE)
    result.assert_outcomes(passed=2, failed=1)
    assert files(pytester.path / "cassettes", "*") == before


def test_fixtures_are_set_up_anew_for_the_second_run(run: Any) -> None:
    fixture = """
    import pytest
    COUNT = []

    @pytest.fixture
    def limit():
        COUNT.append(1)
        yield LIMIT
        COUNT.pop()

    @pytest.mark.vcr
    def test_a(limit, qchannel_rest):
        assert COUNT == [1]
        assert qchannel_rest.get("/jobs", params={"limit": limit}).ok
    """
    run(fixture.replace("LIMIT", "3"), *RECORD).assert_outcomes(passed=1)
    run(fixture.replace("LIMIT", "4"), *ONLY_STALE).assert_outcomes(passed=1)
    run(fixture.replace("LIMIT", "4")).assert_outcomes(passed=1)


def test_a_unittest_is_recorded_anew_as_well(run: Any) -> None:
    source = """
    import unittest
    import pytest
    import requests

    @pytest.mark.vcr
    @pytest.mark.usefixtures("qchannel")
    class TestIt(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def _rest(self, qchannel_rest):
            self.rest = qchannel_rest

        def test_a(self):
            assert self.rest.get("/jobs?limit=3").ok
    """
    run(source, *RECORD).assert_outcomes(passed=1)
    run(source.replace("=3", "=4"), *ONLY_STALE).assert_outcomes(passed=1)
    run(source.replace("=3", "=4")).assert_outcomes(passed=1)


FLAKY = """

    TRIES = {"records": 0, "replays": 0, "fails": 0}

    def again(name, good):
        TRIES[name] += 1
        assert TRIES[name] >= good

    def test_flaky_record(qchannel_rest):
        assert qchannel_rest.get("/jobs?limit=LIMIT").ok
        again("records", GOOD)

    def test_flaky_replay(qchannel_rest):
        assert qchannel_rest.get("/jobs").ok
        again("replays", GOOD)

    def test_red(qchannel_rest):
        assert qchannel_rest.get("/jobs").ok
        again("fails", BAD)
"""


def _flaky(good: int, bad: int, limit: int) -> str:
    made = TESTS + FLAKY.replace("GOOD", str(good)).replace("BAD", str(bad))
    return made.replace("LIMIT", str(limit))


def test_beside_another_that_runs_tests_again(run: Any, pytester: pytest.Pytester) -> None:
    """What the user saw: with --reruns=2 no test with a cassette was run again."""
    run(_flaky(0, 0, 1), *RECORD).assert_outcomes(passed=6)
    _age(pytester)
    before = _stamps(pytester)
    result = run(_flaky(3, 9, 2), *ONLY_STALE, conftest=RERUNS)
    result.assert_outcomes(passed=5, failed=1)
    after = _stamps(pytester)
    assert {name for name in after if after[name] != before[name]} == {"test_flaky_record"}
    result.stdout.fnmatch_lines(["qchannel: 5 cassettes replayed, *"])
    run(_flaky(0, 0, 2)).assert_outcomes(passed=6)


def test_what_tests_share_is_replayed_by_workers(run: Any, run_apart: Any) -> None:
    """A worker may tell of the test only that it runs, so nothing is recorded in a second run."""
    wide, source = "--qchannel-scope=module", SHARED.replace('"session"', '"module"')
    run(source, wide, *RECORD).assert_outcomes(passed=3)
    spread = ("-n", "2", "--dist", "loadfile")
    result = run_apart(source.replace("limit=2", "limit=3"), wide, *ONLY_STALE, *spread)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["E *next: *pytest *test_it.py* --qchannel-mode=record *"])


def test_under_xdist(run: Any, run_apart: Any, pytester: pytest.Pytester) -> None:
    run(TESTS, *RECORD).assert_outcomes(passed=3)
    _age(pytester)
    result = run_apart(CHANGED, *ONLY_STALE, "-n", "2")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        ["qchannel: 1 cassette replayed, *", "qchannel: 3 cassettes written, *"]
    )
    written = {name for name, when in _stamps(pytester).items() if when > 1_000_000_000}
    assert written == {"test_misses", "test_leaves_some", "test_new"}


def test_without_a_recording_it_is_a_usage_error(run: Any) -> None:
    result = run(TESTS, "--qchannel-only-stale")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "*--qchannel-only-stale is about recordings, and nothing is recorded",
            "*next: *pytest --qchannel-mode=record --qchannel-only-stale "
            "--qchannel-record-from=emulator",
        ]
    )


SHARED = """
    import pytest
    pytestmark = pytest.mark.vcr
    SET_UP = []

    @pytest.fixture(scope="module", autouse=True)
    def counted():
        SET_UP.append(len(SET_UP))
        yield

    @pytest.fixture(scope="session")
    def rest(qchannel_rest):
        return qchannel_rest

    def test_a(rest):
        assert rest.get("/backends").ok

    def test_b(rest):
        assert rest.get("/jobs?limit=2").ok

    class TestC:
        def test_c(self, rest):
            assert rest.get("/jobs").ok
            print("set up", SET_UP)
"""


@pytest.mark.parametrize(
    ("scope", "changed"),
    [
        ("module", 'get("/jobs?limit=3")'),
        ("session", 'get("/jobs?limit=3")'),
        ("module", 'get("/backends")'),
    ],
    ids=["misses", "misses, the whole run", "leaves some"],
)
def test_what_tests_share_is_recorded_whole_where_one_does_not_fit(
    run: Any, pytester: pytest.Pytester, scope: str, changed: str
) -> None:
    """What the user saw: a command for each module, and the run had failed."""
    wide, apart = f"--qchannel-scope={scope}", "def test_not_ours(): pass"
    source = SHARED.replace('(scope="session")', f'(scope="{scope}")')
    pytester.makepyfile(test_other=apart, test_zz=apart)
    run(source, wide, *RECORD).assert_outcomes(passed=5)
    cassettes = pytester.path / "cassettes"
    before = files(cassettes, "*")
    fits = run(source, wide, *ONLY_STALE)
    fits.assert_outcomes(passed=5)
    fits.stdout.fnmatch_lines(["qchannel: 3 replay on *", "qchannel: 1 cassette replayed, *"])
    assert files(cassettes, "*") == before
    source = source.replace('get("/jobs?limit=2")', changed)
    result = run(source, wide, *ONLY_STALE, "-rP")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(
        ["set up [[]0, 1[]]", "qchannel: 3 record on *", "qchannel: 1 cassette written, *"]
    )
    assert files(cassettes, "*") != before
    run(source, wide).assert_outcomes(passed=5)


def test_what_tests_share_is_not_recorded_where_one_fails_for_another_reason(
    run: Any, pytester: pytest.Pytester
) -> None:
    wide, source = "--qchannel-scope=module", SHARED.replace('"session"', '"module"')
    run(source, wide, *RECORD).assert_outcomes(passed=3)
    before = files(pytester.path / "cassettes", "*")
    red = source.replace('limit=2").ok', 'limit=2").ok and len(SET_UP) > 1')
    stopped = run(red, wide, *ONLY_STALE, "-x")
    stopped.assert_outcomes(passed=2, failed=1)  # all of them ran before anybody was told
    again = run(red, wide, *ONLY_STALE, conftest=RERUNS)
    again.assert_outcomes(passed=3)
    again.stdout.fnmatch_lines(["qchannel: 3 replay on *"])
    assert files(pytester.path / "cassettes", "*") == before
