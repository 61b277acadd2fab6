"""``qchannel report``: the legs of a matrix as one page."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from pytest_qchannel.cli.main import main
from tests.unit.page.report_kit import report_of, run_of


def report(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["report", *map(str, words)], catch_exceptions=False)


def legs(folder: Path) -> list[Path]:
    paths = []
    for number, client in enumerate(("0.34.0", "0.51.0")):
        one = report_of(2, run=run_of(number, client=client))
        paths.append(folder / f"{client}.json")
        paths[-1].write_text(json.dumps(one), encoding="utf-8")
    return paths


def test_legs_become_one_page_or_one_report(tmp_path: Path) -> None:
    done = report(*legs(tmp_path), "-o", tmp_path / "all.html")
    assert (done.exit_code, done.output.split(" (")[0]) == (
        0,
        f"{tmp_path / 'all.html'}: 2 runs, 4 tests",
    )
    assert (tmp_path / "all.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert report(*legs(tmp_path), "-o", tmp_path / "all.json").exit_code == 0
    whole = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert [run["client"] for run in whole["runs"]] == ["0.34.0", "0.51.0"]
    again = report(tmp_path / "all.json", "-o", tmp_path / "again.html")
    assert "again.html: 2 runs, 4 tests" in again.output


def test_what_cannot_be_done_is_told_with_the_next_step(tmp_path: Path) -> None:
    [first, _] = legs(tmp_path)
    (tmp_path / "b.json").write_text("{}", encoding="utf-8")
    for words, told in (
        ((first, "-o", tmp_path / "all.pdf"), "The output ends in .html or .json"),
        ((tmp_path / "b.json", "-o", tmp_path / "all.html"), "next:"),
        ((first, "-o", tmp_path / "nowhere" / "all.html"), "cannot write"),
    ):
        done = report(*words)
        assert done.exit_code == 2
        assert told in done.output
        assert not (tmp_path / "all.html").exists()
