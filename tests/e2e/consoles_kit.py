"""Runs the consoles of a page: what is typed is run, in a fresh folder, and says what is shown."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from click.testing import CliRunner

from pytest_qchannel.cli.main import main
from tests.e2e.pages_kit import STAND_IN, Block, blocks_of
from tests.e2e.ports_kit import free_ports

PORTS: Final = ("8765", "8766")
"""What servers of the pages listen on; here, on ports that are free."""

Servers: TypeAlias = Callable[[list[str], str], str]


def typed(block: Block) -> list[tuple[str, str]]:
    """The commands of a console, each with what is shown below it."""
    parts = re.split(r"^\$ ", block.text.removeprefix(STAND_IN), flags=re.MULTILINE)
    assert not parts[0].strip(), "a console begins with a command: '$ ...'"
    return [(one.partition("\n")[0], one.partition("\n")[2]) for one in parts[1:]]


def is_shown(wanted: str, said: str) -> bool:
    """Whether it says what is shown, where ``...`` is anything."""
    lines = "\n".join(line.rstrip() for line in said.strip().splitlines())
    pattern = ".*".join(map(re.escape, wanted.strip().split("...")))
    return re.fullmatch(pattern, lines, re.DOTALL) is not None


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


def with_free_ports(blocks: list[Block]) -> list[Block]:
    """The same with ports that are free where a page has those of its servers."""
    free = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
    return [
        replace(block, text=re.sub("|".join(PORTS), lambda port: free[port[0]], block.text))
        for block in blocks
    ]


def run(
    command: str, wanted: str, pytester: pytest.Pytester, folder: Path, start: Servers
) -> tuple[str, int]:
    """What a command says, and its exit status.

    pytest and qchannel run in this process, which saves their start, but for a program's; a server
    has said enough when it has said what is shown.
    """
    words = shlex.split(command, comments=True)
    with pytest.MonkeyPatch.context() as patched:
        while "=" in words[0]:
            patched.setenv(*words.pop(0).split("=", 1))
        name, *arguments = words
        if name == "pytest":
            with redirect_stdout(io.StringIO()) as out, redirect_stderr(out):
                ended = pytester.inline_run(*arguments).ret
            return out.getvalue(), int(ended or 0)
        if name == "qchannel" and arguments[0] == "serve":
            return start(arguments, wanted), 0
        if name in ("curl", "node", "g++") and shutil.which(name) is None:
            pytest.skip(f"there is no {name} here")
        if name == "qchannel" and arguments[0] != "run":
            result = CliRunner().invoke(main, arguments, catch_exceptions=False)
            return result.output, result.exit_code
        ran = subprocess.run(
            [shutil.which("bash") or "sh", "-c", command],
            cwd=folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return ran.stdout, ran.returncode


def run_page(page: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a page from its top to its end; its files are written where they come.

    A console that shows nothing of what its commands say shows that they succeed.
    """
    folder = pytester.mkdir("folder")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly -p no:cacheprovider -W ignore")
    scripts = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{scripts}{os.pathsep}{os.environ['PATH']}")
    with servers() as start:
        for block in with_free_ports(blocks_of(page)):
            if block.file:
                (folder / block.file).write_text(block.text, encoding="utf-8")
            if block.language == "console" and block.is_run:
                commands = typed(block)
                shows = any(wanted.strip() for _, wanted in commands)
                for command, wanted in commands:
                    said, status = run(command, wanted, pytester, folder, start)
                    ok = is_shown(wanted, said) if shows else status == 0
                    assert ok, f"{page.name}: $ {command}\n{said}\n(exit status {status})"
