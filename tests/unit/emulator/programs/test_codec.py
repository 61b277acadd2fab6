"""The wire encoding: what comes in is read exactly, and what is corrupt fails in clear words."""

from __future__ import annotations

import base64
import io
import threading
import zlib
from typing import Any

import numpy as np
import pytest
from antlr4.error.ErrorListener import ConsoleErrorListener
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, qasm3, qpy
from qiskit.circuit import Parameter
from qiskit.quantum_info import Operator

from pytest_qchannel.emulator.programs import Task, codec
from pytest_qchannel.emulator.programs.codec import from_qasm3
from pytest_qchannel.emulator.programs.outcome import JobFailure
from pytest_qchannel.emulator.programs.reading_time import qasm3_s
from pytest_qchannel.emulator.programs.simulate.gates import matrix_of
from tests.unit.emulator.circuits_kit import encoded, encoded_array, packed
from tests.unit.emulator.programs.primitives_kit import SNAPSHOT

try:
    from qiskit_ibm_runtime.json import RuntimeDecoder, RuntimeEncoder
except ImportError:  # clients before 0.45
    from qiskit_ibm_runtime.utils.json import RuntimeDecoder, RuntimeEncoder

import json

ARRAYS = st.tuples(
    st.sampled_from(["uint8", "int64", "float64", "bool"]),
    st.lists(st.integers(0, 4), max_size=3),
    st.integers(0, 2**32 - 1),
)
TASK = Task({}, SNAPSHOT, 7)
fixed = settings(derandomize=True, deadline=None, max_examples=60)


def an_array(dtype: str, shape: list[int], seed: int) -> Any:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 2, shape).astype(dtype) * rng.integers(0, 100)


def circuit_of(value: str) -> dict[str, Any]:
    return {"__type__": "QuantumCircuit", "__value__": value}


def failure_of(sent: Any) -> JobFailure:
    with pytest.raises(JobFailure) as caught:
        codec.decode_circuit(sent, TASK, "pub 3")
    return caught.value


@fixed
@given(ARRAYS)
def test_arrays_survive_the_round_trip(case: tuple[str, list[int], int]) -> None:
    array = an_array(*case)
    for sent in (codec.encode_array(array), encoded_array(array)):
        back: Any = codec.decode_values(sent, "pub 0")
        np.testing.assert_array_equal(back, array)
        assert back.dtype == array.dtype
        assert back.shape == array.shape


@fixed
@given(ARRAYS)
def test_the_client_reads_our_arrays_and_we_read_its(case: tuple[str, list[int], int]) -> None:
    array = an_array(*case)
    theirs = json.loads(json.dumps(codec.encode_array(array)), cls=RuntimeDecoder)
    np.testing.assert_array_equal(theirs, array)
    sent = json.loads(json.dumps(array, cls=RuntimeEncoder))
    np.testing.assert_array_equal(codec.decode_values(sent, "pub 0"), array)


@pytest.mark.parametrize("values", [None, [], [0.5], [[1, 2], [3, 4]]])
def test_plain_values_pass_as_they_are(values: Any) -> None:
    assert codec.decode_values(values, "pub 0") is values


def test_a_mapping_is_decoded_value_by_value() -> None:
    sent = {"a": [1, 2], "b": encoded_array([0.5, 0.25]), "c": 3}
    back: Any = codec.decode_values(sent, "pub 0")
    assert back["a"] == [1, 2]
    assert back["b"].tolist() == [0.5, 0.25]
    assert back["c"] == 3


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"__type__": "complex", "__value__": [1, 2]}, "of the type 'complex'; an ndarray"),
        ({"__type__": "ndarray"}, "of the type 'ndarray'; an ndarray is expected"),
        ({"__type__": "ndarray", "__value__": "%%%"}, "is not base64 of zlib data"),
        ({"__type__": "ndarray", "__value__": {"a": 1}}, "is not base64 of zlib data"),
        ({"__type__": "ndarray", "__value__": packed(b"no npy at all")}, "is not readable"),
        ({"__type__": "ndarray", "__value__": packed(b"")}, "is not readable"),
        ({"__type__": "ndarray", "__value__": [[1], [1, 2]]}, "is not readable"),
        ({"__type__": "ndarray", "__value__": [{"a": 1}]}, "does not hold real numbers"),
        (encoded_array(["x"]), "does not hold real numbers"),
        (encoded_array([1j]), "does not hold real numbers"),
    ],
)
def test_values_that_cannot_be_read_name_the_pub(sent: Any, said: str) -> None:
    with pytest.raises(JobFailure) as caught:
        codec.decode_values(sent, "pub 3")
    assert "pub 3" in caught.value.reason
    assert said in caught.value.reason
    assert caught.value.code == 1503


def test_a_pickle_in_an_array_is_never_loaded() -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    sent = {"__type__": "ndarray", "__value__": packed(buffer.getvalue())}
    with pytest.raises(JobFailure, match="allow_pickle=False"):
        codec.decode_values(sent, "pub 0")


def test_a_circuit_survives_the_round_trip() -> None:
    circuit = QuantumCircuit(3, 2, metadata={"who": "me"}, global_phase=0.5)
    circuit.rz(Parameter("theta"), 1)
    circuit.cz(0, 2)
    circuit.measure([0, 2], [1, 0])
    back = codec.decode_circuit(encoded(circuit), TASK, "pub 0")
    assert back == circuit
    assert back.metadata == {"who": "me"}


def test_a_circuit_as_openqasm3_text() -> None:
    text = (
        'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] c; sx q[1]; c[0] = measure q[1];'
    )
    circuit = codec.decode_circuit(text, TASK, "pub 0")
    assert [item.operation.name for item in circuit.data] == ["sx", "measure"]
    assert (circuit.num_qubits, circuit.num_clbits) == (2, 2)


GOOD = base64.b64decode(encoded(QuantumCircuit(2, 2))["__value__"])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("not base64!", "is not base64 of zlib data"),
        ("abc", "is not base64 of zlib data"),
        ("ünïcode", "is not base64 of zlib data"),
        ("", "is cut short"),
        (base64.b64encode(b"plain, not zlib").decode(), "is not base64 of zlib data"),
        (base64.b64encode(GOOD[:-6]).decode(), "is cut short"),
        (base64.b64encode(GOOD[:-1] + b"\0").decode(), "is not base64 of zlib data"),
        (packed(b"garbage, no QPY"), "is no QPY that this Qiskit can read"),
        (packed(b""), "is no QPY that this Qiskit can read"),
        (packed(zlib.decompress(GOOD)[:40]), "is no QPY that this Qiskit can read"),
    ],
)
def test_a_corrupt_circuit_names_the_pub_and_what_is_wrong(value: str, said: str) -> None:
    failure = failure_of(circuit_of(value))
    assert failure.reason.startswith(f"The circuit of pub 3 {said}")
    assert failure.code == 1603


def test_qpy_that_ends_anywhere_too_early_is_a_failed_job_and_never_a_crash() -> None:
    """Cut, not flipped: qiskit trusts the counts in a QPY file and would fill the memory."""
    whole = zlib.decompress(GOOD)
    for length in range(0, len(whole) - 1, 3):
        failure = failure_of(circuit_of(packed(whole[:length])))
        assert failure.reason.startswith("The circuit of pub 3 is no QPY that this Qiskit")


def test_qpy_of_several_circuits() -> None:
    buffer = io.BytesIO()
    qpy.dump([QuantumCircuit(1)] * 2, buffer)
    failure = failure_of(circuit_of(packed(buffer.getvalue())))
    assert "it has 2 circuits and not one" in failure.reason


@pytest.mark.parametrize("text", ["", "garbage", "OPENQASM 3.0; h q[0];", "\ud800"])
def test_text_that_is_no_openqasm3(text: str) -> None:
    failure = failure_of(text)
    assert failure.reason.startswith("Job not valid. Error loading QASM circuit: '")
    assert failure.reason.endswith("' (the circuit of pub 3).")


@pytest.mark.parametrize(
    "declared",
    [
        "qubit[1000000000] q;",
        "qubit [1_000_000_000] q;",
        "bit[0x3B9ACA00] c;",
        "qreg q[ 1000000000 ];",
        "qubit[600000] q; bit[600000] c;",
    ],
)
def test_registers_of_very_many_bits_are_refused_before_they_are_made(declared: str) -> None:
    """One such line stopped the process, and `qchannel serve`, until its memory was used up."""
    text = f"OPENQASM 3.0;\n{declared}\n"
    with pytest.raises(JobFailure, match=r"has \d+ bits: too many for the emulator \(1000000\)"):
        from_qasm3(text, "pub 3")
    assert qasm3_s(text) > 1


def test_registers_of_a_size_that_is_no_plain_number_are_read_in_the_worker() -> None:
    assert qasm3_s("OPENQASM 3.0; const int n = 9; qubit[n] q;") >= 1
    assert qasm3_s('OPENQASM 3.0; include "stdgates.inc"; qubit[9] q; bit[9] c;') < 0.01


def test_two_threads_that_parse_leave_the_parser_as_it_was() -> None:
    """From then on the errors of all later parsing, also of other tests, went to an old one."""
    printing, inside, others = ConsoleErrorListener.INSTANCE, threading.Event(), threading.Event()

    def first() -> None:
        with codec._SyntaxErrors().collected():
            inside.set()
            others.wait(timeout=0.1)  # for ever, if the other one may not come in meanwhile

    def second() -> None:
        inside.wait(timeout=60)
        with codec._SyntaxErrors().collected():
            others.set()
            threads[0].join(timeout=60)

    threads = [threading.Thread(target=one) for one in (first, second)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    assert ConsoleErrorListener.INSTANCE is printing


def exported(circuit: QuantumCircuit) -> QuantumCircuit:
    """What a job is run with that was sent the circuit as OpenQASM 3 text."""
    return codec.decode_circuit(qasm3.dumps(circuit), TASK, "pub 0")


def test_gates_that_the_exporter_defines_are_those_of_the_device() -> None:
    """What the user saw: 5204, no matrix of ``rzz`` or ``ecr``, for what a device runs."""
    theta = Parameter("theta")
    circuit = QuantumCircuit(2)
    circuit.ecr(0, 1)
    circuit.rzz(theta, 1, 0)
    circuit.rzz(0.25, 0, 1)
    circuit.x(0)
    found = exported(circuit)
    assert [item.is_standard_gate() for item in found.data] == [True] * 4
    values = {"theta": 0.5}
    assert Operator(found.assign_parameters(values)).equiv(circuit.assign_parameters(values))
    flow = QuantumCircuit(2, 1)
    with flow.if_test((0, True)):
        flow.rzz(0.25, 0, 1)
    [item] = exported(flow).data
    [inner] = item.operation.blocks[0].data
    assert inner.is_standard_gate()


def test_a_gate_of_another_size_is_the_one_that_the_text_defines() -> None:
    text = 'OPENQASM 3.0; include "stdgates.inc"; gate ecr a { x a; } qubit q; ecr q;'
    circuit = codec.decode_circuit(text, TASK, "pub 0")
    assert np.allclose(matrix_of(circuit.data[0]), [[0, 1], [1, 0]])


def test_what_the_importer_says_is_quoted_whole() -> None:
    """What the user saw: ``'theta`` without the quote that ends it."""
    with pytest.raises(JobFailure) as caught:
        from_qasm3('OPENQASM 3.0; include "stdgates.inc"; rx $0;', "pub 2")
    assert caught.value.reason.endswith("argument: 'theta'' (the circuit of pub 2).")


def test_an_openqasm3_syntax_error_names_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    """The reason was empty, and the parser printed what was wrong to the terminal."""
    failure = failure_of("OPENQASM 3.0;\nqubit q;\nx $0\ny $1;")
    assert "line 4, column 1: unexpected 'y'" in failure.reason
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("excess", [1, 100, 1_000_000])
def test_a_zip_bomb_is_refused(monkeypatch: pytest.MonkeyPatch, excess: int) -> None:
    monkeypatch.setattr(codec, "MOST_UNPACKED", 50_000)
    failure = failure_of(circuit_of(packed(bytes(50_000 + excess))))
    assert failure.reason == "The circuit of pub 3 is larger than 50000 bytes."


def test_a_zip_bomb_is_not_inflated_first(monkeypatch: pytest.MonkeyPatch) -> None:
    import tracemalloc

    monkeypatch.setattr(codec, "MOST_UNPACKED", 50_000)
    bomb = circuit_of(packed(bytes(30_000_000)))
    tracemalloc.start()
    try:
        failure_of(bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000


def test_an_array_may_be_as_large_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = encoded_array(np.arange(1_000, dtype=np.float64))
    monkeypatch.setattr(codec, "MOST_UNPACKED", 8_000 + 128)  # numpy's header has 128 bytes
    assert np.asarray(codec.decode_values(sent, "pub 0")).shape == (1_000,)
    monkeypatch.setattr(codec, "MOST_UNPACKED", 8_000 + 127)
    with pytest.raises(JobFailure, match="larger than 8127 bytes"):
        codec.decode_values(sent, "pub 0")


@pytest.mark.parametrize("version", ["2", "2.0"])
def test_openqasm2_is_not_taken_for_openqasm3(version: str) -> None:
    """A user sent OPENQASM 2.0 text, and it ran."""
    failure = failure_of(f"// mine\nOPENQASM {version};\nqreg q[1];")
    assert failure.reason == (
        f"The circuit of pub 3 is OpenQASM {version}; OpenQASM 3 is expected."
    )
