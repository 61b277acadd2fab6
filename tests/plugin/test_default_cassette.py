"""A cassette with a name of its own: the commands in errors find the test that records it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.lane_kit import RECORD

NAMED = """
    import pytest

    @pytest.mark.vcr
    @pytest.mark.default_cassette("shared/rest")
    def test_a(qchannel_rest):
        assert qchannel_rest.get("/backends").status_code == 200
"""
TWO = (
    NAMED
    + """
    @pytest.mark.vcr
    @pytest.mark.default_cassette("shared/rest.yaml")
    def test_b(qchannel_rest):
        assert qchannel_rest.get("/backends").status_code == 200
        MORE
"""
)
BOTH = TWO.replace("MORE", "")


def _pasted(pytester: pytest.Pytester, result: pytest.RunResult) -> pytest.RunResult:
    """Runs the command of an error, up to the comma."""
    line = next(one for one in result.outlines if "next:" in one)
    _, *words = shlex.split(line.partition("next:")[2].partition(", or ")[0])
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *words)


def _index(pytester: pytest.Pytester) -> Path:
    (found,) = (pytester.path / "cassettes").glob("test_it/*.yaml")
    return found


def test_the_command_of_a_missing_one_works_as_pasted(run: Any, pytester: pytest.Pytester) -> None:
    """It named ``test_it.py::shared/rest``, and pytest said that there is no such test."""
    result = run(NAMED)
    result.stdout.fnmatch_lines(["*CassetteMissing: there is no cassette"])
    _pasted(pytester, result).assert_outcomes(passed=1)
    run(NAMED).assert_outcomes(passed=1)


@pytest.mark.parametrize("damage", ["count: 1", "passport:"])  # the second one is no YAML
def test_the_command_of_a_damaged_one_names_who_may_write_it(
    run: Any, pytester: pytest.Pytester, damage: str
) -> None:
    run(BOTH, *RECORD, "-k", "test_a").assert_outcomes(passed=1, deselected=1)
    index = _index(pytester)
    index.write_text(index.read_text("utf-8").replace(damage, "count: 7", 1), encoding="utf-8")
    result = run(BOTH, "-k", "test_b")
    result.assert_outcomes(errors=1, deselected=1)
    result.stdout.fnmatch_lines(["*CassetteDamaged: *", "*next: *test_it.py::test_a*"])
    _pasted(pytester, result).assert_outcomes(passed=1)
    run(BOTH).assert_outcomes(passed=2)


def test_so_does_that_of_an_old_one(run: Any, pytester: pytest.Pytester) -> None:
    run(BOTH, *RECORD, "-k", "test_a").assert_outcomes(passed=1, deselected=1)
    result = run(BOTH, "-k", "test_b", "--qchannel-max-age=0.0000001")
    result.stdout.fnmatch_lines(["*CassetteTooOld: *", "*next: *test_it.py::test_a*"])


def test_who_may_not_write_it_is_told_to_have_its_own(run: Any) -> None:
    """The command was refused: the cassette belongs to another test."""
    run(BOTH, *RECORD, "-k", "test_a").assert_outcomes(passed=1, deselected=1)
    source = TWO.replace("MORE", 'qchannel_rest.get("/jobs")')
    result = run(source)
    result.assert_outcomes(passed=1, failed=1)
    own = "*next: *give the test a cassette of its own (no default_cassette), then pytest *test_b*"
    result.stdout.fnmatch_lines(["*CassetteMiss: no recorded interaction answers GET */jobs", own])
    unused = run(BOTH.replace('.get("/backends").status_code == 200\n        \n', "\n"))
    unused.stdout.fnmatch_lines(["*InteractionsUnused: 1 of 1 recorded interactions *", own])
