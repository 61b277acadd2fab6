"""The ``executor`` program: bound circuits in, the bits of their registers out.

The client's own Sampler and Estimator of :mod:`qiskit_ibm_runtime.executor_sampler` and
``executor_estimator`` are built on it: they twirl through a *samplex*, whose randomisations the
service draws, and mend the results themselves.

Source: ``ibm_quantum_schemas.executor`` (v0.1 to v2.0), the decoders of qiskit-ibm-runtime 0.51.
``experimental`` is accepted and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pytest_qchannel.emulator.programs import models
from pytest_qchannel.emulator.programs.arrays import Data
from pytest_qchannel.emulator.programs.executor.answer import encode
from pytest_qchannel.emulator.programs.executor.items import read_items
from pytest_qchannel.emulator.programs.executor.measuring import measure
from pytest_qchannel.emulator.programs.executor.timing import Timing
from pytest_qchannel.emulator.programs.isa import require_isa
from pytest_qchannel.emulator.programs.mid_circuit import with_usual_readout
from pytest_qchannel.emulator.programs.options import pause_s
from pytest_qchannel.emulator.programs.outcome import Outcome, facts_of
from pytest_qchannel.emulator.programs.reading_time import qpy_s
from pytest_qchannel.emulator.programs.seeds import following
from pytest_qchannel.emulator.programs.task import Task
from pytest_qchannel.wire import compact

__all__ = ["run"]


def run(task: Task) -> Outcome:
    """Runs every item; the same params, device and seed give the same bytes.

    Raises:
        JobFailure: A circuit, samplex or value is not what the device can run.
        TooLong: The simulation belongs into the worker process.
    """
    module, parsed = models.read_to_run(models.EXECUTOR, task.params)
    program, options = parsed.quantum_program, parsed.options
    task.allow(sum(map(qpy_s, models.unpacked(task.params))))
    items = read_items(program, task.seed)
    for number, item in enumerate(items):
        require_isa(item.circuit, task.snapshot)
        items[number] = replace(item, circuit=with_usual_readout(item.circuit, task.snapshot))
    timing = Timing(task, options, program.shots, items)
    level = getattr(program, "meas_level", "classified")
    execution = {"init_qubits": options.init_qubits, "rep_delay": options.rep_delay}
    pause = pause_s(execution, task.snapshot)
    results: list[Mapping[str, Data]] = []
    for number, item in enumerate(items):
        seed = following(task.seed, number)
        measured = measure(item, program.shots, level, seed, task, pause)
        results.append({**measured, **item.extras})
    answer = encode(module, results, timing)
    # As it came, and not as the models would write it: it passes through unchanged.
    sent = task.params["quantum_program"]
    for name in ("passthrough_data", "semantic_role"):
        if name in module.QuantumProgramResultModel.model_fields:
            answer[name] = sent.get(name)
    facts = {}
    if task.with_facts:
        sizes = [(item.circuit.num_qubits, item.circuit.depth()) for item in items]
        every = sum(len(item.values) for item in items)
        facts = facts_of(sizes, every * program.shots, every)
    return Outcome(compact(answer), timing.circuits_s, facts=facts)
