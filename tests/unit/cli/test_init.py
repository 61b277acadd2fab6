"""``qchannel init``: what it writes into projects of many kinds, and what it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pytest_qchannel.channels.client import client_release
from pytest_qchannel.cli.init.texts import first_test
from pytest_qchannel.cli.main import main
from tests.init_kit import LAYOUTS, content, laid_out

Init = Callable[..., Result]


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Init:
    """Runs the command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["init", *words], catch_exceptions=False)

    return run


@pytest.mark.parametrize("layout", LAYOUTS)
def test_twice_is_once_and_what_was_there_stays(layout: str, init: Init, tmp_path: Path) -> None:
    laid_out(layout, tmp_path)
    before = content(tmp_path)
    shown = init()
    assert shown.exit_code == 0
    assert content(tmp_path) == before, "without --write nothing is written"
    planned = json.loads(init("--json").output)
    assert init("--write").exit_code == 0
    once = content(tmp_path)
    assert once.keys() - before.keys() == {one["path"] for one in planned["new"]}
    assert {name: once[name] for name in before} == before
    for one in planned["new"]:
        assert f"+++ b/{one['path']}" in shown.output
    for one in planned["add"]:
        assert f"Add to {one['path']}, which is left as it is" in shown.output
    again = init("--write")
    assert content(tmp_path) == once
    assert "Nothing to write." in again.output


@pytest.mark.parametrize(
    ("layout", "new", "add"),
    [
        (
            "empty",
            ["tests/test_qchannel_first.py", ".gitignore", ".github/workflows/tests.yml"],
            [],
        ),
        (
            "src",
            ["tests/test_qchannel_first.py", ".github/workflows/tests.yml"],
            [".gitignore", "pyproject.toml"],
        ),
        (
            "setup.cfg",
            ["test/test_qchannel_first.py", ".gitignore", ".github/workflows/tests.yml"],
            [],
        ),
        (
            "other names",
            ["checks/check_qchannel_first.py", ".gitignore", ".github/workflows/tests.yml"],
            [],
        ),
        (
            "tox",
            ["tests/test_qchannel_first.py", ".gitignore", ".github/workflows/tests.yml"],
            ["tox.ini"],
        ),
        ("workflow", ["test_qchannel_first.py", ".gitignore"], ["requirements-dev.txt"]),
        ("gitlab", ["tests/test_qchannel_first.py", ".gitignore"], [".gitlab-ci.yml"]),
        (
            "httpx",
            ["tests/test_qchannel_first.py", ".gitignore"],
            ["Jenkinsfile", "pyproject.toml"],
        ),
    ],
)
def test_what_is_written_fits_the_project(
    layout: str, new: list[str], add: list[str], init: Init, tmp_path: Path
) -> None:
    laid_out(layout, tmp_path)
    planned = json.loads(init("--json").output)
    assert [one["path"] for one in planned["new"]] == new
    assert [one["path"] for one in planned["add"]] == add


@pytest.mark.parametrize(
    ("ini", "section", "key"),
    [
        ("", "", "qchannel_everywhere = true"),
        ("pytest.ini", "[pytest]", "qchannel_everywhere = true"),
        ("pytest.toml", "[pytest]", 'qchannel_everywhere = "true"'),
        ("pyproject.toml", "[tool.pytest.ini_options]", 'qchannel_everywhere = "true"'),
        ("pyproject.toml", "", 'qchannel_everywhere = "true"'),
    ],
)
def test_where_the_project_logs_in_at_import_the_run_is_put_on_the_emulator(
    ini: str, section: str, key: str, init: Init, tmp_path: Path
) -> None:
    """Each run ended with an error after ``init --write``, and ``qchannel doctor`` saw nothing.

    Of pyproject.toml it was not told below which line the key belongs.
    """
    if ini:
        (tmp_path / ini).write_text(f"[tool.other]\n{section}\n", encoding="utf-8")
    login = "from qiskit_ibm_runtime import QiskitRuntimeService\n\nQiskitRuntimeService()\n"
    (tmp_path / "conftest.py").write_text(login, encoding="utf-8")
    planned = json.loads(init("--write", "--json").output)
    (one,) = (one for one in planned["add" if ini else "new"] if key in one["text"])
    assert one["path"] == (ini or "pytest.ini")
    new = "[tool.pytest.ini_options]" if ini == "pyproject.toml" else "[pytest]"
    said = f"# conftest.py, line 3 logs in before there is any fixture\n{key}\n"
    assert one["text"] == f"{f'# below {section}:' if section else new}\n{said}"
    if ini:
        with (tmp_path / ini).open("a", encoding="utf-8") as file:
            file.write(one["text"])
    assert "There already: the whole run is on the emulator." in init().output
    assert CliRunner().invoke(main, ["doctor", "--only", "imports"]).exit_code == 0


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ("empty", "run: python -m pip install pytest-qchannel\n"),
        ("src", "run: python -m pip install . pytest-qchannel\n"),
        ("tox", "run: python -m tox\n"),
        ("uv", "run: uv run --with pytest-qchannel pytest\n"),
        ("gitlab", "- python -m pip install pytest-qchannel\n"),
    ],
)
def test_ci_runs_the_tests_as_the_project_does(
    layout: str, words: str, init: Init, tmp_path: Path
) -> None:
    laid_out(layout, tmp_path)
    planned = json.loads(init("--json").output)
    ci = [one["text"] for one in (*planned["new"], *planned["add"]) if ".yml" in one["path"]]
    assert len(ci) == 1
    assert words in ci[0]


@pytest.mark.parametrize(
    ("header", "name"), [("project.optional-dependencies", "test"), ("dependency-groups", "dev")]
)
@pytest.mark.parametrize("layout", ["src", "tox"])
def test_the_group_that_the_tests_are_installed_with_is_named(
    header: str, name: str, layout: str, init: Init, tmp_path: Path
) -> None:
    """CI did ``pip install .[test]``, and what was said was to add to tox.ini alone."""
    laid_out(layout, tmp_path)
    path = tmp_path / "pyproject.toml"
    path.write_text(f'[project]\nname = "it"\nversion = "1"\n[{header}]\n{name} = ["pytest"]\n')
    added = json.loads(init("--json").output)["add"]
    (text,) = [one["text"] for one in added if one["path"] == "pyproject.toml"]
    assert text == f'[{header}]\n{name} = [..., "pytest-qchannel"]\n'
    assert ("tox.ini" in [one["path"] for one in added]) is (layout == "tox")


def test_each_first_test_is_green_also_where_warnings_are_errors(
    pytester: pytest.Pytester,
) -> None:
    for speaks in ("client", "rest", "httpx"):
        if speaks != "httpx" or find_spec("httpx"):
            text = first_test(speaks, client_release(), calm=True)
            pytester.makepyfile(**{f"test_{speaks}": text})
    wanted = len(list(pytester.path.glob("test_*.py")))
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-W", "error")
    assert result.parseoutcomes()["passed"] == wanted, result.stdout.str()
    assert not {"failed", "error", "errors"} & result.parseoutcomes().keys()


def test_a_first_test_is_called_as_the_project_calls_its_own(init: Init, tmp_path: Path) -> None:
    """It was ``test_...`` where pytest collects ``check_...``, and the run had no test."""
    (tmp_path / "pytest.ini").write_text("[pytest]\npython_functions = check_* example\n")
    (test,) = (one for one in json.loads(init("--json").output)["new"] if "first" in one["path"])
    assert "\ndef check_" in test["text"]
    assert "def test_" not in test["text"]


@pytest.mark.parametrize("place", ["../elsewhere", "{outside}"])
def test_nothing_is_written_outside_of_the_project(
    place: str, init: Init, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """``testpaths`` may name a folder that others have, too: a test was written there."""
    outside = tmp_path_factory.mktemp("outside")
    (tmp_path.parent / "elsewhere").mkdir(exist_ok=True)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\ntestpaths = {place.format(outside=outside)}\n")
    paths = [one["path"] for one in json.loads(init("--json").output)["new"]]
    assert paths[0] == "tests/test_qchannel_first.py"


def test_a_file_that_cannot_be_written_is_told(init: Init, tmp_path: Path) -> None:
    """And is not said to be written, as it was."""
    (tmp_path / ".github").write_text("", encoding="utf-8")
    for words in ((), ("--json",)):
        result = init("--write", *words)
        assert result.exit_code == 2
        assert ".github/workflows/tests.yml cannot be written" in result.output
        assert "Make .github/workflows a folder" in result.output
        assert "Written:" not in result.output
        assert '"written"' not in result.output
