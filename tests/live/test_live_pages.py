"""What the pages say is typed that wants IBM's services, with the second server where those stand.

So it is with the commands that errors tell, some of which are about the live lane.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.errors import commands
from pytest_qchannel.channels.client import client_version
from tests.e2e.consoles_kit import run, run_page, servers
from tests.e2e.pages_kit import PAGES, blocks_of
from tests.live.second_server import SecondServer
from tests.live.worlds import WORLD

LIVE = [page for page in PAGES if any(one.is_live for one in blocks_of(page))]
JOBS = """
import pytest


@pytest.mark.vcr
def test_jobs(qchannel_rest):
    assert qchannel_rest.get("/jobs").status_code == 200
"""
BLANKS = {
    "PATH...": "cassettes",
    "qchannel cassettes ...": "qchannel cassettes list",
    "qchannel cassettes prune ...": "qchannel cassettes prune --dry-run",
    "qchannel cassettes show ...": "qchannel cassettes show test_jobs",
    "pip uninstall ...": "pip uninstall pytest-vcr",
    '"qiskit-ibm-runtime..."': '"qiskit-ibm-runtime>=0.45"',
    "'qiskit-ibm-runtime>=...'": '"qiskit-ibm-runtime>=0.45"',
    "python -m pip": "pip",
    "-p no:...": "-p no:cassetter",
    "--qchannel-...=...": "--qchannel-seed=1",
    "--qchannel-...": "--qchannel-seed=1",
    "--record-mode=...": "--record-mode=none",
    "--qchannel-record-from=...": "--qchannel-record-from=emulator",
    "--run ...": "--run nightly",
    "...": "",
}
"""What is filled in where an error names what it is about; the first that fits."""

RECORD = "pytest --qchannel-mode=record --qchannel-record-from=emulator"
"""The one that others need: it makes the cassette."""
DRY = {"pip install": "--dry-run --no-index --no-deps", "pip uninstall": "--yes"}
"""With these pip asks nobody and changes nothing: what it is to take away is not there."""


@pytest.fixture(scope="module")
def world() -> str:
    """Small devices, with twins for dry runs."""
    return f"dry_run_devices = true\n{WORLD}"


@pytest.mark.skipif(client_version() < "0.51", reason="they show what the newest client says")
@pytest.mark.parametrize("page", LIVE, ids=lambda page: page.stem)
def test_a_live_console_says_what_is_shown(
    page: Path, led: SecondServer, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_page(page, pytester, monkeypatch)
    assert led.alive() == []


def filled(command: str) -> str:
    """A command with everything in it."""
    for blank, word in BLANKS.items():
        command = command.replace(blank, word)
    return " ".join(command.split())


def test_every_command_that_an_error_tells_works(
    led: SecondServer, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some had words of their sentence behind them, one ended in the next usage error."""
    pytester.makepyfile(test_jobs=JOBS)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly -p no:cacheprovider -W ignore")
    monkeypatch.chdir(pytester.path)
    told = [RECORD, *sorted({filled(one) for one in commands()} - {RECORD})]
    assert len(told) > 20
    with servers() as start:
        for command in told:
            found = re.fullmatch(r"(pip \w+) (.*)", command)
            # Where pip cannot read what is typed it ends with 2; no index is asked here.
            typed = f"python -m {found[1]} {DRY[found[1]]} {found[2]}" if found else command
            said, status = run(typed, "", pytester, pytester.path, start)
            assert status in ((0, 1) if found else (0,)), f"$ {command}\n{said}"
