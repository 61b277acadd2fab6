"""``qchannel cassettes show --html``: a recording as a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from qiskit import QuantumCircuit, transpile

from pytest_qchannel.cassette.disk.store import Store
from tests.e2e.cassette_kit import BELL, cassettes
from tests.unit.cassette.circuits.circuit_examples import bell
from tests.unit.cassette.traffic_kit import cassette, job, said, state
from tests.unit.page.report_kit import data_of

LINE = {"backend_name": "qpu_line", "n_qubits": 3, "coupling_map": [[0, 1], [1, 2]]}
RESULTS = {"results": [{"data": {"meas": {"samples": ["0x0", "0x3", "0x3"], "num_bits": 2}}}]}
OTHER = {"backend_name": "qpu_other", "n_qubits": 1, "coupling_map": []}


def recorded(root: Path, *circuits: QuantumCircuit) -> None:
    traffic = [said("GET", f"/backends/{one['backend_name']}", one) for one in (LINE, OTHER)]
    for circuit in circuits:
        traffic.append(job(circuit, backend="qpu_line"))
        traffic += [state("job-1", one) for one in ("Queued", "Queued", "Completed")]
    traffic.append(said("GET", "/jobs/job-1/results", RESULTS))
    traffic.append(said("GET", "/backends", b"\x00\xff"))
    Store(root).save(cassette(*traffic, test=BELL))


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_jobs_circuits_and_devices_of_a_cassette(tmp_path: Path) -> None:
    recorded(tmp_path / "cassettes", bell())
    result = cassettes("show", BELL, "--html", "bell.html")
    assert result.output.startswith("bell.html (")
    report = data_of((tmp_path / "bell.html").read_text(encoding="utf-8"))
    [test] = report["tests"]
    [made] = test["jobs"]
    assert (made["id"], made["backend"]) == ("job-1", "qpu_line")
    assert made["states"] == [{"state": "Queued"}, {"state": "Completed"}]
    [pub] = made["pubs"]
    assert (pub["shots"], pub["said"], pub["counts"]) == (3, None, {"00": 1, "11": 2})
    circuit = report["circuits"][pub["circuit"]]
    assert (circuit["qubits"], circuit["depth"]) == (2, 3)
    assert "┤ H ├" in circuit["text"]
    assert report["devices"] == {"qpu_line": {"qubits": 3, "coupling": [[0, 1], [1, 2]]}}
    results, last = test["requests"][-2:]
    assert (results["route"], results["job"]) == ("GET /api/v1/jobs/job-1/results", "job-1")
    assert last["answered"] == "2 bytes that are no text"
    assert ["channel", "ibm_cloud"] in report["facts"]


def test_a_circuit_that_is_too_deep_to_draw_is_there_in_words(tmp_path: Path) -> None:
    deep = QuantumCircuit(1)
    for _ in range(50):
        deep.h(0)
    recorded(tmp_path / "cassettes", deep)
    assert cassettes("show", BELL, "--html", "deep.html").exit_code == 0
    report = data_of((tmp_path / "deep.html").read_text(encoding="utf-8"))
    [circuit] = report["circuits"].values()
    assert circuit["depth"] == 50
    assert circuit["text"].startswith("OPENQASM 3")


def test_qubits_of_the_device_where_a_circuit_names_them(tmp_path: Path) -> None:
    on_device = transpile(
        bell(), coupling_map=LINE["coupling_map"], initial_layout=[2, 1], optimization_level=0
    )
    recorded(tmp_path / "cassettes", on_device)
    cassettes("show", BELL, "--html", "there.html")
    report = data_of((tmp_path / "there.html").read_text(encoding="utf-8"))
    [circuit] = report["circuits"].values()
    assert (circuit["layout"], circuit["qubits"]) == ([1, 2], 2)
    assert "2 ┤ H ├" in circuit["text"], "the wires have the device's numbers"


def test_a_page_that_cannot_be_written(tmp_path: Path) -> None:
    recorded(tmp_path / "cassettes", bell())
    result = cassettes("show", BELL, "--html", "nowhere/bell.html")
    assert result.exit_code == 2
    assert "cannot write nowhere/bell.html: No such file or directory" in result.output
    assert "next:" in result.output
