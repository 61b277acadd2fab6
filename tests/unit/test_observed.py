"""What was seen of the live services: each row of docs/observed.md has a test, or says why not."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
SEEN_AS: Final = {"body", "live", "paste", "code", "spec", "doc"}


class Row(NamedTuple):
    """A line of a table."""

    id: str
    what: str
    seen_as: str
    held: str


def rows() -> list[Row]:
    lines = (ROOT / "docs" / "observed.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [Row(*one) for one in cells if one and re.match(r"\d\.", one[0])]


@functools.cache
def names_in(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))


def unheld(row: Row) -> str | None:
    """What is wrong with a row; ``None`` where tests hold it, or it says why none does."""
    for held in row.held.split("; also "):
        path, _, name = held.partition("::")
        if name and name not in names_in(path):
            return f"{row.id}: there is no test {held}"
        if not name and held.removeprefix("not here: ") in ("", held):
            return f"{row.id}: neither a test nor a reason"
    return None


def test_every_row_has_a_test_or_a_reason() -> None:
    assert [problem for row in rows() if (problem := unheld(row))] == []


def test_a_row_without_either_would_be_seen() -> None:
    row = rows()[0]
    more = f"{row.held}; also "
    for held in ("", "not here: ", "later", row.held + "s", "tests/none.py::test_a", more):
        assert unheld(row._replace(held=held))


def test_every_section_is_there_and_no_row_twice() -> None:
    ids = [row.id for row in rows()]
    assert len(set(ids)) == len(ids)
    assert {int(one[0]) for one in ids} == set(range(1, 10))
    assert {row.seen_as for row in rows()} == SEEN_AS
