"""``qchannel check`` with cassettes: recorded, replayed, missing, half used."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pytest_qchannel.channels.client import client_version
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.cli import check_cassettes, flows
from pytest_qchannel.cli.main import main
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.settings import Settings, resolve
from tests.channels_kit import is_offered
from tests.replay.sockets import no_sockets


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The command, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str) -> Result:
        with warnings.catch_warnings():
            return CliRunner().invoke(main, ["check", *arguments], catch_exceptions=False)

    return invoke


def _replay_settings() -> Settings:
    return resolve({"mode": "replay"}, {}, {}, {})


def _steps(result: Result, flow: str) -> dict[str, Any]:
    steps = json.loads(result.stdout)["steps"]
    return {step["name"]: step for step in steps if step["flow"].startswith(flow)}


@pytest.mark.parametrize("channel", list(CHANNEL_BY_NAME))
def test_shipped_cassettes_replay_without_a_socket(run: Any, channel: str) -> None:
    with no_sockets() as tried:
        result = run("--mode", "replay", "--channel", channel, "--json")
    assert result.exit_code == 0, result.output
    assert tried == []
    document = json.loads(result.stdout)
    assert (document["ok"], document["lane"], document["seed"]) == (True, "replay", None)
    names = [name for name, _ in flows.rest_flow(CHANNEL_BY_NAME[channel])]
    assert list(_steps(result, "REST")) == [*names, "cassette"]
    rest = _steps(result, "REST")["cassette"]["cassette"]
    assert (rest["did"], rest["recorded_from"], rest["channel"]) == (
        "replayed",
        "emulator",
        channel,
    )
    if not is_offered(channel):
        return
    client = _steps(result, "client")
    assert list(client) == [*(name for name, _ in flows.CLIENT_FLOW), "cassette"]
    recorded = client["cassette"]["cassette"]["client"]
    assert document["answers"] == f"replay lane, recorded from the emulator with client {recorded}"
    assert client["sampler, empty circuit"]["counts"] == {"00": flows.SHOTS}
    assert client["least_busy"]["backend"] == "ibm_sherbrooke"


def test_table_says_which_lane_ran(run: Any) -> None:
    result = run("--mode", "replay", "--channel", "ibm_quantum")
    assert result.exit_code == 0, result.output
    first = result.stdout.splitlines()[0]
    assert first.startswith(
        "qchannel check: replay lane, recorded from the emulator with client 0."
    )
    assert first.endswith(f"qiskit-ibm-runtime {client_version()}")
    assert "all of it replayed, recorded from the emulator with client 0." in result.stdout


def test_what_was_recorded_is_replayed(run: Any) -> None:
    channel = ("--channel", "ibm_cloud", "--json")
    recorded = run("--mode", "record", "--seed", "5", *channel)
    assert recorded.exit_code == 0, recorded.output
    assert json.loads(recorded.stdout)["answers"] == "record lane, from the emulator"
    names = {path.as_posix() for path in Path("cassettes").rglob("*.yaml")}
    folder = "cassettes/check"
    assert names == {
        f"{folder}/client-{client_version()}/ibm_cloud.yaml",
        f"{folder}/rest/ibm_cloud.yaml",
    }
    with no_sockets():
        replayed = run("--mode", "replay", "--cassettes", "cassettes", *channel)
    assert replayed.exit_code == 0, replayed.output

    def counts(result: Result) -> list[Any]:
        return [step["counts"] for step in _steps(result, "client").values()]

    assert counts(recorded) == counts(replayed)


def test_recording_the_same_again_changes_nothing(run: Any) -> None:
    arguments = ("--mode", "record", "--channel", "ibm_quantum", "--cassettes", "mine", "--json")
    assert _steps(run(*arguments), "REST")["cassette"]["cassette"]["did"] == "written"
    before = Path("mine/check/rest/ibm_quantum.yaml").read_bytes()
    assert _steps(run(*arguments), "REST")["cassette"]["cassette"]["did"] == "unchanged"
    assert Path("mine/check/rest/ibm_quantum.yaml").read_bytes() == before
    assert not Path("cassettes").exists()


def test_what_is_not_asked_for_fails_the_replay(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = tuple(step for step in flows.REST_FLOW if step[0] != "jobs list")
    monkeypatch.setattr(flows, "REST_FLOW", steps)
    result = run("--mode", "replay", "--channel", "ibm_quantum", "--json")
    assert result.exit_code == 1
    rest = _steps(result, "REST")
    assert [name for name, step in rest.items() if not step["ok"]] == ["cassette"]
    said = rest["cassette"]["detail"]
    assert "recorded interactions were not used" in said
    assert "GET /runtime/jobs" in said
    assert said.endswith("next:   qchannel check --mode record --channel ibm_quantum")


def _broken(_walk: flows.Walk) -> str:
    raise RuntimeError("the list is empty")


@pytest.mark.parametrize("mode", ["record", "replay"])
def test_a_step_that_fails_fails_the_command(
    run: Any, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    steps = tuple((name, _broken if name == "backends" else do) for name, do in flows.REST_FLOW)
    monkeypatch.setattr(flows, "REST_FLOW", steps)
    result = run("--mode", mode, "--channel", "ibm_quantum", "--json")
    assert result.exit_code == 1
    rest = _steps(result, "REST")
    assert rest["backends"]["detail"] == "the list is empty"
    assert rest["cassette"]["ok"] is None
    assert "a step failed" in rest["cassette"]["detail"]
    assert not Path("cassettes/check/rest").exists(), "nothing is saved of a flow that failed"


def test_a_request_that_was_not_recorded_is_told(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def curious(walk: flows.Walk) -> str:
        walk.session.get("/backends/ibm_torino/status")
        return ""

    monkeypatch.setattr(flows, "REST_FLOW", (*flows.REST_FLOW[:1], ("curious", curious)))
    result = run("--mode", "replay", "--channel", "ibm_quantum", "--json")
    said = _steps(result, "REST")["curious"]["detail"]
    assert said.startswith("no recorded interaction answers GET /runtime/backends/ibm_torino/stat")
    assert "qchannel check --mode record --channel ibm_quantum" in said


def test_no_set_at_all_is_a_usage_error(run: Any) -> None:
    result = run("--mode", "replay", "--cassettes", "nowhere")
    assert result.exit_code == 2
    assert f"no cassettes for qiskit-ibm-runtime {client_version()}" in result.output
    assert "qchannel check --mode record --cassettes cassettes" in result.output


def test_one_cassette_that_is_not_there_fails_its_flow(run: Any) -> None:
    Path("mine/check/client-0.34.0").mkdir(parents=True)
    result = run("--mode", "replay", "--cassettes", "mine", "--channel", "ibm_quantum", "--json")
    assert result.exit_code == 1
    said = _steps(result, "REST")["cassette"]["detail"]
    assert said.startswith("there is no cassette\n")
    assert "qchannel docs" not in said  # whose page is of tests
    assert "qchannel check --mode record --channel ibm_quantum" in said
    assert str(Path("mine/check/rest/ibm_quantum.yaml")) in said


@pytest.mark.parametrize(
    ("installed", "chosen"),
    [
        ("0.34.0", "0.34.0"),
        ("0.39.2", "0.34.0"),
        ("0.40.1", "0.40.1"),
        ("0.41.0rc1", "0.40.1"),
        ("0.100.0", "0.51.0"),
    ],
)
def test_the_newest_set_that_is_not_newer_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: str, chosen: str
) -> None:
    for name in ("client-0.34.0", "client-0.40.1", "client-0.51.0", "client-notes", "rest"):
        (tmp_path / "check" / name).mkdir(parents=True)
    monkeypatch.setattr(check_cassettes, "client_version", lambda: installed)
    assert check_cassettes.CheckCassettes(_replay_settings(), tmp_path).release == chosen


def test_a_client_older_than_every_set_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "check" / "client-0.40.1").mkdir(parents=True)
    monkeypatch.setattr(check_cassettes, "client_version", lambda: "0.34.0")
    with pytest.raises(UsageProblem, match=r"of qiskit-ibm-runtime 0\.40\.1 only"):
        check_cassettes.CheckCassettes(_replay_settings(), tmp_path)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--mode", "live"), "'live' is not one of"),
        (("--mode", "replay", "--seed", "3"), "--seed: a replay gives the ids and counts"),
        (("--cassettes", "mine"), "--cassettes: the emulated lane has none; add --mode replay"),
    ],
)
def test_options_that_would_mean_nothing_are_refused(
    run: Any, arguments: tuple[str, ...], words: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.output
