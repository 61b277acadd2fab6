"""The marker ``live_qpu`` outside of the live lane; its arguments are checked all the same."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from pytest_qchannel.plugin.marker_arguments import ACCEPT

TEST = """
    import pytest

    @pytest.mark.live_qpu{arguments}
    def test_a(qchannel):
        raise AssertionError("ran")
"""


@pytest.mark.parametrize("arguments", ["", "()", "(max_qpu_seconds=1.5)"])
def test_in_other_lanes_the_test_runs_there(run: Any, arguments: str) -> None:
    result = run(TEST.format(arguments=arguments), "-rs", "--strict-markers")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * AssertionError: ran"])


def test_only_live_is_skipped_there_and_says_so(run: Any) -> None:
    result = run(TEST.format(arguments="(only_live=True)"), "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(
        ["SKIPPED*live_qpu(only_live=True): runs with --qchannel-mode=live alone"]
    )


def test_the_marker_parts_a_suite(run: Any) -> None:
    test = TEST.format(arguments="(max_qpu_seconds=5)").replace("raise AssertionError", "str")
    run(test, "-m", "not live_qpu").assert_outcomes(deselected=1)
    run(test, "-m", "live_qpu").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            "(max_qpu_second=1)",
            "ERROR: marker live_qpu: unknown argument 'max_qpu_second', "
            "did you mean 'max_qpu_seconds'[?]",
        ),
        ("(max_qpu_seconds=0)", "ERROR: marker live_qpu: max_qpu_seconds=0 is no budget"),
        ("(max_qpu_seconds='1')", "ERROR: marker live_qpu: max_qpu_seconds='1' is no budget"),
        ("(1, 2)", "ERROR: marker live_qpu: takes 0 positional arguments but 2 were given"),
    ],
)
def test_wrong_arguments_are_usage_errors(run: Any, arguments: str, said: str) -> None:
    result = run(TEST.format(arguments=arguments))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said, "  where: test_it.py::test_a*", "  next: *"])


def test_markers_are_listed_and_known_to_strict_markers(run: Any) -> None:
    result = run(TEST.format(arguments=""), "--markers", "--strict-markers")
    result.stdout.fnmatch_lines(
        [
            "@pytest.mark.qchannel([*]names, instance=None, seed=None, mode=None, *",
            "@pytest.mark.live_qpu([*], max_qpu_seconds=10, max_jobs=1, *",
        ]
    )
    listed = {part.partition("(")[0]: part for part in result.stdout.str().split("\n\n")}
    for name, accept in ACCEPT.items():
        said = set(re.findall(r"\w+", listed[f"@pytest.mark.{name}"]))
        assert set(inspect.signature(accept).parameters) <= said
        # They were one line each, of up to 385 characters, which a terminal broke anywhere.
        assert max(map(len, listed[f"@pytest.mark.{name}"].splitlines())) <= 80
    mistyped = run("import pytest\n@pytest.mark.qchanel\ndef test_a(): pass", "--strict-markers")
    mistyped.assert_outcomes(errors=1)
    mistyped.stdout.fnmatch_lines(["*'qchanel' not found in `markers` configuration option*"])
