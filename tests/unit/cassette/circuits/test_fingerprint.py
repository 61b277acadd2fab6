"""The same circuit has one fingerprint under every Qiskit; every change gives another one."""

from __future__ import annotations

import base64
import io
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import qiskit
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, qpy
from qiskit.circuit import Parameter
from qiskit.circuit.library import UnitaryGate, XGate

from pytest_qchannel.cassette.circuits.fingerprint import fingerprint, same_form
from pytest_qchannel.cassette.circuits.form import circuit_form
from pytest_qchannel.cassette.circuits.formats import decode_qpy
from tests.unit.cassette.circuits.circuit_examples import EXAMPLES, fingerprint_of

DATA = Path(__file__).parents[3] / "data" / "circuit_fingerprints.json"
WRITTEN: dict[str, dict[str, str]] = json.loads(DATA.read_text(encoding="utf-8"))["circuits"]
IS_QISKIT_1 = qiskit.__version__.startswith("1.")


def packed(circuit: QuantumCircuit, **options: Any) -> bytes:
    file = io.BytesIO()
    qpy.dump(circuit, file, **options)
    return zlib.compress(file.getvalue())


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_what_this_qiskit_builds_has_the_fingerprint_that_qiskit_1_4_computed(name: str) -> None:
    assert fingerprint_of(EXAMPLES[name]()) == WRITTEN[name]["fingerprint"]


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_what_qiskit_1_4_wrote_keeps_its_fingerprint_when_it_is_decoded(name: str) -> None:
    [circuit] = decode_qpy(base64.b64decode(WRITTEN[name]["qpy"]))
    assert fingerprint_of(circuit) == WRITTEN[name]["fingerprint"]


@pytest.mark.parametrize("name", sorted(EXAMPLES))
@pytest.mark.parametrize("version", [13, None])
def test_the_version_of_qpy_does_not_matter(name: str, version: int | None) -> None:
    circuit = EXAMPLES[name]()
    data = packed(circuit) if version is None else packed(circuit, version=version)
    [decoded] = decode_qpy(data)
    assert fingerprint_of(decoded) == fingerprint_of(circuit)


@pytest.mark.skipif(not IS_QISKIT_1, reason="Qiskit 2 has no conditioned gates")
def test_a_conditioned_gate_of_qiskit_1_is_an_if_with_a_body() -> None:
    [circuit] = decode_qpy(base64.b64decode(WRITTEN["conditioned"]["qpy"]))
    register = ClassicalRegister(2, "c")
    plain = QuantumCircuit(QuantumRegister(2, "q"), register)
    plain.measure([0, 1], register)
    with plain.if_test((register, 3)):
        plain.x(0)
    with plain.if_test((register[1], 1)):
        plain.cx(1, 0)
    with plain.if_test((register[0], 0)):
        plain.rx(0.5, 1)
    assert fingerprint_of(plain) == fingerprint_of(circuit)


@pytest.mark.skipif(not IS_QISKIT_1, reason="Qiskit 2 has no calibrations")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_calibrations_count_and_their_names_do_not() -> None:
    from qiskit import pulse

    def calibrated(frequency: float, name: str, qubit: int = 0) -> str:
        with pulse.build(name=name) as schedule:
            pulse.set_frequency(frequency, pulse.DriveChannel(0))
        circuit = QuantumCircuit(2)
        circuit.x(0)
        circuit.add_calibration("x", [qubit], schedule)
        return fingerprint_of(circuit)

    plain = QuantumCircuit(2)
    plain.x(0)
    assert calibrated(5e9, "a") == calibrated(5e9, "b")
    others = {calibrated(5e9, "a"), calibrated(6e9, "a"), calibrated(5e9, "a", 1)}
    assert len(others | {fingerprint_of(plain)}) == 4


def test_fingerprints_tell_all_examples_apart() -> None:
    assert len({fingerprint_of(build()) for build in EXAMPLES.values()}) == len(EXAMPLES)


def base() -> QuantumCircuit:
    theta = Parameter("theta")
    circuit = QuantumCircuit(QuantumRegister(3, "q"), ClassicalRegister(2, "meas"))
    circuit.h(0)
    circuit.rx(0.5, 1)
    circuit.rz(2 * theta + 1, 1)
    circuit.cx(0, 1)
    circuit.delay(16, 2)
    circuit.measure([0, 1], [0, 1])
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(2)
        circuit.sx(2)
    return circuit


def without_change(_circuit: QuantumCircuit) -> None:
    """The same again: new UUIDs, another counted name."""


def renamed(circuit: QuantumCircuit) -> None:
    circuit.name = "another"


def with_metadata(circuit: QuantumCircuit) -> None:
    circuit.metadata = {"who": "me"}


@pytest.mark.parametrize("change", [without_change, renamed, with_metadata])
def test_what_results_do_not_depend_on_is_left_out(
    change: Callable[[QuantumCircuit], None],
) -> None:
    circuit = base()
    change(circuit)
    assert fingerprint_of(circuit) == fingerprint_of(base())


def test_quantum_register_names_and_layout_are_left_out() -> None:
    from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager

    one, other = QuantumCircuit(QuantumRegister(2, "a")), QuantumCircuit(QuantumRegister(2, "b"))
    for circuit in (one, other):
        circuit.cx(0, 1)
    assert fingerprint_of(one) == fingerprint_of(other)
    manager = generate_preset_pass_manager(
        optimization_level=0, basis_gates=["cx"], coupling_map=[[0, 1]], initial_layout=[0, 1]
    )
    laid_out = manager.run(one)
    assert laid_out.layout is not None
    assert fingerprint_of(laid_out) == fingerprint_of(one)


def changed(build: Callable[[QuantumCircuit], None]) -> QuantumCircuit:
    circuit = base()
    build(circuit)
    return circuit


def _rebuilt(**other: Any) -> QuantumCircuit:
    """The base circuit with one thing of it different."""
    given: dict[str, Any] = {
        "gate": "h", "qubit": 0, "angle": 0.5, "name": "theta", "factor": 2, "pair": (0, 1),
        "delay": 16, "unit": "dt", "clbits": [0, 1], "register": "meas", "value": 1, "bit": 0,
        "body": "x", "size": 3, "phase": 0.0, "last": True,
    }  # fmt: skip
    given |= other
    registers = QuantumRegister(given["size"], "q"), ClassicalRegister(2, given["register"])
    circuit = QuantumCircuit(*registers, global_phase=given["phase"])
    getattr(circuit, given["gate"])(given["qubit"])
    circuit.rx(given["angle"], 1)
    circuit.rz(given["factor"] * Parameter(given["name"]) + 1, 1)
    circuit.cx(*given["pair"])
    circuit.delay(given["delay"], 2, unit=given["unit"])
    circuit.measure([0, 1], given["clbits"])
    with circuit.if_test((circuit.clbits[given["bit"]], given["value"])):
        getattr(circuit, given["body"])(2)
        if given["last"]:
            circuit.sx(2)
    return circuit


def test_the_rebuilt_circuit_is_the_base() -> None:
    assert fingerprint_of(_rebuilt()) == fingerprint_of(base())


@pytest.mark.parametrize(
    "other",
    [
        {"gate": "x"}, {"qubit": 1}, {"angle": 0.5000001}, {"angle": -0.5}, {"name": "phi"},
        {"factor": 2.00001}, {"pair": (1, 0)}, {"delay": 17}, {"delay": 16, "unit": "ns"},
        {"clbits": [1, 0]}, {"register": "other"}, {"value": 0}, {"bit": 1}, {"body": "y"},
        {"size": 4}, {"phase": 0.1}, {"last": False},
    ],
    ids=str,
)  # fmt: skip
def test_every_change_of_what_a_circuit_does_is_seen(other: dict[str, Any]) -> None:
    circuit = _rebuilt(**other)
    assert fingerprint_of(circuit) != fingerprint_of(base())
    assert not same_form(circuit_form(circuit), circuit_form(base()))


def _appended(gate: Any, qubits: list[int]) -> QuantumCircuit:
    circuit = QuantumCircuit(3)
    circuit.append(gate, qubits)
    return circuit


def _homemade(angle: float, name: str = "mine") -> Any:
    inner = QuantumCircuit(1, name=name)
    inner.rx(angle, 0)
    return inner.to_gate()


@pytest.mark.parametrize(
    ("one", "other", "qubits"),
    [
        (_homemade(0.1), _homemade(0.2), [0]),
        (_homemade(0.1), _homemade(0.1, "other"), [0]),
        (_homemade(0.1).control(1), _homemade(0.2).control(1), [0, 1]),
        (XGate().control(2), XGate().control(2, ctrl_state=1), [0, 1, 2]),
        (UnitaryGate(np.eye(2)), UnitaryGate(np.diag([1, 1j])), [0]),
        (XGate(), XGate(label="marked"), [0]),
    ],
)
def test_a_gate_is_told_by_what_it_is_made_of(one: Any, other: Any, qubits: list[int]) -> None:
    assert fingerprint_of(_appended(one, qubits)) != fingerprint_of(_appended(other, qubits))


def test_switch_cases_and_loop_indices_count() -> None:
    def looped(indices: range, label: int) -> QuantumCircuit:
        circuit = QuantumCircuit(1, 2)
        with circuit.for_loop(indices):
            circuit.x(0)
        with circuit.switch(circuit.cregs[0]) as case, case(label):
            circuit.h(0)
        return circuit

    forms = {
        fingerprint_of(looped(*args)) for args in ((range(2), 0), (range(3), 0), (range(2), 1))
    }
    assert len(forms) == 3


def test_numbers_that_another_processor_computed_are_the_same_and_others_are_not() -> None:
    def rotated(angle: float) -> Any:
        circuit = QuantumCircuit(1)
        circuit.rz(angle, 0)
        return circuit_form(circuit)

    assert same_form(rotated(np.pi / 2), rotated(np.nextafter(np.pi / 2, 2)))
    assert fingerprint(rotated(np.pi / 2)) != fingerprint(rotated(np.nextafter(np.pi / 2, 2)))
    assert not same_form(rotated(np.pi / 2), rotated(np.pi / 2 + 1e-9))
    assert not same_form(rotated(0.0), rotated(1e-9))


def test_equal_expressions_are_equal_however_they_were_written() -> None:
    x, y = Parameter("x"), Parameter("y")

    def rotated(angle: Any) -> str:
        circuit = QuantumCircuit(1)
        circuit.rz(angle, 0)
        circuit.rx(y, 0)
        circuit.rx(x, 0)
        return fingerprint_of(circuit)

    assert rotated((x + y) * (x - y)) == rotated(x * x - y * y)
    assert rotated(x * 1.0) == rotated(x)
    assert rotated(x + y) != rotated(x - y)
    assert rotated(x) != rotated(y)


@pytest.mark.parametrize("data", [b"", b"QISKIT", b"nonsense", zlib.compress(b"x")[:-3]])
def test_what_is_no_qpy_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"QPY|cut short"):
        decode_qpy(data)
