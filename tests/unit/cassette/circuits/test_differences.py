"""Two circuits that differ, in words; and one circuit in words."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from pytest_qchannel.cassette.circuits.differences import circuit_difference
from pytest_qchannel.cassette.circuits.form import circuit_form
from pytest_qchannel.cassette.circuits.formats import circuit_text
from pytest_qchannel.cassette.circuits.words import listing
from tests.unit.cassette.circuits.circuit_examples import EXAMPLES


def difference(one: QuantumCircuit, other: QuantumCircuit) -> str | None:
    return circuit_difference(circuit_form(one), circuit_form(other))


def chain(*, last: str = "cx", more: int = 0) -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2)
    for _ in range(2):
        circuit.h(0)
        circuit.x(1)
    getattr(circuit, last)(0, 1)
    for _ in range(more):
        circuit.h(0)
    return circuit


def test_depth_and_the_first_difference_are_told() -> None:
    assert difference(chain(), chain(last="cz", more=2)) == (
        "recorded depth 3, sent depth 5; "
        "first difference: instruction 4, recorded cx(0, 1), sent cz(0, 1)"
    )


def test_equal_circuits_have_no_difference() -> None:
    assert difference(chain(), chain()) is None


def test_an_instruction_too_many_is_told() -> None:
    assert difference(chain(), chain(more=1)) == (
        "recorded depth 3, sent depth 4; first difference: instruction 5, "
        "recorded no more instructions, sent h(0)"
    )


def test_parameters_are_told_by_name() -> None:
    one, other = QuantumCircuit(1), QuantumCircuit(1)
    one.rx(Parameter("a") * 2, 0)
    other.rx(Parameter("a") * 3, 0)
    assert difference(one, other) == (
        "first difference: instruction 0, recorded rx[2*a](0), sent rx[3*a](0)"
    )


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ((3, 2), "first difference: number of qubits, recorded 2, sent 3"),
        ((2, 1), "first difference: number of classical bits, recorded 2, sent 1"),
    ],
)
def test_sizes_are_told_first(sizes: tuple[int, int], said: str) -> None:
    assert difference(QuantumCircuit(2, 2), QuantumCircuit(*sizes)) == said


def test_a_difference_in_a_body_says_where() -> None:
    def conditional(gate: str) -> QuantumCircuit:
        circuit = QuantumCircuit(1, 1)
        circuit.measure(0, 0)
        with circuit.if_test((circuit.clbits[0], 1)):
            circuit.h(0)
            getattr(circuit, gate)(0)
        return circuit

    assert difference(conditional("x"), conditional("y")) == (
        "first difference: instruction 1, if_else, in its body 0: "
        "instruction 1, recorded x(0), sent y(0)"
    )


def test_a_difference_in_a_definition_says_where() -> None:
    def made_of(gate: str) -> QuantumCircuit:
        inner = QuantumCircuit(1, name="mine")
        getattr(inner, gate)(0)
        circuit = QuantumCircuit(1)
        circuit.append(inner.to_gate(), [0])
        return circuit

    assert difference(made_of("x"), made_of("y")) == (
        "first difference: instruction 0, in the definition of mine: "
        "instruction 0, recorded x(0), sent y(0)"
    )


def test_a_phase_is_told() -> None:
    one, other = QuantumCircuit(1), QuantumCircuit(1, global_phase=0.5)
    assert difference(one, other) == "first difference: global phase, recorded 0, sent 0.5"


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_example_can_be_put_into_words_and_the_words_repeat(name: str) -> None:
    texts = set()
    for _ in range(2):
        circuit = EXAMPLES[name]()
        form = circuit_form(circuit)
        language, text = circuit_text(circuit, form)
        assert text.startswith("OPENQASM 3" if language == "qasm3" else "//")
        texts.add(text)
        assert listing(form).startswith(f"// {circuit.num_qubits} qubits")
    assert len(texts) == 1, "a name that Qiskit counts up, or a UUID, got into the words"


def test_what_openqasm_has_no_words_for_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    from qiskit import qasm3

    def refuse(_circuit: QuantumCircuit) -> str:
        raise qasm3.QASM3ExporterError("no words")

    monkeypatch.setattr(qasm3, "dumps", refuse)
    circuit = EXAMPLES["control_flow"]()
    language, text = circuit_text(circuit, circuit_form(circuit))
    assert language == "listing"
    assert "measure(0) -> 0" in text
    assert "if c0 == 1" in text
    assert "  body 0:" in text
