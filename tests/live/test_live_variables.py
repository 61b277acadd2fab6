"""Whoever reads a key in a live run has a stand-in: what is imported, or lives longer, too."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.live.conftest import SAMPLER
from tests.live.second_server import SecondServer

Run = Callable[..., pytest.RunResult]

VARIABLE = "QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN"

CONFTEST = f"""
import os
import subprocess
import sys

import pytest
import requests

KEY = os.environ["{VARIABLE}"]
SHOWS = "import os; print(os.environ['{VARIABLE}'], os.environ['IBM_CLOUD_API_KEY'])"

@pytest.fixture(scope="session", autouse=True)
def outside():
    form = dict(grant_type="urn:ibm:params:oauth:grant-type:apikey", apikey=KEY)
    try:
        requests.post("https://iam.cloud.ibm.com/identity/token", data=form)
    except Exception as refused:
        said = str(refused)
    child = subprocess.run([sys.executable, "-c", SHOWS], capture_output=True, text=True)
    print(KEY, child.stdout, dict(os.environ))
    yield said
"""

TESTS = (
    SAMPLER
    + f"""
import logging
import os
import threading

import requests
from qiskit_ibm_runtime import QiskitRuntimeService

KEY = os.environ["{VARIABLE}"]
GO, SAID = threading.Event(), []

def test_of_the_fixture(outside):
    assert "the session fixture 'outside'" in outside
    assert "reached for iam.cloud.ibm.com" in outside

def test_that_compares(outside):
    logging.getLogger("mine").warning("%s", open("key.txt").read())
    assert [KEY, os.environ["{VARIABLE}"]] == [KEY * 9]

@pytest.mark.parametrize("nth", [1, 2])
def test_that_logs_in_with_it(qchannel, nth):
    crn = qchannel.account.instance.id
    assert QiskitRuntimeService(token=KEY, instance=crn).backends()

@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_with_a_thread(qchannel_service):
    sampler = SamplerV2(mode=qchannel_service.backend("ibm_here"))
    def late():
        GO.wait(30)
        try:
            SAID.append(sampler.run([CIRCUIT], shots=16))
        except Exception as refused:
            SAID.append(refused)
    SAID.append(threading.Thread(target=late))
    SAID[0].start()

@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_that_comes_next(qchannel_service):
    GO.set()
    SAID[0].join()
    assert "test_it.py::test_with_a_thread[ibm_quantum_platform], which has" in str(SAID[1])
"""
)


def test_nobody_who_reads_a_key_has_a_real_one(
    live: Run, led: SecondServer, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fixture of the session, and a module that was imported, had it; a failure showed a part.

    A thread of a test submitted in the next one, and that one had to pay for it.
    """
    other = "of-the-cloud-and-of-no-channel-that-we-know"
    monkeypatch.setenv("IBM_CLOUD_API_KEY", other)
    (pytester.path / "key.txt").write_text(led.key, encoding="utf-8")
    known, asked = len(led.jobs()), len(led.requests())
    shown = ("-rA", "-vv", "--showlocals", "--log-cli-level=INFO", "--log-file=all.log")
    result = live(TESTS, "--qchannel-budget=60", *shown, conftest=CONFTEST)
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(["qchannel: a real credential stood in a log record, *"])
    told = result.stdout.str() + (pytester.path / "all.log").read_text(encoding="utf-8")
    assert told.count(f"<secret {VARIABLE}>") >= 2
    for secret in (led.key, other):
        parts = {secret[at : at + 12] for at in range(len(secret) - 11)}
        assert {one for one in parts if one in told} == set()
    assert len(led.jobs()) == known
    assert len([one for one in led.requests()[asked:] if one[2] == "/api/v1/jobs"]) == 0
    assert (os.environ[VARIABLE], os.environ["IBM_CLOUD_API_KEY"]) == (led.key, other)


LATE = f"""
import atexit
import os

open("early.txt", "w").write(os.environ["{VARIABLE}"])
atexit.register(lambda: open("late.txt", "w").write(os.environ["{VARIABLE}"]))
"""


def test_what_runs_when_the_run_is_over_has_no_real_one(
    led: SecondServer,
    run_apart: Run,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thread, and what was called at exit, submitted without a budget or a tag.

    In a run that was started from a worker of pytest-xdist so could a conftest.py.
    """
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    result = run_apart("def test_a(): pass", "--qchannel-mode=live", conftest=LATE)
    result.assert_outcomes(passed=1)
    for name in ("early.txt", "late.txt"):
        assert (pytester.path / name).read_text(encoding="utf-8") not in ("", led.key)
