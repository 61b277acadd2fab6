"""What is installed: entry points, the typing marker, and nothing that should not be there."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

import pytest_qchannel
from pytest_qchannel.cassette.disk.inventory import waste_of
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cli.check_cassettes import shipped
from pytest_qchannel.cli.docs import pages
from pytest_qchannel.cli.main import main

ROOT = Path(__file__).parent.parent.parent


def test_entry_points() -> None:
    points = importlib.metadata.distribution("pytest-qchannel").entry_points
    found = {(point.group, point.name): point.value for point in points}
    assert found == {
        ("pytest11", "qchannel"): "pytest_qchannel.plugin",
        ("console_scripts", "qchannel"): "pytest_qchannel.cli.main:main",
    }


def test_each_python_that_is_promised_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = re.findall(r"Python :: (3\.\d+)", " ".join(project["classifiers"]))
    assert project["requires-python"] == f">={told[0]}"
    environments = (ROOT / "tox.ini").read_text(encoding="utf-8").partition("env_list = ")[2]
    for version in told[1:]:
        assert f"py{version.replace('.', '')}" in environments.splitlines()[0]


def test_typing_marker_is_installed() -> None:
    assert (Path(pytest_qchannel.__file__).parent / "py.typed").is_file()


def test_cassettes_of_the_check_are_shipped_whole() -> None:
    folder = shipped()
    package = Path(pytest_qchannel.__file__).parent
    assert folder in (package / "shipped", ROOT / "cassettes")
    assert (folder == package / "shipped") == (package.parent != ROOT), "the wheel has its own"
    store = Store(folder)
    found = [path for path in store.paths() if path.is_relative_to(folder / "check")]
    assert {path.parent.name for path in found} >= {"rest", "client-0.34.0", "client-0.40.1"}
    for path in found:
        assert store.load(path).provenance.recorded_from == "emulator"


def test_cassettes_of_the_repository_have_no_secret_and_nothing_unused() -> None:
    store = Store(ROOT / "cassettes")
    assert waste_of(store, ()).files == (), "see cassettes/README.md"
    result = CliRunner().invoke(main, ["cassettes", "scan", str(ROOT / "cassettes")])
    assert result.exit_code == 0, result.output
    size = sum(path.stat().st_size for path in store.root.rglob("*") if path.is_file())
    assert size < 1_500_000, "the repository stays small"


def test_on_pypi_the_readme_has_no_link_to_a_file() -> None:
    """Each of its 50 led nowhere there: it is shown where the repository's files are not."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    hook = project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    assert "readme" in project["project"]["dynamic"]
    text = "".join((ROOT / one["path"]).read_text(encoding="utf-8") for one in hook["fragments"])
    named = re.findall(r"\]\(docs/([\w-]+)\.md", text)
    for one in hook["substitutions"]:  # as hatch-fancy-pypi-readme does it
        text = re.sub(one["pattern"], one["replacement"], text)
    assert re.findall(r"\]\((?!https://)[^)]*\)", text) == []
    shown = re.findall(r"`qchannel docs ([\w-]+)`", text)
    assert set(pages()) >= set(shown) >= set(named) > set()


def test_top_level() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if listed.returncode:
        pytest.skip("not in a git checkout")
    found = {line.split("/")[0] for line in listed.stdout.splitlines()}
    fixed = {"pytest_qchannel", "cassettes", "tests", "conftest.py", "pyproject.toml", "tox.ini"}
    beside = {
        "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "docs", "examples",
        "benchmarks", "changelog.d", ".ci", ".gitignore",
    }  # fmt: skip
    assert fixed <= found
    assert found <= fixed | beside


def test_every_public_name_exists() -> None:
    for name in pytest_qchannel.__all__:
        assert getattr(pytest_qchannel, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'assert_bell'"):
        pytest_qchannel.assert_bell  # noqa: B018


def test_importing_the_package_is_cheap() -> None:
    code = (
        "import sys, pytest_qchannel\n"
        "heavy = {'qiskit', 'requests', 'numpy', 'scipy', 'pytest', 'responses'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert done.stdout.strip() == "[]"
