"""The ``sampler`` program: circuits in, shots of their classical registers out.

Source: ``SamplerV2Input`` in IBM's API description; ``sampler.version_0_1`` of
ibm-quantum-schemas; ``SamplerV2`` and the result decoder of qiskit-ibm-runtime.

Twirling spreads the shots as the service does, and on a noisy device turns the noise of gates into
Pauli noise and that of the readout into one that is equally likely both ways. Dynamical decoupling
is accepted and changes nothing: the noise of idle qubits is simulated as memoryless, where it has
nothing to refocus. ``coupling_map`` and ``basis_gates`` of the simulator are accepted: circuits
are held to the device's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from pytest_qchannel.emulator.programs import codec, options, pubs, results, spans
from pytest_qchannel.emulator.programs.arrays import Bits, Data
from pytest_qchannel.emulator.programs.durations import qpu_s, within_calendar
from pytest_qchannel.emulator.programs.isa import require_measured, require_twirlable
from pytest_qchannel.emulator.programs.machine import Machine
from pytest_qchannel.emulator.programs.options import DEFAULT_SHOTS, Twirling, group
from pytest_qchannel.emulator.programs.outcome import Outcome, facts_of
from pytest_qchannel.emulator.programs.schedule import require_schedule, schedule_of
from pytest_qchannel.emulator.programs.seeds import following, seed_of
from pytest_qchannel.emulator.programs.task import Params, Pub, Task, TooLong
from pytest_qchannel.emulator.programs.twirling import twirled
from pytest_qchannel.emulator.world.snapshots import Snapshot
from pytest_qchannel.ibm.releases import READS_NEW_SPANS_SINCE
from pytest_qchannel.wire import compact

__all__ = ["run"]

_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True, slots=True)
class _Run:
    """One PUB, simulated.

    Attributes:
        size: How many qubits its circuit has, and its depth; 0 where nobody asks for that.
        told: The circuit's metadata.
        shape: The PUB's.
        shots: How many its data has.
        split: How they were spread over random variants; ``None`` without twirling.
        data: Per register, bits of shape ``(*pub_shape, shots, num_bits)``, or complex numbers of
            that shape, or without the axis of the shots where these are averaged.
        length_s: How long the device takes for a shot.
        schedule: When which of its instructions run, where that was asked for.
    """

    size: tuple[int, int]
    told: Mapping[str, object]
    shape: tuple[int, ...]
    shots: int
    split: options.Split | None
    data: Mapping[str, Data]
    length_s: float
    schedule: Mapping[str, str | int] | None = None

    @property
    def executions(self) -> int:
        return math.prod(self.shape) * (self.split.shots if self.split else self.shots)

    @property
    def metadata(self) -> dict[str, object]:
        found: dict[str, object] = {"circuit_metadata": self.told}
        if self.split is not None:
            found["num_randomizations"] = self.split.num_randomizations
        if self.schedule is not None:
            found["compilation"] = {"scheduler_timing": self.schedule}
        return found


def run(task: Task) -> Outcome:
    """Simulates the job; the same params, device, seed and start give the same bytes.

    Raises:
        JobFailure: A circuit or value is not what the device can run.
        TooLong: The simulation belongs into the worker process.
    """
    params = task.params
    chosen = group(params, "options")
    delay_s = options.rep_delay_s(group(chosen, "execution"), task.snapshot)
    machine = Machine.of(task)
    seed = seed_of(task.seed, group(chosen, "simulator"), "seed_simulator")
    runs: list[_Run] = list(task.done)
    executions = sum(one.executions for one in runs)
    sent: list[Pub] = [pub if isinstance(pub, list) else [pub] for pub in params["pubs"]]
    sizes = [len(str(pub[0])) for pub in sent]
    for number in range(len(runs), len(sent)):
        where = f"pub {number}"
        try:
            one = _run_pub(machine, sent[number], following(seed, number), where, executions)
        except TooLong as long:
            raise long.after(runs) from None
        runs.append(one)
        executions += one.executions
        task.foresee(sum(sizes[: number + 1]) / sum(sizes))
    circuits_s = qpu_s([(one.executions, one.length_s) for one in runs], delay_s)
    facts = {}
    if task.with_facts:
        facts = facts_of([one.size for one in runs], executions, len(runs))
    if not params.get("support_qiskit", False):
        return Outcome(compact(_plain_result(runs)), circuits_s, facts=facts)
    newer, older = _qiskit_results(runs, task.started_at, delay_s)
    return Outcome(newer, circuits_s, ((READS_NEW_SPANS_SINCE, older),), facts)


def _shots_of(pub: Pub, params: Params) -> tuple[int, options.Split | None]:
    """The shots that a PUB's data has, and how they are spread where it is twirled."""
    chosen = group(params, "options")
    asked_for = (pub[2] if len(pub) == 3 else None) or params.get("shots")
    shots = int(asked_for or chosen.get("default_shots") or DEFAULT_SHOTS)
    twirling = group(chosen, "twirling")
    split = None
    if twirling.get("enable_gates") or twirling.get("enable_measure"):
        split = options.split(twirling, shots, is_asked_for=asked_for is not None)
        if asked_for is None and options.names_both_factors(twirling):
            shots = split.shots  # that counts for more than default shots
    return shots, split


def _run_pub(machine: Machine, sent: Pub, seed: int, where: str, before: int) -> _Run:
    params, snapshot = machine.task.params, machine.task.snapshot
    shots, split = _shots_of(sent, params)
    circuit = pubs.read_circuit(sent[0], machine.task, where)
    require_measured(circuit)
    twirling = Twirling.of(group(group(params, "options"), "twirling"))
    if twirling.gates:
        require_twirlable(circuit)
    marked = twirled(circuit, twirling) if machine.is_noisy else circuit
    active = machine.active(marked)
    values = pubs.read_values(active.circuit, sent[1] if len(sent) > 1 else None, where)
    shape = tuple(values.shape)
    options.require_executions(before + math.prod(shape) * (split.shots if split else shots))
    bound = pubs.Bound([active.circuit], values, where)
    width = circuit.num_clbits
    execution = group(group(params, "options"), "execution")
    schedule = _schedule(circuit, execution, snapshot, where)
    meas_type = execution.get("meas_type", "classified")
    measured: Data
    if meas_type == "classified":
        bits = _stacked(machine.bits(active, bound, shots, seed), (*shape, shots, width), np.bool_)
        measured = bits
    else:
        drawn = machine.points(active, bound, shots, seed)
        points = _stacked(drawn, (*shape, shots, width), np.complex128)
        measured = points.mean(axis=-2) if meas_type == "avg_kerneled" else points
    if marked is not circuit:  # the marks of twirled gates take no time
        active = machine.active(circuit)
        bound = pubs.Bound([active.circuit], values, where)
    length_s = pubs.mean_length_s(circuit, active, bound, snapshot)
    size = circuit.num_qubits, circuit.depth() if machine.task.with_facts else 0
    told = dict(circuit.metadata or {})
    registers = _registers(circuit, measured)
    return _Run(size, told, shape, shots, split, registers, length_s, schedule)


def _schedule(
    circuit: QuantumCircuit, execution: Params, snapshot: Snapshot, where: str
) -> Mapping[str, str | int] | None:
    """What ``options.experimental`` may ask for. Source: IBM's guide to the timing of circuits."""
    if not (execution.get("scheduler_timing") or execution.get("stretch_values")):
        return None
    require_schedule(circuit, where)  # without stretches there are no values of any
    return schedule_of(circuit, snapshot) if execution.get("scheduler_timing") else None


def _stacked(
    parts: list[NDArray[_Value]], shape: tuple[int, ...], dtype: type[_Value]
) -> NDArray[_Value]:
    """One array of all of them; each is let go once it is copied, as they may be gigabytes."""
    whole = np.empty((math.prod(shape[:-2]), *shape[-2:]), dtype)
    for number in reversed(range(len(parts))):
        whole[number] = parts.pop()
    return whole.reshape(shape)


def _registers(circuit: QuantumCircuit, measured: Data) -> dict[str, Data]:
    found = {}
    for register in circuit.cregs:
        places = [circuit.find_bit(bit).index for bit in register]
        first = places[0] if places else 0
        is_row = places == list(range(first, first + len(places)))
        # A slice is no copy.
        found[register.name] = measured[
            ..., slice(first, first + len(places)) if is_row else places
        ]
    return found


def _qiskit_results(runs: list[_Run], started_at: float, delay_s: float) -> tuple[bytes, ...]:
    """The result for newer and for older clients."""
    encoded, busy_s = [], 0.0
    measured: list[spans.Span] = []
    for number, one in enumerate(runs):
        fields = {
            name: codec.encode_array(data)
            if (bits := _bits(data)) is None
            else results.bit_array(bits)
            for name, data in one.data.items()
        }
        encoded.append(results.pub_result("SamplerPubResult", fields, one.shape, one.metadata))
        shot_s = one.length_s + delay_s
        at_s = partial(_after, started_at, busy_s, shot_s)
        measured += spans.spans_of(number, one.shape, one.shots, one.split, at_s)
        busy_s = within_calendar(busy_s + one.executions * shot_s)
    return results.primitive_result(
        encoded,
        *(
            {"execution": {"execution_spans": encode(measured)}, "version": 2}
            for encode in (spans.encode_newer, spans.encode_older)
        ),
    )


def _after(started_at: float, busy_s: float, shot_s: float, executions: int) -> float:
    return started_at + within_calendar(busy_s + executions * shot_s)


def _plain_result(runs: list[_Run]) -> dict[str, object]:
    """What a REST user gets, who did not say ``support_qiskit``: samples as hexadecimal numbers.

    Kerneled measurements are nested lists of ``[real, imaginary]``: a form of our own.
    """
    listed = [
        {
            "data": {name: _plain_register(data) for name, data in one.data.items()},
            "metadata": one.metadata,
        }
        for one in runs
    ]
    return {"results": listed, "metadata": {"version": 2}}


def _plain_register(data: Data) -> dict[str, object]:
    bits = _bits(data)
    samples = results.nested(data) if bits is None else _hex(bits)
    return {"samples": samples, "num_bits": data.shape[-1]}


def _bits(data: Data) -> Bits | None:
    """The same array where it holds bits, and not points."""
    return data.astype(np.bool_, copy=False) if data.dtype == np.bool_ else None


def _hex(bits: Bits) -> list[object]:
    if bits.ndim > 2:
        return [_hex(part) for part in bits]
    packed = np.packbits(bits, axis=-1, bitorder="little")
    return [hex(int.from_bytes(row.tobytes(), "little")) for row in packed]
