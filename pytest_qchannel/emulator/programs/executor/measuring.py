"""The measured arrays of an item: bits, points, or what a device that only pretends gives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from pytest_qchannel.emulator.programs.executor.lone import chance_of_one
from pytest_qchannel.emulator.programs.executor.models import said_of
from pytest_qchannel.emulator.programs.executor.parts import parts_of
from pytest_qchannel.emulator.programs.executor.together import plan_of
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.task import Noise, Task, TooLong

if TYPE_CHECKING:
    import numpy as np

    from pytest_qchannel.emulator.programs.executor.items import Item

__all__ = ["is_mock", "measure"]

# Seconds per random bit of a lone qubit, measured on a machine of 2025.
_BIT_S: Final = 5e-9
# And for a set of values, and for a value of the result, with its encoding.
_SET_S: Final = 4e-6
_VALUE_S: Final = 2e-8
_MOST_BYTES: Final = 1 << 31


def is_mock(task: Task) -> bool:
    """Whether the device only pretends: ``dry_run`` jobs go to ``mock_...`` devices.

    Their results have the shape of the real ones and hold random data, as the client documents.
    """
    return task.snapshot.name.startswith("mock_")


def measure(
    item: Item, shots: int, level: str, seed: int, task: Task, pause_s: float | None = None
) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of each classical register, of shape ``(*item.shape, shots, bits)``.

    Complex points have a name of their own; averaged ones have no axis of shots. The client takes
    the suffixes off, so that is how the service names them.

    Args:
        item: A circuit with its sets of values.
        shots: Of each set.
        level: What is measured: bits, points, or both.
        seed: Decides the shots.
        task: The job.
        pause_s: Of shots that start as the one before ended; see :func:`.simulate.sample`.

    Raises:
        JobFailure: The circuit cannot be simulated, or values do not fit.
        TooLong: The simulation belongs into the worker process.
    """
    import numpy as np

    if level == "classified":
        bits = _everything(item, shots, seed, task, np.dtype(np.bool_), pause_s)
        return _by_register(item, bits, "")
    points = _everything(item, shots, seed, task, np.dtype(np.complex128), pause_s)
    if level == "avg_kerneled":
        return _by_register(item, points.mean(axis=-2), "_avg_iq")
    arrays = _by_register(item, points, "_iq")
    if level == "both":  # the bits of the same shots: a point left of the middle is a 1
        arrays.update(_by_register(item, points.real < 0, ""))
    return arrays


def _by_register(
    item: Item, values: np.ndarray[Any, Any], suffix: str
) -> dict[str, np.ndarray[Any, Any]]:
    return {
        register.name + suffix: values[..., [item.circuit.find_bit(bit).index for bit in register]]
        for register in item.circuit.cregs
    }


def _everything(
    item: Item, shots: int, seed: int, task: Task, dtype: np.dtype[Any], pause_s: float | None
) -> np.ndarray[Any, Any]:
    """All classical bits of all elements: shape ``(*item.shape, shots, num_clbits)``."""
    import numpy as np

    shape = (len(item.values), shots, item.circuit.num_clbits)
    whole = (*item.shape, *shape[1:])
    if not math.prod(shape):
        return np.zeros(whole, dtype)
    if math.prod(shape) * dtype.itemsize > _MOST_BYTES:
        raise JobFailure(
            FailureCode.SIMULATOR_FAILED,
            f"An item gives {shape[0]} x {shape[1]} x {shape[2]} values (sets, shots, bits); the "
            f"emulator holds at most {_MOST_BYTES // dtype.itemsize} of an item at a time.",
        )
    task.allow(shape[0] * (_SET_S + shape[1] * shape[2] * _VALUE_S))
    if is_mock(task):
        return _pretended(shape, seed, dtype).reshape(whole)
    simulated = _points if dtype.kind == "c" else _bits
    return simulated(item, shape, seed, task, pause_s).reshape(whole)


def _pretended(shape: tuple[int, ...], seed: int, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    rng = np.random.default_rng(seed)
    if dtype.kind == "c":
        return np.asarray(rng.standard_normal(shape) + 1j * rng.standard_normal(shape))
    return rng.integers(2, size=shape, dtype=np.uint8).astype(dtype)


def _bits(
    item: Item, shape: tuple[int, int, int], seed: int, task: Task, pause_s: float | None
) -> np.ndarray[Any, Any]:
    """Bits, part by part of the circuit."""
    import numpy as np

    from pytest_qchannel.emulator.programs.simulate import active_part, sample

    errs = task.noise is Noise.CALIBRATION
    column = {parameter: number for number, parameter in enumerate(item.circuit.parameters)}
    active = active_part(item.circuit, keep_idle_time=errs)
    lone = []
    result = np.zeros(shape, np.bool_)
    for number, part in enumerate(parts_of(active)):
        chance = None
        if pause_s is None:
            erring = task.snapshot if errs else None
            chance = chance_of_one(part.active, item.values, column, erring)
        if chance is not None:
            lone.append((part.bits[0], chance))
            continue
        if (plan := None if errs or pause_s is not None else plan_of(part, column)) is not None:
            task.allow(plan.estimate_s(*shape[:2]))
            own = np.random.default_rng([seed, 2, number])
            drawn = plan.sample(item.values, column, shape[1], own, task.tick)
            result[..., part.bits] = drawn
            continue
        bound = _bound(part.active.circuit, item, column, task)
        # Parts are independent, and so must be their seeds.
        own_seed = (seed + 104_729 * number) % 2**31
        arrays = sample(part.active, bound, shape[1], own_seed, task, pause_s=pause_s)
        # Parts with conditions have all bits; those that they do not write stay 0.
        result[..., part.bits] |= np.asarray(arrays, np.bool_).reshape(*shape[:2], len(part.bits))
    task.allow(len(lone) * shape[0] * shape[1] * _BIT_S)
    rng = np.random.default_rng([seed, 1])
    for bit, chance in lone:
        result[..., bit] = rng.random(shape[:2]) < chance[:, None]
    return result


def _points(
    item: Item, shape: tuple[int, int, int], seed: int, task: Task, pause_s: float | None
) -> np.ndarray[Any, Any]:
    """Points in the IQ plane; every qubit has its own cloud, so the circuit stays whole."""
    import numpy as np

    from pytest_qchannel.emulator.programs.simulate import active_part, sample_iq

    column = {parameter: number for number, parameter in enumerate(item.circuit.parameters)}
    # Idle qubits that are measured stay: their points have a spread, too.
    active = active_part(item.circuit, keep_idle_time=True)
    bound = _bound(active.circuit, item, column, task)
    arrays = sample_iq(active, bound, shape[1], seed, task, pause_s=pause_s)
    return np.asarray(arrays, np.complex128).reshape(shape)


def _bound(circuit: Any, item: Item, column: dict[Any, int], task: Task) -> list[Any]:
    """The circuit with each set of the item's values bound."""
    used = [column[parameter] for parameter in circuit.parameters]
    bound = []
    try:
        for row in item.values[:, used]:
            task.tick()
            bound.append(circuit.assign_parameters(row))
    except TooLong:
        raise
    except Exception as problem:  # qiskit: a value that an expression does not take
        raise JobFailure(
            FailureCode.VALIDATION, f"Parameter values do not fit: {said_of(problem)}"
        ) from None
    return bound
