"""The markers, as data: name, what arguments they take, help; and the check that refuses typos.

A marker's arguments are passed to its function, whose signature is the rule: an unknown or
missing argument is a ``TypeError``, and what it returns is what the plugin works with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.settings import CHANNELS

__all__ = ["MARKERS", "Marker", "QChannelMark", "read"]


class QChannelMark(NamedTuple):
    """``@pytest.mark.qchannel("ibm_cloud", seed=7)``: which channels, which settings."""

    names: tuple[str, ...]
    settings: dict[str, str]


def _qchannel(*names: str, seed: int | None = None, mode: str | None = None) -> QChannelMark:
    for name in names:
        if name not in CHANNELS:
            raise UsageProblem(
                f"{name!r} is no channel",
                closest=nearest(str(name), CHANNELS),
                next=f"use one of {', '.join(CHANNELS)}",
            )
    given = {"seed": seed, "mode": mode}
    settings = {name: str(value) for name, value in given.items() if value is not None}
    if names:
        settings["channel"] = ",".join(names)
    return QChannelMark(names, settings)


def _live_qpu(*, max_qpu_seconds: float | None = None) -> None:
    if max_qpu_seconds is not None and not (
        isinstance(max_qpu_seconds, int | float) and max_qpu_seconds > 0
    ):
        raise UsageProblem(
            f"max_qpu_seconds={max_qpu_seconds!r} is no budget", next="give seconds above 0"
        )


class Marker(NamedTuple):
    """One marker that the plugin registers."""

    name: str
    usage: str
    help: str
    accept: Callable[..., Any]


MARKERS: Final = (
    Marker(
        "qchannel",
        "qchannel(*names, seed=None, mode=None)",
        "run the test on these channels only, with this seed or mode",
        _qchannel,
    ),
    Marker(
        "live_qpu",
        "live_qpu(max_qpu_seconds=None)",
        "the test needs a real QPU; skipped until the live lane exists",
        _live_qpu,
    ),
)

_BY_NAME: Final = {marker.name: marker for marker in MARKERS}


def read(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], where: str) -> Any:
    """What a marker says, its arguments checked.

    Raises:
        UsageProblem: An argument is unknown or wrong; names it and the nearest valid one.
    """
    import inspect  # here: a run without our markers never needs it

    marker = _BY_NAME[name]
    known = [
        parameter.name
        for parameter in inspect.signature(marker.accept).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    for argument in kwargs:
        if argument not in known:
            close = nearest(argument, known)
            hint = f", did you mean {close!r}?" if close else ""
            raise UsageProblem(
                f"marker {name}: unknown argument {argument!r}{hint}",
                where=where,
                next=f"write it as @pytest.mark.{marker.usage}",
            )
    try:
        return marker.accept(*args, **kwargs)
    except TypeError as problem:
        raise UsageProblem(
            f"marker {name}: {str(problem).partition('() ')[2] or problem}",
            where=where,
            next=f"write it as @pytest.mark.{marker.usage}",
        ) from None
    except UsageProblem as problem:
        raise UsageProblem(
            f"marker {name}: {problem.headline}",
            where=where,
            closest=problem.closest,
            next=problem.next,
        ) from None
