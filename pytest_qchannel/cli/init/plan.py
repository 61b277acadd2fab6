"""What a project needs to begin with: files that are not there yet, lines for those that are."""

from __future__ import annotations

import fnmatch
import os
import re
import tomllib
from pathlib import Path
from typing import Final, NamedTuple

from pytest_qchannel.cli.at_import import logins
from pytest_qchannel.cli.doctor.commands import section_of, written
from pytest_qchannel.cli.init.texts import GITHUB, GITIGNORE, GITLAB, first_test
from pytest_qchannel.cli.machine import Machine
from pytest_qchannel.reading import read_small

__all__ = ["Lines", "NewFile", "Plan", "plan_for"]

_OURS: Final = re.compile(r"\bqchannel\b|\bqchannel_\w+")
_IMPORT: Final = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)
_STEM: Final = "qchannel_first"
_NAMES: Final = (f"test_{_STEM}.py", f"{_STEM}_test.py", f"{_STEM}_tests.py", f"check_{_STEM}.py")

_WORKFLOW: Final = Path(".github", "workflows", "tests.yml")
_OTHER_CI: Final = (
    ".circleci/config.yml", "azure-pipelines.yml", "Jenkinsfile", ".travis.yml",
    "bitbucket-pipelines.yml", ".woodpecker.yml", ".drone.yml", "appveyor.yml",
)  # fmt: skip


class NewFile(NamedTuple):
    """A file that is not there yet, from the project's folder on."""

    path: Path
    text: str


class Lines(NamedTuple):
    """What is to be added by hand to a file that is there."""

    path: Path
    text: str


class Plan(NamedTuple):
    """What would be done.

    Attributes:
        new: Files to write.
        add: What a person may add to files that are there.
        there: What is there already, in words.
    """

    new: tuple[NewFile, ...]
    add: tuple[Lines, ...]
    there: tuple[str, ...]


def plan_for(machine: Machine) -> Plan:
    """What a project's folder needs; it is read, and nothing is changed."""
    steps = (
        _first_test(machine),
        _everywhere(machine),
        _gitignore(machine),
        _ci(machine),
        _requirement(machine),
    )
    found = [one for step in steps for one in step]
    return Plan(
        tuple(one for one in found if isinstance(one, NewFile)),
        tuple(one for one in found if isinstance(one, Lines)),
        tuple(one for one in found if isinstance(one, str)),
    )


_Step = list[NewFile | Lines | str]


def _first_test(machine: Machine) -> _Step:
    for path in machine.tests:
        if path.name != "conftest.py" and _OURS.search(_read(path)):
            return [f"{machine.shown(path)} uses pytest-qchannel"]
    said = machine.ini[1].get("filterwarnings", "")
    filters = said if isinstance(said, list) else str(said).splitlines()
    calm = any(str(one).strip().startswith("error") for one in filters) or any(
        word.text in ("-Werror", "error") for word in machine.words
    )
    text = first_test(_speech(machine), machine.client, calm=calm)
    text = text.replace("def test_", f"def {_prefix(machine)}")
    path = _folder(machine) / _name(machine)
    if (machine.here / path).exists():
        return [f"{path} is there"]
    return [NewFile(path, text)]


def _everywhere(machine: Machine) -> _Step:
    """The whole run on the emulator, where the project logs in before there is any fixture."""
    login = next(logins(machine), None)
    if login is None:
        return []
    if machine.set_to("everywhere"):
        return ["the whole run is on the emulator"]
    path = machine.ini[0] or Path("pytest.ini")
    section = section_of(path)
    new = "[tool.pytest.ini_options]" if path.name == "pyproject.toml" else "[pytest]"
    where = f"{machine.shown(login.path).as_posix()}, line {login.line}"
    text = (
        f"{f'# below {section}:' if section else new}\n"
        f"# {where} logs in before there is any fixture\n"
        f"qchannel_everywhere = {written(path, 'true')}\n"
    )
    return [Lines(machine.shown(path), text) if machine.ini[0] else NewFile(path, text)]


def _folder(machine: Machine) -> Path:
    """Where tests are looked for: what the ini file says, else where there are some."""
    paths = (*_words(machine, "testpaths"), "tests", "test")
    folders = [machine.base / one for one in paths]
    folders += [path.parent for path in machine.tests]
    found = next((one for one in folders if _is_in(machine, one)), machine.base / "tests")
    return machine.shown(found)


def _is_in(machine: Machine, folder: Path) -> bool:
    """Whether a folder is one of the project: an ini file may name any."""
    whole = Path(os.path.normpath(folder))
    return whole.is_relative_to(machine.base) and os.access(whole, os.F_OK) and whole.is_dir()


def _words(machine: Machine, key: str) -> list[str]:
    """What the ini file lists, with spaces between or as a list."""
    said = machine.ini[1].get(key, "")
    return [str(one) for one in said] if isinstance(said, list) else str(said).split()


def _prefix(machine: Machine) -> str:
    """What the project's pytest takes for the beginning of a test's name."""
    patterns = _words(machine, "python_functions") or ["test"]
    if any("test_".startswith(one) or fnmatch.fnmatch("test_a", one) for one in patterns):
        return "test_"
    begins = patterns[0].partition("*")[0].rstrip("_")
    return f"{begins}_" if begins.isidentifier() else "test_"


def _name(machine: Machine) -> str:
    """A name that the project's pytest takes for a module of tests."""
    for pattern in _words(machine, "python_files") or ["test_*.py"]:
        for name in _NAMES:
            if fnmatch.fnmatch(name, pattern):
                return name
        if "*" in pattern and pattern.endswith(".py") and "/" not in pattern:
            return pattern.replace("*", _STEM)
    return _NAMES[0]


def _speech(machine: Machine) -> str:
    """What the project speaks to IBM Quantum through, by what its modules import."""
    used = {name for path in machine.modules for name in _IMPORT.findall(_read(path))}
    if used & {"qiskit_ibm_runtime", "qiskit"}:
        return "client"
    shuts = any(word.text == "--disable-socket" for word in machine.words)
    if "httpx" in used and machine.installed.modules("httpx") and not shuts:
        return "httpx"
    return "rest" if used & {"requests", "httpx", "aiohttp", "urllib3"} else "client"


def _gitignore(machine: Machine) -> _Step:
    path = Path(".gitignore")
    if not (machine.here / path).exists():
        return [NewFile(path, GITIGNORE)]
    if ".qchannel" in _read(machine.here / path):
        return [f"{path} leaves out what was not kept"]
    return [Lines(path, GITIGNORE)]


def _ci(machine: Machine) -> _Step:
    here = machine.here
    install, run = _commands(machine)
    workflows = sorted(
        path for path in here.glob(".github/workflows/*") if path.suffix in (".yml", ".yaml")
    )
    for path in (*workflows, here / ".gitlab-ci.yml"):
        if re.search(r"\b(pytest|tox|nox)\b", _read(path)):
            return [f"{machine.shown(path)} runs the tests"]
    if (here / ".gitlab-ci.yml").exists():
        return [Lines(Path(".gitlab-ci.yml"), GITLAB.format(install=install, run=run))]
    for name in _OTHER_CI:
        if (here / name).exists():
            if "pytest" in _read(here / name) or "tox" in _read(here / name):
                return [f"{name} runs the tests"]
            return [Lines(Path(name), f"{install}\n{run}\n")]
    if (here / _WORKFLOW).exists():
        return [Lines(_WORKFLOW, f"      - run: {install}\n      - run: {run}\n")]
    return [NewFile(_WORKFLOW, GITHUB.format(install=install, run=run))]


def _commands(machine: Machine) -> tuple[str, str]:
    """How the project is installed and its tests are run, by the files that it has."""
    here = machine.here
    if (here / "tox.ini").exists() and "[testenv" in _read(here / "tox.ini"):
        return "python -m pip install tox", "python -m tox"
    if (here / "uv.lock").exists():
        return "python -m pip install uv", "uv run --with pytest-qchannel pytest"
    if (here / "poetry.lock").exists():
        return "python -m pip install poetry && poetry install", "poetry run pytest"
    needs = [f"-r {name}" for name in _requirement_files(here)]
    if _is_package(here):
        needs.insert(0, ".")
    return f"python -m pip install {' '.join([*needs, 'pytest-qchannel'])}", "python -m pytest"


def _is_package(here: Path) -> bool:
    text = _read(here / "pyproject.toml")
    return "[project]" in text or "[build-system]" in text or (here / "setup.py").exists()


def _requirement_files(here: Path) -> list[str]:
    return sorted(path.name for path in here.glob("requirements*.txt"))


def _requirement(machine: Machine) -> _Step:
    """Where the project says what it needs for its tests."""
    here = machine.here
    files = [*_requirement_files(here), "pyproject.toml", "setup.cfg", "tox.ini", "setup.py"]
    for name in files:
        if "pytest-qchannel" in _read(here / name):
            return [f"{name} names pytest-qchannel"]
    extra = _extra(here)
    if (here / "tox.ini").exists() and "[testenv" in _read(here / "tox.ini"):
        return [Lines(Path("tox.ini"), "[testenv]\ndeps =\n    pytest-qchannel\n"), *extra]
    tests = [name for name in _requirement_files(here) if "dev" in name or "test" in name]
    if tests:
        return [Lines(Path(tests[0]), "pytest-qchannel\n")]
    if extra or "[project]" in _read(here / "pyproject.toml"):
        return extra or [
            Lines(Path("pyproject.toml"), '[dependency-groups]\ntest = ["pytest-qchannel"]\n')
        ]
    return []


def _extra(here: Path) -> _Step:
    """The group of the project's own that its tests are installed with, as by ``.[test]``."""
    try:
        text = tomllib.loads(_read(here / "pyproject.toml"))
    except tomllib.TOMLDecodeError:
        return []
    for header in ("project.optional-dependencies", "dependency-groups"):
        table: object = text
        for word in header.split("."):
            table = table.get(word) if isinstance(table, dict) else None
        for name in ("test", "tests", "testing", "dev"):
            if isinstance(table, dict) and name in table:
                line = f'{name} = [..., "pytest-qchannel"]'
                return [Lines(Path("pyproject.toml"), f"[{header}]\n{line}\n")]
    return []


def _read(path: Path) -> str:
    try:
        return read_small(path).decode("utf-8", "replace")
    except OSError:
        return ""
