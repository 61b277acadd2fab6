"""Jobs over REST, sent before anybody has imported Qiskit: a process must survive its threads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.devices_kit import with_device

SOURCE = """
import sys, time, threading
import pytest

QASM = 'OPENQASM 3.0; include "stdgates.inc"; bit[1] c; rz(0.5) $0; c[0] = measure $0;'

def job(rest):
    params = {"pubs": [[QASM, None, 16]], "version": 2}
    body = {"program_id": "sampler", "backend": "A_DEVICE", "params": params}
    name = rest.post("/jobs", json=body).json()["id"]
    while rest.get(f"/jobs/{name}").json()["state"]["status"] != "Completed":
        time.sleep(0.001)

def test_nobody_has_it():
    assert "qiskit" not in sys.modules

@pytest.mark.parametrize("number", range(8))
def test_jobs(qchannel_rest, number):
    for _ in range(3):
        threads = [threading.Thread(target=job, args=(qchannel_rest,)) for _ in range(THREADS)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        job(qchannel_rest) if THREADS == 0 else None
"""


@pytest.mark.parametrize(
    ("options", "threads"),
    [
        (["--qchannel-door=loopback"], 0),
        (["--qchannel-mode=record", "--qchannel-record-from=emulator"], 0),
        (["--qchannel-door=in-process"], 2),
    ],
    ids=["behind the door", "recorded", "threads of the test"],
)
def test_the_process_lives(tmp_path: Path, options: list[str], threads: int) -> None:
    """It was a segmentation fault, in two runs of three."""
    (tmp_path / "test_it.py").write_text(
        with_device(SOURCE).replace("THREADS", str(threads)), encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:localqpu", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "9 passed" in done.stdout
