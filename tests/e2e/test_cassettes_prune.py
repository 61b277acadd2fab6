"""``qchannel cassettes prune``: what it finds, asks, removes and leaves."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_qchannel.cassette.disk.store import Store
from tests.e2e.cassette_kit import BELL, REST, bell, cassettes, cut, rest

GONE = "tests/test_pick.py::test_gone[ibm_cloud]"
TESTS = """
import pytest

@pytest.mark.vcr
def test_bell(qchannel_rest): pass

def test_rest(qchannel_rest): pass
"""
# hypothesis takes seconds to load.
INI = "[pytest]\nqchannel_channel = ibm_cloud\naddopts = -p no:hypothesispytest\n"
PRUNE = importlib.import_module("pytest_qchannel.cli.cassettes.prune")
WHY_GONE = "there is no such test in tests/test_pick.py"
WHY_UNMARKED = "its test does not replay: it has no marker vcr (mode=auto, default)"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A project with a cassette in use, one of a test without the marker, one of no test."""
    for name in list(os.environ):
        if name.startswith(("QCHANNEL_", "PYTEST_", "QISKIT_IBM_", "COVERAGE_", "COV_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text(INI, encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_pick.py").write_text(TESTS, encoding="utf-8")
    store = Store(tmp_path / "cassettes")
    for one in (bell(), rest(REST), rest(GONE)):
        store.save(one)
    return store


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PRUNE, "_is_terminal", lambda: True)


@pytest.fixture
def told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pytest says of the project, without the seconds that it takes to say it."""
    unused = [
        {"path": str(store.path_of(test)), "test": test, "why": why}
        for test, why in ((GONE, WHY_GONE), (REST, WHY_UNMARKED))
        if store.path_of(test).exists()
    ]
    document = {
        "folder": str(store.root), "base": str(store.root.parent), "failed": [], "unused": unused
    }  # fmt: skip
    monkeypatch.setattr(PRUNE, "_collected", lambda _: document)


def left(store: Store) -> set[str]:
    return {one.test for one in map(store.load, store.paths())}


def said(store: Store, test: str, why: str) -> str:
    return f"  {store.path_of(test).relative_to(Path.cwd())}: {why}"


def test_without_a_terminal_it_lists_and_removes_nothing(store: Store) -> None:
    result = cassettes("prune")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].startswith("to remove: 2 cassettes, 0 blobs, 0 files in quarantine; ")
    assert lines[1:] == [said(store, GONE, WHY_GONE), said(store, REST, WHY_UNMARKED)]
    assert result.stderr == "nothing was removed: there is no terminal to ask at; give --yes\n"
    assert left(store) == {BELL, REST, GONE}


def test_yes_removes_and_a_second_time_there_is_nothing(store: Store) -> None:
    result = cassettes("prune", "--yes")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "2 files removed"
    assert left(store) == {BELL}
    result = cassettes("prune")
    assert (result.exit_code, result.stdout) == (0, "nothing to remove\n")


@pytest.mark.usefixtures("told")
def test_a_dry_run_lists_only(store: Store) -> None:
    result = cassettes("prune", "--dry-run", "--yes")
    assert result.exit_code == 0
    assert said(store, GONE, WHY_GONE) in result.stdout.splitlines()
    assert left(store) == {BELL, REST, GONE}


@pytest.mark.usefixtures("terminal", "told")
@pytest.mark.parametrize(("answer", "status", "count"), [("y", 0, 1), ("n", 1, 3), ("", 1, 3)])
def test_it_asks_at_a_terminal(store: Store, answer: str, status: int, count: int) -> None:
    result = cassettes("prune", stdin=f"{answer}\n")
    assert result.exit_code == status
    assert "Remove them? [y/N]" in result.stdout
    assert len(left(store)) == count


def test_the_mode_of_the_environment_counts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCHANNEL_MODE", "replay")
    assert cassettes("prune", "--yes").exit_code == 0
    assert left(store) == {BELL, REST}


@pytest.mark.usefixtures("told")
def test_blobs_that_nobody_names_and_quarantine(store: Store) -> None:
    store.path_of(BELL).unlink()
    names = store.blobs.names()
    failed = store.root / ".qchannel" / "quarantine" / "test_a.yaml"
    failed.parent.mkdir(parents=True)
    failed.write_text("x", encoding="utf-8")
    result = cassettes("prune", "--yes")
    assert f"  {store.blobs.path(names[0]).relative_to(Path.cwd())}: no cassette names it" in (
        result.stdout
    )
    assert "not listed: 1 file in quarantine (see --quarantine)" in result.stdout
    assert store.blobs.names() == []
    assert failed.exists()
    result = cassettes("prune", "--yes", "--quarantine")
    assert "test_a.yaml: it was not saved when it was recorded" in result.stdout
    assert not failed.exists()


@pytest.mark.usefixtures("told")
def test_a_damaged_cassette_in_use_keeps_the_blobs(store: Store) -> None:
    cut(store.path_of(BELL))
    names = store.blobs.names()
    result = cassettes("prune", "--yes")
    assert result.exit_code == 0
    assert "blobs are all kept, because nobody knows which of them a damaged" in result.stderr
    assert f"where: {store.path_of(BELL)}" in result.stderr
    assert store.blobs.names() == names
    assert not store.path_of(GONE).exists()


def test_tests_that_cannot_be_collected(store: Store) -> None:
    (Path.cwd() / "tests" / "test_broken.py").write_text("import not_there\n", encoding="utf-8")
    result = cassettes("prune", "--yes")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[:2] == [
        "Error: not all tests can be collected, so nothing is removed",
        "  where: tests/test_broken.py",
    ]
    assert "No module named 'not_there'" in result.stderr
    assert "  next:  pytest --collect-only -q" in result.stderr
    assert left(store) == {BELL, REST, GONE}


def test_no_key_goes_to_ibm_while_tests_are_imported(store: Store) -> None:
    """A conftest.py of a suite that runs everywhere made its service with the person's own key."""
    source = "import socket\nsocket.getaddrinfo('iam.cloud.ibm.com', 443)\n"
    (Path.cwd() / "tests" / "conftest.py").write_text(source, encoding="utf-8")
    result = cassettes("prune", "--yes")
    assert result.exit_code == 2
    assert "what is imported with the tests reached for iam.cloud.ibm.com" in result.stderr
    assert result.stderr.endswith("  next:  QCHANNEL_EVERYWHERE=1 qchannel cassettes prune\n")
    assert left(store) == {BELL, REST, GONE}


def test_a_pytest_that_cannot_begin(store: Store) -> None:
    Path("pytest.ini").write_text(INI + "qchannel_mode = rplay\n", encoding="utf-8")
    result = cassettes("prune", "--yes")
    assert result.exit_code == 2
    assert "pytest did not tell which tests there are, so nothing is removed" in result.stderr
    assert "'rplay' is no mode" in result.stderr
    assert left(store) == {BELL, REST, GONE}


def test_a_run_without_the_plugin_says_nothing_of_cassettes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    Path("pytest.ini").write_text("[pytest]\nmarkers = vcr\n", encoding="utf-8")
    result = cassettes("prune", "--yes")
    assert result.exit_code == 2
    assert "with the plugin qchannel loaded" in result.stderr
    assert left(store) == {BELL, REST, GONE}


def test_a_project_that_is_strict_runs_in_parallel_and_fails_on_warnings(store: Store) -> None:
    options = " -n 2 --qchannel-strict-cassettes -k bell\nfilterwarnings = error\n"
    Path("pytest.ini").write_text(INI.rstrip() + options, encoding="utf-8")
    result = cassettes("prune", "--yes")
    assert result.exit_code == 0, result.output
    assert left(store) == {BELL}


def test_a_project_without_tests_left(store: Store) -> None:
    Path("tests", "test_pick.py").unlink()
    result = cassettes("prune", "--yes")
    assert result.exit_code == 0
    assert said(store, BELL, "there is no tests/test_pick.py") in result.stdout.splitlines()
    assert left(store) == set()
    assert store.blobs.names() == []


def test_a_folder_that_is_named(store: Store) -> None:
    moved = store.root.rename(store.root.parent / "tapes")
    result = cassettes("prune", "tapes", "--yes")
    assert result.exit_code == 0
    assert left(Store(moved)) == {BELL}


def test_a_folder_of_another_project(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Path.cwd() / "other"
    other.mkdir()
    (other / "pytest.ini").write_text(INI, encoding="utf-8")
    monkeypatch.chdir(other)
    result = cassettes("prune", "../cassettes", "--yes")
    assert result.exit_code == 2
    assert "these cassettes are not below this project" in result.stderr
    assert left(store) == {BELL, REST, GONE}


def test_a_folder_that_pytest_does_not_use_here(store: Store) -> None:
    Path("pytest.ini").write_text(INI.rstrip() + " -o qchannel_cassettes=tapes\n", encoding="utf-8")
    result = cassettes("prune", "--yes")
    assert result.exit_code == 2
    assert "pytest uses another folder of cassettes here" in result.stderr
    assert "  next:  qchannel cassettes prune tapes" in result.stderr
    assert left(store) == {BELL, REST, GONE}


@pytest.mark.usefixtures("told")
def test_a_cassette_that_is_being_recorded(store: Store) -> None:
    with Store(store.root).lock(store.path_of(GONE)):
        result = cassettes("prune", "--yes")
    assert result.exit_code == 2
    assert "Error: two writers want the same cassette" in result.stderr
    assert GONE in left(store)


def test_as_a_script(store: Store) -> None:
    command = [sys.executable, "-m", "pytest_qchannel", "cassettes", "prune"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert said(store, GONE, WHY_GONE) in done.stdout.splitlines()
    assert len(left(store)) == 3
