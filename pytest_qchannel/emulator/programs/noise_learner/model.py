"""The noise model that is answered for a layer: from calibration, all zero, or pretended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pytest_qchannel.emulator.programs.noise_learner.layers import LayerGate
from pytest_qchannel.emulator.programs.noise_learner.rates import (
    Generator,
    layer_rates,
    readout_rates,
)
from pytest_qchannel.emulator.programs.seeds import generator
from pytest_qchannel.emulator.programs.task import Noise, Task

__all__ = ["noise_of_layer", "noise_of_readout"]

_PRETENDED: Final = 1e-3


def noise_of_layer(
    gates: Sequence[LayerGate], qubits: Sequence[int], task: Task
) -> dict[Generator, float]:
    """The rates of a layer of gates; see :func:`.rates.layer_rates`."""
    return _as_told(layer_rates(gates, qubits, task.snapshot), task)


def noise_of_readout(qubits: Sequence[int], task: Task) -> dict[Generator, float]:
    """The rates of a layer of measurements; see :func:`.rates.readout_rates`."""
    return _as_told(readout_rates(qubits, task.snapshot), task)


def _as_told(rates: dict[Generator, float], task: Task) -> dict[Generator, float]:
    if task.snapshot.is_mock:
        rng = generator(task.seed, len(rates))
        return {generator: float(rng.random() * _PRETENDED) for generator in rates}
    if task.noise is Noise.OFF:
        return dict.fromkeys(rates, 0.0)
    return rates
