"""``qchannel doctor`` where nothing is as it should be: it says so, and ends as always."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_qchannel.cli.doctor import examine
from pytest_qchannel.cli.doctor.findings import State
from tests.doctor_kit import bad, machine, project


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("pyproject.toml", b"[tool.pytest.ini_options\n", "line 1"),
        ("pyproject.toml", b"[tool.pytest.ini_options]\nqchannel_mode = '\xe9'\n", "utf-8"),
        ("pyproject.toml", b"x = " + b"[" * 5_000, "recursion"),
        ("pytest.ini", b"qchannel_mode = emulated\n", "no section header"),
        ("pytest.ini", b"[pytest]\nqchannel_seed = 1\nqchannel_seed = 2\n", "duplicate"),
        ("pytest.ini", b"[pytest]\nqchannel_mode\n", "unexpected line"),
        ("setup.cfg", b"[pytest]\nqchannel_seed = 1\n", "[tool:pytest]"),
        ("pytest.toml", b"qchannel_seed = 1\n", "[pytest]"),
        (
            "pyproject.toml",
            b"[tool.pytest]\nqchannel_seed = 1\n[tool.pytest.ini_options]\nqchannel_door = 'x'\n",
            "[tool.pytest]",
        ),
    ],
)
def test_a_file_that_pytest_ends_with_is_named(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    """All was well, and "no file configures pytest here": each run ended with an error."""
    project(tmp_path)
    (tmp_path / "pytest.ini").unlink()
    (tmp_path / name).write_bytes(content)
    (row,) = bad(examine(machine(tmp_path, {})))
    assert (row.check.id, row.finding.state) == ("ini", State.FAIL)
    assert words in row.finding.seen
    assert row.finding.next.endswith(f" {name}")


@pytest.mark.parametrize("release", ["8.4.2", "9.0.0"])
def test_a_file_that_is_left_out_is_read_by_a_pytest_that_names_it(
    release: str, tmp_path: Path
) -> None:
    """All was well, and each run ended with an error."""
    project(tmp_path)
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = x\nname = y\n")
    here = machine(tmp_path, {})
    versions = {**here.installed.versions, "pytest": release}
    here = replace(here, installed=replace(here.installed, versions=versions))
    said = [row.finding.seen for row in bad(examine(here))]
    assert [one.startswith("setup.cfg cannot be read") for one in said] == [True] * (release > "9")


def test_a_key_of_two_lines_is_taken_out_by_hand(tmp_path: Path) -> None:
    """Only its first line was taken, and pytest could not read what was left."""
    project(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nqchannel_world =\n    nowhere.toml\n")
    (row,) = bad(examine(machine(tmp_path, {})))
    assert row.finding.next == "${EDITOR:-vi} pytest.ini"


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "1 + " * 20_000 + "1",
        "x = " + "-" * 100_000 + "1",
        "x = pytest.mark" + ".a()" * 900,
    ],
    ids=["sum", "signs", "calls"],
)
def test_a_module_that_is_nested_too_deep_ends_nothing(text: str, tmp_path: Path) -> None:
    """Doctor ended with a traceback, a RecursionError or a MemoryError."""
    project(tmp_path)
    (tmp_path / "test_deep.py").write_text(f"import pytest\npytest.mark.slow\n{text}\n")
    assert bad(examine(machine(tmp_path, {}))) == []


def test_a_name_that_is_no_text_ends_nothing(tmp_path: Path) -> None:
    """Doctor ended with a traceback: git was asked about it in UTF-8."""
    project(tmp_path)
    folder = tmp_path / "cassettes" / "test_it"
    folder.mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(folder) + b"/test_\xff.yaml")).write_text("x")
    (row,) = bad(examine(machine(tmp_path, {})))
    assert (row.check.id, "test_\\udcff.yaml" in row.finding.seen) == ("cassettes", True)


def test_a_credential_in_a_wrong_variable_is_not_shown(tmp_path: Path) -> None:
    project(tmp_path)
    key = "nobodys-secret-that-is-long-enough"
    environ = {"QISKIT_IBM_TOKEN": key, "QCHANNEL_MODE": key, "REQUESTS_CA_BUNDLE": f"/{key}"}
    rows = bad(examine(machine(tmp_path, environ)))
    assert {row.check.id for row in rows} == {"settings", "certificates"}
    assert key not in str(rows)


@pytest.mark.parametrize("said", ["--API-KEY=", "--vault-token "])
def test_a_credential_in_an_option_of_somebody_else_is_not_shown(said: str, tmp_path: Path) -> None:
    """Only that of an option in small letters with ``=`` was left out."""
    project(tmp_path)
    environ = {"PYTEST_ADDOPTS": f"{said}nobodys-secret -p no:qchannel"}
    (row,) = bad(examine(machine(tmp_path, environ)))
    assert row.finding.next == "export PYTEST_ADDOPTS=${PYTEST_ADDOPTS/'-p no:qchannel'/}"


def test_what_a_terminal_does_not_know_is_written_in_another_way(tmp_path: Path) -> None:
    """The table ended with a UnicodeEncodeError."""
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "SSL_CERT_FILE": "/caf\u00e9"}
    words = [sys.executable, "-m", "pytest_qchannel", "doctor", "--only", "certificates"]
    done = subprocess.run(words, cwd=tmp_path, env=environ, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert rb"/caf\xe9" in done.stdout


@pytest.mark.parametrize("words", [["doctor", "--only", "clock"], ["docs", "faults"]])
def test_what_cannot_be_written_is_told_without_a_traceback(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "pytest_qchannel", *words]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"qchannel: the output cannot be written: No space left")


@pytest.mark.parametrize("words", ["doctor", "run -c 1"])
def test_a_folder_that_is_gone_is_told_without_a_traceback(words: str, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"rmdir {gone}; exec {sys.executable} -m pytest_qchannel {words}"
    done = subprocess.run(["sh", "-c", script], cwd=gone, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"Error: this folder is gone; next: cd to another\n"
