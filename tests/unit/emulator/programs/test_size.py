"""Jobs that are too large to be run at once leave soon for the worker, or fail with a reason."""

from __future__ import annotations

import base64
import time
import zlib
from typing import Any

import pytest
import qiskit
from packaging.version import Version
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives.containers.bindings_array import BindingsArray

from pytest_qchannel.emulator.programs import JobFailure, Task, TooLong
from pytest_qchannel.emulator.programs.engine import Engine
from pytest_qchannel.emulator.programs.outcome import FailureCode
from pytest_qchannel.emulator.programs.pubs import Bound
from pytest_qchannel.emulator.programs.simulate import steps
from tests.unit.emulator.circuits_kit import encoded, encoded_array
from tests.unit.emulator.programs.primitives_kit import SNAPSHOT, failure_of

QUBITS = SNAPSHOT.num_qubits


def turned() -> QuantumCircuit:
    circuit = QuantumCircuit(QUBITS, 1)
    circuit.sx(0)
    circuit.rz(Parameter("t"), 0)
    circuit.sx(0)
    circuit.measure(0, 0)
    return circuit


def empty_array(*shape: int) -> dict[str, str]:
    """An encoded array of no data, whatever shape its header says."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape!r}, }}".ljust(117) + "\n"
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    return {"__type__": "ndarray", "__value__": base64.b64encode(zlib.compress(data)).decode()}


def words(count: int) -> dict[str, float]:
    """Pauli strings of which no two can be measured together."""
    return {f"{number:0{QUBITS}b}".translate({48: "X", 49: "Z"}): 1.0 for number in range(count)}


def leaves_soon(program: str, pub: list[Any], inline_s: float = 0.5) -> None:
    task = Task({"pubs": [pub], "support_qiskit": True}, SNAPSHOT, 7)
    begun = time.thread_time()
    with pytest.raises(TooLong):
        Engine(inline_s).run(program, task)
    assert time.thread_time() - begun < 20  # with what the first job of a process imports


def test_a_million_parameter_sets_are_not_bound_at_once() -> None:
    """The request took 37 s, and the process 4 GB, before the job went to the worker."""
    leaves_soon("sampler", [encoded(turned()), encoded_array([[0.5]] * 1_000_000), 1])


def nested(depth: int) -> QuantumCircuit:
    """A gate that is two of one that is two of one ..."""
    inner = QuantumCircuit(1, name="g0")
    inner.x(0)
    for number in range(1, depth):
        outer = QuantumCircuit(1, name=f"g{number}")
        for _ in range(2):
            outer.append(inner.to_gate(), [0])
        inner = outer
    circuit = QuantumCircuit(1, 1)
    circuit.append(inner.to_gate(), [0])
    return circuit


def nested_text(depth: int, last: str = "g_{} $0;") -> str:
    gates = [f"gate g_{n} (t) a {{ g_{n - 1}(t) a; g_{n - 1}(2*t) a; }}" for n in range(1, depth)]
    start = 'OPENQASM 3.0; include "stdgates.inc"; bit[1] c; gate g_0(t) a { rz(t) a; }'
    return "\n".join([start, *gates, last.format(depth - 1)])


@pytest.mark.parametrize(
    "sent",
    [
        nested_text(17, "g_{}(0.5) $0;"),
        nested_text(60, "g_{}(0.5) $0;"),
        nested_text(8, "qubit[133] q; g_{}(0.5) q;"),
        encoded(nested(13)),
    ],
    ids=["text", "deep text", "text on a register", "qpy"],
)
def test_gates_that_are_made_of_gates_are_not_read_at_once(sent: Any) -> None:
    """The process stopped for 40 s, as did every other request, before the job failed."""
    leaves_soon("sampler", [sent, None, 1])
    leaves_soon("estimator", [sent, "Z"])


def test_gates_that_are_defined_and_used_as_people_do_are_read_at_once() -> None:
    text = nested_text(4, "qubit[133] q; g_{}(0.5) q;")
    with pytest.raises(JobFailure) as caught:
        Engine(5.0).run("sampler", Task({"pubs": [[text, None, 1]]}, SNAPSHOT, 7))
    assert caught.value.code == FailureCode.NOT_IN_TARGET


def test_circuits_are_bound_when_they_are_asked_for() -> None:
    values = BindingsArray({"t": [[0.1, 0.2]] * 500_000})
    bound = Bound([turned()] * 3, values, "pub 0", [1, 2])
    assert len(bound) == 6
    assert [float(one.data[1].params[0]) for one in bound] == [0.2, 0.1] * 3
    assert float(bound[-1].data[1].params[0]) == 0.1
    with pytest.raises(IndexError):
        _ = bound[6]


def test_many_observables_leave_between_two_bases() -> None:
    """A request with 2,000 Pauli strings of 133 qubits took 48 s: each basis was a short one."""
    leaves_soon("estimator", [encoded(QuantumCircuit(QUBITS)), words(3_000), None, 0.05])


def test_grouping_observables_leaves_in_time() -> None:
    """A request with 50,000 Pauli strings did not come back at all."""
    leaves_soon("estimator", [encoded(QuantumCircuit(QUBITS)), words(20_000), None, 1.0], 0.2)


def loops(depth: int, *, with_parameters: bool) -> QuantumCircuit:
    inner = QuantumCircuit(1)
    inner.sx(0)
    inner.rz(0.1, 0)
    for number in range(depth):
        parameter = Parameter(f"p{number}") if with_parameters else None
        if parameter is not None:
            inner.rz(parameter, 0)
        outer = QuantumCircuit(1)
        outer.for_loop(range(9_000), parameter, inner, [0], [])
        inner = outer
    whole = QuantumCircuit(QUBITS, 1)
    whole.compose(inner, [0], inplace=True)
    whole.measure(0, 0)
    return whole


def test_loops_in_loops_are_estimated_at_once() -> None:
    """Two nested loops of 10,000 turns each kept the request for minutes: for the estimate."""
    leaves_soon("sampler", [encoded(loops(3, with_parameters=False)), None, 10])


@pytest.mark.skipif(
    Version(qiskit.__version__).major < 2, reason="qiskit 1 takes a loop's parameter for a free one"
)
def test_loops_in_loops_that_set_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each turn of each loop is steps of its own, which took all the memory there was."""
    leaves_soon("sampler", [encoded(loops(2, with_parameters=True)), None, 10])
    monkeypatch.setattr(steps, "MAX_STEPS", 5_000)
    with pytest.raises(JobFailure, match="more than 5000 instructions"):
        steps.steps_of(loops(2, with_parameters=True))


def test_a_long_openqasm_text_is_read_by_the_worker() -> None:
    """The parser took 12 s for 600 kB, in the request."""
    text = 'OPENQASM 3.0; include "stdgates.inc"; bit[1] c; ' + "x $0; " * 100_000
    leaves_soon("sampler", [text + "c[0] = measure $0;", None, 10])


def test_results_of_millions_of_bits_are_put_together_by_the_worker() -> None:
    """A register of 20,000 bits and 100,000 shots took 50 s in the request."""
    wide = QuantumCircuit(QUBITS, 20_000)
    wide.measure(0, 0)
    leaves_soon("sampler", [encoded(wide), None, 100_000])


@pytest.mark.parametrize(
    ("program", "pub"),
    [
        ("sampler", [encoded(turned()), empty_array(10**9, 10**9, 0, 1), 10]),
        ("sampler", [encoded(turned()), empty_array(*[1] * 29, 0, 1), 10]),
        ("estimator", [encoded(turned()), "I" * QUBITS, empty_array(10**9, 10**9, 0, 1), 0.1]),
    ],
)
def test_shapes_that_no_array_has(program: str, pub: list[Any]) -> None:
    """Empty parameter values of a huge shape gave a traceback instead of a failed job."""
    failure = failure_of(program, pub)
    assert failure.code == 1503
    assert "do not fit: the shape" in failure.reason


def test_observables_with_more_axes_than_an_array() -> None:
    """With extrapolation, which adds two axes, the deepest nesting gave a traceback."""
    nested: Any = "I" * QUBITS
    for _ in range(31):
        nested = [nested]
    failure = failure_of("estimator", [encoded(turned()), nested, [0.5], 0.1])
    assert failure.code == 1501
    assert "axes" in failure.reason
