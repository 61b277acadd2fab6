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
from tests.live.conftest import SAMPLER, WORLD
from tests.live.second_server import SecondServer

Run = Callable[..., pytest.RunResult]

PAID = "--qchannel-budget=60"


@pytest.fixture(scope="module")
def world() -> str:
    """One device whose jobs never start."""
    return WORLD.replace("queue_length = 3\n", 'queue_length = 3\nprogression = "stuck"\n')


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
    live: Run, led: SecondServer
) -> None:
    test = (
        SAMPLER
        + """
@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_a(qchannel_service):
    sample(qchannel_service, "ibm_there").result()
"""
    )
    result = live(test, PAID, "--qchannel-queue-timeout=60", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(
        ["SKIPPED*live, queue: job * waited 60 s in the queue of ibm_there*"]
    )
    assert led.alive() == []
    strict = live(test, PAID, "--qchannel-queue-timeout=60", "--qchannel-live-strict")
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


STUCK = (
    SAMPLER
    + """
@pytest.mark.live_qpu(max_qpu_seconds=10, max_jobs=2)
def test_a(qchannel_service):
    job = sample(qchannel_service, "ibm_there")
    open("submitted", "w").write(job.job_id())
    sample(qchannel_service, "ibm_there")
"""
)
"""A test whose second job waits at the door, as long as the first one waits in the queue."""


def started(led: SecondServer, folder: Path, *args: str) -> subprocess.Popen[str]:
    """A run in a process of its own, once the second job of its test waits at the door."""
    (folder / "test_it.py").write_text(with_device(STUCK))
    (folder / "submitted").unlink(missing_ok=True)
    command = [
        *(sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider"),
        *("-p", "tests.live.scaled_clock", "--qchannel-mode=live", PAID, *args),
    ]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    running = subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until = time.monotonic() + 60
    # While one waits the lane looks after the other.
    submitted, known = folder / "submitted", len(led.requests())
    while not submitted.exists() or not any(
        one[0] == "GET" and one[2].endswith(submitted.read_text() or "?")
        for one in led.requests()[known:]
    ):
        assert running.poll() is None, running.communicate()[0]
        assert time.monotonic() < until
        time.sleep(0.05)
    return running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_nothing_alive(
    led: SecondServer, tmp_path: Path, number: signal.Signals
) -> None:
    running = started(led, tmp_path)
    [job] = led.alive()
    running.send_signal(number)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == pytest.ExitCode.INTERRUPTED, said
    assert led.alive() == []
    assert led.key not in said
    # What waited did not go on waiting: CI kills a few seconds after its signal.
    assert "qchannel: a job was not sent: its test has ended meanwhile" in said
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
    (tmp_path / "test_it.py").write_text(with_device(test))
    before = len(led.jobs())
    command = [
        *(sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", "-n", "2"),
        *("-p", "tests.live.scaled_clock", "--qchannel-mode=live", "--qchannel-budget=18"),
        "--qchannel-live-jobs=8",
    ]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert led.alive() == [], done.stdout
    assert " passed" in done.stdout.splitlines()[-1], done.stdout
    assert " error" not in done.stdout.splitlines()[-1], done.stdout
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
    (tmp_path / "test_it.py").write_text(with_device(test))
    command = [
        *(sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", "-n", "1"),
        *("-p", "tests.live.scaled_clock", "--qchannel-mode=live", PAID),
    ]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=110
    )
    assert led.alive() == [], done.stdout
    assert "1 failed, 1 passed" in done.stdout
    assert "qchannel: cancelled job" in done.stdout
