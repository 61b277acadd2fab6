"""The marker ``qchannel_fault`` and the fixture's lever: as a person meets them."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pytest_qchannel.channels.client import client_version
from tests.devices_kit import DEVICE
from tests.world_kit import world_text

RELEASE = tuple(int(part) for part in client_version().split(".")[:2])
CLOUD = "--qchannel-channel=ibm_cloud"


def test_a_marker_declares_and_the_journal_tells(run: Any) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.qchannel_fault("GET /jobs", status=503, retry_after_s=1, times=2)
        def test_a(qchannel, qchannel_rest):
            got = [qchannel_rest.get("/jobs") for _ in range(3)]
            assert [one.status_code for one in got] == [503, 503, 200]
            assert got[0].headers["Retry-After"] == "1"
            assert got[0].json()["errors"][0]["code"] == 1999
            told = [one.fault for one in qchannel.requests.to("/jobs")]
            assert told == ["GET /jobs: status 503"] * 2 + [None]

        def test_b(qchannel_rest):
            assert qchannel_rest.get("/jobs").status_code == 200
        """,
        CLOUD,
    )
    result.assert_outcomes(passed=2)


def test_several_markers_are_read_from_the_top(run: Any) -> None:
    result = run(
        """
        import pytest

        pytestmark = pytest.mark.qchannel_fault("GET /jobs", status=500)

        @pytest.mark.qchannel_fault("GET /jobs", status=429)
        @pytest.mark.qchannel_fault("GET /jobs", status=502)
        def test_a(qchannel_rest):
            got = [qchannel_rest.get("/jobs").status_code for _ in range(4)]
            assert got == [500, 429, 502, 200]
        """,
        CLOUD,
    )
    result.assert_outcomes(passed=1)


def test_the_fixture_declares_in_mid_test(run: Any) -> None:
    result = run(
        """
        import requests, pytest

        def test_a(qchannel_rest, qchannel_emulator):
            assert qchannel_rest.get("/jobs").status_code == 200
            fault = qchannel_emulator.fault("GET /jobs", drop="after")
            with pytest.raises(requests.ConnectionError, match="Connection aborted"):
                qchannel_rest.get("/jobs")
            assert qchannel_rest.get("/jobs").status_code == 200
            assert fault.strikes == 1
            assert qchannel_emulator.faults == (fault,)
        """,
        CLOUD,
    )
    result.assert_outcomes(passed=1)


def test_a_fault_that_never_happens_fails_the_test(run: Any) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.qchannel_fault("POST /jobs", status=503)
        def test_a(qchannel_rest):
            qchannel_rest.get("/jobs")

        @pytest.mark.qchannel_fault("POST /jobs", status=503, optional=True)
        def test_b(qchannel_rest):
            qchannel_rest.get("/jobs")
        """,
        CLOUD,
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *FaultNotMet: the fault 'POST /jobs: status 503' never happened",
            "E *where: *test_it.py::test_a*",
            "E *looked: *2 requests, 0 requests that it is about",
            "E *closest: #1 POST https://iam.cloud.ibm.com/identity/token -> 200",
            "E *#2 GET https://*/jobs -> 200",
            "E *next: *optional=True",
        ]
    )


def test_a_test_that_fails_anyway_is_told_in_a_note(run: Any) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.qchannel_fault("POST /jobs", status=503)
        def test_a(qchannel_rest):
            assert qchannel_rest.get("/jobs").status_code == 503
        """,
        CLOUD,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E *assert 200 == 503", "E *the fault 'POST /jobs: status 503' never happened"]
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            "'POST /jobs', statsu=503",
            "*marker qchannel_fault: unknown argument 'statsu', did you mean 'status'?*",
        ),
        (
            "'POST /job', status=503",
            "*marker qchannel_fault: *no route 'POST /job', did you mean 'POST /jobs'?*",
        ),
        ("job='fails'", "*marker qchannel_fault: job = 'fails' *did you mean 'failed'?*"),
        ("'POST /jobs', 503", "*marker qchannel_fault: *positional argument*"),
        ("status=503", "*marker qchannel_fault: a fault names one of route, job and account*"),
    ],
)
def test_wrong_words_are_usage_errors(run: Any, arguments: str, said: str) -> None:
    result = run(
        f"""
        import pytest

        @pytest.mark.qchannel_fault({arguments})
        def test_a(qchannel_rest):
            pass
        """
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said, "*where: *test_it.py::test_a*", "*next: *"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "account='used_up', account_name='emulated-clod'",
            [
                "E *no account 'emulated-clod'",
                "E *closest: emulated-cloud",
                "E *next: *use one of*",
            ],
        ),
        (
            f"job='failed', backend='{DEVICE[:-1]}'",
            [f"E *no backend '{DEVICE[:-1]}'", f"E *closest: {DEVICE}"],
        ),
        (
            "'GET /job', status=500",
            [
                "E *UsageProblem: fault: *did you mean 'GET /jobs'?",
                "E *next: *qchannel docs faults*",
            ],
        ),
    ],
)
def test_wrong_words_of_the_fixture_are_refused(run: Any, words: str, said: list[str]) -> None:
    result = run(f"def test_a(qchannel_emulator): qchannel_emulator.fault({words})")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(said)


def test_requests_of_fixtures_count(run: Any) -> None:
    """The lane is open when fixtures run; ``skip`` and the fixture's lever are the ways round."""
    result = run(
        """
        import pytest

        @pytest.fixture
        def looked(qchannel_rest):
            return qchannel_rest.get("/jobs").status_code

        @pytest.mark.qchannel_fault("GET /jobs", status=500)
        def test_a(looked, qchannel_rest):
            assert (looked, qchannel_rest.get("/jobs").status_code) == (500, 200)

        @pytest.mark.qchannel_fault("GET /jobs", status=500, skip=1)
        def test_b(looked, qchannel_rest):
            assert (looked, qchannel_rest.get("/jobs").status_code) == (200, 500)
        """,
        CLOUD,
    )
    result.assert_outcomes(passed=2)


def test_a_submission_is_asserted_over_rest(run: Any) -> None:
    result = run(
        """
        import pytest, requests
        from pytest_qchannel import assert_submitted_once

        QASM = 'OPENQASM 3.0; include "stdgates.inc"; bit[1] c; c[0] = measure $0;'
        JOB = {
            "program_id": "sampler", "backend": "A_DEVICE",
            "params": {"pubs": [[QASM]], "version": 2},
        }

        @pytest.mark.qchannel_fault("POST /jobs", drop="after")
        def test_a(qchannel_rest, qchannel_emulator):
            with pytest.raises(requests.ConnectionError):
                qchannel_rest.post("/jobs", json=JOB)
            job = qchannel_rest.post("/jobs", json=JOB).json()
            assert_submitted_once(job["id"])

        def test_b(qchannel_rest, qchannel_emulator):
            job = qchannel_rest.post("/jobs", json=JOB).json()
            assert_submitted_once(job["id"])
            assert_submitted_once(qchannel_emulator.jobs[0])

        def test_c(qchannel_rest):
            assert_submitted_once("nothing-of-ours")
        """,
        CLOUD,
    )
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "E *assert_submitted_once: the job was submitted 2 times and created 2 jobs",
            "E *sent: #* POST https://*/jobs -> no answer job * (fault POST /jobs: connection*",
            "E *#* POST https://*/jobs -> 200 job *",
            "E *next: look for the jobs *, *",
            "E *UsageProblem: assert_submitted_once: no request of this test created the job *",
        ]
    )


def test_everywhere_a_fault_is_of_the_tests_body(run_apart: Any) -> None:
    result = run_apart(
        """
        import pytest, requests

        URL = "https://quantum.cloud.ibm.com/api/v1/jobs"

        @pytest.mark.qchannel_fault("GET /jobs", status=503, times="every")
        def test_a():
            assert requests.get(URL).status_code == 503

        def test_b():
            assert requests.get(URL).status_code == 401

        @pytest.mark.qchannel_fault("POST /jobs", status=503)
        def test_c():
            requests.get(URL)
        """,
        "-p",
        "no:randomly",
        "--qchannel-mode=emulated",
        "--qchannel-everywhere",
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["E *the fault 'POST /jobs: status 503' never happened"])


@pytest.mark.skipif(RELEASE < (0, 41), reason="it first logs in for what is not swallowed")
def test_a_raw_key_fails_the_test_where_it_is_an_error(run_apart: Any) -> None:
    """``GET /backends`` of the service's start is in a ``try`` of the client."""
    result = run_apart(
        """
        import pytest

        def test_a(qchannel):
            qchannel.emulator.fault(account="iam_down", skip=1)
            qchannel.connect()
        """,
        CLOUD,
        "-W",
        "error::pytest_qchannel.RawKeyWarning",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *the client could not get an access token and fell back to sending the raw API key",
            "E *where: GET https://*/backends",
            "E *next: *expect it with pytest.warns(pytest_qchannel.RawKeyWarning)*",
        ]
    )


FAULT = """
[[faults]]
route = "GET /jobs"
status = 503
{more}
"""
WORLD = world_text("ibm_torino", channels=["ibm_cloud"], more=FAULT)


def test_a_world_file_declares(run: Any, pytester: pytest.Pytester) -> None:
    pytester.makefile(
        ".toml", strict=WORLD.format(more=""), lenient=WORLD.format(more="optional = true")
    )
    source = """
        import pytest

        def test_a(qchannel_rest):
            assert qchannel_rest.get("/jobs").status_code == 503
            assert qchannel_rest.get("/jobs").status_code == 200

        def test_b(qchannel_rest):
            assert qchannel_rest.get("/backends").status_code == 200
        """
    strict = run(source, CLOUD, "--qchannel-world=strict.toml")
    strict.assert_outcomes(passed=1, failed=1)
    strict.stdout.fnmatch_lines(["E *the fault 'GET /jobs: status 503' never happened"])
    run(source, CLOUD, "--qchannel-world=lenient.toml").assert_outcomes(passed=2)


DOCS = Path(__file__).parents[2] / "docs" / "faults.md"
RUN_SOMETHING = """
def run_something(service):
    from qiskit import QuantumCircuit
    from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager
    from qiskit_ibm_runtime import SamplerV2

    backend = service.least_busy(operational=True, simulator=False)
    circuit = QuantumCircuit(1)
    circuit.measure_all()
    ready = generate_preset_pass_manager(optimization_level=1, backend=backend).run(circuit)
    return SamplerV2(mode=backend).run([ready])

"""


def test_what_the_docs_show_runs(run: Any) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    if importlib.util.find_spec("qiskit_ibm_runtime.executor_sampler") is None:  # since 0.50
        block = block.replace(".executor_sampler import Sampler", " import SamplerV2 as Sampler")
    result = run(RUN_SOMETHING + block)
    result.assert_outcomes(passed=3)


def test_the_docs_tell_every_word() -> None:
    from pytest_qchannel.emulator.faults.answers import STATUS_NAMES
    from pytest_qchannel.emulator.faults.parse import JOB_TROUBLES, WORDS, parse_fault

    text = DOCS.read_text(encoding="utf-8")
    told = set(re.findall(r"`(\w+)`", text))
    assert {*WORDS, *JOB_TROUBLES} <= told
    assert ", ".join(map(str, STATUS_NAMES)) in text
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (table,) = tomllib.loads(block)["faults"]
    assert str(parse_fault(table)) == "POST /jobs: status 429"
