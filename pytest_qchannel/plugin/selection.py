"""Which tests run on which channels, and why not."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.plugin import markers
from pytest_qchannel.settings import OPTIONS, Settings, check_variables, resolve

if TYPE_CHECKING:
    from typing import Protocol

    class Marks(Protocol):
        """A collected thing that has markers: an item, or the definition of a test function."""

        @property
        def nodeid(self) -> str:
            """The id in the test tree."""

        def iter_markers(self, name: str | None = None) -> Any:
            """The markers of that name, or all of them, the closest first."""


__all__ = [
    "allows_unused",
    "channels_for",
    "check_arguments",
    "check_markers",
    "session_settings",
    "settings_for",
]


def check_arguments(args: list[str]) -> None:
    """Refuses a mistyped ``--qchannel-...`` option with the nearest that exists.

    Raises:
        UsageProblem: An option of ours that there is not.
    """
    flags = [option.flag for option in OPTIONS]
    for arg in args:
        flag = arg.partition("=")[0]
        is_near = flag.startswith("--qch") and nearest(flag, flags, likeness=0.8)
        if flag not in flags and (is_near or flag.startswith("--qchannel")):
            raise UsageProblem(
                f"unknown option {flag}",
                closest=nearest(flag, flags),
                next=f"use one of {', '.join(flags)}",
            )


def _sources(config: Any) -> tuple[Mapping[str, str | None], Mapping[str, str | None]]:
    line = {option.name: config.getoption(option.ini_key) for option in OPTIONS}
    ini = {option.name: config.getini(option.ini_key) or None for option in OPTIONS}
    return line, ini


def session_settings(config: Any) -> Settings:
    """The settings without any marker, as the header shows them.

    Raises:
        UsageProblem: A value, variable or ini key is wrong.
    """
    check_variables(os.environ)
    keys = [option.ini_key for option in OPTIONS]
    overrides = (text.partition("=")[0].strip() for text in config.getoption("override_ini") or ())
    for key in (*_ini_keys(config.inipath), *overrides):
        if key.startswith("qchannel_") and key not in keys:
            raise UsageProblem(
                f"unknown ini key {key}",
                where=str(config.inipath or "the command line"),
                closest=nearest(key, keys),
                next=f"use one of {', '.join(keys)}",
            )
    line, ini = _sources(config)
    return _with_world(config, resolve(line, {}, os.environ, ini))


def _with_world(config: Any, settings: Settings) -> Settings:
    """The settings with the world file's full path, and its seed where no other one is set."""
    if settings.world is None:
        return settings
    from pytest_qchannel.lanes.worlds import seeded, world_of

    is_ini = settings.origin["world"].startswith("qchannel_")
    base = config.rootpath if is_ini else config.invocation_params.dir
    settings = settings._replace(world=base / settings.world)
    return seeded(settings, world_of(settings))


def _ini_keys(path: Path | None) -> list[str]:
    """The keys of ours that the ini file has, mistyped ones included: pytest offers no list."""
    text = path.read_text(encoding="utf-8", errors="replace") if path else ""
    section, keys = "", []
    for line in text.splitlines():
        if header := re.match(r"\[([^\[\]]+)\]", line):
            section = header[1]
        elif "pytest" in section and (key := re.match(r"[ \t]*(qchannel_\w+)[ \t]*=", line)):
            keys.append(key[1])
    return keys


def _mark(item: Marks) -> markers.QChannelMark:
    """What the closest ``qchannel`` marker says; nothing where there is none."""
    for mark in item.iter_markers("qchannel"):
        said: markers.QChannelMark = markers.read("qchannel", mark.args, mark.kwargs, item.nodeid)
        return said
    return markers.QChannelMark((), {})


def allows_unused(item: Marks) -> bool:
    """Whether the test's replay may leave recorded interactions alone."""
    return _mark(item).allow_unused


def check_markers(config: Any, item: Marks) -> None:
    """Refuses markers of ours with wrong arguments.

    Raises:
        UsageProblem: An argument, or the setting that it gives.
    """
    for mark in item.iter_markers():
        if mark.name in markers.NAMES:
            markers.read(mark.name, mark.args, mark.kwargs, item.nodeid)
        elif mark.name.startswith(markers.PREFIX) and not _is_registered(config, mark.name):
            raise UsageProblem(
                f"there is no marker {mark.name}",
                where=item.nodeid,
                closest=nearest(mark.name, markers.NAMES),
                next=f"use one of {', '.join(markers.NAMES)}",
            )
    if _mark(item).settings:
        try:
            settings_for(config, item)
        except UsageProblem as problem:
            raise UsageProblem(
                problem.headline, where=item.nodeid, closest=problem.closest, next=problem.next
            ) from None


def _is_registered(config: Any, name: str) -> bool:
    """Whether somebody else offers a marker of that name."""
    return any(re.split(r"[:(]", line)[0].strip() == name for line in config.getini("markers"))


def settings_for(config: Any, item: Marks) -> Settings:
    """The settings of one test, its marker included.

    Raises:
        UsageProblem: The marker or a setting is wrong.
    """
    line, ini = _sources(config)
    return _with_world(config, resolve(line, _mark(item).settings, os.environ, ini))


def channels_for(config: Any, item: Marks) -> tuple[tuple[str, ...], str | None]:
    """The channels that a test runs on, and the reason to skip it where there are none.

    A marker's channels win over the environment, the ini file and the default. Channels that the
    command line asks for are cut down to the marker's.
    """
    settings, only = settings_for(config, item), _mark(item).names
    if not settings.channel:
        from pytest_qchannel.channels.client import default_channel

        return (default_channel().name,), None
    chosen = tuple(name for name in settings.channel if not only or name in only)
    if chosen:
        return chosen, None
    asked = ", ".join(settings.channel)
    return only[:1], f"runs only on {', '.join(only)} (marker qchannel), asked for: {asked}"
