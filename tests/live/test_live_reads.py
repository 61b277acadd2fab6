"""Live tests that read: the lane as it is without any budget."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.second_server import SecondServer

Run = Callable[..., pytest.RunResult]

READS = """
import asyncio
import os
import aiohttp
import httpx
import pytest

KEYS = []

def test_service(qchannel_service, qchannel):
    assert qchannel.lane == "live"
    assert qchannel_service.least_busy().name == "ibm_here"
    KEYS.append(os.environ["QISKIT_IBM_TOKEN"])

def test_rest(qchannel_rest):
    assert qchannel_rest.get("/backends").json()["devices"]

def test_httpx(qchannel, qchannel_access_token):
    head = {"Authorization": f"Bearer {qchannel_access_token}"}
    head["Service-CRN"] = qchannel.account.instance.id
    got = httpx.get("https://quantum.cloud.ibm.com/api/v1/usage", headers=head)
    assert got.status_code == 200

@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_async(qchannel, qchannel_access_token):
    url, head = "https://quantum.cloud.ibm.com/api/v1/", {}
    head["Authorization"] = f"Bearer {qchannel_access_token}"
    head["Service-CRN"] = qchannel.account.instance.id

    async def all_of_them():
        async with httpx.AsyncClient(headers=head) as one:
            got = await asyncio.gather(*(one.get(url + "usage") for _ in range(8)))
        async with aiohttp.ClientSession(headers=head) as two:
            refused = await two.post(url + "jobs", json={"program_id": "sampler"})
            return [one.status_code for one in got] + [refused.status]

    assert asyncio.run(all_of_them()) == [200] * 8 + [501]

def test_what_only_an_emulator_has(qchannel_emulator):
    pass

@pytest.mark.qchannel_fault("GET /jobs", status=503)
def test_with_a_fault(qchannel_rest):
    pass

def test_that_revokes(qchannel, qchannel_service):
    qchannel.revoke_access()

def test_no_real_key_is_anywhere(qchannel):
    assert not [name for name, value in os.environ.items() if value == "REAL"]
    assert KEYS[0] != "REAL"
"""


def test_reads_need_no_budget_and_levers_are_skipped(live: Run, led: SecondServer) -> None:
    result = live(READS.replace("REAL", led.key), "-rs")
    result.assert_outcomes(passed=4, skipped=4)
    result.stdout.fnmatch_lines_random(
        [
            "qchannel: *mode=live (from --qchannel-mode)*",
            "qchannel: live run * (made for this run), budget 0",
            "SKIPPED*live: uses the fixture qchannel_emulator (emulated lane only)",
            "SKIPPED*live: has a fault (emulated lane only)",
            "SKIPPED*live, quota: a job was not sent: with --qchannel-budget=0 the *; next: --qch*",
            "SKIPPED*revoke_access() is not there live: IAM has no call that ends an access token; "
            "next: pytest --qchannel-mode=emulated, or pytest --qchannel-mode=replay",
            "qchannel: * live on ibm_quantum_platform",
        ]
    )
    assert led.key not in result.stdout.str()
    assert led.jobs() == []


def test_a_channel_without_a_credential_is_skipped_by_its_variable(
    live: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = "def test_a(qchannel_rest): assert qchannel_rest.get('/backends').status_code == 200"
    monkeypatch.setenv("QCHANNEL_IBM_CLOUD_TOKEN", "")  # as a fork's secret is
    result = live(test, "--qchannel-channel=ibm_quantum_platform,ibm_cloud", "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(
        ["SKIPPED*live: no credential for ibm_cloud: set QCHANNEL_IBM_CLOUD_TOKEN, or *"]
    )


def test_the_classic_platform_is_over(live: Run) -> None:
    test = "def test_a(qchannel_rest): pass"
    result = live(test, "--qchannel-channel=ibm_quantum")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: ibm_quantum is not there live: the classic platform ended on 2025-07-01",
            "  where: test_it.py::test_a*",
            "  next: *run it on ibm_quantum_platform, *",
        ]
    )


@pytest.mark.parametrize("is_ini", [False, True])
def test_a_secret_in_the_open_is_refused(
    live: Run, led: SecondServer, pytester: pytest.Pytester, *, is_ini: bool
) -> None:
    option = f"{led.key}"
    if is_ini:
        pytester.makeini(f"[pytest]\n# {led.key}\n")
    result = live("def test_a(): pass", *(() if is_ini else ("-k", option)))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: the credential of QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN stands in *",
            "  next: *take it away, *",
        ]
    )
    assert led.key not in result.stderr.str()


def test_a_key_that_iam_refuses_ends_a_run_whose_instance_has_a_name(
    live: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the user saw: an INTERNALERROR, which shows the key where all frames are shown."""
    monkeypatch.setenv("QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN", key := "w" * 44)
    shown = ("--fulltrace", "--showlocals")
    result = live("def test_a(): pass", "--qchannel-live-instances=paid", *shown)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: ibm_quantum_platform: iam.cloud.ibm.com answered with 400",
            "  next: *check the API key in QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN*",
        ]
    )
    assert key not in result.stderr.str() + result.stdout.str()


def test_a_key_of_nobody_is_refused_by_name(live: Run, led: SecondServer) -> None:
    before = len(led.requests())
    test = """
        import requests
        def test_a(qchannel):
            head = {"Authorization": "apikey of-nobody-at-all"}
            got = requests.get("https://quantum.cloud.ibm.com/api/v1/jobs", headers=head)
    """
    result = live(test)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E *the code under test sent a credential that the live lane does not know"]
    )
    assert len(led.requests()) == before


def test_require_live_fails_a_run_without_a_live_test(
    live: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forks have empty secrets: all is skipped, and the run is green for weeks."""
    test = "def test_a(qchannel_emulator): pass"
    result = live(test, "--qchannel-require-live")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "qchannel: no test ran live, and --qchannel-require-live is given:",
            "  test_it.py::test_a*: live: uses the fixture qchannel_emulator *",
        ]
    )


SECRETS = "QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN='{key}'\nQISKIT_IBM_INSTANCE={crn}\n"


def test_a_dotenv_file_has_the_credentials(
    live: Run, led: SecondServer, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("TOKEN", "INSTANCE"):
        monkeypatch.delenv(f"QCHANNEL_IBM_QUANTUM_PLATFORM_{part}")
    test = """
        import os
        def test_a(qchannel_rest):
            assert qchannel_rest.get("/backends").status_code == 200
            assert "KEY" not in os.environ.values()
    """.replace("KEY", led.key)
    path = Path(pytester.path, "live.env")
    path.write_text(SECRETS.format(key=led.key, crn=led.crn))
    option = "--qchannel-secrets=live.env"
    path.chmod(0o644)
    result = live(test, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: the file of --qchannel-secrets may be read by others", "  next:  chmod 600 *"]
    )
    path.chmod(0o600)
    live(test, option).assert_outcomes(passed=1)
    pytester.run("git", "init", "-q")
    pytester.run("git", "add", "live.env")
    result = live(test, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: the file of --qchannel-secrets is tracked by git, *"])
    assert led.key not in result.stderr.str()
