"""The sampler program: shapes, shots, both encodings of results, seeds, refusals."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.primitives import StatevectorSampler

from pytest_qchannel.emulator.programs import PROGRAMS, Task, checks, sampler
from pytest_qchannel.emulator.programs.durations import circuit_s
from pytest_qchannel.emulator.programs.outcome import JobFailure
from pytest_qchannel.emulator.world import snapshots
from tests.unit.emulator.circuits_kit import DEVICE, encoded, encoded_array, run, samples

try:
    from qiskit_ibm_runtime.json import RuntimeDecoder
except ImportError:  # clients before 0.45
    from qiskit_ibm_runtime.utils.json import RuntimeDecoder

SNAPSHOT = snapshots.load(DEVICE)
PI = math.pi


def switch() -> QuantumCircuit:
    """Bit k is 1 where the k-th parameter (by name) is 0, and 0 where it is pi."""
    circuit = QuantumCircuit(30, 2)
    for bit, (name, qubit) in enumerate((("a", 20), ("b", 3))):
        circuit.sx(qubit)
        circuit.rz(Parameter(name), qubit)
        circuit.sx(qubit)
        circuit.measure(qubit, bit)
    return circuit


def plain() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2)
    circuit.x(1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def decoded(*pubs: list[Any], **params: Any) -> Any:
    """The client's own reading of a result."""
    body = {"pubs": list(pubs), "support_qiskit": True, "version": 2, **params}
    assert checks.sampler(body) is None
    return json.loads(sampler.run(Task(body, SNAPSHOT, 7)).result, cls=RuntimeDecoder)


def failure_of(*pubs: list[Any], **params: Any) -> JobFailure:
    body = {"pubs": list(pubs), **params}
    assert checks.sampler(body) is None
    with pytest.raises(JobFailure) as caught:
        sampler.run(Task(body, SNAPSHOT, 7))
    return caught.value


def shape_of(nested: Any) -> tuple[int, ...]:
    def walk(part: Any) -> Iterator[int]:
        if isinstance(part, list):
            yield len(part)
            if part:
                yield from walk(part[0])

    return tuple(walk(nested))


ANGLES = np.where(np.random.default_rng(5).random((2, 3, 2, 2)) < 0.5, 0.0, PI)


@pytest.mark.parametrize(
    "values",
    [ANGLES[0, 0, 0], ANGLES[0, 0], ANGLES[:1, 0, 0], ANGLES[0], ANGLES, ANGLES[:, :1]],
    ids=lambda values: str(values.shape),
)
def test_parameter_values_have_the_shape_that_qiskit_gives_them(values: Any) -> None:
    circuit = switch()
    small = QuantumCircuit(QuantumRegister(2), *circuit.cregs)
    for bit, parameter in enumerate(circuit.parameters):
        small.rz(parameter, bit)
        small.measure(bit, bit)
    [theirs] = StatevectorSampler().run([(small, values)], shots=3).result()

    [ours] = decoded([encoded(circuit), encoded_array(values), 3])

    assert ours.data.c.shape == theirs.data.c.shape == values.shape[:-1]
    assert ours.data.c.num_shots == 3
    for index in np.ndindex(values.shape[:-1]):
        value = sum(1 << bit for bit in (0, 1) if values[index][bit] == 0.0)
        assert ours.data.c.get_int_counts(index) == {value: 3}
    nested = samples(run([encoded(circuit), values.tolist(), 3]), "c")
    assert shape_of(nested) == (*values.shape[:-1], 3)


@pytest.mark.parametrize("shape", [(0, 2), (2, 0, 2)])
def test_a_pub_of_no_parameter_sets_at_all(shape: tuple[int, ...]) -> None:
    [ours] = decoded([encoded(switch()), encoded_array(np.zeros(shape)), 3])
    assert ours.data.c.shape == shape[:-1]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"a": 0.0, "b": PI}, [1]),
        ({"b": [0.0, PI], "a": [PI, PI]}, [2, 0]),
        ({"b": encoded_array([[0.0], [PI]]), "a": encoded_array([[0.0], [0.0]])}, [[3], [1]]),
    ],
)
def test_values_by_parameter_name(values: dict[str, Any], expected: Any) -> None:
    found = samples(run([encoded(switch()), values, 1]), "c")
    assert np.asarray(found).reshape(np.shape(expected)).tolist() == expected


@pytest.mark.parametrize("values", [None, [], {}, encoded_array([]), encoded_array(np.zeros(0))])
def test_a_circuit_without_parameters_needs_no_values(values: Any) -> None:
    assert samples(run([encoded(plain()), values, 3]), "c") == [2, 2, 2]
    assert samples(run([encoded(plain())], shots=3), "c") == [2, 2, 2]


def test_a_circuit_without_parameters_may_have_a_shape() -> None:
    [ours] = decoded([encoded(plain()), encoded_array(np.zeros((3, 0))), 2])
    assert ours.data.c.shape == (3,)


@pytest.mark.parametrize(
    "values",
    [
        None, [], {}, [0.1], [0.1, 0.2, 0.3], [[0.1], [0.2, 0.3]], ["x", "y"], [None, 0.1],
        {"a": 0.1}, {"a": 0.1, "c": 0.2}, {"a": [0.1, 0.2], "b": [0.1]}, [float("nan"), 0.1],
        [float("inf"), 0.1], [10**400, 0.1], encoded_array(0.5), encoded_array(["x", "y"]),
    ],
    ids=repr,
)  # fmt: skip
def test_values_that_do_not_fit_fail_the_job_and_name_the_pub(values: Any) -> None:
    failure = failure_of([encoded(switch()), [0.0, 0.0], 1], [encoded(switch()), values, 1])
    assert failure.code == 1503
    assert "of pub 1" in failure.reason
    assert failure.reason.startswith("The parameter ")


@pytest.mark.parametrize(
    ("pub_shots", "params", "expected"),
    [
        ([5], {"shots": 6, "options": {"default_shots": 7}}, 5),
        ([None], {"shots": 6, "options": {"default_shots": 7}}, 6),
        ([], {"shots": 6, "options": {"default_shots": 7}}, 6),
        ([], {"shots": None, "options": {"default_shots": 7}}, 7),
        ([], {"options": {"default_shots": 7}}, 7),
        ([], {"options": {"default_shots": None}}, 4_096),
        ([], {"options": {}}, 4_096),
        ([None], {}, 4_096),
        ([5.0], {}, 5),
        ([], {"shots": 6.0}, 6),
    ],
)
def test_which_number_of_shots_counts(
    pub_shots: list[Any], params: dict[str, Any], expected: int
) -> None:
    [ours] = decoded([encoded(plain()), None, *pub_shots], **params)
    assert ours.data.c.num_shots == expected


def test_each_pub_has_its_own_shots_and_its_own_randomness() -> None:
    circuit = QuantumCircuit(1, 1)
    circuit.sx(0)
    circuit.measure(0, 0)
    answer = run(
        [encoded(circuit), None, 200], [encoded(circuit), None, 200], [encoded(circuit), None, 9]
    )
    first, second, third = (samples(answer, "c", pub) for pub in range(3))
    assert [len(one) for one in (first, second, third)] == [200, 200, 9]
    assert first != second


def test_the_clients_decoder_and_the_plain_form_tell_the_same_shots() -> None:
    circuit = QuantumCircuit(
        QuantumRegister(20),
        ClassicalRegister(3, "low"),
        ClassicalRegister(9, "high"),
        metadata={"n": 1},
    )
    circuit.sx(range(12))
    circuit.measure(range(12), range(12))
    pub = [encoded(circuit), None, 40]
    result, answer = decoded(pub), run(pub)
    assert [type(result).__name__, type(result[0]).__name__] == [
        "PrimitiveResult",
        "SamplerPubResult",
    ]
    assert result[0].data.shape == ()
    assert result[0].metadata == {"circuit_metadata": {"n": 1}}
    assert result.metadata["version"] == 2
    for name, width in (("low", 3), ("high", 9)):
        bits = getattr(result[0].data, name)
        assert bits.num_bits == width
        assert [int(one, 2) for one in bits.get_bitstrings()] == samples(answer, name)
        assert answer["results"][0]["data"][name]["num_bits"] == width
    assert answer["results"][0]["metadata"] == {"circuit_metadata": {"n": 1}}
    assert answer["metadata"] == {"version": 2}


def test_plain_samples_are_hexadecimal_text() -> None:
    [result] = run([encoded(plain()), None, 2])["results"]
    assert result["data"]["c"] == {"samples": ["0x2", "0x2"], "num_bits": 2}


def test_bitstrings_of_wide_registers_in_the_clients_reading() -> None:
    circuit = QuantumCircuit(100, 100)
    circuit.x([0, 64, 99])
    circuit.measure(range(100), range(100))
    [ours] = decoded([encoded(circuit), None, 2])
    assert ours.data.c.array.shape == (2, 13)
    [bitstring] = ours.data.c.get_counts()
    assert [99 - place for place, bit in enumerate(bitstring) if bit == "1"] == [99, 64, 0]


def coin() -> list[Any]:
    circuit = QuantumCircuit(3, 3)
    circuit.sx(range(3))
    circuit.measure(range(3), range(3))
    return [encoded(circuit), None, 300]


def test_seed_simulator_decides_alone() -> None:
    pub = coin()
    option: dict[str, Any] = {"options": {"simulator": {"seed_simulator": 11}}}
    assert run(pub, seed=1, **option) == run(pub, seed=2, **option)
    assert run(pub, seed=1, **option) != run(pub, seed=1)
    same: dict[str, Any] = {"options": {"simulator": {"seed_simulator": 11.0}}}
    assert run(pub, seed=1, **option) == run(pub, seed=1, **same)
    large: dict[str, Any] = {"options": {"simulator": {"seed_simulator": 2**31 - 1}}}
    assert len(samples(run(pub, pub, **large), "c", 1)) == 300


def test_seed_zero_is_a_seed() -> None:
    pub = coin()
    option: dict[str, Any] = {"options": {"simulator": {"seed_simulator": 0}}}
    assert run(pub, seed=1, **option) == run(pub, seed=2, **option)


def test_without_an_option_the_jobs_seed_decides() -> None:
    pub = coin()
    assert run(pub, seed=1) == run(pub, seed=1)
    assert run(pub, seed=1) != run(pub, seed=2)


def test_options_that_mend_noise_change_no_shot() -> None:
    pub = coin()
    options = {
        "dynamical_decoupling": {"enable": True, "sequence_type": "XY4"},
        "twirling": {"enable_gates": True, "num_randomizations": 4, "strategy": "all"},
        "execution": {"init_qubits": True, "meas_type": "classified"},
        "simulator": {"noise_model": None, "coupling_map": [[0, 1]], "basis_gates": ["cz"]},
        "experimental": {"anything": 1},
    }
    assert samples(run(pub, options=options), "c") == samples(run(pub), "c")


def test_a_million_shots_run_whatever_the_device_says() -> None:
    """Such a job ran in 2026; here it failed for the ``max_shots`` of the configuration."""
    most = 10 * SNAPSHOT.max_shots
    assert Counter(samples(run([encoded(plain()), None, most]), "c")) == {2: most}


def test_more_than_ten_million_shots() -> None:
    failure = failure_of([encoded(plain()), None, 1], [encoded(plain()), None, 10_000_000])
    assert failure.code == 1520
    said = "The number of circuit shots 10000001 exceeds the system limit 10000000"
    assert failure.reason == said


def test_the_timing_of_a_circuit_is_told_to_who_asks() -> None:
    """IBM's guide to the timing of circuits reads it; there was no ``compilation`` here."""
    options = {"execution": {"scheduler_timing": True, "stretch_values": True}}
    told = decoded([encoded(plain())], options=options)[0].metadata["compilation"]
    assert list(told) == ["scheduler_timing"], "no stretches, no values of them"
    rows = [row.split(",") for row in told["scheduler_timing"]["timing"].splitlines()]
    assert [row[1] for row in rows] == ["x_1", "measure_0", "measure_1"]
    ends = [int(start) + int(length) for _, _, _, start, length, _ in rows]
    assert told["scheduler_timing"]["circuit_duration"] == max(ends)
    assert "compilation" not in decoded([encoded(plain())])[0].metadata


def test_a_bare_circuit_is_a_pub() -> None:
    """IBM's API description has it beside lists; here it was refused."""
    bare, listed = (run(pub)["results"] for pub in (encoded(plain()), [encoded(plain())]))
    assert bare == listed
    assert checks.sampler({"pubs": ["OPENQASM 3.0;", [encoded(plain())]]}) is None
    problem = checks.sampler({"pubs": [5]})
    assert problem is not None
    assert problem.startswith("pubs[0]: ")


def test_a_circuit_without_measurements() -> None:
    empty = QuantumCircuit(1, 1)
    empty.x(0)
    failure = failure_of([encoded(plain())], [encoded(empty)])
    assert failure.code == 1515
    assert failure.reason == "Circuits without measurements are not allowed"


def test_qubits_that_are_not_set_to_zero_go_on_as_they_were() -> None:
    """The service would let a flip in every shot give 1, 0, 1, 0 in the order of the shots."""
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    options = {"execution": {"init_qubits": False}}
    assert samples(run([encoded(circuit), None, 6], options=options), "c") == [1, 0, 1, 0, 1, 0]
    options = {"execution": {"init_qubits": True}}
    assert samples(run([encoded(circuit), None, 6], options=options), "c") == [1] * 6


def test_a_pause_that_the_device_does_not_have() -> None:
    options = {"execution": {"init_qubits": False, "rep_delay": 1.0}}
    assert "rep_delay is 1.0 s" in failure_of([encoded(plain()), None, 1], options=options).reason


def test_usage_is_the_length_of_each_shot_and_the_pause_after_it() -> None:
    def usage(*pubs: list[Any], **options: Any) -> float:
        return sampler.run(Task({"pubs": list(pubs), "options": options}, SNAPSHOT, 1)).usage_s

    delay_s = SNAPSHOT.default_rep_delay_s
    pub = [encoded(plain()), None, 50_000]
    plain_s = circuit_s(plain(), SNAPSHOT)
    assert plain_s == pytest.approx(32e-9 + 1_560e-9)  # x, and what torino's readout takes
    assert usage(pub, pub) == pytest.approx(100_000 * (delay_s + plain_s))
    values = encoded_array(np.zeros((3, 2)))
    switch_s = circuit_s(switch(), SNAPSHOT)
    assert usage([encoded(switch()), values, 50_000]) == pytest.approx(
        150_000 * (delay_s + switch_s)
    )
    assert usage(pub, execution={"rep_delay": 4e-4}) == pytest.approx(50_000 * (4e-4 + plain_s))
    assert usage([encoded(plain()), None, 1]) == 2.0


@pytest.mark.parametrize("delay_s", [1.0, 1e308])
def test_a_repetition_delay_beyond_the_devices_range(delay_s: float) -> None:
    failure = failure_of([encoded(plain())], options={"execution": {"rep_delay": delay_s}})
    assert failure.code == 1002
    assert f"{DEVICE} takes 0 to 0.0005 s" in failure.reason


def test_the_table_of_programs_is_whole() -> None:
    assert PROGRAMS["sampler"].load() is sampler
    assert PROGRAMS["sampler"].check({"pubs": []}) is not None
    assert PROGRAMS["sampler"].check({"pubs": [["x"]]}) is None
