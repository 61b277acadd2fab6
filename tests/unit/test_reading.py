"""What lies where a file is expected, and is none that a person has written, is not read."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_qchannel.cli.main import main
from pytest_qchannel.reading import read_small

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no such files")


def odd_files(folder: Path, name: str) -> list[Path]:
    """A pipe, a device, a link to itself, and a file of 16 GB that holds nothing."""
    pipe, device, loop, huge = (
        folder / name.format(kind) for kind in ("pipe", "device", "loop", "huge")
    )
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    loop.symlink_to(loop)
    with huge.open("wb") as file:
        file.truncate(2**34)
    return [pipe, device, loop, huge]


def test_a_file_that_a_person_wrote_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 1000)
    assert read_small(tmp_path / "file") == b"x" * 1000
    with pytest.raises(FileNotFoundError):
        read_small(tmp_path / "missing")


def test_what_no_person_wrote_is_an_error_at_once(tmp_path: Path) -> None:
    for path in odd_files(tmp_path, "{}"):
        with pytest.raises(OSError, match=r"no file|larger than|symbolic links"):
            read_small(path)


def test_commands_that_look_at_a_project_wait_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``qchannel matrix`` and ``doctor`` stood still before a pipe among the tests."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (tmp_path / "cassettes").mkdir()
    odd_files(tmp_path, "test_{}.py")
    odd_files(tmp_path / "cassettes", "{}.yaml")
    matrix = CliRunner().invoke(main, ["matrix", "--lane", "replay", "--lane", "emulated"])
    assert matrix.exit_code == 0, matrix.output
    assert [one["lane"] for one in json.loads(matrix.stdout)] == ["replay", "emulated"]
    doctor = CliRunner().invoke(main, ["doctor"])
    assert doctor.exit_code in (0, 1), doctor.output
    assert doctor.exception is None or isinstance(doctor.exception, SystemExit)
