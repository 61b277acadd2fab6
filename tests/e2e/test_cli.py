"""``qchannel``: in-process for the words, once by subprocess for the script itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from pytest_qchannel import __version__
from pytest_qchannel.channels.client import client_version
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.cli import flows
from pytest_qchannel.cli.cassettes import cassettes
from pytest_qchannel.cli.group import Group
from pytest_qchannel.cli.main import main
from pytest_qchannel.emulator.services.transpiler import tasks
from pytest_qchannel.emulator.world.progression import STUCK
from pytest_qchannel.emulator.world.tasks import TranspilerTask
from tests.channels_kit import is_offered
from tests.devices_kit import LEAST_BUSY


@pytest.fixture
def run() -> Any:
    def invoke(*arguments: str) -> Result:
        with warnings.catch_warnings():
            return CliRunner().invoke(main, arguments, catch_exceptions=False)

    return invoke


@pytest.mark.parametrize("channel", list(CHANNEL_BY_NAME))
def test_every_step_of_a_channel_holds(run: Any, channel: str) -> None:
    result = run("check", "--channel", channel, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0, result.output
    assert document["ok"] is True
    assert document["client"] == client_version()
    walked = [step for step in document["steps"] if step["ok"] is not None]
    assert all(step["ok"] for step in walked)
    names = [step["name"] for step in walked]
    rest = ["token", "backends", "jobs list", "logout", "logged out"]
    if channel == "ibm_quantum":
        rest[3:3] = ["transpile", "sampler"]
    if is_offered(channel):
        client = ["auth", "least_busy", "sampler, empty circuit", "sampler, Bell circuit"]
        assert names == [*client, "logged out", *rest]
        empty, bell = walked[2], walked[3]
        assert empty["counts"] == {"00": flows.SHOTS}
        assert sum(bell["counts"].values()) == flows.SHOTS
        assert set(bell["counts"]) == {"00", "11"}
        assert empty["job_id"] != bell["job_id"]
        assert len(bell["job_id"]) == 20
        assert bell["backend"] == LEAST_BUSY
    else:
        assert names == rest
        (skipped,) = (step for step in document["steps"] if step["ok"] is None)
        assert f"has no channel {channel}" in skipped["detail"]


def test_table_shows_what_was_done(run: Any) -> None:
    result = run("check", "--channel", "ibm_cloud")
    assert result.exit_code == 0
    assert "Every step holds." in result.stdout
    for words in ("least_busy", LEAST_BUSY, "00:1000", "IAM has no logout", client_version()):
        assert words in result.stdout


def test_verbose_shows_every_request(run: Any) -> None:
    result = run("check", "--channel", "ibm_quantum", "--verbose")
    assert "POST https://auth.quantum-computing.ibm.com/api/users/logout -> 401" in result.output
    assert "qchannelemulated" not in result.output


def test_a_failed_step_is_looked_at_with_the_same_options(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``qchannel check --verbose``, as it was told, walked every channel with another seed."""
    monkeypatch.setattr(flows, "_MOST_POLLS", 3)
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(
        f"{tasks.__name__}.TranspilerTask",
        lambda **words: TranspilerTask(**{**words, "progression": STUCK}),
    )
    typed = ("check", "--channel", "ibm_quantum", "--seed", "7")
    for options in ((), ("--verbose",)):
        result = run(*typed, *options, "--json")
        assert result.exit_code == 1
        steps = {one["name"]: one for one in json.loads(result.stdout)["steps"]}
        said = steps["transpile"]["detail"]
        assert said.startswith("it had not ended after 3 polls: PENDING\n")
        assert said.endswith("next: look at every request: add --verbose to the command")
        polls = re.findall(r"GET https://cloud-transpiler\.\S+/transpile/\S+ -> 200", result.stderr)
        assert (len(polls), len(set(polls))) == ((3, 1) if options else (0, 0))


def test_same_seed_same_counts(run: Any) -> None:
    def counts(seed: str) -> list[Any]:
        steps = json.loads(run("check", "--channel", "ibm_cloud", "--seed", seed, "--json").stdout)
        return [(step["job_id"], step["counts"]) for step in steps["steps"]]

    assert counts("1") == counts("1")
    assert counts("1") != counts("2")


def test_a_step_that_fails_fails_the_command(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_walk: flows.Walk) -> str:
        raise RuntimeError("the list is empty")

    steps = tuple((name, broken if name == "backends" else do) for name, do in flows.REST_FLOW)
    monkeypatch.setattr(flows, "REST_FLOW", steps)
    result = run("check", "--channel", "ibm_quantum", "--json")
    assert result.exit_code == 1
    rest = {s["name"]: s for s in json.loads(result.stdout)["steps"] if s["flow"] == "REST"}
    assert (rest["token"]["ok"], rest["backends"]["ok"], rest["logout"]["ok"]) == (
        True,
        False,
        None,
    )
    assert rest["backends"]["detail"] == "the list is empty"
    assert "not walked" in rest["logout"]["detail"]


def test_a_recording_that_nobody_may_write_is_a_step_that_does_not_hold(
    run: Any, tmp_path: Path
) -> None:
    """``--cassettes`` below a file, or a cassette that another run held: a traceback."""
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "cassettes")
    words = ("--mode", "record", "--channel", "ibm_quantum", "--cassettes", folder, "--json")
    result = run("check", *words)
    assert result.exit_code == 1
    steps = [one for one in json.loads(result.stdout)["steps"] if one["ok"] is not None]
    assert {(one["name"], one["ok"]) for one in steps} == {("cassette", False)}
    assert all(one["detail"].startswith("the cassette cannot be written") for one in steps)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "--channel", "ibm_clod"), ["'ibm_clod' is no channel", "ibm_cloud"]),
        (("check", "--live"), ["the live lane has no credential of any channel"]),
        (("check", "--output", "x.json"), ["--output: only --live writes a report"]),
        (("check", "--budget", "9"), ["--budget: only --live spends anything; add --live"]),
        (("check", "--live", "--mode", "replay"), ["--mode: with --live the real services"]),
        (("check", "--live", "--cassettes", "x"), ["--cassettes: with --live the real services"]),
        (("check", "--seed", "x"), ["--seed", "'x'"]),
        (("check", "--chanel", "ibm_cloud"), ["--chanel", "--channel"]),
        (("chek",), ["'chek'", "'check'"]),
    ],
)
def test_bad_arguments_are_refused_kindly(
    run: Any, arguments: tuple[str, ...], words: list[str]
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    for word in words:
        assert word in result.output


def test_module_runs_as_a_script() -> None:
    environ = {**os.environ, "QISKIT_IBM_TOKEN": "a-real-secret-that-nobody-may-use"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest_qchannel", "check", "--channel", "ibm_quantum", "--json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        env=environ,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"] is True
    assert "a-real-secret" not in done.stdout + done.stderr


def test_version(run: Any) -> None:
    assert __version__ in run("--version").output


@pytest.mark.parametrize("group", [main, cassettes], ids=lambda group: group.name)
def test_commands_are_listed_as_their_own_help_begins(group: Group) -> None:
    context = click.Context(group)
    for one in group.later.values():
        command = group.get_command(context, one.name)
        assert command is not None
        assert command.name == one.name
        assert (command.help or "").replace("\n", " ").startswith(one.help)


@pytest.mark.parametrize("arguments", [["--help"], ["cassettes", "--help"], ["--version"]])
def test_a_list_of_commands_loads_none_of_them(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom click.testing import CliRunner\n"
        "from pytest_qchannel.cli.main import main\n"
        f"assert CliRunner().invoke(main, {arguments}).exit_code == 0\n"
        "print(*sys.modules)"
    )
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    heavy = {"qiskit", "requests", "numpy", "rich", "yaml", "ahocorasick_rs", "werkzeug"}
    rooms = {f"pytest_qchannel.{room}" for room in ("lanes", "emulator", "cassette", "channels")}
    assert (heavy | rooms) & set(loaded) == set()
