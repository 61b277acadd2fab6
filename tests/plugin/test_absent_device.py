"""What a test sees that names a device of the default world as it was."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pytest_qchannel.emulator.world import snapshots

CASES = """
    import pytest

    def test_client(qchannel_service):
        assert qchannel_service.backend("ibm_sherbrooke").num_qubits == 127

    def test_names(qchannel_service):
        assert "ibm_sherbrooke" in [one.name for one in qchannel_service.backends()]

    def test_rest(qchannel_rest):
        assert qchannel_rest.get("/backends/ibm_sherbrooke/status").status_code == 200

    def test_job(qchannel_rest):
        body = {"program_id": "sampler", "backend": "ibm_sherbrooke", "params": {
            "pubs": [["OPENQASM 3.0; bit[1] c; c[0] = measure $0;"]], "version": 2,
        }}
        assert qchannel_rest.post("/jobs", json=body).status_code == 200

    def test_lever(qchannel_emulator):
        qchannel_emulator.pause("ibm_sherbrooke")
"""


@pytest.mark.skipif("ibm_fez" not in snapshots.available(), reason="its default world has it")
def test_a_device_of_the_old_default_world_is_named_with_the_file_that_has_it(run: Any) -> None:
    """The client said "No backend matches the criteria.", the service "device not found".

    And the file that was named is in no project that has the package installed.
    """
    result = run(CASES, "--qchannel-channel=ibm_cloud")
    result.assert_outcomes(failed=5)
    said = result.stdout.str().partition("short test summary")[0]
    for line in ("the emulated world has no backend 'ibm_sherbrooke'", "closest: ibm_"):
        assert said.count(line) == 5, line
    named = re.findall(r"pytest (--qchannel-channel=ibm_cloud --qchannel-world=\S+) \(for", said)
    assert len(named) == 5
    run(CASES, *named[0].split()).assert_outcomes(passed=5)


def test_of_a_misspelt_device_only_the_closest_is_told(run: Any) -> None:
    result = run(
        "def test_a(qchannel_rest):\n"
        '    assert qchannel_rest.get("/backends/A_DEVICEE/status").status_code == 200'
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the emulated world has no backend '*E'", "*closest: ibm_*"])
    assert "world-2024" not in result.stdout.str()
