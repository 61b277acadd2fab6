"""How long circuits take: the critical path through the lengths in the calibration snapshot."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import Any

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from pytest_qchannel.emulator.programs import PROGRAMS, Noise, Task
from pytest_qchannel.emulator.programs.durations import LONGEST_S, circuit_s, qpu_s
from pytest_qchannel.emulator.programs.outcome import Outcome
from pytest_qchannel.emulator.programs.pubs import Bound, mean_length_s, read_values
from pytest_qchannel.emulator.programs.simulate import active_part
from pytest_qchannel.emulator.world import snapshots
from tests.unit.emulator.circuits_kit import encoded

TORINO = snapshots.load("ibm_torino")
# From the file: sx and x take 32 ns, cz on 0 and 1 68 ns, the readout 1560 ns, reset of 132 1788.
SX, READOUT = 32e-9, 1560e-9
DT = 4e-9


def lengths_of(name: str, *qubits: int) -> float:
    for gate in json.loads(TORINO.properties)["gates"]:
        if gate["gate"] == name and tuple(gate["qubits"]) == qubits:
            [length] = [p["value"] for p in gate["parameters"] if p["name"] == "gate_length"]
            return float(length) * 1e-9
    raise KeyError(name)


CZ = lengths_of("cz", 0, 1)


def took(circuit: QuantumCircuit) -> float:
    return circuit_s(circuit, TORINO)


def test_gates_on_one_qubit_follow_each_other_and_rz_takes_no_time() -> None:
    circuit = QuantumCircuit(2)
    for _ in range(3):
        circuit.sx(0)
        circuit.rz(0.5, 0)
    circuit.x(1)
    assert took(circuit) == pytest.approx(3 * SX)


def test_the_critical_path_counts() -> None:
    circuit = QuantumCircuit(3, 1)
    circuit.sx(0)
    circuit.sx(0)
    circuit.sx(1)
    circuit.cz(0, 1)
    circuit.measure(1, 0)
    circuit.sx(2)
    assert took(circuit) == pytest.approx(2 * SX + CZ + READOUT)


def test_a_barrier_waits() -> None:
    circuit = QuantumCircuit(2)
    circuit.sx(0)
    circuit.barrier()
    circuit.sx(1)
    assert took(circuit) == pytest.approx(2 * SX)


@pytest.mark.parametrize(
    ("duration", "unit", "expected"),
    [(100, "dt", 100 * DT), (3, "us", 3e-6), (40, "ns", 40e-9), (0.5, "ms", 5e-4), (1, "s", 1.0)],
)
def test_delays_in_every_unit(duration: float, unit: str, expected: float) -> None:
    circuit = QuantumCircuit(1)
    circuit.delay(duration, 0, unit)
    circuit.sx(0)
    assert took(circuit) == pytest.approx(expected + SX)


def waiting(duration: float, unit: str) -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.delay(duration, 0, unit)
    circuit.measure(0, 0)
    return circuit


LONG = {
    "s": "OPENQASM 3.0; bit[1] c; delay[1e8s] $0; c[0] = measure $0;",
    "age of the universe": "OPENQASM 3.0; bit[1] c; delay[1e30s] $0; c[0] = measure $0;",
    "more than a float holds": "OPENQASM 3.0; bit[1] c; delay[1e400s] $0; c[0] = measure $0;",
    "qpy, s": encoded(waiting(1e300, "s")),
    "qpy, dt": encoded(waiting(2**62, "dt")),
}


@pytest.mark.parametrize("sent", LONG)
@pytest.mark.parametrize("program", ["sampler", "estimator"])
def test_a_job_may_be_longer_than_a_calendar(program: str, sent: str) -> None:
    """Its times raised ValueError or OverflowError, at its first and at each later look."""
    pub = [LONG[sent], *(["Z"] if program == "estimator" else [])]
    params: dict[str, Any] = {"pubs": [pub] * 2, "support_qiskit": True}
    params |= {"precision": 0.1} if program == "estimator" else {"shots": 100}
    outcome = PROGRAMS[program].run(Task(params, TORINO, 7, started_at=1.7e9))
    assert outcome.usage_s == LONGEST_S
    result = json.loads(outcome.result)
    assert result["__type__"] == "PrimitiveResult"
    if program == "sampler":
        spans = result["__value__"]["metadata"]["execution"]["execution_spans"]
        *_, last = spans["__value__"]["spans"]
        stop = last["__value__"]["stop"]["__value__"]
        assert datetime.fromisoformat(stop).timestamp() == 1.7e9 + LONGEST_S


def test_noise_of_a_delay_that_is_longer_than_a_calendar() -> None:
    task = Task({"pubs": [[LONG["qpy, s"], None, 10]]}, TORINO, 7, Noise.CALIBRATION)
    assert PROGRAMS["sampler"].run(task).usage_s == LONGEST_S


@pytest.mark.parametrize("duration", [math.nan, -1.0, -math.inf])
def test_a_delay_of_no_length_takes_no_time(duration: float) -> None:
    """Bound, since qiskit itself takes none that is negative, and QPY none that is no number."""
    circuit = waiting(1.0, "s")
    [delay, _] = circuit.data
    operation = delay.operation.to_mutable()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(operation), "duration", property(lambda _: duration))
        assert took(circuit) == pytest.approx(READOUT)


def test_loops_of_long_delays_end() -> None:
    circuit = QuantumCircuit(1)
    with circuit.for_loop(range(10_000)):
        circuit.delay(1e300, 0, "s")
    assert took(circuit) == LONGEST_S
    assert qpu_s([(1e300, 1e300)] * 3, 1.0) == LONGEST_S


def test_reset_takes_what_the_snapshot_says() -> None:
    circuit = QuantumCircuit(133)
    circuit.reset(132)
    assert took(circuit) == pytest.approx(1788e-9)


def test_of_a_choice_the_longest_branch_counts_after_the_measurement() -> None:
    circuit = QuantumCircuit(2, 1)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], True)) as otherwise:
        circuit.sx(1)
    with otherwise:
        circuit.sx(1)
        circuit.sx(1)
        circuit.sx(1)
    assert took(circuit) == pytest.approx(READOUT + 3 * SX)


def test_a_for_loop_takes_each_of_its_rounds() -> None:
    circuit = QuantumCircuit(2)
    with circuit.for_loop(range(5)):
        circuit.cz(0, 1)
    assert took(circuit) == pytest.approx(5 * CZ)


def test_qubits_may_lie_elsewhere() -> None:
    small = QuantumCircuit(1)
    small.reset(0)
    assert circuit_s(small, TORINO, (132,)) == pytest.approx(1788e-9)


def test_an_empty_circuit_takes_no_time_and_the_shortest_job_two_seconds() -> None:
    assert took(QuantumCircuit(3)) == 0.0
    assert qpu_s([], 1.0) == 0.0
    assert [Outcome(b"", circuits_s).usage_s for circuits_s in (0.0, 3.0)] == [2.0, 3.0]
    assert qpu_s([(10, 0.5), (4, 0.25)], 0.5) == 10 * 1.0 + 4 * 0.75


SHOT_S = 250e-6 + 2e-6
"""The pause between shots that devices have by default, and a short circuit."""


@pytest.mark.parametrize(
    ("shots", "least_s", "most_s"),
    [(1_024, 2.0, 2.5), (4_096, 2.0, 4.0), (100_000, 27.0, 29.0), (500_000, 126.0, 134.0)],
)
def test_the_estimate_is_near_to_what_jobs_of_2026_were_charged(
    shots: int, least_s: float, most_s: float
) -> None:
    """Two seconds for small ones, 28 for 100,000 shots and 130 for 500,000: three parts in 100."""
    assert least_s <= Outcome(b"", qpu_s([(shots, SHOT_S)], 0.0)).estimate_s <= most_s


@pytest.mark.parametrize(
    ("level", "least_s", "most_s"), [(0, 3.0, 4.0), (1, 11.0, 13.0), (2, 14.0, 18.0)]
)
def test_the_estimate_of_an_estimator_job_with_the_default_precision(
    level: int, least_s: float, most_s: float
) -> None:
    """What jobs of 2026 were charged, by their resilience level."""
    params = {"pubs": [[encoded(QuantumCircuit(1)), "Z"]], "resilience_level": level}
    outcome = PROGRAMS["estimator"].run(Task(params, TORINO, 7))
    assert least_s <= outcome.estimate_s <= most_s


def test_delays_that_parameters_set_count_with_their_values() -> None:
    """Not over the wire: QPY of qiskit 2.6 loses the unit of such a delay, and cannot be read."""
    circuit = QuantumCircuit(133, 1)
    circuit.delay(Parameter("t"), 132, "us")
    circuit.reset(132)
    active = active_part(circuit, keep_idle_time=True)
    values = read_values(active.circuit, [[100.0], [300.0]], "pub 0")
    bound = Bound([active.circuit], values, "pub 0")
    found = mean_length_s(circuit, active, bound, TORINO)
    assert found == pytest.approx(200e-6 + 1788e-9)
    assert mean_length_s(circuit, active, [], TORINO) == pytest.approx(1788e-9)


@pytest.mark.parametrize("name", sorted(snapshots.available())[:8])
def test_the_lengths_of_each_snapshot_can_be_read(name: str) -> None:
    snapshot = snapshots.load(name)
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    assert 0.0 <= circuit_s(circuit, snapshot) < 1e-3
