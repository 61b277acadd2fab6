"""``qchannel check --live`` with an emulated world in the place of IBM's services."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.cli import check_live
from pytest_qchannel.cli.main import main
from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.lanes.live.run import LiveRun
from pytest_qchannel.settings import Settings, resolve
from pytest_qchannel.wire import Handle, Response
from tests.live.scaled_clock import clock_of
from tests.unit.drift.drift_kit import CLOCK, altered, others
from tests.unit.drift.test_submit import SUBMITTED


def test_the_report_is_written_printed_and_in_the_exit_status(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world = others("Open", "us-east", usage_limit_s=600).instance("a-second-one", plan="Premium")
    account = world.build(CLOCK, seed=7).accounts[0]
    handle = App(world.build(CLOCK, seed=7)).handle
    changed = altered(handle, {("GET /versions", 200): [lambda *_: Response.json({"list": []})]})
    environ = {
        "QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN": account.credential,
        "QCHANNEL_IBM_CLOUD_TOKEN": account.credential,
        "QCHANNEL_IBM_CLOUD_INSTANCE": list(account.instances)[1],
    }
    monkeypatch.setattr(
        check_live,
        "live_run",
        lambda settings: LiveRun(settings, environ, "a-run", tmp_path, send=changed),
    )
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["check", "--live"], catch_exceptions=False)
    assert result.exit_code == 1
    assert "Every step holds.\ndrift: 2 findings between the service and the emulator; " in (
        result.stdout
    )
    assert "  missing: runtime GET /versions -> 200  versions\n" in result.stdout
    assert "    emulator:    array, 2 of 2 answers\n" in result.stdout
    assert "written: drift.json" in result.output
    assert "ibm_quantum_platform: the account has 2 instances, and their-own-instance is asked" in (
        result.output
    )
    assert result.output.count("no limit of its own") == 1
    assert "ibm_cloud: the instance has no limit of its own" in result.output
    document = json.loads(Path("drift.json").read_text(encoding="utf-8"))
    assert [one["kind"] for one in document["findings"] if "emulator" in one["differs_from"]] == [
        "unknown",
        "missing",
    ]


def test_a_login_without_a_token_is_told_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    handle = App(others("Open", "us-east").build(CLOCK, seed=7)).handle
    none = {("POST /identity/token", 200): [lambda *_: Response.json({"expires_in": 3600})]}
    account = others("Open", "us-east").build(CLOCK, seed=7).accounts[0]
    environ = {"QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN": account.credential}
    monkeypatch.chdir(tmp_path)

    def check(send: Handle) -> Result:
        def run(settings: Settings) -> LiveRun:
            return LiveRun(settings, environ, "a-run", tmp_path, send=send)

        monkeypatch.setattr(check_live, "live_run", run)
        return CliRunner().invoke(main, ["check", "--live"], catch_exceptions=False)

    refused = check(altered(handle, none))
    assert refused.exit_code == 2
    assert "Error: ibm_quantum_platform: IAM gave no access token\n" in refused.output
    assert "not refused: the API key in QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN" in refused.output
    [step] = re.findall("next: +try again later; if a proxy .*: qchannel (.*)", refused.output)
    assert CliRunner().invoke(main, step.split()).exit_code == 0
    assert "Every step holds." in check(handle).output


def test_a_report_that_could_not_be_written_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The user saw a traceback, when everything was walked and the report lost."""
    monkeypatch.setattr(check_live, "live_run", lambda _: pytest.fail("nobody is asked"))
    monkeypatch.chdir(tmp_path)
    asked = ["check", "--live", "--output", "nowhere/drift.json"]
    result = CliRunner().invoke(main, asked, catch_exceptions=False)
    assert result.exit_code == 2
    assert "--output: there is no folder nowhere" in result.output
    assert "mkdir -p nowhere" in result.output


@pytest.mark.slow
def test_with_a_budget_what_costs_is_compared_behind_the_rules_of_the_lane(tmp_path: Path) -> None:
    """Nothing was submitted, whatever the budget."""
    app = App(others("Premium", "us-east").build(CLOCK, seed=7))
    [account] = app.world.accounts
    environ = {
        "QISKIT_IBM_TOKEN": account.credential,
        "QISKIT_IBM_INSTANCE": next(iter(account.instances)),
    }
    settings = resolve({"mode": "live", "budget": "15"}, {}, {}, {})
    run = LiveRun(
        settings, environ, "a-run", tmp_path, clock=clock_of(f"{time.time()}:100"), send=app.handle
    )
    report = check_live.drift_of(CHANNEL_BY_NAME["ibm_cloud"], run)
    assert not [one for one in report.unasked if "not sent" in one]
    assert report.drifted == []
    asked = {route.key for route, _, _ in report.shapes.shapes}
    assert {*SUBMITTED} <= asked
    assert [one.kind for one in run.ledger.entries()] == ["job", "job", "batch"]
    assert [one for one in app.world.jobs.values() if not one.is_final] == []
    assert all("qchannel-a-run" in one.tags for one in app.world.jobs.values())
    run.close()
