"""``--qchannel-cassettes``: where all cassettes lie."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.lane_kit import RECORD, REST, files, recorded


def test_the_folder_is_another_one(run: Any, pytester: pytest.Pytester) -> None:
    folder = "--qchannel-cassettes=recorded/here"
    result = run(REST, *RECORD, folder)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["qchannel: *cassettes=recorded/here (from --qchannel-cassettes)"])
    assert len(files(pytester.path / "recorded" / "here")) == 1
    assert not (pytester.path / "cassettes").exists()
    run(REST, folder).assert_outcomes(passed=1)
    run(REST).assert_outcomes(errors=1)


def test_without_an_ini_file_it_does_not_depend_on_what_is_run(
    run: Any, pytester: pytest.Pytester
) -> None:
    """What the user saw: ``pytest tests/test_b.py`` looked in tests/cassettes."""
    (pytester.path / "tests").mkdir()
    run("", *RECORD)
    (pytester.path / "test_it.py").rename(pytester.path / "tests" / "test_b.py")
    from textwrap import dedent

    (pytester.path / "tests" / "test_b.py").write_text(dedent(REST), encoding="utf-8")
    words = ("-p", "no:cacheprovider", "-p", "no:randomly")
    pytester.runpytest_inprocess(*words, *RECORD).assert_outcomes(passed=1)
    assert next(iter(files(pytester.path / "cassettes"))).startswith("tests/test_b/test_a[")
    pytester.runpytest_inprocess(*words, "tests/test_b.py").assert_outcomes(passed=1)


def test_what_cannot_be_written_is_said_without_a_traceback(
    run: Any, pytester: pytest.Pytester
) -> None:
    """A folder in the place of a file ended the test with an IsADirectoryError of this plugin."""
    index = recorded(run, pytester)
    index.unlink()
    index.mkdir()
    result = run(REST, *RECORD)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*CassetteProblem: the cassette cannot be written: Is a directory", "*next: *pytest *"]
    )
    assert "Traceback" not in result.stdout.str()
    (pytester.path / "a-file").write_text("", encoding="utf-8")
    result = run(REST, *RECORD, "--qchannel-cassettes=a-file")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*CassetteProblem: the cassette cannot be written: *"])


def test_with_rootdir_elsewhere_a_tree_of_cassettes_stops_no_run(
    run: Any, pytester: pytest.Pytester
) -> None:
    """What the user saw: a RecursionError in plugin/unused.py before any test ran.

    Outside of rootdir, pytest gives a folder and its modules the same id.
    """
    elsewhere = pytester.mkdir("elsewhere")
    recorded(run, pytester, REST)
    outside = f"--rootdir={elsewhere}"
    result = run(REST, outside, "--qchannel-mode=replay")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*that no test uses*")
