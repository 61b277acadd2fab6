"""How a progression is written, read, and followed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_qchannel.emulator.world.progression import (
    IMMEDIATE,
    STUCK,
    Progression,
    Step,
    polls,
    seconds,
)

TIMES = st.integers(0, 10**10).map(lambda tenths: tenths / 10) | st.floats(0, 1e9)
ANY = st.one_of(
    st.sampled_from([IMMEDIATE, STUCK]),
    st.integers(1, 500).map(polls),
    st.tuples(TIMES, TIMES).filter(max).map(lambda both: seconds(max(both), queued=min(both))),
)


@given(ANY)
def test_the_text_of_a_progression_reads_back(progression: Progression) -> None:
    assert Progression.parse(str(progression)) == progression


@pytest.mark.parametrize(
    "text", ["", "polls", "polls(0)", "polls(-1)", "polls(x)", "seconds()", "seconds(-1)", "Stuck"]
)
def test_what_is_no_progression_is_told_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match=r"write immediate, polls\(3\), seconds\(30\)"):
        Progression.parse(text)


@pytest.mark.parametrize("text", ["seconds(5, queued=6)"])
def test_a_job_does_not_end_before_it_starts(text: str) -> None:
    with pytest.raises(ValueError, match="queued <= total"):
        Progression.parse(text)


def test_polls_are_counted() -> None:
    steps = [polls(3).step(look, 0.0) for look in range(1, 6)]
    assert steps == [Step.WAITING, Step.WORKING, Step.WORKING, Step.DONE, Step.DONE]
    assert polls(1).step(2, 0.0) is Step.DONE
    with pytest.raises(ValueError, match="at least once"):
        polls(0)


def test_seconds_go_by_the_age() -> None:
    steps = [seconds(30, queued=10).step(1, age) for age in (0, 9.9, 10, 29.9, 30, 99)]
    assert steps == [
        *(Step.WAITING, Step.WAITING),
        *(Step.WORKING, Step.WORKING),
        *(Step.DONE, Step.DONE),
    ]


@given(st.integers(0, 10**6), st.floats(0, 1e9))
def test_a_stuck_job_waits_for_ever_and_an_immediate_one_never(looks: int, age: float) -> None:
    assert STUCK.step(looks, age) is Step.WAITING
    assert IMMEDIATE.step(looks, age) is Step.DONE
