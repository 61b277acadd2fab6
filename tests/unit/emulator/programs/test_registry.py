"""The border of the heavy packages: what is asked before a job runs does not cross it."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("numpy", "scipy", "qiskit", "qiskit_aer", "stim", "ibm_quantum_schemas", "pydantic")

BEFORE_A_JOB_RUNS = """
from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.worlds.default_world import default_world
from pytest_qchannel.emulator.programs import PROGRAMS
from pytest_qchannel.emulator.world.world import Clock

App(default_world(Clock(lambda: 1_700_000_000.0)))
qasm = "OPENQASM 3.0;"
assert PROGRAMS["sampler"].check({"pubs": [[qasm]]}) is None
assert PROGRAMS["sampler"].check({"pubs": []})
assert PROGRAMS["estimator"].check({"pubs": [[qasm, "Z"]]}) is None
assert PROGRAMS["noise-learner"].check({"circuits": [qasm]}) is None
assert "schema_version: missing" in PROGRAMS["executor"].check({})
"""
LOADED = f"""
import sys
print(*sorted({set(HEAVY)!r} & set(sys.modules)))
"""
FROM_A_THREAD_THAT_ENDS = """
import sys, threading
from pytest_qchannel.emulator.programs import PROGRAMS
one = threading.Thread(target=PROGRAMS["sampler"].load)
one.start()
one.join()
assert "qiskit" in sys.modules
print(*(thread.name for thread in threading.enumerate()), sep=",")
"""


def said_by(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


def test_a_world_and_the_checks_of_jobs_load_nothing_heavy() -> None:
    assert said_by(BEFORE_A_JOB_RUNS + LOADED) == ""


def test_what_a_program_needs_would_be_seen() -> None:
    load = "from pytest_qchannel.emulator.programs import PROGRAMS\nPROGRAMS['sampler'].load()\n"
    assert {"numpy", "qiskit", "stim"} <= set(said_by(load + LOADED).split())


def test_qiskit_is_first_imported_in_a_thread_that_stays() -> None:
    """Else the next circuit that another thread builds is a segmentation fault."""
    assert "qchannel home of qiskit" in said_by(FROM_A_THREAD_THAT_ENDS).split(",")
