"""What the tests of the record and replay lanes share: short tests, and how they are run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

RECORD = ("--qchannel-mode=record", "--qchannel-record-from=emulator")

REST = """
    import pytest

    @pytest.mark.vcr
    def test_a(qchannel_rest):
        assert qchannel_rest.get("/backends").status_code == 200
        assert qchannel_rest.get("/jobs").status_code == 200
"""

JOB = """
    import pytest
    from qiskit import QuantumCircuit
    from qiskit_ibm_runtime import SamplerV2

    @pytest.mark.vcr
    def test_a(qchannel_service):
        circuit = QuantumCircuit(1, 1)
        circuit.measure(0, 0)
        backend = qchannel_service.backend("A_DEVICE")
        job = SamplerV2(mode=backend).run([circuit], shots=10)
        assert job.result()[0].data.c.get_counts() == {"0": 10}
        assert str(job.status()).endswith("DONE")
"""


RERUNS = """
    import os, pytest
    from _pytest.runner import runtestprotocol

    @pytest.hookimpl
    def pytest_runtest_protocol(item, nextitem):    # as pytest-rerunfailures has it
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for last in (False, False, True):
            reports = runtestprotocol(item, log=False, nextitem=nextitem)
            if last or not any(one.failed for one in reports):
                break
        for one in reports:
            item.ihook.pytest_runtest_logreport(report=one)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True
"""
"""A conftest.py with what runs failed tests again, up to three times."""


def files(root: Path, pattern: str = "*.yaml") -> dict[str, bytes]:
    """The files of a tree of cassettes by name, without what git ignores."""
    found = (path for path in root.rglob(pattern) if ".qchannel" not in path.parts)
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in found if path.is_file()
    }


def recorded(run: Any, pytester: pytest.Pytester, source: str = REST, *args: str) -> Path:
    """Records a test module and gives the one cassette that it makes."""
    run(source, *RECORD, *args).assert_outcomes(passed=1)
    found = list((pytester.path / "cassettes").glob("test_it/*.yaml"))
    assert len(found) == 1
    return found[0]
