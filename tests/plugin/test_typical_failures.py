"""Ten failures of somebody who is new here: each report shows what was sent, and what mends it."""

from __future__ import annotations

import re
from typing import Any

import pytest

CONFTEST = """
    import pytest

    from pytest_qchannel import WorldBuilder

    @pytest.fixture
    def qchannel_world():
        return (
            WorldBuilder()
            .device("ibm_here", source="ibm_nairobi")
            .device("ibm_elsewhere", source="ibm_nairobi", status="paused")
            .account("lab", channels=["ibm_cloud"])
            .instance("free", plan="Open", devices=["ibm_here", "ibm_elsewhere"])
            .instance("paid", plan="Premium", devices=["ibm_here"])
        )
"""
TEST = """
    import httpx
    import pytest
    from qiskit import QuantumCircuit
    from qiskit_ibm_runtime import QiskitRuntimeService, SamplerV2, Session

    CIRCUIT = QuantumCircuit(1, 1)
    CIRCUIT.measure(0, 0)

    def test_hard_coded_token(qchannel):
        service = QiskitRuntimeService(
            channel="ibm_cloud",
            token="of-my-own-account-typed-here",
            instance=qchannel.account.instance.id,
        )
        assert service.backends() != []

    def test_no_backend_matches(qchannel_service):
        qchannel_service.least_busy(min_num_qubits=100)

    def test_session_on_open(qchannel_service):
        with Session(backend=qchannel_service.backend("ibm_here")) as session:
            SamplerV2(mode=session).run([CIRCUIT])

    def test_forgotten_fixture():
        QiskitRuntimeService()

    def test_wrong_name(qchannel_service):
        qchannel_service.backend("ibm_heer")

    @pytest.mark.qchannel_fault(job="failed", reason="The fridge is warm.", code=1011)
    def test_failed_job(qchannel_service):
        SamplerV2(mode=qchannel_service.backend("ibm_here")).run([CIRCUIT]).result()

    @pytest.mark.qchannel_fault("GET /jobs", status=503)
    def test_unmet_fault(qchannel_rest):
        qchannel_rest.get("/backends")

    @pytest.mark.vcr
    def test_miss(qchannel_rest, pytestconfig):
        qchannel_rest.get("/usage" if pytestconfig.option.keyword else "/backends")

    def test_blocked_host(qchannel):
        httpx.get("https://quantum.cloud.ibm.com/api/v1/backends")
"""
TITLE = "- qchannel: what was sent -"
REPORT = r"^_+ test_{}\b[^\n]*_$(.*?)(?=^____|^====)"
TOLD = {
    "hard_coded_token": [
        "*is unknown here: no account of the emulated world has it",
        "*next: *take token=... away: the client reads QISKIT_IBM_TOKEN, which the fixtures set; *",
        f"*{TITLE}*",
        "#* -> 40[01]: *",
    ],
    "no_backend_matches": [
        "*free has ibm_here (7 qubits), ibm_elsewhere (7 qubits, paused)",
        "*asked: min_num_qubits=100",
        "*next: *qchannel docs world",
        "#* GET https://*/backends* -> 200",
    ],
    "session_on_open": [
        "*paid has dedicated sessions",
        '*next: *@pytest.mark.qchannel(instance="paid"), *',
        "#* POST https://*/sessions -> 400: 1352 You are not authorized to run a session *",
    ],
    "forgotten_fixture": [
        "*this test has none of the fixtures of pytest-qchannel, so nothing is emulated",
        "*next: ask for one: def test_forgotten_fixture(qchannel); or mark it: *",
    ],
    "wrong_name": [
        "*the emulated world has no backend 'ibm_heer'",
        "*closest: ibm_here",
        "*next: *use one of ibm_here, ibm_elsewhere",
        "#* GET https://*/backends* -> 200",
    ],
    "failed_job": [
        "*the job * ended as Failed because the fault 'job: failed with 1011' says so",
        "*next: expect it: with pytest.raises(RuntimeJobFailureError): job.result(); *",
        "#* POST https://*/jobs -> 200 job *",
    ],
    "unmet_fault": [
        "E *FaultNotMet: the fault 'GET /jobs: status 503' never happened",
        "E *next: *send what it waits for (GET /jobs), *",
        "#* GET https://*/backends -> 200",
    ],
    "miss": [
        "E *CassetteMiss: no recorded interaction answers GET /api/v1/backends",
        "E *next: *pytest *--qchannel-mode=record --qchannel-record-from=emulator*",
        "#* GET https://*/backends -> no answer",
    ],
    "blocked_host": [
        "E *NetworkBlocked: a test in the emulated lane reached for quantum.cloud.ibm.com",
        'E *next: *@pytest.mark.qchannel(door="loopback"), or pytest *--qchannel-door=loopback (*',
        "no request was sent",
    ],
}


def test_each_report_says_what_was_sent_and_what_mends_it(run: Any) -> None:
    """The errors are the client's, and most of them say nothing that helps in a test."""
    cloud = "--qchannel-channel=ibm_cloud"
    record = ("--qchannel-mode=record", "--qchannel-record-from=emulator", "-k", "test_miss")
    run(TEST, cloud, *record, conftest=CONFTEST).assert_outcomes(passed=1, deselected=8)
    result = run(TEST, cloud, conftest=CONFTEST)
    result.assert_outcomes(failed=len(TOLD))
    output = result.stdout.str()
    for name, lines in TOLD.items():
        (report,) = re.findall(REPORT.format(name), output, re.MULTILINE | re.DOTALL)
        pytest.LineMatcher(report.splitlines()).fnmatch_lines(lines)
        assert "of-my-own-account" not in report.partition(TITLE)[2]
        assert not re.search(r"pytest_qchannel[/\\].*\.py:\d+", report), name


def test_the_tenth_is_a_list_in_the_ini_file(run: Any, pytester: pytest.Pytester) -> None:
    (pytester.path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nqchannel_channel = ["ibm_cloud", "ibm_qantum"]\n', "utf-8"
    )
    result = run("def test_a(qchannel): pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: qchannel_channel in pyproject.toml: 'ibm_qantum' is no channel",
            "  where: *pyproject.toml",
            "  closest: ibm_quantum",
            "  next: *set it to one of ibm_quantum_platform, ibm_cloud, ibm_quantum",
        ]
    )


FORGOTTEN = """
    import os
    import unittest

    import httpx
    import pytest
    import requests
    import responses
    from qiskit_ibm_runtime import QiskitRuntimeService

    class TestCase(unittest.TestCase):
        def test_of_unittest(self):
            QiskitRuntimeService()

    @pytest.fixture(scope="module")
    def shared():
        return QiskitRuntimeService()

    def test_a(shared):
        pass

    def test_with_one_of_ours(shared, qchannel):
        pass

    def test_rest():
        os.environ["QISKIT_IBM_TOKEN"]

    def test_something_else():
        {}["key"]
"""
REACHED = """
    ID = "12345678-1234-1234-1234-123456789012"
    CRN = f"crn:v1:bluemix:public:quantum-computing:us-east:a/{32 * '1'}:{ID}::"

    def test_login():
        QiskitRuntimeService(channel="ibm_cloud", token="of-nobody", instance=CRN).usage()

    @responses.activate
    def test_wrong_key():
        responses.post("https://iam.cloud.ibm.com/identity/token", status=400, json={})
        QiskitRuntimeService(channel="ibm_cloud", token="of-nobody", instance=CRN).usage()

    def test_requests():
        requests.get("https://quantum.cloud.ibm.com/api/v1/jobs", timeout=9)

    def test_httpx():
        httpx.get("https://quantum.cloud.ibm.com/api/v1/jobs")

    @responses.activate
    def test_status():
        responses.get("https://quantum.cloud.ibm.com/api/v1/jobs", status=401)
        requests.get("https://quantum.cloud.ibm.com/api/v1/jobs", timeout=9).raise_for_status()

    @responses.activate
    def test_found_nothing():
        responses.get("https://quantum.cloud.ibm.com/api/v1/jobs", status=404)
        requests.get("https://quantum.cloud.ibm.com/api/v1/jobs", timeout=9).raise_for_status()

    def test_another_host():
        requests.get("https://api.example.org/jobs", timeout=9)
"""
NO_WAY = """
    import socket

    import pytest

    def no_way(host, *args, **kwargs):
        raise socket.gaierror(f"no way to {host}")

    @pytest.fixture(autouse=True)
    def without_network(monkeypatch):
        monkeypatch.setattr(socket, "getaddrinfo", no_way)
"""


def test_a_forgotten_fixture_is_told_where_nobody_uses_us(run: Any) -> None:
    """The user saw the client reach for IBM's hosts with their token, and no word of ours."""
    result = run(FORGOTTEN.partition("    class TestCase")[0] + REACHED, conftest=NO_WAY)
    result.assert_outcomes(failed=7)
    said = "this test has none of the fixtures of pytest-qchannel"
    reports = re.split(r"^_+ (test_\w+) _+$", result.stdout.str(), flags=re.MULTILINE)[1:]
    told = {
        name: asked[1]
        for name, report in zip(reports[::2], reports[1::2], strict=True)
        if (asked := re.search(rf"{said}.*\n.*asked: +(\S+)", report))
    }
    of_client = {told.pop(name) for name in ("test_login", "test_wrong_key")}
    assert all(host.endswith(".cloud.ibm.com") for host in of_client)
    assert told == dict.fromkeys(
        ("test_requests", "test_httpx", "test_status"), "quantum.cloud.ibm.com"
    )


def test_a_forgotten_fixture_is_told_wherever_it_is_missed(run: Any) -> None:
    result = run(FORGOTTEN)
    result.assert_outcomes(failed=3, errors=2)
    output = result.stdout.str()
    said = "this test has none of the fixtures of pytest-qchannel"
    parts = re.split(r"^_+ (?:ERROR at setup of )?([\w.]+).*? _+$", output, flags=re.MULTILINE)
    told = {name for name, part in zip(parts[1::2], parts[2::2], strict=True) if said in part}
    assert told == {"TestCase.test_of_unittest", "test_a", "test_rest"}


def test_an_argument_of_a_unittest_method_is_told_to_be_none(run_apart: Any) -> None:
    """The user saw Python's ``missing 1 required positional argument``, and no word of ours.

    It was told only where the client was loaded, and of other errors that name a channel.
    """
    result = run_apart(
        """
        import unittest

        class TestIt(unittest.TestCase):
            def test_ours(self, qchannel_service):
                pass

            def test_theirs(self, monkeypatch):
                pass

            def test_word(self):
                raise TypeError("no channel is called 'ibm_cloud_2'")

            def test_call(self):
                def connect(ibm_cloud_key): pass
                connect()
        """
    )
    result.assert_outcomes(failed=4)
    output = result.stdout.str()
    assert output.count("is given no fixture as an argument") == 1
    result.stdout.fnmatch_lines(
        ["*asked: qchannel_service", "*next: *def test_ours(self): and above its class @pytest.*"]
    )
