"""Every seed of a job follows from the job's own, so that the same job gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = ["MOST", "following", "generator", "of_part", "seed_from", "seed_of"]

MOST = 2**31
"""Seeds are below this: Aer takes no larger ones."""


def seed_of(seed: int, options: Mapping[str, object], name: str) -> int:
    """The seed that an option sets, or else ``seed``."""
    chosen = options.get(name)
    # JSON knows no integers: 5 and 5.0 are the same number there.
    return int(chosen) if isinstance(chosen, int | float) else seed


def seed_from(seed: int, *path: int) -> int:
    """A seed of its own for each part of a job, or of a circuit; from 0 to 2**31 - 1."""
    return int(np.random.SeedSequence([seed, *path]).generate_state(1)[0] >> 1)


def following(seed: int, number: int) -> int:
    """The seed of a PUB or an item."""
    return (seed + number) % MOST


def of_part(seed: int, number: int) -> int:
    """The seed of an independent part of a circuit: far from those of other items."""
    return following(seed, 104_729 * number)


def generator(seed: int, *path: int) -> np.random.Generator:
    """Random numbers of their own for each part of a job."""
    return np.random.default_rng([seed, *path] if path else seed)
