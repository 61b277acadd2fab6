"""What a live test ended as: a skip only where nothing else can be to blame."""

from __future__ import annotations

import pickle

import pytest

from pytest_qchannel.errors import EmulatorGap, QChannelError
from pytest_qchannel.lanes.live.outcome import SERVICE_CODES, Facts, Outcome, outcome_of
from pytest_qchannel.lanes.live.problems import DuplicateJobs, LiveProblem, LiveRefused

SKIPS = {Outcome.QUOTA, Outcome.QUEUE, Outcome.SERVICE, Outcome.NOT_OFFERED}


def facts(*outcomes: Outcome) -> Facts:
    found = Facts()
    for number, one in enumerate(outcomes):
        found.note(f"request {number}", one, f"because of {one}")
    return found


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_what_the_code_cannot_help_is_a_skip(outcome: Outcome) -> None:
    assert outcome.is_skip == (outcome in SKIPS)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_fact_counts_where_the_test_failed(outcome: Outcome) -> None:
    told = outcome_of(facts(outcome))
    assert (told.outcome, told.why) == (outcome, f"because of {outcome}")


def test_an_error_without_a_fact_is_the_codes() -> None:
    told = outcome_of(Facts())
    assert told.outcome is Outcome.CODE


def test_counts_that_do_not_fit_are_statistics_whatever_passed_the_door() -> None:
    told = outcome_of(facts(Outcome.SERVICE), is_statistics=True)
    assert told.outcome is Outcome.STATISTICS


@pytest.mark.parametrize(
    ("problem", "outcome"),
    [
        (LiveRefused("x"), Outcome.CODE),
        (LiveRefused("x", outcome="quota"), Outcome.QUOTA),
        (LiveProblem("x", outcome="queue"), Outcome.QUEUE),
        (DuplicateJobs("x", outcome="duplicates"), Outcome.DUPLICATES),
        (EmulatorGap("x"), Outcome.CODE),
    ],
)
def test_a_problem_counts_even_where_the_code_swallowed_it(
    problem: QChannelError, outcome: Outcome
) -> None:
    told = outcome_of(Facts(), [problem])
    assert (told.outcome, told.why) == (outcome, "x")


@pytest.mark.parametrize("other", sorted(SKIPS))
def test_what_fails_a_test_is_never_hidden_by_what_skips_it(other: Outcome) -> None:
    for worse in set(Outcome) - SKIPS:
        for both in ((worse, other), (other, worse)):
            told = outcome_of(facts(*both))
            assert told.outcome is worse


def test_a_request_that_went_well_in_the_end_is_forgotten() -> None:
    found = facts(Outcome.SERVICE)
    found.note("request 0", Outcome.QUOTA, "again")
    assert [one.outcome for one in found.told] == [Outcome.QUOTA]
    found.forget("request 0")
    found.forget("request 0")
    assert found.told == []


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        *((code, Outcome.SERVICE) for code in sorted(SERVICE_CODES)),
        (1305, Outcome.QUOTA),
        (1517, Outcome.CODE),
        (None, Outcome.CODE),
    ],
)
def test_codes_of_jobs(code: int | None, outcome: Outcome) -> None:
    found = Facts()
    found.note_code(code, "job1", 10)
    assert [one.outcome for one in found.told] == [outcome]


def test_a_job_without_a_limit_of_the_lanes_ran_too_long_by_itself() -> None:
    found = Facts()
    found.note_code(1305, "job1", None)
    assert [one.outcome for one in found.told] == [Outcome.CODE]


def test_problems_pass_from_a_worker_to_its_controller() -> None:
    problem = LiveRefused("x", outcome="quota", where="a test", facts=[("a", "b")])
    copy = pickle.loads(pickle.dumps(problem))
    assert (type(copy), str(copy), copy.outcome) == (LiveRefused, str(problem), "quota")
