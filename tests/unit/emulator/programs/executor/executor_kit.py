"""What the tests of this folder share: programs as the client writes them, results as it reads.

The client's own converters and decoders stand at both ends; no service lies between.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("ibm_quantum_schemas", reason="only newer clients bring it")
pytest.importorskip("samplomatic", reason="only newer clients bring it")

import numpy as np
from qiskit import QuantumCircuit
from qiskit.transpiler import generate_preset_pass_manager
from qiskit_ibm_runtime import fake_provider

from pytest_qchannel.emulator.programs import Noise, Task, checks, executor
from pytest_qchannel.emulator.world import snapshots

DEVICE = "ibm_torino"


def backend(device: str = DEVICE) -> Any:
    """The client's backend object with the target of that device."""
    return getattr(fake_provider, "Fake" + device.removeprefix("ibm_").capitalize())()


def isa(circuit: QuantumCircuit, device: str = DEVICE) -> QuantumCircuit:
    passes = generate_preset_pass_manager(1, backend(device), seed_transpiler=3)
    return passes.run(circuit)


def ghz(width: int) -> QuantumCircuit:
    circuit = QuantumCircuit(width)
    circuit.h(0)
    for number in range(1, width):
        circuit.cx(number - 1, number)
    circuit.measure_all()
    return circuit


def params_of(program: Any, options: Any = None, version: str = "v2.0") -> dict[str, Any]:
    """The params that the client sends for a ``QuantumProgram``."""
    from qiskit_ibm_runtime.options_models.executor import ExecutorOptions
    from qiskit_ibm_runtime.quantum_program.params_converters import (
        QUANTUM_PROGRAM_PARAMS_CONVERTERS,
    )

    model = QUANTUM_PROGRAM_PARAMS_CONVERTERS[version].encoder(
        program, options or ExecutorOptions()
    )
    params: dict[str, Any] = json.loads(json.dumps(model.model_dump(mode="json")))
    return params


def run_params(
    params: dict[str, Any],
    *,
    seed: int = 7,
    device: str = DEVICE,
    noise: Noise = Noise.OFF,
) -> str:
    """The body of ``GET /jobs/{id}/results`` for these params."""
    assert checks.executor(params) is None
    snapshot = snapshots.served(device.replace("mock_", "ibm_"), device)
    return executor.run(Task(params, snapshot, seed, noise)).result.decode()


def decoded(body: str) -> Any:
    """What ``job.result()`` gives."""
    from qiskit_ibm_runtime.decoders.defaults import DEFAULT_DECODERS

    result: Any = body
    decoders = DEFAULT_DECODERS["executor"]
    for decoder in decoders if isinstance(decoders, list | tuple) else [decoders]:
        if decoder.is_applicable(result):
            result = decoder.decode(result)
    return result


def run(program: Any, options: Any = None, version: str = "v2.0", **how: Any) -> Any:
    return decoded(run_params(params_of(program, options, version), **how))


def sampled(pubs: list[Any], options: Any = None, shots: int = 1000, **how: Any) -> Any:
    """The ``PrimitiveResult`` of the client's own sampler."""
    from qiskit_ibm_runtime.executor_sampler.prepare import prepare
    from qiskit_ibm_runtime.options_models import SamplerOptions

    program, executor_options = prepare(
        pubs, options or SamplerOptions(), shots, backend=backend(how.get("device", DEVICE))
    )
    program._semantic_role = "sampler_v2"
    return run(program, executor_options, **how)


def estimated(pubs: list[Any], options: Any = None, precision: float = 0.02, **how: Any) -> Any:
    """The ``PrimitiveResult`` of the client's own estimator."""
    from qiskit_ibm_runtime.executor_estimator.prepare import prepare
    from qiskit_ibm_runtime.options_models import EstimatorOptions

    program, executor_options = prepare(
        pubs, options or EstimatorOptions(), precision, backend=backend(how.get("device", DEVICE))
    )
    program._semantic_role = "estimator_v2"
    return run(program, executor_options, **how)


def share(bits: Any, pattern: list[int]) -> float:
    """How often the last axis of a bool array has this pattern (bit 0 first)."""
    return float((np.asarray(bits) == np.array(pattern, dtype=bool)).all(axis=-1).mean())
