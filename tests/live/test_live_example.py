"""The optimisation example in the live lane, as its README has it, where IBM's servers stand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pytest_qchannel.channels.client import client_version
from tests.live.second_server import SecondServer
from tests.plugin.conftest import NO_CHANCE

EXAMPLE = Path(__file__).parents[2] / "examples" / "optimisation"
LIVE = "pytest --qchannel-mode=live --qchannel-budget=40 -m live_qpu"


@pytest.mark.skipif(client_version() < "0.51", reason="it is written for the newest client")
def test_the_loop_runs_live_within_its_budget(
    led: SecondServer, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LIVE in (EXAMPLE / "README.md").read_text(encoding="utf-8")
    folder = pytester.path / "optimisation"
    shutil.copytree(EXAMPLE, folder)
    monkeypatch.chdir(folder)
    words = LIVE.split()[1:]
    result = pytester.runpytest_inprocess("--rootdir=.", *NO_CHANCE, "-W", "ignore", *words)
    result.assert_outcomes(passed=1)
    jobs = led.jobs()
    assert [(one["state"], one["cost_s"]) for one in jobs] == [("Completed", 8)] * 3
    assert led.alive() == []
