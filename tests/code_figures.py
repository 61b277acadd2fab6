"""The shape of the code in figures: lines, late imports, ``Any``, circles, imports upwards.

``python tests/code_figures.py [FOLDER]`` prints them; tests/unit/test_architecture.py holds them.
Code lines are those that are no blank, comment or docstring. Imports count wherever they stand:
at the top, inside of functions, and for type checkers only.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Final, NamedTuple

NAME: Final = "pytest_qchannel"

# fmt: off
FLOORS: Final[tuple[frozenset[str], ...]] = (
    frozenset(
        {
            "_version", "compared", "counted", "crn", "errors", "hosts", "incompatible_plugins",
            "ini_file", "journal", "markers", "modes", "options", "paths", "qiskit_home",
            "qpy_header", "reading", "rerun_command", "secret", "setting_values", "settings",
            "units", "uses", "wire",
        }
    ),
    frozenset({"ibm"}),
    frozenset({"channels"}),
    frozenset({"cassette", "emulator"}),
    frozenset({"network"}),
    frozenset({"lanes", "assertions", "drift", "page"}),
    frozenset({"cli", "plugin"}),
)
# fmt: on
"""The rooms, the ground floor first: a room imports from lower floors only, not from its neighbour.

The ground floor's modules may import each other.
"""

DOORS: Final = frozenset({"", "__main__"})
"""The package itself, which gives its public names lazily, and the way to start it."""


class Import(NamedTuple):
    """One imported module, and where the statement stands."""

    module: str
    line: int
    is_late: bool
    is_for_types: bool = False


class Module(NamedTuple):
    """What is counted in a module."""

    path: Path
    code_lines: int
    anys: int
    imports: tuple[Import, ...]


def modules_of(package: Path) -> dict[str, Module]:
    """Every module by its name below the package, as ``emulator.api.app``."""
    paths = {_name(path, package): path for path in package.rglob("*.py")}
    whole = {f"{NAME}.{name}" for name in paths}
    found = {}
    for name, path in sorted(paths.items()):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        anys = sum(isinstance(node, ast.Name) and node.id == "Any" for node in ast.walk(tree))
        found[name] = Module(path, len(_code_lines(text)), anys, tuple(_imports(tree, whole)))
    return found


def ours(module: Module) -> Iterator[Import]:
    """The imports of our own modules, named from below the package."""
    for one in module.imports:
        if one.module == NAME or one.module.startswith(NAME + "."):
            yield one._replace(module=one.module[len(NAME) + 1 :])


def circles(modules: Mapping[str, Module]) -> list[list[str]]:
    """The groups of modules that import each other, directly or through others (Tarjan)."""
    graph = {name: {one.module for one in ours(module)} for name, module in modules.items()}
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        numbers[name] = lowest[name] = len(numbers)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in numbers:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in stack:
                lowest[name] = min(lowest[name], numbers[other])
        if lowest[name] == numbers[name]:
            at = stack.index(name)
            if len(stack) - at > 1 or name in graph[name]:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for name in graph:
        if name not in numbers:
            visit(name)
    return found


def upwards(modules: Mapping[str, Module]) -> list[str]:
    """Imports from a room to one that is not below it, each in words."""
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    wrong = []
    for name, module in modules.items():
        room = name.partition(".")[0]
        if room in DOORS:
            continue
        for one in ours(module):
            other = one.module.partition(".")[0]
            is_ground = floor.get(room) == floor.get(other) == 0
            if other != room and not is_ground and floor.get(other, 99) >= floor.get(room, 99):
                wrong.append(f"{name}:{one.line} imports {one.module}")
    return wrong


def late(modules: Mapping[str, Module]) -> list[str]:
    """The imports inside of functions, as ``emulator.programs: numpy``."""
    return [
        f"{name}: {one.module}"
        for name, module in modules.items()
        for one in module.imports
        if one.is_late
    ]


def _name(path: Path, package: Path) -> str:
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(
    node: ast.AST, ours: Set[str], *, is_late: bool = False, is_for_types: bool = False
) -> Iterator[Import]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for name in sorted(_names(node, ours)):
            yield Import(name, node.lineno, is_late, is_for_types)
        return
    is_late = is_late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    is_switch = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    others = node.orelse if isinstance(node, ast.If) else []
    for child in ast.iter_child_nodes(node):
        hidden = is_for_types or (is_switch and child not in others)
        yield from _imports(child, ours, is_late=is_late, is_for_types=hidden)


def _names(node: ast.Import | ast.ImportFrom, ours: Set[str]) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    assert node.level == 0, "relative imports hide the graph"
    assert node.module is not None
    # ``from package import module`` is an import of the module; of a name, of where it stands.
    names = {f"{node.module}.{alias.name}" for alias in node.names}
    return {name if name in ours else node.module for name in names}


def _code_lines(text: str) -> set[int]:
    """The numbers of the lines that are code."""
    prose: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            prose.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    skipped = {
        tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
        tokenize.ENDMARKER, tokenize.ENCODING,
    }  # fmt: skip
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in skipped:
            lines.update(range(token.start[0], token.end[0] + 1))
    return lines - prose


def main(package: Path) -> None:
    """Prints the figures of a package."""
    modules = modules_of(package)
    lines = sum(module.code_lines for module in modules.values())
    anys = sum(module.anys for module in modules.values())
    print(f"modules                    {len(modules)}")  # noqa: T201
    print(f"code lines                 {lines}")  # noqa: T201
    print(f"imports inside functions   {len(late(modules))}")  # noqa: T201
    print(f"Any, per 1,000 code lines  {anys}, {1000 * anys / lines:.1f}")  # noqa: T201
    print(f"import circles             {len(circles(modules))}")  # noqa: T201
    for circle in circles(modules):
        print("   ", ", ".join(circle))  # noqa: T201
    print(f"imports upwards            {len(upwards(modules))}")  # noqa: T201
    for wrong in upwards(modules):
        print("   ", wrong)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else NAME))
