"""What all commands have in common: examples, documents, exit statuses, Ctrl-C, closed pipes."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from pytest_qchannel.channels.credentials import credential_variables
from pytest_qchannel.cli import check as check_module
from pytest_qchannel.cli import cleanup as cleanup_module
from pytest_qchannel.cli import flows
from pytest_qchannel.cli import serve as serve_module
from pytest_qchannel.cli.cassettes import prune as prune_module
from pytest_qchannel.cli.group import CLOSED_PIPE, INTERRUPTED, Group, every
from pytest_qchannel.cli.main import main
from tests.e2e.cassette_kit import tree
from tests.unit.page.report_kit import report_of, run_of

assert isinstance(main, Group)
COMMANDS = dict(every(main))
PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
APP = "import qiskit_ibm_runtime as q\nprint(q.QiskitRuntimeService().least_busy())\n"
COLLECTED = {"unused": [], "folder": "cassettes", "base": ""}


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with what the examples name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in credential_variables():
        monkeypatch.delenv(name, raising=False)
    tree(tmp_path / "cassettes")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    for number, name in enumerate(("a.json", "b.json")):
        one = report_of(1, run=run_of(number, client=f"0.{number}.0"))
        (tmp_path / name).write_text(json.dumps(one), encoding="utf-8")


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leaves out what has tests of its own: the wait of serve, the pytest of prune, IBM."""

    @contextmanager
    def ended() -> Iterator[Any]:
        yield lambda: None

    monkeypatch.setattr(serve_module, "_told_to_end", ended)
    live = SimpleNamespace(clock=SimpleNamespace(now=lambda: 0.0), close=lambda: None)
    monkeypatch.setattr(cleanup_module, "live_settings", lambda **_: None)
    monkeypatch.setattr(cleanup_module, "live_run", lambda _settings: live)
    monkeypatch.setattr(cleanup_module, "swept_by_tags", lambda *_, **__: ())
    told = {**COLLECTED, "folder": str(tmp_path / "cassettes"), "base": str(tmp_path)}
    monkeypatch.setattr(prune_module, "_collected", lambda _root: told)


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words, catch_exceptions=False)


def example_of(name: str) -> str:
    """The last line of a command's help."""
    lines = run(*name.split()[1:], "--help").output.rstrip().splitlines()
    assert lines[-2].strip() == "Example:"
    return lines[-1].strip()


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("name", COMMANDS)
def test_each_help_ends_with_an_example_that_works(name: str) -> None:
    example = example_of(name)
    inner = re.search(r"\$\((.*?)\)", example)
    words = shlex.split(inner[1] if inner else example)
    if not isinstance(COMMANDS[name], Group):
        assert words[: len(name.split())] == name.split()
    if name == "qchannel run":  # it leaves the process on the emulator
        command = [sys.executable, "-m", "pytest_qchannel", *words[1:]]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr
        assert Path("sent.jsonl").read_text(encoding="utf-8").count("\n") > 1
        return
    result = run(*words[1:])
    assert result.exit_code == 0, result.output
    assert result.output


@pytest.mark.parametrize("name", [one for one in COMMANDS if one.count(" ")])
def test_each_help_tells_the_exit_statuses(name: str) -> None:
    command = COMMANDS[name]
    if not isinstance(command, Group):
        assert re.search(r"\n\n *Ends with (the program's )?exit status", command.help or ""), name


def documented() -> dict[str, set[str]]:
    rows = re.findall(r"^\| `(qchannel .*?)` \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return {command: set(re.findall(r"`(\w+)`", keys)) for command, keys in rows}


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("command", documented())
def test_each_document_has_the_keys_that_are_documented(command: str) -> None:
    words = command.replace("NAME", "test_bell").replace("TOPIC", "faults").split()
    if words[1] == "check":
        words += ["--channel", "ibm_quantum"]
    result = run(*words[1:])
    assert set(json.loads(result.stdout)) == documented()[command]


def test_each_command_with_a_document_is_on_the_page() -> None:
    with_json = {
        name
        for name, command in COMMANDS.items()
        if any("--json" in one.opts for one in command.params)
    }
    assert {" ".join(one.split()[: 3 if "cassettes" in one else 2]) for one in documented()} == (
        with_json
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["scan"], "qchannel cassettes scan"),
        (["stats", "cassettes"], "qchannel cassettes stats"),
        (["cassettes", "doctor"], "qchannel doctor"),
        (["docter"], "doctor"),
    ],
)
def test_a_command_of_another_group_is_named_whole(typed: list[str], meant: str) -> None:
    """What the user saw of ``qchannel scan``: "Did you mean 'cleanup'?"."""
    result = run(*typed)
    assert result.exit_code == 2
    assert f"Did you mean {meant!r}?" in result.output


def test_ctrl_c_is_told_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the middle of a recording, when the folder of cassettes has been made."""

    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    name, _ = flows.REST_FLOW[-1]
    monkeypatch.setattr(flows, "REST_FLOW", (*flows.REST_FLOW[:-1], (name, interrupted)))
    words = ("check", "--mode", "record", "--cassettes", "new", "--channel", "ibm_quantum")
    result = run(*words)
    assert result.exit_code == INTERRUPTED
    assert result.stderr.endswith("\nqchannel: interrupted\n")
    assert "Traceback" not in result.output
    # With a client that knows the channel its own flow was walked before, and is whole.
    assert [path for path in tmp_path.glob("new/**/rest/*.yaml") if path.is_file()] == []
    assert list(tmp_path.glob("new/.qchannel/new/*")) == []


def test_ctrl_c_at_a_question_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object, **__: object) -> None:
        raise click.Abort

    monkeypatch.setattr(prune_module, "_collected", asked)
    assert run("cassettes", "prune").exit_code == INTERRUPTED


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize(
    "words",
    [
        ["docs"],
        ["docs", "faults"],
        ["cassettes", "list"],
        ["cassettes", "show", "test_bell"],
        ["--help"],
    ],
    ids=" ".join,
)
def test_a_reader_that_has_gone_is_no_traceback(words: list[str]) -> None:
    """``qchannel docs faults | head -1`` showed a BrokenPipeError, or ended with 1."""
    reader, writer = os.pipe()
    os.close(reader)
    code = "from pytest_qchannel.cli.main import main\nmain()\n"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            stdout=writer, stderr=subprocess.PIPE, text=True, timeout=100, check=False,
        )  # fmt: skip
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (CLOSED_PIPE, "")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("qchannel d", ["docs", "doctor"]),
        ("qchannel cassettes s", ["scan", "show", "stats"]),
        ("qchannel doctor --j", ["--json"]),
        ("qchannel check --mode re", ["replay", "record"]),
    ],
)
def test_a_shell_completes_what_was_typed(typed: str, offered: list[str]) -> None:
    from click.shell_completion import BashComplete

    words = typed.split()
    completions = BashComplete(main, {}, "qchannel", "_QCHANNEL_COMPLETE").get_completions(
        words[1:-1], words[-1]
    )
    assert [one.value for one in completions] == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_asks_the_command(shell: str) -> None:
    result = run("completion", shell)
    assert f"_QCHANNEL_COMPLETE={shell}_complete" in result.output
    assert run("completion", "tcsh").exit_code == 2
    assert check_module.check is COMMANDS["qchannel check"]
