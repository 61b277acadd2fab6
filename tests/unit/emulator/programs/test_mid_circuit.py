"""Measurements and resets of a device's own kind, as IBM's guide to them puts them in circuits."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Instruction

from pytest_qchannel.emulator.programs import PROGRAMS, Task, checks
from pytest_qchannel.emulator.programs.mid_circuit import with_usual_readout
from pytest_qchannel.emulator.world import snapshots
from tests.unit.emulator.circuits_kit import DEVICE, encoded, samples

KINDS = {"measure_2": 1, "reset_2": 0, "measure_reset": 1}


def device() -> snapshots.Snapshot:
    """One that has them, told of as in the configurations of Heron devices of 2026."""
    plain = snapshots.load(DEVICE)
    added: list[dict[str, Any]] = [
        {"name": name, "parameters": [], "qasm_def": None} for name in KINDS
    ]
    signed = [
        {"name": name, "num_qubits": 1, "num_clbits": bits, "parameters": []}
        for name, bits in KINDS.items()
    ]
    facts = {
        **plain.facts,
        "gates": [*plain.facts["gates"], *added],
        "instruction_signatures": signed,
    }
    return replace(plain, facts=MappingProxyType(facts))


def put(circuit: QuantumCircuit, name: str, qubit: int, *clbits: int) -> None:
    circuit.append(Instruction(name, 1, KINDS[name], []), [qubit], list(clbits))


def circuit() -> QuantumCircuit:
    """Reads 1, then 1 of the qubit that this turned, then 0 of each that was reset."""
    made = QuantumCircuit(4, 5)
    made.x([0, 2, 3])
    put(made, "measure_2", 0, 0)
    with made.if_test((made.clbits[0], True)):
        made.x(1)
        put(made, "measure_2", 1, 1)
    put(made, "reset_2", 2)
    made.measure(2, 2)
    put(made, "measure_reset", 3, 3)
    made.measure(3, 4)
    return made


def ran(program: str, params: dict[str, Any]) -> Any:
    return json.loads(PROGRAMS[program].run(Task(params, device(), 7)).result)


def test_a_sampler_runs_them() -> None:
    """``measure_2`` is in the target of newer Herons; such a job failed with 5204, and one that
    measured with nothing else with 1515.
    """
    last = QuantumCircuit(1, 1)
    last.x(0)
    put(last, "measure_2", 0, 0)
    params = {"pubs": [[encoded(circuit()), None, 5], [encoded(last), None, 5]]}
    assert checks.sampler(params) is None
    answer = ran("sampler", params)
    assert samples(answer, "c") == [0b01011] * 5
    assert samples(answer, "c", 1) == [1] * 5


def test_an_estimator_runs_them() -> None:
    reset = QuantumCircuit(1)
    reset.x(0)
    put(reset, "reset_2", 0)
    answer = ran("estimator", {"pubs": [[encoded(reset), "Z"]]})
    assert answer["results"][0]["data"]["evs"] == 1.0


def test_an_executor_runs_them() -> None:
    pytest.importorskip("samplomatic", reason="only newer clients bring it")
    from qiskit_ibm_runtime.quantum_program import QuantumProgram

    from tests.unit.emulator.programs.executor.executor_kit import decoded, params_of

    program = QuantumProgram(shots=3)
    program.append_circuit_item(circuit())
    outcome = PROGRAMS["executor"].run(Task(params_of(program), device(), 7))
    [item] = decoded(outcome.result.decode())
    assert item["c"].astype(int).tolist() == [[1, 1, 0, 1, 0]] * 3


def test_a_circuit_without_any_stays_as_it_is() -> None:
    plain = QuantumCircuit(1, 1)
    plain.measure(0, 0)
    assert with_usual_readout(plain, device()) is plain
    other = circuit()
    assert with_usual_readout(other, snapshots.load(DEVICE)) is other, "a device that has none"
