"""The CI files of the docs: careful with secrets, and every step that can run here does.

Steps that install from a registry cannot; those with secrets run in ``tests/live/test_live_ci.py``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from click.testing import CliRunner

from pytest_qchannel.channels.client import client_version, default_channel
from pytest_qchannel.cli.init import texts as of_init
from pytest_qchannel.cli.main import main

CI: Final = Path(__file__).parents[2] / "docs" / "ci"
GITHUB: Final[Any] = yaml.safe_load((CI / "github.yml").read_text(encoding="utf-8"))
GITLAB: Final[Any] = yaml.safe_load((CI / "gitlab.yml").read_text(encoding="utf-8"))
PUSHED: Final = ("plan", "offline")
LIVE: Final = {
    "exec python -m pytest --qchannel-budget=30 --qchannel-require-live",
    'qchannel cleanup --run "$QCHANNEL_RUN_ID"',
}
TESTS: Final = """
    import pytest

    def ask(session):
        assert session.get("/backends").status_code == 200

    @pytest.mark.vcr
    def test_taped(qchannel_rest):
        ask(qchannel_rest)

    def test_plain(qchannel_rest):
        ask(qchannel_rest)
"""


def steps(*jobs: str) -> list[dict[str, Any]]:
    return [step for job in jobs for step in GITHUB["jobs"][job]["steps"]]


def commands(*jobs: str) -> list[str]:
    """What the steps run, without what installs from a registry."""
    runs = [step["run"] for step in steps(*jobs) if "run" in step]
    return [one for one in runs if not one.startswith("python -m pip install ")]


class Machine:
    """Runs a step as GitHub's runner does: ``bash -e`` on a file, in a checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "github-output"
        tools = folder / "tools"
        tools.mkdir()
        for name, start in (("python", ""), ("qchannel", " -m pytest_qchannel")):
            script = tools / name
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}"{start} "$@"\n', encoding="utf-8")
            script.chmod(0o755)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("QCHANNEL_", "PYTEST_", "COVERAGE_", "COV_", "QISKIT_IBM"))
        }
        self.environ = {**kept, "PATH": f"{tools}{os.pathsep}{kept['PATH']}"}

    def run(self, command: str, variables: Mapping[str, str]) -> str:
        script = self.folder / "step.sh"
        script.write_text(command, encoding="utf-8")
        done = subprocess.run(
            ["bash", "-e", script],
            cwd=self.folder,
            env={**self.environ, **variables, "GITHUB_OUTPUT": str(self.output)},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def filled(variables: Mapping[str, str], leg: Mapping[str, str]) -> dict[str, str]:
    """The variables of a job, with a leg's words in place of the expressions."""
    return {
        name: re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda found: leg[found[1]], value)
        for name, value in variables.items()
    }


@pytest.mark.skipif(shutil.which("bash") is None, reason="the runner's shell is bash")
def test_every_step_without_secrets_runs(tmp_path: Path) -> None:
    """A project with a cassette: the legs are planned, and each of them passes."""
    machine = Machine(tmp_path)
    lines = [line.removeprefix("    ") for line in TESTS.splitlines()]
    (tmp_path / "test_it.py").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = -p no:cacheprovider -p no:randomly\n", encoding="utf-8"
    )
    recording = "python -m pytest -m vcr --qchannel-mode=record --qchannel-record-from=emulator"
    machine.run(recording, {})

    [plan] = commands("plan")
    machine.run(plan, {"CLIENTS": client_version()})
    written = machine.output.read_text(encoding="utf-8").strip()
    legs = json.loads(written.removeprefix("legs="))["include"]
    assert [leg["lane"] for leg in legs] == ["replay", "emulated"]
    assert {leg["channel"] for leg in legs} == {default_channel().name}

    [test] = commands("offline")
    summaries = [
        machine.run(test, filled(GITHUB["jobs"]["offline"]["env"], leg)).splitlines()[-1]
        for leg in legs
    ]
    assert "1 passed, 1 deselected" in summaries[0]
    assert "2 passed" in summaries[1]


def test_gitlab_runs_the_same_commands() -> None:
    assert GITLAB["offline"]["script"] == commands("offline")
    live = [*GITLAB["live"]["script"], *GITLAB["live"]["after_script"]]
    assert live == commands("live")
    assert set(live) == LIVE
    [install] = GITLAB[".installed"]["before_script"]
    assert install in [step.get("run") for step in steps("offline")]
    for job in ("offline", "live"):
        for leg in GITLAB[job]["parallel"]["matrix"]:
            assert set(leg) == {"QCHANNEL_MODE", "QCHANNEL_CHANNEL", "CLIENT", "PYTEST_ADDOPTS"}


@pytest.mark.parametrize(
    ("job", "lanes"), [("offline", ("replay", "emulated")), ("live", ("live",))]
)
def test_what_stands_in_gitlabs_file_is_what_the_command_prints(
    job: str, lanes: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "test_a.yaml").touch()
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    marks = "@pytest.mark.vcr\n@pytest.mark.live_qpu\n"
    (tmp_path / "test_a.py").write_text(marks, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN", "a-key-of-mine")
    chosen = [word for lane in lanes for word in ("--lane", lane)]
    command = ["matrix", "--format", "gitlab", "--client", "0.51.0", *chosen]
    assert f"qchannel {' '.join(command)}" in (CI / "gitlab.yml").read_text(encoding="utf-8")
    printed = CliRunner().invoke(main, command, catch_exceptions=False).stdout
    assert yaml.safe_load(printed)["parallel"] == GITLAB[job]["parallel"]


def test_what_runs_on_a_push_sees_no_secret() -> None:
    for job in PUSHED:
        assert "secrets." not in json.dumps(GITHUB["jobs"][job])
        assert "environment" not in GITHUB["jobs"][job]
    assert "secrets." not in json.dumps(GITHUB["env"])
    for job in set(GITHUB["jobs"]) - set(PUSHED):
        assert GITHUB["jobs"][job]["environment"] == "qchannel-live"
    assert "TOKEN" not in json.dumps(GITLAB["offline"])


def test_live_runs_come_one_at_a_time_and_are_cleaned_up_whatever_happens() -> None:
    assert GITHUB["concurrency"]["cancel-in-progress"] is False
    assert "'schedule' && 'live'" in GITHUB["concurrency"]["group"]
    live = GITHUB["jobs"]["live"]
    assert live["strategy"]["max-parallel"] == 1
    assert {"github.run_id", "github.run_attempt", "strategy.job-index"} <= set(
        re.findall(r"\$\{\{ ([\w.-]+) \}\}", live["env"]["QCHANNEL_RUN_ID"])
    )
    *_, test, cleaning = live["steps"]
    assert test["run"].startswith("exec ")
    assert cleaning["if"] == "always()"
    assert set(cleaning["env"]) == set(test["env"])
    assert GITLAB["live"]["resource_group"]
    assert GITLAB["live"]["interruptible"] is False


def test_nothing_of_a_run_is_written_into_a_script_and_actions_are_pinned() -> None:
    """What zizmor looks for first; it and check-jsonschema find nothing else (docs/ci.md)."""
    for step in steps(*GITHUB["jobs"]):
        assert "${{" not in step.get("run", "")
        if "uses" in step:
            assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step["uses"])
    assert GITHUB["permissions"] == {}


def test_the_file_that_init_writes_has_the_same_pins_and_leaves_no_credentials() -> None:
    """zizmor found three things in it: tags for pins, and a token that stays in git's settings."""
    written = yaml.safe_load(of_init.GITHUB.format(install="true", run="true"))
    known = {step["uses"] for step in steps(*GITHUB["jobs"]) if "uses" in step}
    used = [step for step in written["jobs"]["tests"]["steps"] if "uses" in step]
    assert {step["uses"] for step in used} <= known
    assert used[0]["with"] == {"persist-credentials": False}
    assert written["permissions"] == {}
