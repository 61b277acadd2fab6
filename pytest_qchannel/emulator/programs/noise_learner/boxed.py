"""The noise learner of boxed instructions (V3).

Source: ``ibm_quantum_schemas.noise_learner_v3`` (v0.1 to v0.3), ``NoiseLearnerV3`` and its
decoder in qiskit-ibm-runtime 0.51. Generators are numbered by the instruction's qubits in the
device's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Operation, Qubit

from pytest_qchannel.emulator.programs import models
from pytest_qchannel.emulator.programs.durations import circuit_s, qpu_s
from pytest_qchannel.emulator.programs.isa import require_isa, require_twirlable
from pytest_qchannel.emulator.programs.noise_learner.layers import is_clifford
from pytest_qchannel.emulator.programs.noise_learner.learning import (
    noise_of_layer,
    noise_of_readout,
    runs_of_layer,
)
from pytest_qchannel.emulator.programs.noise_learner.rates import Generator
from pytest_qchannel.emulator.programs.options import rep_delay_s
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure, Outcome
from pytest_qchannel.emulator.programs.task import Noise, Task
from pytest_qchannel.wire import compact

__all__ = ["run"]


def _require_known(options: models.Model, task: Task) -> None:
    """Passes what the device's calibration tells, and what it need not tell.

    An ideal device passes every check of a flip, and its rates are 0 however a shot starts.
    Elsewhere it depends on slow X pulses, for which there are no figures, which shots are
    discarded; and on what is left of the shot before what a readout seems to err.

    Raises:
        JobFailure: The device errs, and shots are to be selected or to start as they are.
    """
    if task.noise is Noise.OFF:
        return
    checks = getattr(options, "bit_flip_checks", None)
    asked = {
        "post_selection": options.post_selection.enable,
        "bit_flip_checks.pre_circuit": checks is not None and checks.pre_circuit.enable,
        "bit_flip_checks.post_circuit": checks is not None and checks.post_circuit.enable,
        "init_qubits=False": not getattr(options, "init_qubits", True),
    }
    if found := [name for name, is_on in asked.items() if is_on]:
        raise JobFailure(
            FailureCode.NOT_SUPPORTED,
            f"The emulated noise learner knows {', '.join(found)} on ideal devices only: "
            "calibrations have no figures for slow X pulses, and rates are told for shots that "
            "start in the ground state. Leave it out, or keep this for a live QPU.",
        )


@dataclass(frozen=True, slots=True)
class _Learnt:
    """The noise of one instruction; ``qubits`` are the device's, in ascending order."""

    protocol: str
    qubits: list[int]
    rates: dict[Generator, float]
    length_s: float


def run(task: Task) -> Outcome:
    """The noise of every instruction.

    Raises:
        JobFailure: An instruction cannot be read or learnt, or is not what the device can run, or
            an option asks for what its calibration does not tell.
    """
    module, parsed = models.read_to_run(models.NOISE_LEARNER, task.params)
    options = parsed.options
    _require_known(options, task)
    execution = {"rep_delay": getattr(options, "rep_delay", None)}
    delay_s = rep_delay_s(execution, task.snapshot)
    try:
        circuit = parsed.instructions.to_quantum_circuit()
        instructions = [(item.operation, item.qubits) for item in circuit.data]
    except Exception as problem:  # qpy raises many kinds on data that is not QPY
        raise JobFailure(
            FailureCode.VALIDATION, f"The instructions cannot be read: {models.one_line(problem)}"
        ) from None
    learnt = [
        _learn(operation, qubits, task, f"instruction {number}")
        for number, (operation, qubits) in enumerate(instructions)
    ]
    model = module.NoiseLearnerV3ResultsModel(
        data=[_encode(module, one, options) for one in learnt]
    )
    encoded = compact(model.model_dump(mode="json"))
    return Outcome(encoded, _circuits_s(learnt, options, delay_s))


def _learn(operation: Operation, qubits: Sequence[Qubit], task: Task, where: str) -> _Learnt:
    # Clients before 0.47 lack these, and never send boxes.
    from samplomatic.annotations import Twirl
    from samplomatic.utils import get_annotation, undress_box

    # The boxes come loose, in no circuit of the device: a qubit's place is that in its register.
    places: list[int] = [getattr(qubit, "_index", None) or 0 for qubit in qubits]
    if operation.name != "box" or not get_annotation(operation, Twirl):
        raise _refused(where, "is no box with a Twirl annotation")
    if not all(
        isinstance(place, int) and 0 <= place < task.snapshot.num_qubits for place in places
    ):
        raise _refused(where, f"acts on qubits that {task.snapshot.name} does not have")
    whole = _on_device(operation.body, places, task.snapshot.num_qubits)
    require_isa(whole, task.snapshot)
    bare = _on_device(undress_box(operation).body, places, task.snapshot.num_qubits)
    require_twirlable(bare)
    gates = [
        (item.name, tuple(bare.find_bit(qubit).index for qubit in item.qubits), item.operation)
        for item in bare.data
        if item.name != "barrier"
    ]
    used = [place for _, on, _ in gates for place in on]
    if len(used) != len(set(used)):
        raise _refused(where, "is no single layer: a qubit takes part in two of its operations")
    length_s = circuit_s(whole, task.snapshot)
    if gates and all(name == "measure" for name, _, _ in gates):
        if set(used) != set(places):
            raise _refused(where, "does not measure all its qubits")
        return _Learnt("trex", sorted(used), noise_of_readout(used, task), length_s)
    if not is_clifford(operation.body):
        raise _refused(where, "holds gates that are no Cliffords, or that come with measurements")
    return _Learnt("lindblad", sorted(places), noise_of_layer(gates, places, task), length_s)


def _refused(where: str, what: str) -> JobFailure:
    return JobFailure(FailureCode.VALIDATION, f"The noise of {where} cannot be learnt: it {what}.")


def _on_device(body: QuantumCircuit, places: list[int], num_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits, body.num_clbits)
    return circuit.compose(body, places, range(body.num_clbits))


def _encode(module: ModuleType, learnt: _Learnt, options: models.Model) -> models.Model:
    model = module.NoiseLearnerV3ResultModel
    tensor = model.model_fields["rates"].annotation
    place = {qubit: number for number, qubit in enumerate(learnt.qubits)}
    generators = [[(letters, [place[qubit] for qubit in on])] for letters, on in learnt.rates]
    rates = np.array(list(learnt.rates.values()), dtype=np.float64)
    return model(
        generators_sparse=generators,
        num_qubits=len(learnt.qubits),
        rates=tensor.from_numpy(rates),
        # Worked out and not estimated from shots, so they have no spread.
        rates_std=tensor.from_numpy(np.zeros_like(rates)),
        metadata={
            "learning_protocol": learnt.protocol,
            "post_selection": _post_selection(learnt, options),
        },
    )


def _post_selection(learnt: _Learnt, options: models.Model) -> dict[str, object]:
    """Nothing is discarded: without a check, or by checks that succeed on an ideal device.

    Older schemas ignore the rates of success.
    """
    successes = dict.fromkeys(learnt.qubits, 1.0)
    if learnt.protocol == "trex":
        return {"fraction_kept": 1.0, "success_rates": successes}
    depths = options.layer_pair_depths
    return {
        "fraction_kept": dict.fromkeys(depths, 1.0),
        "success_rates": dict.fromkeys(depths, successes),
    }


def _circuits_s(learnt: list[_Learnt], options: models.Model, delay_s: float) -> float:
    executions = options.num_randomizations * options.shots_per_randomization
    runs: list[tuple[int, float]] = []
    for one in learnt:
        if one.protocol == "trex":
            runs.append((executions, one.length_s))
        else:
            runs += runs_of_layer(executions, options.layer_pair_depths, one.length_s)
    return qpu_s(runs, delay_s)
