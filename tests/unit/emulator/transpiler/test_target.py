"""The target that circuits are transpiled for is the one that the client has of the same device."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator
from qiskit.transpiler import PassManager
from qiskit_ibm_runtime.models import BackendProperties
from qiskit_ibm_runtime.utils.backend_converter import convert_to_target
from qiskit_ibm_runtime.utils.backend_decoder import configuration_from_server_data

from pytest_qchannel.emulator.transpiler.angles import FoldAngles
from pytest_qchannel.emulator.transpiler.target import target_of
from pytest_qchannel.emulator.world import snapshots

# One of each kind: Eagle, Heron, Falcon, as every supported client ships them.
DEVICES = ("ibm_kyiv", "ibm_torino", "ibm_hanoi")


def client_target(snapshot: snapshots.Snapshot, fractional: bool) -> Any:
    raw = json.loads(snapshot.configuration)
    configuration = configuration_from_server_data(raw, use_fractional_gates=fractional)
    properties = json.loads(snapshot.properties)
    return convert_to_target(configuration, BackendProperties.from_dict(properties))


def test_a_target_is_finished_before_threads_share_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Qiskit builds a target's graph when first asked for it: a second thread saw a part of it."""
    target = target_of(snapshots.load(DEVICES[0]))
    monkeypatch.setattr(type(target), "_build_coupling_graph", None)
    assert target.build_coupling_map().size() == target.num_qubits


@pytest.mark.parametrize("fractional", [False, True])
@pytest.mark.parametrize("name", DEVICES)
def test_a_target_is_the_client_s(name: str, fractional: bool) -> None:
    snapshot = snapshots.served(name, name, fractional)
    ours, its = target_of(snapshot, fractional), client_target(snapshot, fractional)
    control_flow = {"if_else", "for_loop", "while_loop", "switch_case"}
    # The last one came to devices when the classic platform and its transpiler were gone.
    only_its = control_flow | {"measure_2"}
    assert set(ours.operation_names) ^ set(its.operation_names) <= only_its
    assert ours.num_qubits == its.num_qubits
    assert ours.dt == pytest.approx(its.dt)
    for operation in set(ours.operation_names) - control_flow:
        mine, other = ours[operation], its[operation]
        assert set(mine) == set(other), operation
        for qubits, said in mine.items():
            assert _shown(said) == pytest.approx(_shown(other[qubits])), (operation, qubits)
    assert [one.t1 for one in ours.qubit_properties] == pytest.approx(
        [one.t1 for one in its.qubit_properties]
    )


def _shown(said: Any) -> list[float]:
    return [-1.0 if one is None else one for one in (said and said.error, said and said.duration)]


@pytest.mark.parametrize("eighths", range(-17, 18, 3))
def test_an_angle_is_folded_into_a_quarter_turn(eighths: int) -> None:
    """The devices take ``rzz`` from 0 to pi/2 alone: the Sampler refuses every other one."""
    circuit = QuantumCircuit(2)
    circuit.rzz(eighths * math.pi / 8 + 0.1, 0, 1)
    folded = PassManager([FoldAngles()]).run(circuit)
    angles = [item.params[0] for item in folded.data if item.name == "rzz"]
    assert all(0 <= angle <= math.pi / 2 for angle in angles)
    assert Operator(folded) == Operator(circuit)


def test_angles_within_control_flow_are_folded_too() -> None:
    circuit = QuantumCircuit(2, 1)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.rzz(-0.5, 0, 1)
    [outer] = PassManager([FoldAngles()]).run(circuit).data
    [block] = outer.operation.blocks
    assert {item.name for item in block.data} == {"x", "rzz"}
