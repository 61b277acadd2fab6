"""The one picture of the design, held true: who may import whom, and what loading us loads."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_qchannel
from pytest_qchannel.ibm.table import ROUTES
from tests.code_figures import NAME, circles, modules_of, upwards

PACKAGE = Path(pytest_qchannel.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
FIGURES = modules_of(PACKAGE)
TESTS = Path(__file__).parents[1]
LONGEST = 400

# What importing the plugin, or a run that does not use it, loads of ours. Where no bytecode is kept
# pytest compiles each of them at every start: a longer list costs everybody who installed us.
AT_START = {NAME} | {
    f"{NAME}.{name}"
    for name in (
        "errors", "options", "plugin", "plugin.fixtures", "plugin.keys", "incompatible_plugins",
        "plugin.markers",
    )
}  # fmt: skip
# What none of them must load.
HEAVY = (
    "qiskit", "qiskit_ibm_runtime", "qiskit_aer", "vcr", "responses", "requests",
    "numpy", "scipy", "jwt", "rich", "click", "jsonschema", "cheroot", "trustme", "ssl",
    "yaml", "filelock", "ahocorasick_rs", "pydantic", "pydantic_core",
)  # fmt: skip


def name_of(path: Path) -> str:
    """The module's name below the package, as ``emulator.app``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(tree: ast.AST, own: str = "") -> Iterator[str]:
    """The modules that code imports, at any depth, without those for type checkers."""
    if isinstance(tree, ast.Import):
        yield from (alias.name for alias in tree.names)
    elif isinstance(tree, ast.ImportFrom):
        assert tree.level == 0, f"{own}: relative imports hide the graph"
        yield from (f"{tree.module}.{alias.name}" for alias in tree.names)
    elif isinstance(tree, ast.If) and "TYPE_CHECKING" in ast.unparse(tree.test):
        for statement in tree.orelse:
            yield from imports_of(statement, own)
    else:
        for node in ast.iter_child_nodes(tree):
            yield from imports_of(node, own)


GRAPH = {
    name_of(path): set(imports_of(ast.parse(path.read_text(encoding="utf-8")), name_of(path)))
    for path in MODULES
}


def importers_of(library: str) -> set[str]:
    return {
        module
        for module, imported in GRAPH.items()
        if any(name == library or name.startswith(library + ".") for name in imported)
    }


def modules_in(subpackage: str) -> list[str]:
    found = [name for name in GRAPH if name == subpackage or name.startswith(subpackage + ".")]
    assert found, subpackage
    return found


@pytest.mark.parametrize(
    ("library", "place"),
    [
        ("pytest", "plugin"),
        ("_pytest", "plugin"),
        ("responses", "emulator.adapters"),
        ("cheroot", "emulator.adapters"),
        ("trustme", "emulator.adapters"),
        ("qiskit_ibm_runtime", "channels.service"),
        ("filelock", "cassette"),
        ("yaml", "cassette"),
        ("pydantic", "emulator"),
    ],
)
def test_a_library_is_imported_in_one_place_only(library: str, place: str) -> None:
    outside = {
        name for name in importers_of(library) if name != place and not name.startswith(place + ".")
    }
    assert outside == set()
    if library != "_pytest":
        assert importers_of(library), f"nobody imports {library}: is this test still true?"


def test_imports_go_one_way() -> None:
    assert upwards(FIGURES) == []


def test_there_is_no_import_circle_not_even_for_types_or_inside_of_functions() -> None:
    assert circles(FIGURES) == []


def test_circles_and_imports_upwards_would_be_seen(tmp_path: Path) -> None:
    texts = {
        "errors": f"from {NAME}.wire import x",
        "wire": f"def f():\n    from {NAME}.cassette import a",
        "cassette/__init__": f"if TYPE_CHECKING:\n    from {NAME} import errors",
        "lanes/lane": f"from {NAME}.emulator.world import b",
        "emulator/world/b": f"import {NAME}.cassette",
    }
    for name, text in texts.items():
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found = modules_of(tmp_path)
    assert circles(found) == [["cassette", "errors", "wire"]]
    assert upwards(found) == [
        "emulator.world.b:1 imports cassette",
        "wire:2 imports cassette",
    ]


def test_the_emulator_core_knows_no_socket_thread_clock_or_http_library() -> None:
    banned = {"socket", "threading", "requests", "urllib3", "http", "asyncio", "time"}
    # The engine is where tasks leave the core for a process of their own, and a task measures what
    # it has cost so far to tell that it should.
    outside = ("emulator.adapters", "emulator.programs.engine", "emulator.programs.task")
    core = [name for name in modules_in("emulator") if not name.startswith(outside)]
    wrong = {
        module: used
        for module in core
        if (used := {name.split(".")[0] for name in GRAPH[module]} & banned)
    }
    assert wrong == {}


KEYS = {route.key for routes in ROUTES.values() for route in routes}
WORDS = {word for key in KEYS for word in re.findall(r"/(\w+)", key) if not re.match(r"v\d", word)}
PATH_WORDS = re.compile(rf"/({'|'.join(sorted(WORDS))})(?![\w-])")
MAY_NAME_PATHS = {
    "ibm": "it is the table",
    "emulator.services": "binds handlers to the table's keys, and refuses in words",
    "emulator.faults": "gives examples of what can be declared",
    "emulator.worlds.checks": "says what the route would refuse",
    "cassette.standin_shapes": "has IAM's address as the issuer of a token",
    "cli.flows": "sends requests as a user does",
    "cli.serve": "shows commands to paste",
    "assertions._probe": "sends a request as a user does",
    "assertions.auth": "says what to look at",
}
"""Who may write a path of IBM's API, beside docstrings: everybody else asks ``ibm.table``, by the
whole key of a route if need be."""


def paths_in(text: str) -> list[tuple[int, str]]:
    """The literals in code that name a path of IBM's API, with their lines; docstrings may."""
    tree = ast.parse(text)
    prose = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node not in prose
        and node.value not in KEYS
        and PATH_WORDS.search(node.value)
    ]


def test_paths_of_ibms_api_are_written_in_one_place() -> None:
    found = {
        name_of(path): wrong
        for path in MODULES
        if (wrong := paths_in(path.read_text(encoding="utf-8")))
    }
    allowed = tuple(MAY_NAME_PATHS)
    outside = {
        name: wrong
        for name, wrong in found.items()
        if not any(name == room or name.startswith(room + ".") for room in allowed)
    }
    assert outside == {}
    unused = [
        room
        for room in allowed
        if not any(name == room or name.startswith(room + ".") for name in found)
    ]
    assert unused == [], "rooms that may, and do not: take them from the list"


@pytest.mark.parametrize(
    "code",
    [
        're.compile(r"/jobs/([^/]+)(/results|/cancel)?$")',
        'path.endswith("/sessions")',
        'f"{host.base}/jobs"',
        '"/identity/token"',
        'search(rf"{x}/workloads$", path)',
    ],
)
def test_a_path_of_ibms_api_in_code_would_be_seen(code: str) -> None:
    assert paths_in(f"def f():\n    return {code}\n")


def test_prose_and_other_paths_are_no_paths_of_ibms_api() -> None:
    code = '"""``GET /jobs``."""\nx = "/srv/jobs-of-mine", "a/b", "jobs", "/jobsite", "GET /jobs"'
    assert paths_in(code) == []


def test_the_reader_of_imports_sees_what_there_is_to_see() -> None:
    code = (
        "import a\n"
        "from b.c import d\n"
        "def f():\n    try:\n        import e\n    except ImportError:\n        from g import h\n"
        "if TYPE_CHECKING:\n    import hidden\nelse:\n    import seen\n"
    )
    assert set(imports_of(ast.parse(code))) == {"a", "b.c.d", "e", "g.h", "seen"}
    with pytest.raises(AssertionError, match="relative imports"):
        list(imports_of(ast.parse("from . import x")))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_hides_a_second_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < LONGEST


def test_no_test_file_hides_a_second_idea() -> None:
    lengths = {
        str(path.relative_to(TESTS)): len(path.read_text(encoding="utf-8").splitlines())
        for path in TESTS.rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length >= LONGEST} == {}


def heavy_among(loaded: list[str]) -> list[str]:
    return [name for name in loaded if name.partition(".")[0] in HEAVY]


def ours_among(loaded: list[str]) -> set[str]:
    return {name for name in loaded if name == NAME or name.startswith(NAME + ".")}


def told_by(*command: str, cwd: Path) -> list[str]:
    """The modules that a fresh process loaded, as it says itself in its last line."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("QCHANNEL_", "PYTEST_", "COVERAGE_", "COV_"))
    }
    environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    lines = done.stdout.splitlines()
    assert any(line.startswith("LOADED ") for line in lines), done.stdout + done.stderr
    return next(line for line in lines if line.startswith("LOADED ")).split()[1:]


def test_importing_the_plugin_loads_little(tmp_path: Path) -> None:
    code = f"import sys, {NAME}.plugin; print('LOADED', *sys.modules)"
    loaded = told_by("-c", code, cwd=tmp_path)
    assert ours_among(loaded) == AT_START
    assert heavy_among(loaded) == []


def test_importing_the_package_loads_nothing_else(tmp_path: Path) -> None:
    loaded = told_by("-c", f"import sys, {NAME}; print('LOADED', *sys.modules)", cwd=tmp_path)
    assert ours_among(loaded) == {NAME}
    assert heavy_among(loaded) == []


COLLECTING = ("-m", "pytest", "--collect-only", "-q", "-s", "-p", f"{NAME}.plugin")
RUNNING = tuple(word for word in COLLECTING if word != "--collect-only")
TELLS = """
import sys

def pytest_sessionfinish():
    print()
    print("LOADED", *sys.modules)
"""


@pytest.mark.parametrize("command", [COLLECTING, RUNNING], ids=["collected", "run"])
@pytest.mark.parametrize("source", ["", "def test_a(): pass\n"], ids=["empty", "without us"])
def test_a_project_that_does_not_use_us_loads_little(
    command: tuple[str, ...], source: str, tmp_path: Path
) -> None:
    (tmp_path / "conftest.py").write_text(TELLS, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(source, encoding="utf-8")
    loaded = told_by(*command, cwd=tmp_path)
    assert ours_among(loaded) == AT_START
    assert heavy_among(loaded) == []


def test_the_default_world_is_made_without_pydantic(tmp_path: Path) -> None:
    """It is what most tests get, and pydantic takes longer to load than all that it needs."""
    code = (
        f"import sys\nfrom {NAME}.emulator.world.clock import Clock\n"
        f"from {NAME}.emulator.worlds.builder import WorldBuilder\n"
        "WorldBuilder.default().build(Clock(lambda: 0.0))\nprint('LOADED', *sys.modules)"
    )
    loaded = told_by("-c", code, cwd=tmp_path)
    assert f"{NAME}.emulator.worlds.default_world" in loaded
    assert "pydantic" not in loaded


def test_what_is_loaded_too_early_would_be_seen(tmp_path: Path) -> None:
    source = "def test_a(qchannel_world): pass\n"
    (tmp_path / "conftest.py").write_text(TELLS, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(source + "import requests.adapters\n", encoding="utf-8")
    loaded = told_by(*RUNNING, cwd=tmp_path)
    assert f"{NAME}.plugin.lending" in ours_among(loaded)
    assert {"requests", "requests.adapters"} <= set(heavy_among(loaded))
