"""A project with cassettes, and the commands run over it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner, Result
from qiskit import QuantumCircuit

from pytest_qchannel.cassette.accounts import HeldAccount, HeldInstance
from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cli.main import main
from tests.unit.cassette.traffic_kit import CRN, PROVENANCE, cassette, job, said, state

LARGE = b'{"values": "' + b"abc" * 1_000 + b'"}'
BELL = "tests/test_pick.py::test_bell[ibm_cloud]"
REST = "tests/test_pick.py::test_rest[ibm_cloud]"


def cassettes(*words: str | Path, stdin: str = "") -> Result:
    """Runs ``qchannel cassettes`` in this process."""
    return CliRunner().invoke(
        main, ["cassettes", *map(str, words)], input=stdin, catch_exceptions=False
    )


def bell() -> Cassette:
    """A recorded job, from the real services."""
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    traffic = (
        said("GET", "/backends/ibm_torino/configuration", LARGE),
        job(circuit, options={"resilience_level": 1}),
        state("job-1", "Completed"),
        said("GET", "/jobs/job-1/results", b"\x00\xff"),
    )
    provenance = replace(
        PROVENANCE, recorded_from="live", qpu_seconds=2.5, recorded_at="2026-10-01T08:30:00+00:00"
    )
    accounts = {"ibm_cloud": HeldAccount("a-stand-in", (HeldInstance(CRN, "first", "Open"),))}
    return replace(cassette(*traffic, test=BELL), provenance=provenance, accounts=accounts)


def rest(test: str = REST) -> Cassette:
    """A recorded question, from the emulator."""
    return cassette(said("GET", "/backends", {"devices": ["\x1b[31m"]}), test=test)


def tree(root: Path) -> Store:
    """A folder with both."""
    store = Store(root)
    store.save(bell())
    store.save(rest())
    return store


def cut(path: Path) -> None:
    """Damages a cassette as a full disk would."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("interactions:")], encoding="utf-8")
