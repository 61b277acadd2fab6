"""The one picture of the design, held true: who may import whom."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import pytest_qchannel
from pytest_qchannel.ibm.table import ROUTES
from tests.code_figures import NAME, circles, late, modules_of, upwards

PACKAGE = Path(pytest_qchannel.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
FIGURES = modules_of(PACKAGE)
TESTS = Path(__file__).parents[1]
LONGEST = 400


GRAPH = {
    name: {one.module for one in module.imports if not one.is_for_types}
    for name, module in FIGURES.items()
}
"""Whom each module imports, at any depth, without what is for type checkers."""


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


MOST_LATE = 50
MOST_ANYS = 4.0  # for 1,000 lines of code

LATE = {
    "assertions.sampler: assertions._fit": "scipy takes a second to load",
    "cassette.disk.index: cassette.disk.strict_yaml": "most runs have no cassette to parse",
    "cassette.disk.store: filelock": "most runs write nothing",
    "cassette.gate.places: yaml": "only a document in which something was found is parsed",
    "cassette.gate.views: numpy": "only long texts are worth it",
    "cassette.playback.record.qpy_answers: cassette.circuits.formats": "it needs Qiskit",
    "cassette.playback.tape: cassette.vcrpy.vcr_tape": "vcrpy is for recordings and replays only",
    "cassette.submitted.submission: cassette.submitted.reading": "it needs Qiskit",
    "cassette.vcrpy.aiohttp_bodies: aiohttp": "it need not be installed",
    "channels.service: qiskit_ibm_runtime": "the client takes 1.5 s to load",
    "cassette.submitted.pictures: qiskit": "most runs draw nothing",
    "cli.check: cli.check_live": "it loads Qiskit, and few ask for it",
    "cli.check: cli.flows": "it loads Qiskit, and what is asked for may be refused before",
    "emulator.programs.models: pydantic": "most tests send no job that needs it",
    "emulator.programs.noise_learner.boxed: samplomatic.annotations": "clients before 0.47 lack it",
    "emulator.programs.noise_learner.boxed: samplomatic.utils": "the same",
    "emulator.programs.schemas: emulator.programs.validation": "it is slow, and for jobs only",
    "emulator.tables: pydantic": "the default world needs none, and it takes 50 ms to load",
    "errors: difflib": "it would be loaded by every run of everybody",
    "lanes.assemble: lanes.source.live": "most runs are not live",
    "lanes.assemble: lanes.source.emulated": "a replay loads nothing of the emulator's world",
    "network.shut: emulator.adapters.inprocess": "responses, for one door only",
    "network.shut: network.redirected": "a server and its certificates, for one door only",
    "plugin: plugin.before_tests": "few runs reach for IBM before there are tests",
    "plugin: plugin.hints": "most failures are about something else",
    "plugin: incompatible_plugins": "most machines have none of them",
    "plugin: plugin.our_tests": "every run of everybody loads this module",
    "plugin: plugin.record.ending": "the same",
    "plugin: plugin.start": "the same",
    "plugin: plugin.telling": "the same",
    "plugin.everywhere: plugin.whole_tape": "few runs everywhere have a cassette",
    "plugin.fixtures: plugin.lending": "every run of everybody loads this module",
    "plugin.lending: lanes.worlds": "a replay has no world",
    "plugin.marker_arguments: emulator.faults.parse": "most tests declare no fault",
    "plugin.unused_watch: cassette.disk.inventory": "a worker of pytest-xdist does not look",
    "plugin.record.ending: plugin.record.writing": "few runs write a report or a page",
    "plugin.session_settings: lanes.worlds": "most runs name no world",
    "plugin.start: plugin.live": "most runs are not live",
    "plugin.taping: lanes.tapes": "few tests have a cassette",
    "plugin.taping: vcr": "few tests have the marker vcr",
    "plugin.unit_tapes: lanes.tapes": "few tests share a cassette",
    "plugin.workers: lanes.tapes": "few runs replay what tests share",
    "qiskit_home: qiskit": "that it is imported in this thread is what the module is for",
}
"""Imports inside of functions, and why they are not at the top."""


def test_each_late_import_has_a_reason() -> None:
    found = {one.replace(f" {NAME}.", " ") for one in late(FIGURES)}
    assert found - LATE.keys() == set(), "at the top of the module, or with a reason in LATE"
    assert LATE.keys() - found == set(), "no longer there: take them from LATE"


def test_late_imports_and_anys_stay_few() -> None:
    assert len(late(FIGURES)) <= MOST_LATE, "end one that is needed less, or count MOST_LATE up"
    lines = sum(module.code_lines for module in FIGURES.values())
    assert 1_000 * sum(module.anys for module in FIGURES.values()) / lines <= MOST_ANYS


def test_late_imports_would_be_seen(tmp_path: Path) -> None:
    code = (
        "import a\nfrom filelock import Timeout, b\n"
        "def f():\n    import c\n    from filelock import Timeout, d\n"
        f"    g = lambda: __import__('e')\n    from {NAME} import one\n"
    )
    (tmp_path / "one.py").write_text(code, encoding="utf-8")
    assert late(modules_of(tmp_path)) == ["one: c", "one: filelock", f"one: {NAME}.one"]


def test_the_emulator_core_knows_no_socket_thread_clock_or_http_library() -> None:
    banned = {"socket", "threading", "requests", "urllib3", "http", "asyncio", "time"}
    # The engine is where tasks leave the core for a process of their own, and a task measures what
    # it has cost so far to tell that it should. The transpiler's tasks leave it for a thread.
    outside = (
        "emulator.adapters",
        *(f"emulator.programs.{name}" for name in ("aside", "engine", "task")),
    )
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
    "cli.flows": "sends requests as a user does",
    "cli.init": "writes a test that sends one",
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
        name: wrong
        for name, module in FIGURES.items()
        if (wrong := paths_in(module.path.read_text(encoding="utf-8")))
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


def test_the_reader_of_imports_sees_what_there_is_to_see(tmp_path: Path) -> None:
    code = (
        "import a\n"
        "from b.c import d\n"
        "def f():\n    try:\n        import e\n    except ImportError:\n        from g import h\n"
        "if TYPE_CHECKING:\n    import hidden\nelse:\n    import seen\n"
    )
    path = tmp_path / "one.py"
    path.write_text(code, encoding="utf-8")
    found = modules_of(tmp_path)["one"].imports
    assert {one.module for one in found if not one.is_for_types} == {"a", "b.c", "e", "g", "seen"}
    assert [one.module for one in found if one.is_for_types] == ["hidden"]
    path.write_text("from . import x", encoding="utf-8")
    with pytest.raises(AssertionError, match="relative imports"):
        modules_of(tmp_path)


def test_no_file_hides_a_second_idea() -> None:
    lengths = {
        str(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in (*MODULES, *TESTS.rglob("*.py"))
    }
    assert {name: length for name, length in lengths.items() if length >= LONGEST} == {}
