"""The labels by which a circuit says what twirling does to the noise of its instructions.

A twirled circuit is simulated as the mean over its random variants: instead of random gates it
has labels, by which the simulations look up another noise. They are labels of qiskit's
instructions because these survive binding, and because Aer looks up noise by label, too.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "DRESSING",
    "MERGED",
    "SITE",
    "TWIRLED_READOUT",
    "layer_of",
    "twirled_label",
    "twirled_name",
]

_TWIRLED: Final = "qchannel-twirled:"

MERGED: Final = "qchannel-merged"
"""Of a gate on one qubit that is compiled into the random gates: it errs with these."""

DRESSING: Final = "qchannel-dressing"
"""Of an identity where random gates are: each takes two ``sx``, whose noise is twirled."""

SITE: Final = "qchannel-layer:"
"""Begins the label of an identity behind a layer, where noise may be added or taken away."""

TWIRLED_READOUT: Final = "qchannel-twirled"
"""Of a measurement before which a random flip is done, and behind which it is undone."""


def twirled_label(name: str) -> str:
    """The label of a gate between random Paulis that cancel each other."""
    return _TWIRLED + name


def twirled_name(label: str | None) -> str | None:
    """The name of a gate that has such a label; ``None`` for any other label."""
    return label.removeprefix(_TWIRLED) if label and label.startswith(_TWIRLED) else None


def layer_of(label: str | None) -> int | None:
    """The number of the layer whose site has this label; ``None`` for any other label."""
    return int(label.removeprefix(SITE)) if label and label.startswith(SITE) else None
