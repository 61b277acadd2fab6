"""What a noise learner tells of a layer, and how often circuits run until it can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pytest_qchannel.emulator.programs.noise_learner.layers import LayerGate
from pytest_qchannel.emulator.programs.noise_learner.rates import (
    Generator,
    layer_rates,
    readout_rates,
)
from pytest_qchannel.emulator.programs.seeds import generator
from pytest_qchannel.emulator.programs.task import Noise, Params, Task

__all__ = ["DEFAULTS", "noise_of_layer", "noise_of_readout", "runs_of_layer"]

DEFAULTS: Final[Params] = {
    "max_layers_to_learn": 4,
    "shots_per_randomization": 128,
    "num_randomizations": 32,
    "layer_pair_depths": [0, 1, 2, 4, 16, 32],
}
"""Source: the client's ``NoiseLearnerOptions`` and ``LayerNoiseLearningOptions``."""

_PRETENDED: Final = 1e-3
"""The largest rate that is told of a device that only pretends."""

_BASES: Final = 9
"""Measurement bases that tell all Paulis of weight two apart. Source: arXiv:2201.09866."""


def runs_of_layer(
    executions: int, pair_depths: Iterable[int], length_s: float
) -> list[tuple[int, float]]:
    """How often circuits run from which a layer's noise is learned, and how long each takes.

    Args:
        executions: In each basis and at each depth: randomizations times shots.
        pair_depths: How many pairs of the layer each circuit has.
        length_s: How long the layer takes, in seconds.
    """
    return [(_BASES * executions, 2 * int(depth) * length_s) for depth in pair_depths]


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
