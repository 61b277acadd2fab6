"""A report is there whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from pytest_qchannel.plugin.record.run import Run
from pytest_qchannel.plugin.record.writing import Told, write


@pytest.fixture
def written(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> Any:
    module = "pytest_qchannel.plugin.record.writing"
    monkeypatch.setattr(f"{module}.document_of", lambda *_: {})
    monkeypatch.setattr(f"{module}.markdown_of", lambda *_: "said\n")

    def write_them(*reports: Path, pages: tuple[tuple[Path, str], ...] = ()) -> Any:
        told: Told = None  # type: ignore[assignment]
        return write(pytestconfig, Run(), told, [], reports, pages)

    return write_them


def test_a_full_disk_leaves_the_last_report_as_it_was(
    written: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was opened for writing first: a run that was killed there left half of a report."""
    report = tmp_path / "out.json"
    report.write_text("of the last run", encoding="utf-8")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert written(report) == [(report, "No space left on device")]
    assert report.read_text(encoding="utf-8") == "of the last run"
    assert list(tmp_path.iterdir()) == [report]
    assert written(report) == []
    assert report.read_text(encoding="utf-8") == "{}\n"


@pytest.mark.parametrize("code", [errno.EBUSY, errno.EACCES])
def test_a_file_that_cannot_be_replaced_is_written(
    written: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """One that is mounted into a container, or in a folder of somebody else's, was not any more."""
    report = tmp_path / "out.json"
    report.write_text("of the last run", encoding="utf-8")

    def refused(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refused)
        assert written(report) == []
    assert report.read_text(encoding="utf-8") == "{}\n"
    assert list(tmp_path.iterdir()) == [report]


def test_a_link_stays_one_and_a_page_grows(written: Any, tmp_path: Path) -> None:
    report, page = tmp_path / "there.json", tmp_path / "page.md"
    (tmp_path / "link.json").symlink_to(report)
    page.write_text("before\n", encoding="utf-8")
    assert written(tmp_path / "link.json", pages=((page, "a"),)) == []
    assert report.read_text(encoding="utf-8") == "{}\n"
    assert page.read_text(encoding="utf-8") == "before\nsaid\n"
