"""A live run that does not reach IAM: the step that it tells leads to what is to blame."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_qchannel.cli.main import main
from pytest_qchannel.emulator.adapters.authority import new_authority
from tests.e2e.ports_kit import free_ports
from tests.live.second_server import SecondServer

Run = Callable[..., pytest.RunResult]

TEST = """
def test_a(qchannel_rest):
    assert qchannel_rest.get("/jobs").status_code == 200
"""
STEP = r"next: +qchannel (doctor [^()]+) \(it names what leads there; where that is right, a VPN "


@pytest.fixture
def named(led: SecondServer, monkeypatch: pytest.MonkeyPatch) -> SecondServer:
    """The second server, and an instance that is known by its name: a run logs in to begin."""
    monkeypatch.setenv("QCHANNEL_IBM_QUANTUM_PLATFORM_INSTANCE", "paid")
    return led


def step_of(result: pytest.RunResult, error: str) -> str:
    """What the command says that a run tells which has not reached IAM."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = result.stderr.str()
    assert "ibm_quantum_platform: iam.cloud.ibm.com gave no answer\n" in said
    assert re.search(rf"error: +no answer: .*{error}", said), said
    found = re.search(STEP, said)
    assert found, said
    told = CliRunner().invoke(main, shlex.split(found[1]))
    assert {"proxies", "certificates", "clock"} <= set(told.output.split())
    return " ".join(told.output.split())


def test_a_proxy_that_is_mistyped_is_named(
    live: Run, named: SecondServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the two variables that differ the right one was to go as well."""
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:port")
    told = step_of(live(TEST), "LocationParseError")
    commands = re.findall(r"proxies: (unset \w+)", told)
    assert commands == ["unset https_proxy"]
    monkeypatch.delenv("https_proxy")
    live(TEST).assert_outcomes(passed=1)


def test_a_proxy_that_nobody_is_behind_is_named(
    live: Run, named: SecondServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HTTPS_PROXY")
    (port,) = free_ports(1)
    monkeypatch.setenv("https_proxy", f"http://me:my-password@127.0.0.1:{port}")
    told = step_of(live(TEST), "Connection refused")
    assert "proxies ok IBM's hosts are asked through that of https_proxy" in told
    assert "my-password" not in told
    monkeypatch.setenv("https_proxy", named.variables["https_proxy"])
    live(TEST).assert_outcomes(passed=1)


def test_an_authority_that_is_not_the_one_of_the_way_is_named(
    live: Run, named: SecondServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    other.write_text(new_authority().certificate_pem, encoding="ascii")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    told = step_of(live(TEST), "CERTIFICATE_VERIFY_FAILED")
    assert "certificates ok those of REQUESTS_CA_BUNDLE are trusted" in told
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", named.variables["REQUESTS_CA_BUNDLE"])
    live(TEST).assert_outcomes(passed=1)


def test_a_key_that_is_refused_is_looked_for_in_its_variable(
    live: Run, named: SecondServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = "QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN"
    monkeypatch.setenv(variable, named.key[::-1])
    result = live(TEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = result.stderr.str()
    assert re.search("iam.cloud.ibm.com answered with 40[0-3]\n", said), said
    [step] = re.findall("next: +check the API key in (.*)", said)
    assert step == variable
    assert named.key[::-1] not in said
    monkeypatch.setenv(step, named.key)
    live(TEST).assert_outcomes(passed=1)


def test_a_login_that_is_answered_with_an_error_is_tried_again(
    live: Run, named: SecondServer
) -> None:
    named.fault("POST /identity/token", service="iam", status=503, times=1)
    result = live(TEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "*ibm_quantum_platform: iam.cloud.ibm.com answered with 503",
            "*next: *try again later; if a proxy may be answering there: *",
        ]
    )
    live(TEST).assert_outcomes(passed=1)
