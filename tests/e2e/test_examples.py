"""The projects in ``examples/``: each passes by itself, as its README says it is run.

The live lane of the optimisation loop is in ``tests/live/test_live_example.py``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_qchannel.channels.client import client_version

EXAMPLES = Path(__file__).parents[2] / "examples"
LANES = {
    "optimisation": [
        [],
        ["--qchannel-mode=record", "--qchannel-record-from=emulator"],
        ["--qchannel-mode=replay"],
    ]
}
PROJECTS = sorted(path.parent.name for path in EXAMPLES.glob("*/README.md"))


@pytest.mark.skipif(client_version() < "0.51", reason="they are written for the newest client")
@pytest.mark.parametrize("name", PROJECTS)
def test_an_example_passes(
    name: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pytester.path / name
    shutil.copytree(EXAMPLES / name, folder)
    monkeypatch.chdir(folder)
    wanted = {"skipped"} if name == "node" and shutil.which("node") is None else {"passed"}
    for lane in LANES.get(name, [[]]):
        quiet = ("--rootdir=.", "-p", "no:randomly", "-p", "no:cacheprovider", "-W", "ignore")
        outcomes = pytester.runpytest_inprocess(*quiet, *lane).parseoutcomes()
        assert set(outcomes) - {"warning", "warnings"} == wanted


@pytest.mark.skipif(client_version() < "0.51", reason="they are written for the newest client")
def test_the_one_of_unittest_passes_without_pytest(tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLES / "unittest_style", tmp_path / "it")
    command = [sys.executable, "-W", "ignore", "-m", "unittest"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Ran [1-9]", done.stderr, re.MULTILINE)


def test_there_are_examples() -> None:
    assert len(PROJECTS) >= 7
