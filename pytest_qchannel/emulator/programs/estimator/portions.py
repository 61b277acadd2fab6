"""Jobs of any size: shots in portions that fit into memory, and what they say together.

The service bounds neither an Estimator job's precision nor the shots that follow from it; it splits
what is large. What is not large stays whole, and has the seed that it always had.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from pytest_qchannel.emulator.programs.arrays import Reals
from pytest_qchannel.emulator.programs.options import MOST_EXECUTIONS, Split

__all__ = ["Piece", "Told", "pieces", "runs_of_sets", "variance_of"]

PORTION: Final = 1_000_000
"""The executions of a portion, where there are more than one."""


class Piece(NamedTuple):
    """Shots of a parameter set that are taken at once.

    Attributes:
        number: Its place among the pieces.
        variants: Whose shots they are.
        split: How they are spread over these.
        of_each: Which part of the shots of each of these variants they are.
        of_all: Which part of all shots they are.
    """

    number: int
    variants: slice
    split: Split
    of_each: float
    of_all: float


class Told(NamedTuple):
    """What a piece says of some places: the mean and the variance of its shots."""

    of_all: float
    mean: Reals
    variance: Reals


def runs_of_sets(sets: int, shots: int) -> Iterator[slice]:
    """Parameter sets that are measured at once: all, or as many as make a portion."""
    step = sets if sets * shots <= MOST_EXECUTIONS else max(1, PORTION // shots)
    for start in range(0, sets, max(1, step)):
        yield slice(start, min(sets, start + step))


def pieces(split: Split) -> Iterator[Piece]:
    """The shots of one parameter set: whole, or some variants each, or a part of one variant."""
    count, each = split.num_randomizations, split.shots_per_randomization
    if split.shots <= MOST_EXECUTIONS:
        yield Piece(0, slice(0, count), split, 1.0, 1.0)
        return
    together, most = max(1, PORTION // each), min(each, PORTION)
    number = 0
    for start in range(0, count, together):
        variants = slice(start, min(count, start + together))
        for taken in range(0, each, most):
            one = Split(variants.stop - start, min(most, each - taken))
            yield Piece(
                number, variants, one, one.shots_per_randomization / each, one.shots / split.shots
            )
            number += 1


def variance_of(told: Sequence[Told]) -> Reals:
    """The variance of all shots, by those of the pieces and by how far their means are apart."""
    if len(told) == 1:
        return told[0].variance
    parts = np.array([one.of_all for one in told])
    means = np.stack([one.mean for one in told])
    apart = (means - parts @ means) ** 2
    return np.asarray(parts @ (np.stack([one.variance for one in told]) + apart))
