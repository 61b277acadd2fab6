"""What learning the noise of layers takes: how often circuits run, and with which defaults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pytest_qchannel.emulator.programs.task import Params

__all__ = ["DEFAULTS", "runs_of_layer"]

DEFAULTS: Final[Params] = {
    "max_layers_to_learn": 4,
    "shots_per_randomization": 128,
    "num_randomizations": 32,
    "layer_pair_depths": [0, 1, 2, 4, 16, 32],
}
"""Source: the client's ``NoiseLearnerOptions`` and ``LayerNoiseLearningOptions``."""

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
