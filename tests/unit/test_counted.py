"""Numbers with what is counted."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

import pytest_qchannel
from pytest_qchannel.counted import counted

PACKAGE = Path(pytest_qchannel.__file__).parent
NOUNS = (
    "request job test cassette interaction file device instance account day byte finding shot PUB "
    "blob answer"
)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 jobs"),
        (1, "1 job"),
        (1.0, "1 job"),
        (2, "2 jobs"),
        (0.5, "0.5 jobs"),
        (1_200_000, "1200000 jobs"),
        (["a"], "1 job"),
        ("ab", "2 jobs"),
    ],
)
def test_one_is_one(number: object, said: str) -> None:
    """The user read ``1 requests, 1 jobs``."""
    assert counted(number, "job") == said  # type: ignore[arg-type]


def test_another_word_for_several() -> None:
    assert [counted(n, "entry", "entries") for n in (1, 2)] == ["1 entry", "2 entries"]


def many_in(text: str) -> list[str]:
    """The f-strings of some code that end a number with the word for several of something."""
    words = "|".join(f"{noun}s" for noun in NOUNS.split())
    one = re.compile(rf"\A (?:{words}|entries)\b")
    found = []
    for node in ast.walk(ast.parse(text)):
        parts = node.values if isinstance(node, ast.JoinedStr) else []
        for value, after in pairwise(parts):
            if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                said = str(after.value)
                if one.match(said) and not ast.unparse(value.value).isupper():
                    found.append(f"{{{ast.unparse(value.value)}}}{said[:30]}")
    return found


NEVER_ONE = {
    "{len(made)} jobs",
    "{sharers} PUBs",
    "{len(ids)} cassettes",
    "{len(others) + 1} instances, and ",
    "{length} jobs",
    "{shots} shots of a PUB: they take mor",
    "{len(cancelled) + 1} jobs of the service",
    "{len(asked)} tests that share the lane of ",
}
"""Said of several only, or of less than none."""


def test_what_is_counted_is_counted_in_one_place() -> None:
    found = {one for path in PACKAGE.rglob("*.py") for one in many_in(path.read_text("utf-8"))}
    assert found - NEVER_ONE == set(), "write counted(number, 'request')"
    assert NEVER_ONE - found == set(), "no longer there: take them from the list"


def test_a_number_before_several_would_be_seen() -> None:
    assert many_in("f'{len(jobs)} jobs, {MOST} tests, {n} others'") == ["{len(jobs)} jobs, "]
