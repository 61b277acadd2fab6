"""The times in a result: a program counts from the job's start, and the job's end decides the rest.

A device needs half a minute where the emulator needs a moment. What a result says of when its parts
were measured has to lie between the job's start and its end, which nobody knows before the job has
ended; so a program writes times that begin at :data:`UNSTAMPED`, and they are written anew then.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from pytest_qchannel.emulator.programs.outcome import Outcome

__all__ = ["UNSTAMPED", "stamped"]

_BEGIN: Final = datetime(2877, 1, 1, tzinfo=UTC)
UNSTAMPED: Final = _BEGIN.timestamp()
"""The start of a job that has not ended; no job lasts longer than the thirty years after it."""

_TIME: Final = re.compile(
    rb'"(2(?:87[7-9]|88\d|89\d|90\d)-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*)(Z|\+00:00)"'
)


def stamped(outcome: Outcome, begin_s: float, end_s: float) -> Outcome:
    """The outcome with the times of a job that ran from ``begin_s`` to ``end_s``.

    They are as long as the device is busy, or in that proportion where the job was over sooner.
    """
    offsets = [_offset_s(found[1]) for found in _TIME.finditer(outcome.result)]
    if not offsets:
        return outcome
    share = min(1.0, (end_s - begin_s) / longest) if (longest := max(offsets)) else 0.0
    begin, end = (datetime.fromtimestamp(one, UTC) for one in (begin_s, end_s))

    def write(found: re.Match[bytes]) -> bytes:
        at = min(begin + timedelta(seconds=share * _offset_s(found[1])), end)
        return b'"%s%s"' % (at.replace(tzinfo=None).isoformat().encode(), found[2])

    older = tuple((release, _TIME.sub(write, result)) for release, result in outcome.older)
    return replace(outcome, result=_TIME.sub(write, outcome.result), older=older)


def _offset_s(text: bytes) -> float:
    moment = datetime.fromisoformat(text.decode())
    return (moment.replace(tzinfo=UTC) - _BEGIN).total_seconds()
