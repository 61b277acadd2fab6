"""What a plugin costs a run that does not use it: an empty project, in processor time.

Plugins are loaded as they are for a user, by their entry points: only then does pytest rewrite all
modules of a package. So install the wheel, and not a link to a checkout.
"""

from __future__ import annotations

import functools
import importlib.metadata
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import pytest

PACKAGES: Final = {
    "pytest-qchannel": "pytest_qchannel",
    "pytest-recording": "pytest_recording",
    "localqpu": "localqpu",
}


def names_of(package: str = "") -> set[str]:
    """The names of the installed plugins of a package; of all, without one."""
    return {
        one.name
        for one in importlib.metadata.entry_points(group="pytest11")
        if package in ("", one.module.partition(".")[0])
    }


def run(project: Path, env: Mapping[str, str], plugins: Iterable[str]) -> None:
    """Runs no test, in a fresh process that loads these plugins only."""
    blocked = [f"-pno:{name}" for name in sorted(names_of() - set(plugins))]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-pno:cacheprovider", *blocked],
        cwd=project,
        env=env,
        capture_output=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, done.stderr.decode()


def processor_s() -> float:
    """What the processes that have ended took of the processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.timeout(600)
@pytest.mark.parametrize("group", ["loading", "loading, no bytecode"])
def test_loading(group: str, tmp_path: Path, side_by_side: Callable[..., None]) -> None:
    project, bytecode = tmp_path / "empty", tmp_path / "bytecode"
    project.mkdir()
    (project / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    env = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env["PYTHONPYCACHEPREFIX"] = str(bytecode)
    cases = {"no plugin": functools.partial(run, project, env, ())}
    for name, package in PACKAGES.items():
        if plugins := names_of(package):
            cases[name] = functools.partial(run, project, env, plugins)
        else:
            print(f"{name}: left out, it is not installed")
    for case in cases.values():
        case()
    if group != "loading":
        # As where PYTHONDONTWRITEBYTECODE is set: Python's own cache came with the installation,
        # pytest's cache of rewritten modules is never written.
        for cached in bytecode.rglob("*-pytest-*.pyc"):
            cached.unlink()
        env["PYTHONDONTWRITEBYTECODE"] = "1"
    side_by_side(group, cases, rounds=25, clock=processor_s)
