"""Plugins that cannot be installed beside pytest-recording are named in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_qchannel import incompatible_plugins

OPTION = """
def pytest_addoption(parser):
    parser.addoption("--record-mode", default=None, dest="of_a_rival")
"""
FIXTURE = """
import pytest

@pytest.fixture
def vcr():
    return None
"""


def install(folder: Path, package: str, module: str, plugin: str, source: str) -> Path:
    """A package as pip would put it there, with one entry point for pytest."""
    folder.mkdir()
    (folder / f"{module}.py").write_text(source, encoding="utf-8")
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[pytest11]\n{plugin} = {module}\n")
    return folder


@pytest.fixture
def cassetter(tmp_path: Path) -> Path:
    return install(tmp_path / "cassetter", "cassetter", "cassetter", "cassetter", OPTION)


@pytest.fixture
def pytest_vcr(tmp_path: Path) -> Path:
    return install(tmp_path / "vcr", "pytest-vcr", "pytest_vcr", "vcr", FIXTURE)


def run(tmp_path: Path, installed: Path, *command: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "test_a.py").write_text("def test_a():\n    pass\n", encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def refusal(package: str, plugin: str) -> list[str]:
    return [
        f"ERROR: {package} cannot be used together with pytest-recording, on which "
        "pytest-qchannel builds",
        f"  next: pip uninstall {package}, or pytest -p no:{plugin}",
    ]


def lines_of(text: str) -> list[str]:
    return [line.replace("next:  ", "next: ") for line in text.splitlines() if line.strip()]


def test_pytest_vcr_is_refused(tmp_path: Path, pytest_vcr: Path) -> None:
    done = run(tmp_path, pytest_vcr, "pytest")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert lines_of(done.stderr) == refusal("pytest-vcr", "vcr")


def test_cassetter_is_refused_where_we_are_loaded_first(tmp_path: Path, cassetter: Path) -> None:
    done = run(tmp_path, cassetter, "pytest", "-p", "qchannel")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert lines_of(done.stderr) == refusal("cassetter", "cassetter")


def test_cassetter_never_goes_by_unnoticed(tmp_path: Path, cassetter: Path) -> None:
    """The order in which pytest loads plugins is that of a folder: the error may be pytest's."""
    done = run(tmp_path, cassetter, "pytest")
    assert done.returncode != 0
    assert "cassetter cannot be used" in done.stderr or "--record-mode" in done.stderr


@pytest.mark.parametrize(
    ("rival", "way_out"),
    [
        ("pytest_vcr", "no:vcr"),
        ("cassetter", "no:cassetter"),
        ("cassetter", "no:recording"),
    ],
)
def test_the_way_out_that_is_named_is_one(
    tmp_path: Path, rival: str, way_out: str, request: pytest.FixtureRequest
) -> None:
    installed = request.getfixturevalue(rival)
    done = run(tmp_path, installed, "pytest", "-p", "qchannel", "-p", way_out)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("rival", "package"), [("pytest_vcr", "pytest-vcr"), ("cassetter",) * 2])
def test_every_command_names_them(
    tmp_path: Path, rival: str, package: str, request: pytest.FixtureRequest
) -> None:
    installed = request.getfixturevalue(rival)
    done = run(tmp_path, installed, "pytest_qchannel", "cassettes", "list")
    assert done.stderr.splitlines()[0] == (
        f"warning: {package} cannot be used together with pytest-recording, on which "
        f"pytest-qchannel builds: pip uninstall {package}"
    )


def test_neither_is_installed_beside_us() -> None:
    assert incompatible_plugins.installed() == []
