"""Where a project logs in while its tests are imported: no fixture is there so early."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pytest_qchannel.cli.machine import Machine, tree_of

__all__ = ["Login", "logins"]

_LATER: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_SERVICE: Final = "QiskitRuntimeService"
_ON_EMULATOR: Final = ("emulated", "raises")


class Login(NamedTuple):
    """Where a service is made while a file is imported."""

    path: Path
    line: int


def logins(machine: Machine) -> Iterator[Login]:
    """The first login of each test module and conftest.py, and of the modules that these import."""
    waiting, own = list(machine.tests), set(machine.modules)
    roots = (machine.base, machine.base / "src")
    for path in waiting:  # which grows meanwhile
        done = list(_done_at_import(path))
        for place in {place for node in done for place in _imported(node, path, roots)} & own:
            if place not in waiting:
                waiting.append(place)
        if line := next(_logins_among(done), 0):
            yield Login(path, line)


def _done_at_import(path: Path) -> Iterator[ast.expr | ast.stmt]:
    """What a file does when it is imported: not its functions, nor what it does as a program."""
    left = deque[ast.AST](filter(None, [tree_of(path)]))
    while left:
        node = left.popleft()
        if isinstance(node, _LATER) or (isinstance(node, ast.If) and _is_for_programs(node.test)):
            continue
        if isinstance(node, ast.With) and any(
            _called(one.context_expr) in _ON_EMULATOR for one in node.items
        ):
            continue
        if isinstance(node, (ast.expr, ast.stmt)):
            yield node
        left += ast.iter_child_nodes(node)


def _is_for_programs(test: ast.expr) -> bool:
    return any(_name(one) in ("__name__", "TYPE_CHECKING") for one in ast.walk(test))


def _called(node: ast.AST) -> str:
    """What is called, without the module or the object that it is of; empty where nothing is."""
    return _name(node.func) if isinstance(node, ast.Call) else ""


def _name(node: ast.AST) -> str:
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _logins_among(done: list[ast.expr | ast.stmt]) -> Iterator[int]:
    """The lines that make a service, whatever it is imported as."""
    called = {_SERVICE}
    for node in done:
        if isinstance(node, ast.ImportFrom):
            called |= {one.asname or one.name for one in node.names if one.name == _SERVICE}
        if _called(node) in called:
            yield node.lineno


def _imported(node: ast.AST, path: Path, roots: tuple[Path, ...]) -> Iterator[Path]:
    """Where the modules may lie that a statement imports; the folder of a test is a root, too."""
    if isinstance(node, ast.Import):
        names = [one.name for one in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or "", *(f"{node.module or ''}.{one.name}" for one in node.names)]
    else:
        return
    level = node.level if isinstance(node, ast.ImportFrom) else 0
    for root in path.parents[level - 1 : level] if level else (*roots, path.parent):
        for name in names:
            place = root.joinpath(*filter(None, name.split(".")))
            yield place.with_suffix(".py")
            yield place / "__init__.py"
