"""The ``estimator`` program: circuits and observables in, expectation values out.

Everything is told from shots, as on a device: observables are grouped into measurement bases,
each is measured with as many shots as the precision asks for, and the errors are the spread of
these shots. Source: ``EstimatorV2Input`` in IBM's API description; ``estimator.version_0_1`` of
ibm-quantum-schemas; ``EstimatorV2`` and the result decoder of qiskit-ibm-runtime.

On a noisy device measurement mitigation is done by twirled readout, zero-noise extrapolation by
folding gates or by injecting the noise that is learned of layers (``pea``), and probabilistic error
cancellation by injecting its inverse. An ideal device has no noise to mitigate: there the options
change the spread of the shots and nothing else. Dynamical decoupling is accepted and told in the
metadata: the noise of idle qubits is simulated as memoryless, which leaves nothing to refocus.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from qiskit import QuantumCircuit

from pytest_qchannel.emulator.programs import codec, options, pubs, results
from pytest_qchannel.emulator.programs.durations import qpu_s
from pytest_qchannel.emulator.programs.estimator.expectation import Estimate, Paired, estimate
from pytest_qchannel.emulator.programs.estimator.layer_noise import KnownNoise, Layers
from pytest_qchannel.emulator.programs.estimator.observables import broadcast, read_observables
from pytest_qchannel.emulator.programs.estimator_settings import Settings
from pytest_qchannel.emulator.programs.isa import require_twirlable
from pytest_qchannel.emulator.programs.machine import Machine
from pytest_qchannel.emulator.programs.options import group
from pytest_qchannel.emulator.programs.outcome import (
    READOUT_LEARNING_S,
    Outcome,
    OverLimit,
    facts_of,
)
from pytest_qchannel.emulator.programs.seeds import seed_from, seed_of
from pytest_qchannel.emulator.programs.task import Pub, Task
from pytest_qchannel.wire import compact

__all__ = ["run"]


@dataclass(frozen=True, slots=True)
class _Run:
    """One PUB, estimated."""

    circuit: QuantumCircuit
    split: options.Split
    precision: float
    found: Estimate
    layers: Layers | None

    def metadata(self, settings: Settings) -> dict[str, object]:
        resilience: dict[str, object] = {}
        told: dict[str, object] = {
            "shots": self.split.shots,
            "target_precision": self.precision,
            "circuit_metadata": dict(self.circuit.metadata or {}),
            "resilience": resilience,
            "num_randomizations": self.split.num_randomizations,
        }
        if (chosen := self.found.extrapolators) is not None:
            resilience["zne"] = {"extrapolator": results.nested(chosen)}
        if self.layers is not None:
            resilience["layer_noise"] = self.layers.metadata
            if settings.pec is not None:
                scaling = settings.pec.scaling(self.layers.log_overhead)
                resilience["pec"] = {"num_randomizations_scaling": scaling}
        return told


def run(task: Task) -> Outcome:
    """Simulates the job; the same params, device and seed give the same bytes.

    Raises:
        JobFailure: A circuit, value or observable is not what the device can run.
        TooLong: The simulation belongs into the worker process.
    """
    params = task.params
    chosen = group(params, "options")
    settings = Settings.of(params)
    delay_s = options.rep_delay_s(group(chosen, "execution"), task.snapshot)
    machine = Machine.of(task)
    seed = seed_of(task.seed, group(chosen, "simulator"), "seed_simulator")
    seed = seed_of(seed, chosen, "seed_estimator")
    circuits = [
        pubs.read_circuit(pub[0], task, f"pub {number}")
        for number, pub in enumerate(params["pubs"])
    ]
    if settings.twirling.gates:
        for circuit in circuits:
            require_twirlable(circuit)
    known = KnownNoise.of(machine, settings, circuits) if settings.with_layers else None
    runs: list[_Run] = []
    executions = 0
    for number, (pub, circuit) in enumerate(zip(params["pubs"], circuits, strict=True)):
        job = _Job(machine, settings, known, executions, delay_s)
        try:
            one = _run_pub(job, circuit, pub, seed_from(seed, number), f"pub {number}")
        except OverLimit as over:
            return Outcome(b"", over.least_s)
        runs.append(one)
        executions += one.found.executions
    busy = [one for run in runs for one in run.found.busy]
    busy += [] if known is None else known.busy
    circuits_s = qpu_s(busy, delay_s)
    facts = {}
    if task.with_facts:
        sizes = [(one.circuit.num_qubits, one.circuit.depth()) for one in runs]
        facts = facts_of(sizes, sum(times for times, _ in busy), len(runs))
    encode = _qiskit_result if params.get("support_qiskit", False) else _plain_result
    learning_s = READOUT_LEARNING_S if settings.mitigate_measure else 0.0
    return Outcome(encode(runs, settings), circuits_s, facts=facts, learning_s=learning_s)


@dataclass(frozen=True, slots=True)
class _Job:
    """What PUBs have in common: the pause between shots, how many the earlier ones had."""

    machine: Machine
    settings: Settings
    known: KnownNoise | None
    before: int
    delay_s: float


def _run_pub(job: _Job, circuit: QuantumCircuit, sent: Pub, seed: int, where: str) -> _Run:
    machine, settings = job.machine, job.settings
    params = machine.task.params
    values_sent, precision_sent = (*sent[2:], None, None)[:2]
    asked_for = precision_sent or params.get("precision")
    split, precision = settings.shots(asked_for)
    observables_shape, observables = read_observables(sent[1], circuit.num_qubits, where)
    values = pubs.read_values(circuit, values_sent, where)
    shape, which_observable, which_values = broadcast(observables_shape, values.shape, where)
    paired = Paired(shape, observables, which_observable, which_values)
    layers = None if job.known is None else job.known.layers(circuit)
    if layers is not None and settings.pec is not None:
        number = split.num_randomizations * settings.pec.scaling(layers.log_overhead)
        split = options.Split(math.ceil(number), split.shots_per_randomization)
    found = estimate(
        machine,
        settings,
        circuit,
        values,
        paired,
        split,
        seed,
        layers=layers,
        where=where,
        before=job.before,
        delay_s=job.delay_s,
    )
    return _Run(circuit, split, precision, found, layers)


def _qiskit_result(runs: list[_Run], settings: Settings) -> bytes:
    # Client 0.34 leaves an EstimatorPubResult as a dictionary; all read a PubResult.
    encoded = [
        results.pub_result(
            "PubResult",
            {name: codec.encode_array(data) for name, data in one.found.fields.items()},
            one.found.shape,
            one.metadata(settings),
        )
        for one in runs
    ]
    return results.primitive_result(encoded, settings.metadata)[0]


def _plain_result(runs: list[_Run], settings: Settings) -> bytes:
    """What a REST user gets, who did not say ``support_qiskit``: numbers and lists of them."""
    listed = [
        {
            "data": {name: results.nested(array) for name, array in one.found.fields.items()},
            "metadata": one.metadata(settings),
        }
        for one in runs
    ]
    return compact({"results": listed, "metadata": settings.metadata})
