"""``qchannel matrix``: the legs of CI, from a project's settings and its environment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from pytest_qchannel.channels.client import client_version, default_channel
from pytest_qchannel.channels.credentials import credential_variables
from pytest_qchannel.cli.main import main


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in credential_variables():
        monkeypatch.delenv(name, raising=False)


def settings(*lines: str) -> None:
    Path("pytest.ini").write_text("\n".join(["[pytest]", *lines, ""]), encoding="utf-8")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["matrix", *arguments], catch_exceptions=False)


def legs(*arguments: str) -> list[tuple[str, str, str, str]]:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return [tuple(one.values()) for one in json.loads(result.stdout)]


def test_without_settings_it_is_the_emulator_with_the_installed_client() -> None:
    channel, client = default_channel().name, client_version()
    settings()
    assert legs() == [("emulated", channel, client, "")]
    assert f"no live leg for {channel}: QCHANNEL_{channel.upper()}_TOKEN is not set" in run().stderr
    assert run("--lane", "emulated").stderr == ""


def test_an_empty_key_is_none_as_in_a_run() -> None:
    """The command refused a file that pytest runs with: '' is no mode."""
    settings("qchannel_mode =", "qchannel_cassettes =", "qchannel_channel =")
    assert [leg[0] for leg in legs()] == ["emulated"]


def test_channels_that_a_client_does_not_know_are_no_legs() -> None:
    settings("qchannel_channel = ibm_quantum_platform, ibm_cloud, ibm_quantum")
    found = legs("--client", "0.51.0, 0.34.0")
    assert [leg[:3] for leg in found] == [
        ("emulated", "ibm_quantum_platform", "0.51.0"),
        ("emulated", "ibm_cloud", "0.51.0"),
        ("emulated", "ibm_cloud", "0.34.0"),
        ("emulated", "ibm_quantum", "0.34.0"),
    ]
    assert "no live leg for ibm_quantum: it ended on 2025-07-01" in run("--client", "0.34").stderr


def test_a_replay_is_a_leg_where_there_are_cassettes(monkeypatch: pytest.MonkeyPatch) -> None:
    settings("qchannel_channel = ibm_cloud", "qchannel_cassettes = taped/{client}")
    cassette = Path("taped/0.45.1/test_a/test_b.yaml")
    quarantined = Path("taped/0.51.0/.qchannel/quarantine/test_a/test_b.yaml")
    for path in (cassette, quarantined):
        path.parent.mkdir(parents=True)
        path.touch()
    Path("test_a.py").write_text("@pytest.mark.vcr\n", encoding="utf-8")
    Path("below").mkdir()
    monkeypatch.chdir("below")  # the folder is from the ini file on
    both = legs("--client", "0.45.1,0.51.0", "--lane", "replay", "--lane", "emulated")
    assert both == [
        ("replay", "ibm_cloud", "0.45.1", "-m vcr"),
        ("emulated", "ibm_cloud", "0.45.1", ""),
        ("emulated", "ibm_cloud", "0.51.0", ""),
    ]
    monkeypatch.setenv("QCHANNEL_MODE", "replay")  # every test has one then, marked or not
    assert legs("--client", "0.45.1")[0] == ("replay", "ibm_cloud", "0.45.1", "")


def test_no_leg_is_one_in_which_no_test_would_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a job was red: with ``-m`` and a marker that no test has, pytest ends with 5.

    So it was where all tests share a cassette, and with the key that each shell of a person has.
    """
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "a-key-of-mine")
    for name in ("_session.yaml", "test_a/_module.yaml"):
        (Path("cassettes") / name).parent.mkdir(parents=True, exist_ok=True)
        (Path("cassettes") / name).touch()
    Path("test_a.py").write_text("def test_a(qchannel_service): ...\n", encoding="utf-8")
    settings("qchannel_scope = module")
    assert [(one[0], one[3]) for one in legs()] == [("replay", ""), ("emulated", "")]
    assert "no test has the marker live_qpu" in run().stderr
    Path("test_b.py").write_text("@pytest.mark.vcr\n", encoding="utf-8")
    assert legs()[0][3] == "-m vcr"
    settings("qchannel_everywhere = true")  # the whole run has a cassette, marked or not
    assert legs()[0][3] == ""


@pytest.mark.parametrize(
    ("variables", "channels"),
    [
        ({}, []),
        # what a fork has in place of a secret
        ({"QCHANNEL_IBM_CLOUD_TOKEN": ""}, []),
        ({"QCHANNEL_IBM_CLOUD_TOKEN": "a-key-of-mine"}, ["ibm_cloud"]),
        ({"QISKIT_IBM_TOKEN": "a-key-of-mine"}, ["ibm_quantum_platform", "ibm_cloud"]),
        ({"QCHANNEL_IBM_QUANTUM_TOKEN": "a-key-of-mine", "IQP_API_TOKEN": "another-one"}, []),
    ],
)
def test_live_legs_are_those_whose_secrets_are_there(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], channels: list[str]
) -> None:
    settings("qchannel_channel = ibm_quantum_platform, ibm_cloud, ibm_quantum")
    Path("test_a.py").write_text("pytestmark = pytest.mark.live_qpu\n", encoding="utf-8")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    result = run("--client", "0.40.1", "--lane", "live")
    assert [one["channel"] for one in json.loads(result.stdout)] == channels
    assert all(one["addopts"] == "-m live_qpu" for one in json.loads(result.stdout))
    assert "a-key-of-mine" not in result.output


def test_what_it_prints_is_what_github_and_gitlab_read() -> None:
    settings("qchannel_channel = ibm_cloud")
    arguments = ("--client", "0.51.0", "--lane", "emulated")
    [line] = run("--format", "github", *arguments).stdout.splitlines()
    [leg] = json.loads(line)["include"]
    assert leg == {"lane": "emulated", "channel": "ibm_cloud", "client": "0.51.0", "addopts": ""}
    read: Any = yaml.safe_load(run("--format", "gitlab", *arguments).stdout)
    assert read["parallel"]["matrix"] == [
        {
            "QCHANNEL_MODE": "emulated",
            "QCHANNEL_CHANNEL": "ibm_cloud",
            "CLIENT": "0.51.0",
            "PYTEST_ADDOPTS": "",
        }
    ]
    assert run("--format", "github", "--lane", "replay").stdout == '{"include": []}\n'
    assert yaml.safe_load(run("--format", "gitlab", "--lane", "replay").stdout) == {"parallel": 1}


def test_a_wrong_setting_and_a_wrong_version_are_usage_errors() -> None:
    settings("qchannel_channel = ibm_clod")
    result = run()
    assert result.exit_code == 2
    assert "qchannel_channel in pytest.ini: 'ibm_clod' is no channel" in result.stderr
    settings()
    assert "--client: 'newest' is no version" in run("--client", "newest").stderr
