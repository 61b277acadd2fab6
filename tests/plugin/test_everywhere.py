"""Everywhere mode: suites run offline, whatever they are made of, and nothing is left behind."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from pytest_qchannel.channels.client import default_channel, login_url

FLAGS = ("--qchannel-mode=emulated", "--qchannel-everywhere")


# What suites are made of ------------------------------------------------------------------------

SUITE = '''
    """A suite that knows nothing of us.

    >>> len(SERVICE.backends()) > 3
    True
    """
    import os
    import unittest

    import pytest
    from qiskit_ibm_runtime import QiskitRuntimeService

    SERVICE = QiskitRuntimeService()


    class TestPlatform(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            cls.service = QiskitRuntimeService(
                channel=os.environ["QISKIT_IBM_CHANNEL"],
                token=os.environ["QISKIT_IBM_TOKEN"],
                url=os.environ["QISKIT_IBM_URL"],
                instance=os.environ["QISKIT_IBM_INSTANCE"],
            )

        @classmethod
        def tearDownClass(cls):
            assert cls.service.backends()

        def test_least_busy(self):
            self.assertEqual(
                self.service.least_busy().name, SERVICE.least_busy().name
            )


    @pytest.fixture(scope="session")
    def shared():
        service = QiskitRuntimeService()
        yield service
        assert service.backends()


    class TestClass:
        @pytest.fixture(scope="class")
        @classmethod
        def service(cls, shared):
            return shared

        def test_a(self, service):
            assert service.backends()

        def test_b(self, service, conftest_service):
            names = [backend.name for backend in service.backends()]
            assert names == [backend.name for backend in conftest_service.backends()]
'''
SUITE_CONFTEST = """
    import pytest
    from qiskit_ibm_runtime import QiskitRuntimeService

    SERVICE = QiskitRuntimeService()
    BACKENDS = SERVICE.backends()

    @pytest.fixture
    def conftest_service():
        return SERVICE

    def pytest_unconfigure():
        assert SERVICE.backends()
"""


@pytest.mark.parametrize("channel", ["auto", "ibm_cloud"])
def test_a_suite_of_every_kind_runs_offline(run: Any, channel: str) -> None:
    result = run(
        SUITE, *FLAGS, "--doctest-modules", f"--qchannel-channel={channel}", conftest=SUITE_CONFTEST
    )
    result.assert_outcomes(passed=4)
    result.stdout.re_match_lines(
        [r"qchannel: 4 emulated; the whole process: \d\d+ requests, 0 jobs"]
    )


def test_the_classic_channel(run: Any) -> None:
    """The client logs in where it has the channel; REST code does in any case."""
    result = run(
        """
        import os

        import pytest
        import requests

        ANSWER = requests.post(
            os.environ["QISKIT_IBM_URL"] + "/users/loginWithToken",
            json={"apiToken": os.environ["IQP_API_TOKEN"]},
            timeout=9,
        )

        def test_login():
            assert ANSWER.status_code == 200
            assert os.environ["QISKIT_IBM_TOKEN"] == os.environ["IQP_API_TOKEN"]
            assert os.environ["QISKIT_IBM_INSTANCE"] == "ibm-q/open/main"

        def test_client(ibm_quantum_service):
            from qiskit_ibm_runtime import QiskitRuntimeService

            mine, ours = QiskitRuntimeService(), ibm_quantum_service
            assert mine.channel == ours.channel == "ibm_quantum"
            assert mine.least_busy().name == ours.least_busy().name
        """,
        *FLAGS,
        "--qchannel-channel=ibm_quantum",
        "-Wignore",
    )
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] + outcomes.get("skipped", 0) == 2
    assert "failed" not in outcomes


def test_one_world_per_worker(run_apart: Any) -> None:
    source = """
        import os

        import pytest
        from qiskit_ibm_runtime import QiskitRuntimeService

        SERVICE = QiskitRuntimeService()
        RAN = []

        @pytest.mark.parametrize("number", range(4))
        def test_a(number, qchannel_emulator):
            RAN.append(qchannel_emulator.backends)
            assert SERVICE.backends()
            # What another test in this worker did is still there.
            name = qchannel_emulator.backends[0]
            queue = SERVICE.backend(name).status().pending_jobs
            assert queue == (7 if len(RAN) == 1 else 100 + len(RAN) - 1)
            qchannel_emulator.set_queue_length(name, 100 + len(RAN))
    """
    result = run_apart(source, *FLAGS, "-n", "2", conftest=SUITE_CONFTEST)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["qchannel: 4 emulated; the whole process: * requests, 0 jobs"])


def test_our_fixtures_share_the_world_and_leave_the_environment(run: Any) -> None:
    result = run(
        """
        import os

        from qiskit_ibm_runtime import QiskitRuntimeService

        SERVICE = QiskitRuntimeService()
        BEFORE = dict(os.environ)

        def same():
            return {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"} == {
                k: v for k, v in BEFORE.items() if k != "PYTEST_CURRENT_TEST"
            }

        def test_requests_begin_with_the_test(qchannel):
            assert len(qchannel.requests) == 0
            assert "no request" in repr(qchannel.requests)
            assert qchannel.channel.name == "ibm_cloud"
            assert os.environ["QISKIT_IBM_CHANNEL"] == "ibm_cloud"
            SERVICE.backends()
            SERVICE.jobs()
            seen = qchannel.requests
            assert seen[-1].path.endswith("/jobs")
            assert len(seen) == len(list(seen)) < seen[-1].number

        def test_levers(qchannel_emulator):
            name = qchannel_emulator.backends[0]
            qchannel_emulator.set_queue_length(name, 77)
            assert SERVICE.backend(name).status().pending_jobs == 77
            assert same()

        def test_accounts(qchannel_accounts):
            assert qchannel_accounts.saved() == {}
            assert "QISKIT_IBM_TOKEN" not in os.environ
            qchannel_accounts.save("ibm_cloud", name="mine")
            assert list(QiskitRuntimeService.saved_accounts()) == ["mine"]

        def test_after():
            assert same()
            assert QiskitRuntimeService.saved_accounts() == {}
        """,
        *FLAGS,
        "--qchannel-channel=ibm_cloud",
    )
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["qchannel: 3 emulated, 1 emulated on ibm_cloud; *"])


def test_jobs_of_one_test_are_there_for_the_next(run: Any) -> None:
    result = run(
        """
        from qiskit import QuantumCircuit
        from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager
        from qiskit_ibm_runtime import QiskitRuntimeService, SamplerV2

        SERVICE = QiskitRuntimeService()

        def test_a():
            circuit = QuantumCircuit(1)
            circuit.measure_all()
            backend = SERVICE.least_busy()
            passes = generate_preset_pass_manager(optimization_level=0, backend=backend)
            SamplerV2(mode=backend).run([passes.run(circuit)], shots=10)

        def test_b(qchannel_emulator):
            (job,) = SERVICE.jobs()
            assert job.result()[0].data.meas.get_counts() == {"0": 10}
            assert [one.id for one in qchannel_emulator.jobs] == [job.job_id()]
        """,
        *FLAGS,
        "-Wignore",
    )
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["qchannel: 2 emulated; the whole process: * requests, 1 job"])


def test_tests_without_fixtures_of_ours_need_no_lane_that_is_shared(run: Any) -> None:
    """What the user saw: an INTERNALERROR, as soon as the fixtures were to live for a module."""
    result = run("def test_a(): pass", "--qchannel-everywhere", "--qchannel-scope=module")
    result.assert_outcomes(passed=1)


# The process ------------------------------------------------------------------------------------


def test_the_environment_is_emulated_and_put_back(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "a-token-of-a-real-person")
    monkeypatch.setenv("QISKIT_IBM_URL", "https://elsewhere.example")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path))
    before = dict(os.environ)
    patched = (requests.Session.get_adapter, socket.getaddrinfo, socket.socket.connect)
    accounts = sys.modules["qiskit_ibm_runtime.accounts.management"]
    file = vars(accounts)["_DEFAULT_ACCOUNT_CONFIG_JSON_FILE"]
    channel = default_channel()
    result = run(
        f"""
        import os
        from pathlib import Path

        def test_a():
            said = {{name: os.environ.get(name) for name in os.environ}}
            assert said["QISKIT_IBM_CHANNEL"] == "{channel}"
            assert said["QISKIT_IBM_URL"] == "{login_url(channel)}"
            assert said["QISKIT_IBM_INSTANCE"].startswith("crn:v1:")
            assert "emulated" in said["QISKIT_IBM_TOKEN"]
            assert "emulated" in said["IQP_API_TOKEN"]
            assert "HTTPS_PROXY" not in said
            assert Path.home() != Path({str(tmp_path)!r})
            assert list(Path.home().iterdir()) == []
            print("home is", Path.home())
            os.environ["LEFT_BEHIND"] = "yes"
        """,
        *FLAGS,
        "-s",
    )
    result.assert_outcomes(passed=1)
    (line,) = (line for line in result.outlines if "home is " in line)
    assert not Path(line.partition("home is ")[2]).exists()
    now = dict(os.environ)
    assert {**now, "PYTEST_CURRENT_TEST": ""} == {**before, "PYTEST_CURRENT_TEST": ""}
    assert patched == (requests.Session.get_adapter, socket.getaddrinfo, socket.socket.connect)
    assert vars(accounts)["_DEFAULT_ACCOUNT_CONFIG_JSON_FILE"] == file


ENDS = {
    "conftest": ("def test_a(): pass", "raise ValueError('broken')"),
    "interrupt": ("def test_a(): raise KeyboardInterrupt", ""),
    "exit": ("import pytest\ndef test_a(): pytest.exit('enough')", ""),
    "internal": ("def test_a(): pass", "def pytest_runtest_logreport(): raise ValueError"),
    "configure": ("def test_a(): pass", "def pytest_configure(): raise ValueError"),
    "unconfigure": ("def test_a(): pass", "def pytest_unconfigure(): raise ValueError"),
}


@pytest.mark.parametrize("end", ENDS)
def test_however_the_run_ends_the_process_is_put_back(
    run: Any, pytester: pytest.Pytester, end: str
) -> None:
    source, conftest = ENDS[end]
    before = {**os.environ, "PYTEST_CURRENT_TEST": ""}
    get_adapter = requests.Session.get_adapter
    try:
        result = run(source, *FLAGS, conftest=conftest)
    except (ValueError, KeyboardInterrupt):
        pass  # in-process, pytest lets these through
    else:
        assert result.ret != 0
    assert {**os.environ, "PYTEST_CURRENT_TEST": ""} == before
    assert requests.Session.get_adapter is get_adapter


def test_without_the_option_nothing_is_emulated(run: Any) -> None:
    result = run(
        """
        import os

        def test_a(pytestconfig):
            assert "QISKIT_IBM_TOKEN" not in os.environ
            assert not pytestconfig.pluginmanager.hasplugin("qchannel-everywhere")
        """,
        "--qchannel-mode=emulated",
    )
    result.assert_outcomes(passed=1)
    assert "everywhere" not in result.stdout.str()
