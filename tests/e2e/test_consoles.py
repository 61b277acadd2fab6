"""The pages' consoles: what is typed is run, in a fresh folder, and says what is shown."""

from __future__ import annotations

import io
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_qchannel.channels.client import client_version
from pytest_qchannel.cli.main import main
from tests.e2e.pages_kit import NOT_RUN, PAGES, Block, blocks_of

PORTS = ("8765", "8766")
"""What servers of the pages listen on; here, on ports that are free."""
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


Servers = Callable[[list[str], str], str]


@contextmanager
def servers() -> Iterator[Servers]:
    """Starts servers, which go on while the page's other commands are run."""
    started: list[subprocess.Popen[str]] = []

    def start(arguments: list[str], wanted: str) -> str:
        words = [sys.executable, "-m", "pytest_qchannel", *arguments]
        server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        started.append(server)
        assert server.stdout is not None
        said = ""
        while not is_shown(wanted, said) and (line := server.stdout.readline()):
            said += line
        return said

    try:
        yield start
    finally:
        for server in started:
            server.terminate()
            server.communicate(timeout=30)


def run(command: str, wanted: str, pytester: pytest.Pytester, start: Servers) -> str:
    """What a command says; pytest and qchannel run in this process, which saves their start."""
    name, *arguments = shlex.split(command, comments=True)
    if name == "pytest":
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(out):
            pytester.inline_run(*arguments)
        return out.getvalue()
    if name == "qchannel" and arguments[0] == "serve":
        return start(arguments, wanted)
    if name == "qchannel" and arguments[0] != "run":  # which is about a whole process
        return CliRunner().invoke(main, arguments, catch_exceptions=False).output
    if name in ("curl", "node", "g++") and shutil.which(name) is None:
        pytest.skip(f"there is no {name} here")
    if name == "qchannel":
        command = shlex.join([sys.executable, "-m", "pytest_qchannel", *arguments])
    ran = subprocess.run(command, shell=True, text=True, capture_output=True)
    return ran.stdout + ran.stderr


def with_free_ports(blocks: list[Block]) -> list[Block]:
    """The same with ports that are free where a page has those of its servers."""
    here = ("127.0.0.1", 0)
    with socket.create_server(here) as one, socket.create_server(here) as other:
        free = dict(zip(PORTS, (str(it.getsockname()[1]) for it in (one, other)), strict=True))
    return [
        replace(block, text=re.sub("|".join(PORTS), lambda port: free[port[0]], block.text))
        for block in blocks
    ]


@newest
@pytest.mark.parametrize("page", WITH_CONSOLES, ids=lambda page: page.stem)
def test_a_console_says_what_is_shown(
    page: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pytester.mkdir("folder")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly -p no:cacheprovider -W ignore")
    with servers() as start:
        for block in with_free_ports(blocks_of(page)):
            if block.file:
                (folder / block.file).write_text(block.text, encoding="utf-8")
            if block.language == "console" and block.is_run:
                for command, wanted in typed(block):
                    said = run(command, wanted, pytester, start)
                    assert is_shown(wanted, said), f"{page.name}: $ {command}\n{said}"


def test_almost_all_blocks_are_run() -> None:
    """One that cannot run says why, where the reader sees it."""
    all_blocks = [one for page in PAGES for one in blocks_of(page)]
    left = [one.text.partition("\n")[0] for one in all_blocks if not one.is_run]
    assert len(left) <= 5
    assert all(len(line) > len(NOT_RUN) + 10 for line in left)
