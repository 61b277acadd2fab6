"""What the arguments of our markers may be, and the check that refuses typos.

A marker's arguments are passed to its function, whose signature is the rule: an unknown or
missing argument is a ``TypeError``, and what it returns is what the plugin works with.
"""

from __future__ import annotations

import functools
import inspect
import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.markers import FAULT, LIVE_QPU, QCHANNEL, means_channel, usage_of
from pytest_qchannel.rerun_command import again
from pytest_qchannel.settings import CHANNELS, Mode
from pytest_qchannel.wire import is_int, is_number

__all__ = ["ACCEPT", "LiveQpuMark", "QChannelMark", "read"]


_SCOPE_LINE: Final = (
    'globals().update(fixtures(scope="module")) in the module or conftest.py does, after '
    "from pytest_qchannel import fixtures"
)


class QChannelMark(NamedTuple):
    """``@pytest.mark.qchannel("ibm_cloud", seed=7)``: which channels, which settings."""

    names: tuple[str, ...]
    settings: dict[str, str]
    allow_unused: bool = False


def _qchannel(
    *names: str,
    instance: str | None = None,
    seed: int | None = None,
    mode: str | None = None,
    door: str | None = None,
    allow_unused: bool = False,
) -> QChannelMark:
    for name in names:
        if name not in CHANNELS:
            raise UsageProblem(
                f"{name!r} is no channel",
                closest=nearest(str(name), CHANNELS),
                next=f"use one of {', '.join(CHANNELS)}",
            )
    if mode == Mode.LIVE:
        raise UsageProblem(
            "a marker alone makes nothing live",
            next=f"take mode= from the marker, and run it live: {again('--qchannel-mode=live')}",
        )
    given = {"instance": instance, "seed": seed, "mode": mode, "door": door}
    settings = {name: _text(value) for name, value in given.items() if value is not None}
    if names:
        settings["channel"] = ",".join(names)
    return QChannelMark(names, settings, allow_unused)


def _text(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # of a number with thousands of digits
        return f"a {type(value).__name__} that is too long"


class LiveQpuMark(NamedTuple):
    """``@pytest.mark.live_qpu(max_qpu_seconds=10)``: what the test may spend live.

    Attributes:
        max_qpu_seconds: For all of its jobs together.
        max_jobs: How many jobs it may submit.
        backend: The one device that it may use; ``None``: any.
        only_live: Whether it is skipped in other lanes.
    """

    max_qpu_seconds: float = 10
    max_jobs: int = 1
    backend: str | None = None
    only_live: bool = False


def _live_qpu(
    *,
    max_qpu_seconds: float = 10,
    max_jobs: int = 1,
    backend: str | None = None,
    only_live: bool = False,
) -> LiveQpuMark:
    if not (is_number(max_qpu_seconds) and 1 <= max_qpu_seconds < math.inf):
        raise UsageProblem(
            f"max_qpu_seconds={max_qpu_seconds!r} is no budget", next="give seconds, 1 or more"
        )
    if not is_int(max_jobs) or max_jobs < 1:
        raise UsageProblem(f"max_jobs={max_jobs!r} is no count", next="give 1 or more")
    if backend is not None and not (isinstance(backend, str) and backend):
        raise UsageProblem(
            f"backend={backend!r} is no name of a device", next="give a name, as 'ibm_fez'"
        )
    return LiveQpuMark(max_qpu_seconds, max_jobs, backend, bool(only_live))


def _qchannel_fault(
    route: str | None = None,
    *,
    service: str | None = None,
    host: str | None = None,
    status: int | None = None,
    code: int | str | None = None,
    message: str | None = None,
    retry_after_s: int | None = None,
    processed: bool | None = None,
    delay_s: float | None = None,
    drop: str | None = None,
    body: str | None = None,
    job: str | None = None,
    reason: str | None = None,
    backend: str | None = None,
    account: str | None = None,
    account_name: str | None = None,
    skip: int | None = None,
    times: int | str | None = None,
    optional: bool | None = None,
) -> dict[str, Any]:
    words = {name: value for name, value in locals().items() if value is not None}
    from pytest_qchannel.emulator.faults.parse import parse_fault  # here: it loads the emulator

    try:
        parse_fault(words)
    except ValueError as problem:
        raise UsageProblem(
            str(problem), next="see the words of a fault: qchannel docs faults"
        ) from None
    return words


ACCEPT: Final[Mapping[str, Callable[..., Any]]] = {
    QCHANNEL: _qchannel,
    LIVE_QPU: _live_qpu,
    FAULT: _qchannel_fault,
}


@functools.cache
def _known(accept: Callable[..., object]) -> tuple[str, ...]:
    return tuple(
        parameter.name
        for parameter in inspect.signature(accept).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    )


def _by_place(args: tuple[object, ...], kwargs: Mapping[str, object], argument: str) -> str:
    """The marker with the channels that were given by name where they belong."""
    given = kwargs[argument]
    names = [*args, *(given if isinstance(given, list | tuple) else [given])]
    if not all(one in CHANNELS for one in names):
        return usage_of(QCHANNEL)
    others = [f"{name}={value!r}" for name, value in kwargs.items() if name != argument]
    return f"qchannel({', '.join([*(json.dumps(one) for one in names), *others])})"


def read(name: str, args: tuple[object, ...], kwargs: Mapping[str, object], where: str) -> Any:
    """What a marker says, its arguments checked.

    Raises:
        UsageProblem: An argument is unknown or wrong; names it and the nearest valid one.
    """
    accept = ACCEPT[name]
    known = _known(accept)
    for argument in kwargs:
        if argument not in known:
            is_channel = name == QCHANNEL and means_channel(argument, known)
            close = None if is_channel else nearest(argument, known)
            hint = f", did you mean {close!r}?" if close else ""
            usage = _by_place(args, kwargs, argument) if is_channel else usage_of(name)
            mend = f"write it as @pytest.mark.{usage}"
            if argument == "scope":  # pytest knows it before it knows who uses a fixture
                hint, mend = ": it cannot change how long fixtures live", _SCOPE_LINE
            raise UsageProblem(
                f"marker {name}: unknown argument {argument!r}{hint}", where=where, next=mend
            )
    try:
        return accept(*args, **kwargs)
    except TypeError as problem:
        raise UsageProblem(
            f"marker {name}: {str(problem).partition('() ')[2] or problem}",
            where=where,
            next=f"write it as @pytest.mark.{usage_of(name)}",
        ) from None
    except UsageProblem as problem:
        raise UsageProblem(
            f"marker {name}: {problem.headline}",
            where=where,
            closest=problem.closest,
            next=problem.next,
        ) from None
