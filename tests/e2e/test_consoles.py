"""The pages' consoles: what is typed is run, in a fresh folder, and says what is shown."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_qchannel.channels.client import client_version
from pytest_qchannel.cli.main import main
from tests.e2e.pages_kit import NOT_RUN, PAGES, Block, blocks_of

WITH_CONSOLES = [page for page in PAGES if any(one.is_run for one in blocks_of(page, "console"))]
newest = pytest.mark.skipif(client_version() < "0.51", reason="they show what the newest one says")


def typed(block: Block) -> list[tuple[str, str]]:
    """The commands of a console, each with what is shown below it."""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert not parts[0].strip(), "a console begins with a command: '$ ...'"
    return [(one.partition("\n")[0], one.partition("\n")[2]) for one in parts[1:]]


def is_shown(wanted: str, said: str) -> bool:
    """Whether it says what is shown, where ``...`` is anything."""
    lines = "\n".join(line.rstrip() for line in said.strip().splitlines())
    pattern = ".*".join(map(re.escape, wanted.strip().split("...")))
    return re.fullmatch(pattern, lines, re.DOTALL) is not None


def run(command: str, pytester: pytest.Pytester, folder: Path) -> str:
    """What a command says; pytest and qchannel run in this process, which saves their start."""
    name, *arguments = shlex.split(command, comments=True)
    if name == "pytest":
        with redirect_stdout(io.StringIO()) as out:
            pytester.inline_run(*arguments)
        return out.getvalue()
    if name == "qchannel":
        return CliRunner().invoke(main, arguments, catch_exceptions=False).output
    ran = subprocess.run(command, shell=True, cwd=folder, text=True, capture_output=True)
    return ran.stdout + ran.stderr


@newest
@pytest.mark.parametrize("page", WITH_CONSOLES, ids=lambda page: page.stem)
def test_a_console_says_what_is_shown(
    page: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pytester.mkdir("folder")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly -p no:cacheprovider -W ignore")
    for block in blocks_of(page):
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
        if block.language == "console" and block.is_run:
            for command, wanted in typed(block):
                said = run(command, pytester, folder)
                assert is_shown(wanted, said), f"{page.name}: $ {command}\n{said}"


def test_almost_all_blocks_are_run() -> None:
    """One that cannot run says why, where the reader sees it."""
    all_blocks = [one for page in PAGES for one in blocks_of(page)]
    left = [one.text.partition("\n")[0] for one in all_blocks if not one.is_run]
    assert len(left) <= 5
    assert all(len(line) > len(NOT_RUN) + 10 for line in left)
