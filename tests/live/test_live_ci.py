"""The steps of the CI files that have the secrets, against the second server."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pytest_qchannel.channels.client import client_version
from tests.devices_kit import with_device
from tests.e2e.test_ci_files import GITHUB, LIVE, Machine, commands, filled
from tests.live.conftest import SAMPLER
from tests.live.second_server import SecondServer

TESTS = (
    SAMPLER
    + """
@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_live(qchannel_service):
    sample(qchannel_service).result()

def test_plain():
    raise AssertionError("not in this leg")
"""
)


@pytest.mark.skipif(shutil.which("bash") is None, reason="the runner's shell is bash")
def test_the_steps_with_secrets_run(led: SecondServer, tmp_path: Path) -> None:
    """The legs are those with a secret, each runs its live tests, and nothing is left."""
    (tmp_path / "test_it.py").write_text(with_device(TESTS), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = -p no:cacheprovider -p no:randomly\n", encoding="utf-8"
    )
    machine, known = Machine(tmp_path), len(led.jobs())
    [plan] = commands("live-plan")
    machine.run(
        plan, {**led.variables, "CLIENTS": client_version(), "QCHANNEL_IBM_CLOUD_TOKEN": ""}
    )
    written = machine.output.read_text(encoding="utf-8").strip()
    [leg] = json.loads(written.removeprefix("legs="))["include"]
    assert (leg["lane"], leg["channel"]) == ("live", "ibm_quantum_platform")
    test, cleanup = commands("live")
    assert {test, cleanup} == LIVE
    variables = filled(GITHUB["jobs"]["live"]["env"], leg)
    variables |= {**led.variables, "QCHANNEL_RUN_ID": "gh-1-1-0"}
    said = machine.run(test, variables)
    assert "1 passed, 1 deselected" in said.splitlines()[-1]
    assert "qchannel: live run gh-1-1-0 (QCHANNEL_RUN_ID), budget 30" in said
    assert len(led.jobs()) == known + 1
    machine.run(cleanup, variables)
    assert led.alive() == []
