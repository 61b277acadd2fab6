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
def nodes() -> tuple[tuple[str, ast.AST, ast.AST], ...]:
    """Everything in the code of the package, each with its file and the function it is in."""
    return tuple(
        (str(path.relative_to(PACKAGE)), node, scope)
        for path in sorted(PACKAGE.rglob("*.py"))
        for node, scope in _scoped(ast.parse(path.read_text(encoding="utf-8")))
    )


@cache
def constants() -> dict[str, list[str]]:
    """The texts that names of modules stand for, by ``file:name`` and by name."""
    found: dict[str, list[str]] = {}
    for file, node, scope in nodes():
        if isinstance(scope, ast.Module) and (named := _assigned(node)):
            for key in (f"{file}:{named[0]}", named[0]):
                found.setdefault(key, []).append(named[1])
    return found


@cache
def kinds(root: str = "QChannelError") -> dict[str, str]:
    """A class of errors and all that are made of it, with the first lines of their docstrings."""
    classes = [node for _, node, _ in nodes() if isinstance(node, ast.ClassDef)]
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
    for file, node, scope in nodes():
        if not (isinstance(node, ast.Call) and node.args and _name(node.func) in kinds()):
            continue
        kind, headline = _name(node.func), _text(node.args[0])
        words = {one.arg: _meant(one.value, file, scope) for one in node.keywords}
        anew = RECORD_ANEW if kind in kinds("CassetteProblem") else ""
        if headline.strip(". "):
            yield Made(kind, headline, words.get("next", anew), f"{file}:{node.lineno}")


def commands() -> set[str]:
    """The commands that errors tell: at the start of ``next``, or after ``: ``, ``or`` or ``(``."""
    command = r"(?:^|: |\bor |\()((?:pytest|qchannel|pip|python -m \w+) [^,;()]+)"
    return {found.strip() for one in made() for found in re.findall(command, one.next)}


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


def _scoped(module: ast.Module) -> Iterator[tuple[ast.AST, ast.AST]]:
    left: list[tuple[ast.AST, ast.AST]] = [(module, module)]
    while left:
        node, scope = left.pop()
        yield node, scope
        inner = node if isinstance(node, ast.FunctionDef) else scope
        left.extend((one, inner) for one in ast.iter_child_nodes(node))


def _assigned(node: ast.AST) -> tuple[str, str] | None:
    """The name that a line gives to a text, and the text."""
    if not (isinstance(node, ast.Assign | ast.AnnAssign) and node.value):
        return None
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    text = _text(node.value)
    return (target.id, text) if isinstance(target, ast.Name) and text.strip(". ") else None


def _meant(node: ast.expr, file: str, scope: ast.AST) -> str:
    """A text of the code; of a name, the texts that it may stand for."""
    if not isinstance(node, ast.Name):
        return _text(node)
    here = [
        named[1] for one in ast.walk(scope) if (named := _assigned(one)) and named[0] == node.id
    ]
    names = constants()
    first, *others = here or names.get(f"{file}:{node.id}") or names.get(node.id) or ["..."]
    return first + "".join(f" (or: {other})" for other in others)


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
