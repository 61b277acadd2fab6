"""The table of errors in ``docs/errors.md``, read from where each is made, without running it.

What is only known when it happens, as a name or a number, is blank: ``...``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest_qchannel
from docs.world_keys import table

PACKAGE = Path(pytest_qchannel.__file__).parent
RECORD_ANEW = "pytest ... --qchannel-mode=record --qchannel-record-from=emulator"
"""What every problem with a cassette says that has nothing better."""


class Made(NamedTuple):
    """An error where it is made.

    Attributes:
        kind: Its class.
        headline: The first line that it says.
        next: What it says that mends it; empty if nothing.
        where: File and line of the code.
    """

    kind: str
    headline: str
    next: str
    where: str


@cache
def nodes() -> tuple[tuple[str, ast.AST], ...]:
    """Everything in the code of the package, each with its file."""
    return tuple(
        (str(path.relative_to(PACKAGE)), node)
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


@cache
def kinds(root: str = "QChannelError") -> dict[str, str]:
    """A class of errors and all that are made of it, with the first lines of their docstrings."""
    classes = [node for _, node in nodes() if isinstance(node, ast.ClassDef)]
    found: dict[str, str] = {}
    while True:
        more = {
            one.name: (ast.get_docstring(one) or "").split("\n\n")[0]
            for one in classes
            if one.name == root or any(_name(base) in found for base in one.bases)
        }
        if more.keys() == found.keys():
            return found
        found = more


def made() -> Iterator[Made]:
    """Every error that is made with words of its own."""
    for file, node in nodes():
        if not (isinstance(node, ast.Call) and node.args and _name(node.func) in kinds()):
            continue
        kind, headline = _name(node.func), _text(node.args[0])
        words = {one.arg: _text(one.value) for one in node.keywords}
        anew = RECORD_ANEW if kind in kinds("CassetteProblem") else ""
        if headline.strip(". "):
            yield Made(kind, headline, words.get("next", anew), f"{file}:{node.lineno}")


def errors() -> str:
    """A part for each class: what it is, and what it says."""
    by_kind: dict[str, set[tuple[str, str]]] = {}
    for one in made():
        by_kind.setdefault(one.kind, set()).add((_cell(one.headline), _cell(one.next)))
    parts = []
    for kind, rows in sorted(by_kind.items()):
        said = re.sub(r":\w+:`~?([\w.]+)`|``(.+?)``", r"`\1\2`", " ".join(kinds()[kind].split()))
        cells = table(["it says", "next"], [[*row] for row in sorted(rows)])
        parts.append(f"## {kind}\n\n{said}\n\n{cells}")
    return "\n\n".join(parts)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _text(node: ast.expr) -> str:
    """A text of the code, with what is put in left blank."""
    if isinstance(node, ast.Constant):
        return str(node.value or "")
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(one) for one in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    if isinstance(node, ast.IfExp):
        return f"{_text(node.body)} (or: {_text(node.orelse)})"
    return "..."


def _cell(text: str) -> str:
    return f"`{' '.join(text.split())}`".replace("|", "\\|") if "`" not in text else text
