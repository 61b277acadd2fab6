"""The markers, in words: what ``pytest --markers`` shows and what errors name."""

from __future__ import annotations

from typing import Final

__all__ = ["FAULT", "HELP", "LIVE_QPU", "PREFIX", "QCHANNEL", "USAGE"]

QCHANNEL: Final = "qchannel"
LIVE_QPU: Final = "live_qpu"
FAULT: Final = "qchannel_fault"

PREFIX: Final = "qchannel"
"""Markers that begin so are ours, or mistyped."""

USAGE: Final = {
    QCHANNEL: "qchannel(*names, instance=None, seed=None, mode=None, door=None, "
    "allow_unused=False)",
    LIVE_QPU: "live_qpu(max_qpu_seconds=None)",
    FAULT: "qchannel_fault(route, status=503, times=1)",
}

HELP: Final = {
    QCHANNEL: "run the test on these channels only, with this instance, seed, mode or door; "
    "allow_unused: a replay need not use all of its cassette",
    LIVE_QPU: "the test needs a real QPU; skipped until the live lane exists",
    FAULT: "something goes wrong in the test: a request, a job=... or an account=...; repeatable",
}
