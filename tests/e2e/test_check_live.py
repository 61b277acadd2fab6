"""``qchannel check --live`` with an emulated world in the place of IBM's services."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_qchannel.cli import check_live
from pytest_qchannel.cli.main import main
from pytest_qchannel.lanes.live.run import LiveRun
from pytest_qchannel.wire import Response
from tests.unit.drift.drift_kit import altered, idle


def test_the_report_is_written_printed_and_in_the_exit_status(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    handle, subject = idle()
    changed = altered(handle, {("GET /versions", 200): [lambda *_: Response.json({"list": []})]})
    environ = {
        "QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN": subject.secret.reveal(),
        "QCHANNEL_IBM_QUANTUM_PLATFORM_INSTANCE": str(subject.instance),
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
    assert "no limit of its own" not in result.output
    document = json.loads(Path("drift.json").read_text(encoding="utf-8"))
    assert [one["kind"] for one in document["findings"] if "emulator" in one["differs_from"]] == [
        "unknown",
        "missing",
    ]


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
