"""What loading us loads: a plugin is loaded by every run of everybody who has installed it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.code_figures import NAME

# What each run of everybody loads, and compiles where no bytecode is kept: a longer list costs all.
AT_START = {NAME} | {
    f"{NAME}.{name}"
    for name in (
        "errors", "markers", "options", "plugin", "plugin.fixtures", "plugin.keys", "uses",
    )
}  # fmt: skip
HEAVY = (  # what none of them must load
    "qiskit", "qiskit_ibm_runtime", "qiskit_aer", "vcr", "responses", "requests", "numpy", "scipy",
    "jwt", "rich", "click", "jsonschema", "cheroot", "trustme", "ssl", "yaml", "filelock",
    "ahocorasick_rs", "pydantic", "pydantic_core",
)  # fmt: skip


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


OTHERS = """
tool.poetry.dependencies = { pytest-qchannel = "*", qiskit-ibm-runtime = "*" }
tool.ruff.format.quote-style = "double"
tool.pytest.ini_options.addopts = "-p pytest_qchannel.plugin"
"""


@pytest.mark.parametrize("command", [COLLECTING, RUNNING], ids=["collected", "run"])
@pytest.mark.parametrize("source", ["", "def test_a(): assert 0\n"], ids=["empty", "without us"])
def test_a_project_that_does_not_use_us_loads_little(
    command: tuple[str, ...], source: str, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(OTHERS, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(TELLS, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(source, encoding="utf-8")
    loaded = told_by(*command, cwd=tmp_path)
    assert ours_among(loaded) == AT_START
    assert heavy_among(loaded) == []


def test_our_modules_are_loaded_as_installed_and_the_finder_is_gone_at_the_end(
    tmp_path: Path,
) -> None:
    """Pytest would compile them where no bytecode may be written; Python would look once more."""
    code = f"""
import atexit, sys, pytest

def tell():
    ours = {{one.__loader__ for name, one in sys.modules.items() if name.startswith("{NAME}")}}
    finders = (type(one) if not isinstance(one, type) else one for one in sys.meta_path)
    loaders = {{f"by:{{type(one).__name__}}" for one in ours}}
    print("LOADED", *loaders, *{{one.__module__ for one in finders}})

atexit.register(tell)
pytest.main(["-q", "-p", "{NAME}.plugin"])
"""
    (tmp_path / "conftest.py").write_text("", encoding="utf-8")
    loaded = told_by("-c", code, cwd=tmp_path)
    assert [one for one in loaded if one.startswith("by:")] == ["by:SourceFileLoader"]
    assert NAME not in loaded


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
    source = "def test_a(qchannel_world): pass\nimport requests.adapters\n"
    (tmp_path / "conftest.py").write_text(TELLS, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(source, encoding="utf-8")
    loaded = told_by(*RUNNING, cwd=tmp_path)
    assert f"{NAME}.plugin.lending" in ours_among(loaded)
    assert {"requests", "requests.adapters"} <= set(heavy_among(loaded))
