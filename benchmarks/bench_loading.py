"""What a plugin costs a run that does not use it: collecting an empty project."""

from __future__ import annotations

import functools
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

PLUGINS: Final = {
    "no plugin": None,
    "pytest-qchannel": "pytest_qchannel.plugin",
    "pytest-recording": "pytest_recording.plugin",
    "localqpu": "localqpu.pytest_plugin",
}


def environment(bytecode: Path) -> dict[str, str]:
    """Keeps bytecode as every later run of a user finds it, whatever this machine has set."""
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,
        "PYTHONPYCACHEPREFIX": str(bytecode),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


def collect(project: Path, env: Mapping[str, str], plugin: str | None) -> None:
    """Collects nothing, in a fresh process."""
    options = ["--collect-only", "-q", "-p", "no:cacheprovider"]
    if plugin is not None:
        options += ["-p", plugin]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=project,
        env=env,
        capture_output=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, done.stderr.decode()


@pytest.mark.timeout(600)
def test_loading(tmp_path: Path, side_by_side: Callable[..., None]) -> None:
    project = tmp_path / "empty"
    project.mkdir()
    (project / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    env = environment(tmp_path / "bytecode")
    cases = {}
    for name, plugin in PLUGINS.items():
        if plugin is None or importlib.util.find_spec(plugin.partition(".")[0]):
            cases[name] = functools.partial(collect, project, env, plugin)
        else:
            print(f"{name}: left out, it is not installed")
    side_by_side("loading", cases, rounds=25)
