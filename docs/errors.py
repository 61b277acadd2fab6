"""The table of errors in ``docs/errors.md``, read from where each is made, without running it.

What is only known when it happens, as a name or a number, is blank: ``...``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest_qchannel
from docs.world_keys import table

PACKAGE = Path(pytest_qchannel.__file__).parent
RECORD_ANEW = "pytest ... --qchannel-mode=record --qchannel-record-from=emulator"
"""What every problem with a cassette says that has nothing better."""

_GIVEN = re.compile(r"\0(\w+)\0")
"""The name of a parameter in a text."""

_IN_WORDS = re.compile(r"^[^\n]*[ \0][^\n]*$")
"""What a function is given to say: one word is a name, and lines are a file's."""


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
    modules = {
        str(path.relative_to(PACKAGE)): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    return tuple(
        (file, node, scope) for file, module in modules.items() for node, scope in _scoped(module)
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
    """Every error that is made with words of its own, or with those that a function was given."""
    for file, node, scope in nodes():
        if not (isinstance(node, ast.Call) and node.args and (kind := _kind(node, scope))):
            continue
        words = {one.arg: _meant(one.value, file, scope) for one in node.keywords}
        anew = RECORD_ANEW if kind in kinds("CassetteProblem") else ""
        said = (_meant(node.args[0], file, scope), words.get("next", ""))
        for headline, next_, where in _given(said, file, scope, node.lineno):
            if headline.strip(". "):
                mend = next_.replace("(or: )", f"(or: {anew})") or anew
                yield Made(kind, headline, mend, where)


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


@cache
def _owners() -> dict[int, str]:
    """The class of each method, by the identity of the method."""
    classes = (node for _, node, _ in nodes() if isinstance(node, ast.ClassDef))
    return {id(one): each.name for each in classes for one in each.body}


def _kind(node: ast.Call, scope: ast.AST) -> str:
    """The class of errors that a call makes one of; empty if it makes none."""
    is_of_super = ast.unparse(node.func) == "super().__init__"
    name = _owners().get(id(scope), "") if is_of_super else _name(node.func)
    return name if name in kinds() else ""


def _given(
    said: tuple[str, str], file: str, scope: ast.AST, line: int
) -> Iterator[tuple[str, str, str]]:
    """What an error says and where, for each call that gives words to the function it is made in.

    A name stays blank in a headline, as what is only known later does.
    """
    headline, next_ = said
    calls = list(_calls(scope, file)) if _GIVEN.search(headline) else []
    for node, around, place in calls:
        words = _arguments(node, scope, place, around)
        told = {name: text for name, text in words.items() if _IN_WORDS.search(text)}
        filled = (_filled(headline, told), _filled(next_, words))
        yield from _given(filled, place, around, node.lineno)
    if not calls or not _is_private(scope):
        yield _filled(headline, {}), _filled(next_, {}), f"{file}:{line}"


def _filled(text: str, words: Mapping[str, str]) -> str:
    return _GIVEN.sub(lambda one: words.get(one[1], "..."), text)


def _is_private(scope: ast.AST) -> bool:
    return isinstance(scope, ast.FunctionDef) and scope.name.startswith("_")


def _calls(of: ast.AST, file: str) -> Iterator[tuple[ast.Call, ast.AST, str]]:
    """The calls of a function, each with the function and the file it is in.

    Of one that others may call, those in its folder, where no other has its name.
    """
    if not isinstance(of, ast.FunctionDef):
        return
    name = _owners()[id(of)] if of.name == "__init__" else of.name
    is_method = of.name != "__init__" and "self" in _parameters(of)
    folder = file if _is_private(of) else file.rpartition("/")[0]
    near = [one for one in nodes() if one[0].startswith(folder)]
    same = [one for _, one, _ in near if isinstance(one, ast.FunctionDef) and one.name == name]
    for place, node, around in near if len(same) < 2 or _is_private(of) else ():
        if not isinstance(node, ast.Call):
            continue
        called, is_of = _name(node.func), isinstance(node.func, ast.Attribute)
        # A method may keep a function that it was given: as self._name.
        is_kept = is_of and not is_method and place == file and called == f"_{name}"
        if is_kept or (called == name and is_of == is_method):
            yield node, around, place


def _arguments(call: ast.Call, of: ast.AST, file: str, scope: ast.AST) -> dict[str, str]:
    """The texts that a call gives to the parameters of a function."""
    assert isinstance(of, ast.FunctionDef)
    names = [one for one in _parameters(of) if one not in ("self", "cls")]
    defaults = dict(zip(reversed(names), reversed(of.args.defaults), strict=False))
    given = {**defaults, **dict(zip(names, call.args, strict=False))}
    given |= {one.arg: one.value for one in call.keywords if one.arg}
    return {name: _meant(value, file, scope) for name, value in given.items()}


def _parameters(function: ast.AST) -> list[str]:
    if not isinstance(function, ast.FunctionDef):
        return []
    return [one.arg for one in (*function.args.args, *function.args.kwonlyargs)]


def _assigned(node: ast.AST) -> tuple[str, str] | None:
    """The name that a line gives to a text, and the text."""
    if not (isinstance(node, ast.Assign | ast.AnnAssign) and node.value):
        return None
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    text = _text(node.value)
    return (target.id, text) if isinstance(target, ast.Name) and text.strip(". ") else None


def _meant(node: ast.expr, file: str, scope: ast.AST) -> str:
    """A text of the code; of a name, the texts that it may stand for."""
    parameters = _parameters(scope)
    if not isinstance(node, ast.Name):
        return _text(node, parameters)
    here = [
        named[1] for one in ast.walk(scope) if (named := _assigned(one)) and named[0] == node.id
    ]
    if not here and node.id in parameters:
        return f"\0{node.id}\0"
    names = constants()
    known = names.get(f"{file}:{node.id}") or (names.get(node.id) if node.id.isupper() else None)
    first, *others = here or known or ["..."]
    return first + "".join(f" (or: {other})" for other in others)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _text(node: ast.expr, parameters: Iterable[str] = ()) -> str:
    """A text of the code, with what is put in left blank; what a function is given, by its name."""
    if isinstance(node, ast.Constant):
        return "" if node.value is None else str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(one, parameters) for one in node.values)
    if isinstance(node, ast.FormattedValue):
        is_said = isinstance(node.value, ast.Name) or any(
            look(node.value) for look in (_is_choice, _is_again, _many)
        )
        return _text(node.value, parameters) if is_said and node.conversion == -1 else "..."
    if isinstance(node, ast.Name) and node.id in parameters:
        return f"\0{node.id}\0"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left, parameters) + _text(node.right, parameters)
    if many := _many(node):
        return f"... {many}"
    if either := _either(node):
        one, other = (_text(part, parameters) for part in either)
        return f"{one} (or: {other})" if one != other else one
    if isinstance(node, ast.Call) and _is_again(node):
        return " ".join(["pytest", "...", *(_text(one, parameters) for one in node.args)])
    return "..."


def _is_again(node: ast.expr) -> bool:
    """Whether a text is the command that starts the run again, of ``rerun_command``."""
    return isinstance(node, ast.Call) and _name(node.func) == "again"


def _many(node: ast.expr) -> str:
    """What is counted, of a call that counts it; else empty."""
    if not (isinstance(node, ast.Call) and _name(node.func) == "counted" and len(node.args) > 1):
        return ""
    *_, last = node.args
    said = _text(last)
    return said if len(node.args) > 2 else f"{said}s"


def _either(node: ast.expr) -> tuple[ast.expr, ...]:
    """The two texts that one may be: as things are, or for who runs tests or a program."""
    if isinstance(node, ast.IfExp):
        return node.body, node.orelse
    if isinstance(node, ast.Call) and _name(node.func) == "said_to":  # of rerun_command
        return tuple(one.value for one in node.keywords)
    return ()


def _is_choice(node: ast.expr) -> bool:
    """Whether a part of a text is one of two words."""
    both = (node.body, node.orelse) if isinstance(node, ast.IfExp) else ()
    return bool(both) and all(isinstance(one, ast.Constant) and one.value for one in both)


def _cell(text: str) -> str:
    text = re.sub(r"\.{4,}", "...", " ".join(text.split()))
    return f"`{text}`".replace("|", "\\|") if "`" not in text else text
