"""``qchannel run`` with a world that declares faults: what never happened is told at the end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.world_kit import world_text

FAULT = """
[[faults]]
route = "GET /jobs"
status = 503
"""
WORLD = world_text("ibm_torino", more=FAULT)
ASK = """
import requests
print(requests.get("https://quantum.cloud.ibm.com/api/v1/jobs", timeout=9).status_code)
"""
UNMET = "qchannel: the fault 'GET /jobs: status 503' never happened\n"


def run(folder: Path, program: str, world: str = WORLD) -> subprocess.CompletedProcess[str]:
    (folder / "w.toml").write_text(world, encoding="utf-8")
    (folder / "program.py").write_text(program, encoding="utf-8")
    personal = ("QCHANNEL_", "QISKIT_IBM_", "IQP_")
    return subprocess.run(
        [sys.executable, "-m", "pytest_qchannel", "run", "--world=w.toml", "program.py"],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith(personal)},
        check=False,
    )


def test_a_fault_that_happened_is_no_problem(tmp_path: Path) -> None:
    done = run(tmp_path, ASK)
    assert (done.returncode, done.stdout) == (0, "503\n"), done.stderr


@pytest.mark.parametrize(("program", "status"), [("pass", 1), ("raise SystemExit(7)", 7)])
def test_a_fault_that_never_happened_fails_the_program(
    tmp_path: Path, program: str, status: int
) -> None:
    """The user saw exit status 0: the trouble that the world file promised never came."""
    done = run(tmp_path, program)
    assert done.returncode == status
    assert UNMET in done.stderr
    assert "w.toml" in done.stderr
    assert done.stderr.splitlines()[-1] == "qchannel: emulated lane, 0 requests, 0 jobs"


def test_an_exit_handler_of_the_program_may_meet_it(tmp_path: Path) -> None:
    program = f"import atexit\n@atexit.register\ndef end():{ASK}".replace("\n", "\n    ", 99)
    program = program.replace("\n    @", "\n@").replace("\n    def", "\ndef")
    done = run(tmp_path, program)
    assert (done.returncode, done.stdout) == (0, "503\n"), done.stderr


def test_an_optional_one_may_stay_away(tmp_path: Path) -> None:
    done = run(tmp_path, "pass", WORLD + "optional = true\n")
    assert (done.returncode, UNMET in done.stderr) == (0, False)


def test_a_program_that_was_interrupted_is_not_blamed(tmp_path: Path) -> None:
    assert "never happened" not in run(tmp_path, "raise KeyboardInterrupt").stderr
