"""Execution spans: which part of a Sampler's data was measured when.

Source: ``execution_span`` in ``sampler.version_0_1`` of ibm-quantum-schemas; the encoders and
decoders of qiskit-ibm-runtime, and its release notes of 0.41.0, which brought the
newer encoding.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from pytest_qchannel.emulator.programs.codec import Encoded
from pytest_qchannel.emulator.programs.options import Split

__all__ = ["Span", "encode_newer", "encode_older"]


@dataclass(frozen=True, slots=True)
class Span:
    """The time in which the whole of a PUB was measured.

    Attributes:
        pub: The PUB's number.
        shape: Its shape.
        shots: The shots that its data has.
        split: How they were spread over random variants; ``None`` without twirling.
        start_s: When it started, in seconds since the epoch.
        stop_s: When it was done.
    """

    pub: int
    shape: tuple[int, ...]
    shots: int
    split: Split | None
    start_s: float
    stop_s: float


def encode_newer(spans: Iterable[Span]) -> Encoded:
    """As clients decode it from :data:`.READS_NEW_SPANS_SINCE` on."""
    encoded = [_encode(span, with_pub_shots=True) for span in spans]
    return {"__type__": "ExecutionSpans", "__value__": {"spans": encoded}}


def encode_older(spans: Iterable[Span]) -> Encoded:
    """As older clients decode it; they do not know how many of the twirled shots were kept."""
    encoded = [_encode(span, with_pub_shots=False) for span in spans]
    return {"__type__": "ExecutionSpanCollection", "__value__": {"spans": encoded}}


def _encode(span: Span, *, with_pub_shots: bool) -> Encoded:
    sets = math.prod(span.shape)
    if span.split is None:
        kind, part = "DoubleSliceSpan", [[*span.shape, span.shots], 0, sets, 0, span.shots]
    else:
        variants, each = span.split.num_randomizations, span.split.shots_per_randomization
        # The random variants are the first axis of what was measured.
        part = [[variants, *span.shape, each], True, 0, variants * sets, 0, each]
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
