"""How live tests and runs end: nothing is left behind, whatever way they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.devices_kit import with_device
from tests.live.conftest import QUEUED, SAMPLER
from tests.live.second_server import SecondServer
from tests.live.worlds import STUCK

Run = Callable[..., pytest.RunResult]

PAID = "--qchannel-budget=60"


@pytest.fixture(scope="module")
def world() -> str:
    """One device whose jobs never start."""
    return STUCK


LEFT = (
    SAMPLER
    + """
@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_leaves_a_job(qchannel_service):
    sample(qchannel_service, "ibm_there")

@pytest.mark.live_qpu(max_qpu_seconds=20)
def test_leaves_a_session(qchannel_service):
    from qiskit_ibm_runtime import Session
    Session(backend=qchannel_service.backend("ibm_here"))

@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_fails_with_a_job(qchannel_service):
    sample(qchannel_service, "ibm_there")
    raise AssertionError("mine")
"""
)


def test_what_a_test_leaves_is_cancelled_when_it_ends(live: Run, led: SecondServer) -> None:
    result = live(LEFT, PAID)
    result.assert_outcomes(passed=2, failed=1)
    assert led.alive() == []
    result.stdout.fnmatch_lines(["E * AssertionError: mine"])


def test_a_job_that_waits_for_too_long_is_cancelled_and_its_test_skipped(
    live: Run, led: SecondServer, pytester: pytest.Pytester
) -> None:
    report = "--qchannel-report=out.json"
    result = live(QUEUED, PAID, "--qchannel-queue-timeout=60", "-rs", report)
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(
        ["SKIPPED*live, queue: job * waited 60 s in the queue of ibm_there*"]
    )
    line = "qchannel: waiting *, place 4 at ibm_there, 45 of 60 QPU s left (job *)"
    result.stdout.fnmatch_lines([line])
    assert led.alive() == []
    document = json.loads((pytester.path / "out.json").read_bytes())
    [told] = document["tests"]
    assert (told["lane"], told["outcome"], told["class"]) == ("live", "skipped", "queue")
    assert document["qpu_seconds"]["held"] == 0.0
    strict = live(QUEUED, PAID, "--qchannel-queue-timeout=60", "--qchannel-live-strict")
    strict.assert_outcomes(failed=1)


def test_allow_lists_hold_for_least_busy_too(live: Run, led: SecondServer) -> None:
    test = (
        SAMPLER
        + """
@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_a(qchannel_service):
    assert qchannel_service.least_busy().name == "ibm_there"
    assert [one.name for one in qchannel_service.backends()] == ["ibm_there"]

@pytest.mark.live_qpu(max_qpu_seconds=10, backend="ibm_here")
def test_b(qchannel_service):
    assert not qchannel_service.backends()
"""
    )
    result = live(test, PAID, "--qchannel-live-backends=ibm_there")
    result.assert_outcomes(passed=2)


WAITS = (
    SAMPLER
    + """
@pytest.mark.live_qpu(max_qpu_seconds=10, max_jobs=2)
def test_a(qchannel_service):
    job = sample(qchannel_service, "ibm_there")
    open("submitted", "w").write(job.job_id())
    try:
        sample(qchannel_service, "ibm_there")
    finally:
        sample(qchannel_service, "ibm_there")
"""
)
"""A test whose second job waits at the door, as long as the first one waits in the queue."""


def apart(folder: Path, test: str, *args: str) -> subprocess.Popen[str]:
    """A live run in a process of its own."""
    (folder / "test_it.py").write_text(with_device(test))
    command = [
        *(sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider"),
        *("-p", "tests.live.scaled_clock", "--qchannel-mode=live", *args),
    ]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    out, both = subprocess.PIPE, subprocess.STDOUT
    return subprocess.Popen(command, cwd=folder, env=environ, stdout=out, stderr=both, text=True)


def started(led: SecondServer, folder: Path) -> subprocess.Popen[str]:
    """One the second job of whose test waits at the door."""
    running = apart(folder, WAITS, PAID)
    until = time.monotonic() + 60
    # While one waits the lane looks after the other, again and again.
    submitted, known = folder / "submitted", len(led.requests())

    def looks() -> int:
        job = submitted.read_text() if submitted.exists() else ""
        asked = led.requests()[known:] if job else []
        return sum(one[0] == "GET" and one[2].endswith(job) for one in asked)

    while looks() < 5:
        assert running.poll() is None, running.communicate()[0]
        assert time.monotonic() < until
        time.sleep(0.05)
    return running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_alive(
    led: SecondServer, tmp_path: Path, number: signal.Signals
) -> None:
    """What the test submitted in its ``finally`` waited on, for as long as a job may wait."""
    running = started(led, tmp_path)
    [job] = led.alive()
    running.send_signal(number)
    said, _ = running.communicate(timeout=60)
    # Of Ctrl-C the test makes an error of its own, as in any run.
    assert running.returncode == (1 if number == signal.SIGINT else 2), said
    assert led.alive() == []
    assert led.key not in said
    # What waited did not go on waiting: CI kills a few seconds after its signal.
    assert "a job was not sent: its test has ended meanwhile" in said
    assert "it has waited" not in said
    assert [one["id"] for one in led.jobs()][-1] == job


def test_what_a_killed_run_leaves_is_found_again(
    led: SecondServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = started(led, tmp_path)
    running.kill()
    running.communicate(timeout=60)
    [job] = led.alive()
    [ledger] = (tmp_path / ".qchannel" / "live").glob("*.sqlite")
    assert led.key.encode() not in ledger.read_bytes()
    monkeypatch.setenv("QCHANNEL_RUN_ID", ledger.stem)
    for is_by_tag in (False, True):
        command = [sys.executable, "-m", "pytest_qchannel", "cleanup", "--json"]
        found = subprocess.run(
            [*command, "--dry-run"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert found.returncode == 1, found.stderr
        assert job in {one["name"] for one in json.loads(found.stdout)["found"]}
        if not is_by_tag:
            ledger.unlink()  # as on a machine of CI that is gone
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["left"] == 0
    assert led.alive() == []
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (again.returncode, json.loads(again.stdout)["found"]) == (0, [])


def test_workers_share_the_budget_and_the_end(led: SecondServer, tmp_path: Path) -> None:
    test = (
        SAMPLER
        + """
@pytest.mark.live_qpu(max_qpu_seconds=1)
@pytest.mark.parametrize("n", range(5))
def test_a(qchannel_service, n):
    sample(qchannel_service, "ibm_there")
"""
    )
    before = len(led.jobs())
    running = apart(tmp_path, test, "-n", "2", "--qchannel-budget=18", "--qchannel-live-jobs=8")
    said, _ = running.communicate(timeout=110)
    assert led.alive() == [], said
    assert " passed" in said.splitlines()[-1], said
    assert " error" not in said.splitlines()[-1], said
    # A cancelled one takes nothing: more than three are held at once by nobody.
    assert len(led.jobs()) - before <= 5


def test_a_worker_that_dies_leaves_nothing(led: SecondServer, tmp_path: Path) -> None:
    """Its job would have kept the only room, and the others waited for it."""
    test = (
        SAMPLER
        + """
import os, signal

@pytest.mark.live_qpu(max_qpu_seconds=1)
@pytest.mark.parametrize("n", range(2))
def test_a(qchannel_service, n):
    sample(qchannel_service, "ibm_there")
    if n == 0:
        os.kill(os.getpid(), signal.SIGKILL)
"""
    )
    said, _ = apart(tmp_path, test, "-n", "1", PAID).communicate(timeout=110)
    assert led.alive() == [], said
    assert "1 failed, 1 passed" in said
    assert "qchannel: cancelled job" in said


CLEANS = f"""{SAMPLER}
import shutil

@pytest.mark.live_qpu(max_qpu_seconds=10, max_jobs=2)
def test_cleans_up(qchannel_service):
    sample(qchannel_service, "ibm_there")
    shutil.rmtree(".qchannel")
    sample(qchannel_service, "ibm_there")
"""


def test_without_its_ledger_a_run_finds_by_tags_what_it_left(live: Run, led: SecondServer) -> None:
    """The run ended with an internal error, and its job went on."""
    before = len(led.jobs())
    result = live(CLEANS, PAID, "--qchannel-live-jobs=2")
    result.assert_outcomes(failed=1, errors=1)
    assert (led.alive(), len(led.jobs()) - before) == ([], 1)
    result.stdout.fnmatch_lines(
        ["*looked for by its tags alone: the ledger of the live run was deleted*",
         "qchannel: cancelled job *, which was left"]
    )  # fmt: skip
