"""The name of a run, which its jobs are tagged with."""

from __future__ import annotations

import pytest

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.lanes.live.run_id import LONGEST_RUN, RunId, run_id

GITHUB = {"GITHUB_RUN_ID": "123", "GITHUB_RUN_ATTEMPT": "2", "GITHUB_JOB": "live"}


@pytest.mark.parametrize(
    ("environ", "known"),
    [
        ({"QCHANNEL_RUN_ID": "nightly-1", **GITHUB}, RunId("nightly-1", "QCHANNEL_RUN_ID")),
        ({"QCHANNEL_RUN_ID": "", **GITHUB}, RunId("123-2-live", "GitHub Actions")),
        ({"CI_PIPELINE_ID": "7", "CI_JOB_ID": "9"}, RunId("7-9", "GitLab CI")),
        ({"CIRCLE_WORKFLOW_JOB_ID": "0a-1b"}, RunId("0a-1b", "CircleCI")),
        ({"BUILDKITE_JOB_ID": "e4-20"}, RunId("e4-20", "Buildkite")),
        ({**GITHUB, "GITHUB_JOB": "a job / b"}, RunId("123-2-a-job-b", "GitHub Actions")),
    ],
)
def test_a_run_is_named_by_its_environment(environ: dict[str, str], known: RunId) -> None:
    assert run_id(environ) == known


@pytest.mark.parametrize("environ", [{}, {"GITHUB_RUN_ID": "123"}, {"CIRCLE_WORKFLOW_JOB_ID": "/"}])
def test_a_run_without_a_name_is_given_one(environ: dict[str, str]) -> None:
    letters = iter("abcdefgh")
    assert run_id(environ, lambda _: next(letters)) == RunId("abcdefgh", "made for this run")
    assert run_id({}) != run_id({})


def test_long_names_of_ci_stay_apart() -> None:
    names = {run_id({**GITHUB, "GITHUB_JOB": "x" * 80 + end}).text for end in "ab"}
    assert len(names) == 2
    assert {len(name) for name in names} == {LONGEST_RUN}
    assert len(f"qchannel-{'x' * LONGEST_RUN}-{10**9}") <= 86


@pytest.mark.parametrize(
    ("said", "closest"),
    [("a b", "a-b"), ("-a", "a"), ("x" * 61, "x" * 51 + "-"), ("é", None), ("a:b", "a-b")],
)
def test_a_name_that_cannot_be_a_tag_is_refused(said: str, closest: str | None) -> None:
    with pytest.raises(
        UsageProblem, match=r"QCHANNEL_RUN_ID: .* cannot be part of a job's tag"
    ) as it:
        run_id({"QCHANNEL_RUN_ID": said})
    if closest is None:
        assert it.value.closest is None
    else:
        assert str(it.value.closest).startswith(closest)
