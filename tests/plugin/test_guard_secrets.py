"""A real secret in a request: refused by its variable's name, and its value never shown."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.channels import environment
from pytest_qchannel.channels.credentials import credential_variables

VALUE = "real-SECRET-value-of-44-characters-0123456789"
LOUD = ("-vv", "--showlocals", "-l", "--log-level=DEBUG", "-rA", "--log-cli-level=DEBUG")
HEADERS = '{"Authorization": "Bearer " + KEY}'
URL = '"https://quantum.cloud.ibm.com/api/v1/jobs"'
SENDING = {
    "header": f"requests.get({URL}, headers={HEADERS}, timeout=9)",
    "form": (
        "requests.post('https://iam.cloud.ibm.com/identity/token', timeout=9, data={"
        "'grant_type': 'urn:ibm:params:oauth:grant-type:apikey', 'apikey': KEY})"
    ),
    "json": (
        "requests.post('https://auth.quantum-computing.ibm.com/api/users/loginWithToken', "
        "json={'apiToken': KEY}, timeout=9)"
    ),
    "query": f"requests.get({URL}, params={{'token': KEY}}, timeout=9)",
    "path": f"requests.get({URL} + '/' + KEY, timeout=9)",
    "basic": f"requests.get({URL}, auth=('apikey', KEY), timeout=9)",
    "percent": f"requests.get({URL} + '?q=' + ''.join(f'%{{ord(c):02x}}' for c in KEY), timeout=9)",
    "client": (
        "import qiskit_ibm_runtime as client; "
        "client.QiskitRuntimeService(channel='ibm_cloud', token=KEY, instance=CRN).backends()"
    ),
}
# Read at import time, as the code that this rule is about does.
TEST = """
    import contextlib
    import os

    import pytest
    import requests

    KEY = os.environ["{variable}"]

    def send(qchannel):
        CRN = qchannel.account.instance.id
        {code}
"""
BODY = """
    def test_a(qchannel):
        send(qchannel)
"""
SWALLOWED = """
    def test_a(qchannel):
        with contextlib.suppress(Exception):
            send(qchannel)
"""
IN_SETUP = """
    @pytest.fixture
    def sending(qchannel):
        send(qchannel)

    def test_a(sending):
        pass
"""
IN_TEARDOWN = """
    @pytest.fixture
    def sending(qchannel):
        yield
        send(qchannel)

    def test_a(sending):
        pass
"""
IN_UNITTEST = """
    import unittest

    @pytest.mark.usefixtures("qchannel")
    class TestIt(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def _give(self, qchannel):
            self.qchannel = qchannel

        def test_a(self):
            send(self.qchannel)
"""
PLACES = {
    "body": BODY,
    "swallowed": SWALLOWED,
    "setup": IN_SETUP,
    "teardown": IN_TEARDOWN,
    "unittest": IN_UNITTEST,
}


def check(result: pytest.RunResult, variable: str) -> None:
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            f"*RealSecretRefused: the code under test sent the real credential of {variable}",
            "*where: test_it.py::*test_a*, * https://*.ibm.com*",
            f"*next: *read {variable} when it is needed, not at import time, or take token= *",
        ]
    )
    said = result.stdout.str() + result.stderr.str()
    assert VALUE not in said
    assert VALUE[:20] not in said


@pytest.mark.parametrize("way", SENDING)
def test_a_real_secret_is_refused_and_never_shown(
    run: Any, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", VALUE)
    source = TEST.format(variable="QISKIT_IBM_TOKEN", code=SENDING[way]) + BODY
    check(run(source, *LOUD, "--qchannel-channel=ibm_cloud"), "QISKIT_IBM_TOKEN")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("way", ["header", "client"])
def test_wherever_the_test_sends_it(
    run: Any, monkeypatch: pytest.MonkeyPatch, place: str, way: str
) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", VALUE)
    source = TEST.format(variable="QISKIT_IBM_TOKEN", code=SENDING[way]) + PLACES[place]
    check(run(source, *LOUD, "--qchannel-channel=ibm_cloud"), "QISKIT_IBM_TOKEN")


@pytest.mark.parametrize(
    "variable",
    [
        "QCHANNEL_IBM_CLOUD_TOKEN",
        "QCHANNEL_IBM_QUANTUM_TOKEN",
        "IQP_API_TOKEN",
        "IBM_CLOUD_API_KEY",
    ],
)
def test_every_variable_that_holds_credentials_is_guarded(
    run: Any, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, VALUE)
    source = TEST.format(variable=variable, code=SENDING["header"]) + BODY
    check(run(source, *LOUD, "--qchannel-channel=ibm_cloud"), variable)


def test_the_value_is_not_in_reports_for_machines(
    run_apart: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", VALUE)
    source = TEST.format(variable="QISKIT_IBM_TOKEN", code=SENDING["header"]) + BODY
    result = run_apart(
        source, *LOUD, "-n", "1", "--junitxml=out.xml", "--qchannel-channel=ibm_cloud"
    )
    check(result, "QISKIT_IBM_TOKEN")
    written = (pytester.path / "out.xml").read_text(encoding="utf-8")
    assert "RealSecretRefused" in written
    assert VALUE not in written


def test_code_that_reads_the_variable_in_time_gets_an_emulated_one(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", VALUE)
    monkeypatch.setenv("QISKIT_IBM_URL", "https://elsewhere.example")
    result = run(
        """
        import os

        def test_a(qchannel):
            from qiskit_ibm_runtime import QiskitRuntimeService

            assert "emulated" in os.environ["QISKIT_IBM_TOKEN"]
            assert "QISKIT_IBM_URL" not in os.environ
            assert QiskitRuntimeService().active_account()["channel"] == "ibm_cloud"

        def test_b():
            assert os.environ["QISKIT_IBM_TOKEN"].startswith("real")
        """,
        "--qchannel-channel=ibm_cloud",
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("dummy", ["x", "token"])
def test_a_dummy_value_is_no_secret(run: Any, monkeypatch: pytest.MonkeyPatch, dummy: str) -> None:
    """What the user saw: with ``QISKIT_IBM_TOKEN=x`` every request was refused."""
    monkeypatch.setenv("QISKIT_IBM_TOKEN", dummy)
    result = run("def test_a(qchannel_rest): assert qchannel_rest.get('/jobs').ok")
    result.assert_outcomes(passed=1)


def test_a_key_of_the_account_file_is_refused_in_a_body_of_any_size(
    run: Any, monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester
) -> None:
    """What the user saw: a key in a body of more than 16 KB, or from the file, went unnoticed."""
    monkeypatch.setattr(environment, "_account_file_now", lambda: str(pytester.path / "saved"))
    (pytester.path / "saved").write_text('{"mine": {"token": "' + VALUE + '"}}', encoding="utf-8")
    source = f"""
        import json
        import requests

        def test_a(qchannel_rest):
            saved = json.load(open({str(pytester.path / "saved")!r}))
            qchannel_rest.post("/jobs", data="x" * 99_999 + saved["mine"]["token"])
        """
    result = run(source, *LOUD)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*RealSecretRefused: *sent the real credential of ~/.qiskit/qiskit-ibm.json",
            "*next: *leave it out of what is submitted: a login alone needs it",
        ]
    )
    assert VALUE not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize("fixture", ["qchannel_emulator", "ibm_cloud_service", "qchannel"])
def test_no_variable_holds_a_real_credential_not_even_for_a_child(
    run: Any, monkeypatch: pytest.MonkeyPatch, fixture: str
) -> None:
    for name in credential_variables():
        monkeypatch.setenv(name, VALUE)
    source = f"""
        import os, subprocess, sys

        def test_a({fixture}):
            code = "import os; print([k for k, v in os.environ.items() if {VALUE!r} in v])"
            assert {VALUE!r} not in os.environ.values()
            assert subprocess.check_output([sys.executable, "-c", code]).strip() == b"[]"
            assert "emulated" in os.environ["IBM_CLOUD_API_KEY"]

        def test_b():
            assert os.environ["IBM_CLOUD_API_KEY"] == os.environ["QISKIT_IBM_TOKEN"] == {VALUE!r}
        """
    run(source).assert_outcomes(passed=2)
