"""What a check of ``qchannel doctor`` says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

from pytest_qchannel.cli.machine import Machine
from pytest_qchannel.errors import UsageProblem

__all__ = ["Check", "Finding", "State", "fail", "seen_of", "unset", "warn"]


class State(StrEnum):
    """How something stands: as it should, in the way of some, or in the way of all."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(NamedTuple):
    """What was seen.

    Attributes:
        state: How it stands.
        seen: What was seen, in a line. The value of a variable that holds a secret is not in it.
        next: One command that mends it; empty where nothing is to be done.
    """

    state: State
    seen: str
    next: str = ""


class Check(NamedTuple):
    """One thing that is looked at.

    Attributes:
        id: What ``--only`` calls it.
        title: What holds where nothing is wrong.
        look: Gives the findings; none of them is ok.
        fine: What is said where there are none.
    """

    id: str
    title: str
    look: Callable[[Machine], Iterator[Finding]]
    fine: Callable[[Machine], str]


def fail(seen: str, mend: str) -> Finding:
    """Something that stands in the way of the tests, or soon will."""
    return Finding(State.FAIL, seen, mend)


def warn(seen: str, mend: str) -> Finding:
    """Something that is most likely not meant so."""
    return Finding(State.WARN, seen, mend)


def unset(variable: str) -> str:
    """The command that takes a variable out of the environment."""
    return f"unset {variable}"


def seen_of(problem: UsageProblem, where: str = "") -> str:
    """What was seen of a name that there is not; if none is close, with what lists them all."""
    is_far = problem.closest is None and "one of" in (problem.next or "")
    return problem.headline + where + ("; qchannel docs settings lists them all" if is_far else "")
