"""Execution spans: which part of a Sampler's data was measured when.

Source: ``execution_span`` in ``sampler.version_0_1`` of ibm-quantum-schemas; the encoders and
decoders of qiskit-ibm-runtime, and its release notes of 0.41.0, which brought the
newer encoding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pytest_qchannel.emulator.programs.codec import Encoded
from pytest_qchannel.emulator.programs.options import Split

__all__ = ["Span", "encode_newer", "encode_older", "spans_of"]


AT_ONCE: Final = 10_000
"""How many executions a span has at the most, unless a PUB had more than :data:`MOST` then.

That a job of many has several spans is seen in what IBM's benchmarking package makes of them: it
divides by the time between the first and the last. How many there are is not public.
"""

MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Span:
    """The time in which a part of a PUB was measured.

    Attributes:
        pub: The PUB's number.
        shape: Its shape.
        shots: The shots that its data has.
        split: How they were spread over random variants; ``None`` without twirling.
        start_s: When it started, in seconds since the epoch.
        stop_s: When it was done.
        sets: The first and the last (exclusive) of the circuits that the part has: the PUB's
            parameter sets, each in every random variant.
        part: The first and the last (exclusive) of the shots of each.
    """

    pub: int
    shape: tuple[int, ...]
    shots: int
    split: Split | None
    start_s: float
    stop_s: float
    sets: tuple[int, int]
    part: tuple[int, int]


def spans_of(
    pub: int, shape: tuple[int, ...], shots: int, split: Split | None, at_s: Callable[[int], float]
) -> Iterator[Span]:
    """The spans of a PUB, one after the other, each as long as its executions take.

    Args:
        pub: Its number.
        shape: Its shape.
        shots: The shots that its data has.
        split: How they are spread over random variants.
        at_s: When so many of its executions were done, in seconds since the epoch.
    """
    sets = math.prod(shape) * (split.num_randomizations if split else 1)
    each = split.shots_per_randomization if split else shots
    size = max(AT_ONCE, math.ceil(sets * each / MOST))
    if sets == 1:
        parts = [((0, 1), (at, min(at + size, each))) for at in range(0, each, size)]
    else:
        step = max(1, size // max(each, 1))
        parts = [((at, min(at + step, sets)), (0, each)) for at in range(0, sets, step)]
    done = 0
    for circuits, kept in parts or [((0, sets), (0, each))]:
        start_s = at_s(done)
        done += (circuits[1] - circuits[0]) * (kept[1] - kept[0])
        yield Span(pub, shape, shots, split, start_s, at_s(done), circuits, kept)


def encode_newer(spans: Iterable[Span]) -> Encoded:
    """As clients decode it from :data:`.READS_NEW_SPANS_SINCE` on."""
    encoded = [_encode(span, with_pub_shots=True) for span in spans]
    return {"__type__": "ExecutionSpans", "__value__": {"spans": encoded}}


def encode_older(spans: Iterable[Span]) -> Encoded:
    """As older clients decode it; they do not know how many of the twirled shots were kept."""
    encoded = [_encode(span, with_pub_shots=False) for span in spans]
    return {"__type__": "ExecutionSpanCollection", "__value__": {"spans": encoded}}


def _encode(span: Span, *, with_pub_shots: bool) -> Encoded:
    if span.split is None:
        kind, part = "DoubleSliceSpan", [[*span.shape, span.shots], *span.sets, *span.part]
    else:
        variants, each = span.split.num_randomizations, span.split.shots_per_randomization
        # The random variants are the first axis of what was measured.
        part = [[variants, *span.shape, each], True, *span.sets, *span.part]
        kind = "TwirledSliceSpan"
        if with_pub_shots:
            kind, part = "TwirledSliceSpanV2", [*part, span.shots]
    value = {
        "start": _datetime(span.start_s),
        "stop": _datetime(span.stop_s),
        "data_slices": {str(span.pub): part},
    }
    return {"__type__": kind, "__value__": value}


def _datetime(at_s: float) -> dict[str, str]:
    # The clients compare with times that have a zone, and Python writes it as +00:00.
    return {"__type__": "datetime", "__value__": datetime.fromtimestamp(at_s, UTC).isoformat()}
