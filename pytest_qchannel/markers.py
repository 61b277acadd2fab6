"""The markers, in words: what ``pytest --markers`` shows and what errors name."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Final

from pytest_qchannel.errors import nearest
from pytest_qchannel.options import is_meant

__all__ = [
    "FAULT",
    "HELP",
    "LENDING",
    "LIVE_QPU",
    "QCHANNEL",
    "is_mistyped",
    "is_vcr_mistyped",
    "means_channel",
    "told_of",
    "usage_of",
]

QCHANNEL: Final = "qchannel"
LIVE_QPU: Final = "live_qpu"
FAULT: Final = "qchannel_fault"

LENDING: Final = (QCHANNEL, LIVE_QPU, FAULT)
"""A test with one of them gets the fixture ``qchannel``, whether it asks for it or not."""

HELP: Final = {
    QCHANNEL: """\
qchannel(*names, instance=None, seed=None, mode=None, door=None,
    allow_unused=False): run the test on these channels only, with this
    instance, seed, mode or door; allow_unused: a replay need not use all of its
    cassette""",
    LIVE_QPU: """\
live_qpu(*, max_qpu_seconds=10, max_jobs=1, backend=None,
    only_live=False): what the test may spend in the live lane: QPU seconds of
    all its jobs, their number, and the one device that it may use; only_live:
    it is skipped in other lanes""",
    FAULT: """\
qchannel_fault(route, status=503, times=1): something goes wrong in
    the test, of which there may be several markers. A request: route, service,
    host, status, code, message, retry_after_s, processed, delay_s, drop, body;
    or a job: job, reason, code, backend; or an account: account, account_name;
    and of each: skip, times, optional. qchannel docs faults says what they mean""",
}
"""Each marker as ``pytest --markers`` shows it, behind ``@pytest.mark.``: in 80 columns."""


_RESTS: Final = frozenset(("", FAULT.removeprefix(f"{QCHANNEL}_")))
"""What follows ``qchannel`` in the name of a marker."""


def usage_of(name: str) -> str:
    """How one of our markers is written, in one line."""
    return told_of(name)[0]


def told_of(name: str) -> tuple[str, str]:
    """How one of our markers is written, and what it means, each in one line."""
    usage, end, meaning = " ".join(HELP[name].split()).partition("): ")
    return f"{usage}{end.strip(': ')}", meaning


def is_mistyped(name: str, told: Iterable[str]) -> bool:
    """Whether a marker is meant to be one of ours, and is none, nor anybody else's.

    Args:
        name: The marker's.
        told: What the ini file and all plugins say of their markers.
    """
    return _is_alike(name) and not _is_registered(name, told)


def is_vcr_mistyped(name: str, told: Iterable[str]) -> bool:
    """Whether a marker is meant to be pytest-recording's ``vcr``, with the arguments as above."""
    return set(name.lower()) == set("vcr") and name != "vcr" and not _is_registered(name, told)


def _is_registered(name: str, told: Iterable[str]) -> bool:
    return any(re.split(r"[:(]", line)[0].strip() == name for line in told)


def means_channel(argument: str, known: Iterable[str]) -> bool:
    """Whether an argument that ``qchannel`` lacks is the channel, which has no name there.

    Args:
        argument: What was written.
        known: The marker's own arguments.
    """
    return nearest(argument, ("channel", "channels", *known)) in ("channel", "channels")


@functools.cache
def _is_alike(name: str) -> bool:
    if name in HELP:
        return False
    if name.startswith(QCHANNEL) or is_meant(name, _RESTS):
        return True
    is_near = "qpu" in name.lower()  # the others are spared the comparison
    return is_near and nearest(name, (LIVE_QPU,), likeness=0.85) is not None
