"""Which tests run on which channels, and why not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from pytest_qchannel.channels.client import default_channel
from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.markers import LIVE_QPU, QCHANNEL, is_mistyped, is_vcr_mistyped
from pytest_qchannel.plugin import session_settings
from pytest_qchannel.plugin.keys import WHOLE_RUN
from pytest_qchannel.plugin.marker_arguments import ACCEPT, LiveQpuMark, QChannelMark, read
from pytest_qchannel.settings import OPTIONS, Mode, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    class Marks(Protocol):
        """A collected thing that has markers: an item, or the definition of a test function."""

        @property
        def nodeid(self) -> str:
            """The id in the test tree."""

        def iter_markers(self, name: str | None = None) -> Iterator[pytest.Mark]:
            """The markers of that name, or all of them, the closest first."""


__all__ = [
    "allows_unused",
    "channels_for",
    "check_markers",
    "is_of_whole",
    "live_qpu",
    "settings_for",
]

_Items: TypeAlias = tuple[tuple[str, str | None], ...]

_RESOLVED: Final = pytest.StashKey[dict[tuple[_Items, _Items], Settings]]()
"""Of a run: by marker and variables, for the same hold for most tests, and each asks often."""

_VARIABLES: Final = tuple(option.env_var for option in OPTIONS)


def _closest(item: Marks, name: str) -> Any:
    """What the closest marker of that name says; ``None`` where there is none."""
    found = next(iter(item.iter_markers(name)), None)
    return read(name, found.args, found.kwargs, item.nodeid) if found is not None else None


def _mark(item: Marks) -> QChannelMark:
    """What the closest ``qchannel`` marker says; nothing where there is none."""
    said: QChannelMark | None = _closest(item, QCHANNEL)
    return said or QChannelMark((), {})


def allows_unused(item: Marks) -> bool:
    """Whether the test's replay may leave recorded interactions alone."""
    return _mark(item).allow_unused


def live_qpu(item: Marks) -> LiveQpuMark | None:
    """What the closest ``live_qpu`` marker says; ``None`` where there is none."""
    said: LiveQpuMark | None = _closest(item, LIVE_QPU)
    return said


def check_markers(config: pytest.Config, item: Marks) -> None:
    """Refuses markers of ours with wrong arguments.

    Raises:
        UsageProblem: An argument, or the setting that it gives.
    """
    for mark in item.iter_markers():
        if mark.name in ACCEPT:
            read(mark.name, mark.args, mark.kwargs, item.nodeid)
        elif is_mistyped(mark.name, config.getini("markers")):
            raise UsageProblem(
                f"there is no marker {mark.name}",
                where=item.nodeid,
                closest=nearest(mark.name, ACCEPT),
                next=f"use one of {', '.join(ACCEPT)}; a marker of your own is registered in the "
                "ini file, under markers",
            )
        elif is_vcr_mistyped(mark.name, config.getini("markers")):
            raise UsageProblem(
                f"there is no marker {mark.name}",
                where=item.nodeid,
                closest="vcr",
                next="@pytest.mark.vcr, with which the test replays its cassette",
            )
    if _mark(item).settings:
        try:
            settings_for(config, item)
        except UsageProblem as problem:
            raise UsageProblem(
                problem.headline, where=item.nodeid, closest=problem.closest, next=problem.next
            ) from None


def is_of_whole(config: pytest.Config, settings: Settings) -> bool:
    """Whether the lane of the whole run is that of all tests: in ``auto`` marked ones replay."""
    whole = config.stash.get(WHOLE_RUN, None)
    return whole is not None and (whole.mode is not Mode.EMULATED or settings.mode is not Mode.AUTO)


def settings_for(config: pytest.Config, item: Marks) -> Settings:
    """The settings of one test, its marker included.

    Raises:
        UsageProblem: The marker or a setting is wrong.
    """
    marked = _mark(item).settings
    environ = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    known = config.stash.setdefault(_RESOLVED, {})
    said = _items(marked), _items(environ)
    if said not in known:
        known[said] = session_settings.resolved(config, marked)
    return session_settings.with_world(config, known[said])


def _items(texts: Mapping[str, str | None]) -> _Items:
    return tuple(texts.items())


def channels_for(config: pytest.Config, item: Marks) -> tuple[tuple[str, ...], str | None]:
    """The channels that a test runs on, and the reason to skip it where there are none.

    A marker's channels win over the environment, the ini file and the default. Channels that the
    command line asks for are cut down to the marker's.
    """
    settings, only = settings_for(config, item), _mark(item).names
    if not settings.channel:
        return (default_channel().name,), None
    chosen = tuple(name for name in settings.channel if not only or name in only)
    if chosen:
        return chosen, None
    asked = ", ".join(settings.channel)
    return only[:1], f"runs only on {', '.join(only)} (marker qchannel), asked for: {asked}"
