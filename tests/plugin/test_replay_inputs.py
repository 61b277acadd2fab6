"""What a test gives its circuits comes back in a replay, and is in no cassette."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from tests.plugin.lane_kit import RECORD, files

NOTES = """
    import pytest
    from qiskit import QuantumCircuit, QuantumRegister, ClassicalRegister
    from qiskit_ibm_runtime import SamplerV2

    NOTE = {"experiment": {"number": 7, "made by": ["Ada Byron", None, 0.5]}}

    @pytest.mark.vcr
    def test_it(qchannel_service):
        backend = qchannel_service.least_busy()
        circuits = [
            QuantumCircuit(QuantumRegister(1, "q"), ClassicalRegister(1, "c"), name=name,
                           metadata=note)
            for name, note in (("first", NOTE), ("second", {}), ("third", {"a": 1}))
        ]
        for one in circuits:
            one.measure(0, 0)
        job = SamplerV2(mode=backend).run(circuits, shots=4)
        notes = [one.metadata["circuit_metadata"] for one in job.result()]
        assert notes == [NOTE, {}, {"a": 1}]
        again = [pub[0] for pub in qchannel_service.job(job.job_id()).inputs["pubs"]]
        assert [(one.name, one.metadata) for one in again] == [
            (one.name, one.metadata) for one in circuits
        ]
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_metadata_and_names_of_circuits_are_given_back(run: Any, pytester: pytest.Pytester) -> None:
    """It was recorded green, and the replay had ``{}`` and ``circuit-0``."""
    run(NOTES, *RECORD).assert_outcomes(passed=1)
    kept = [
        gzip.decompress(data) if name.endswith(".gz") else data
        for name, data in files(pytester.path / "cassettes", "*").items()
    ]
    assert len(kept) > 2
    assert not any(b"Byron" in one or b"third" in one for one in kept)
    run(NOTES).assert_outcomes(passed=1)
