"""The settings of a run: read, checked, and told in its header."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.settings import OPTIONS, Mode, Settings, check_variables, resolve

_ONLY_STALE = "--qchannel-only-stale"

__all__ = [
    "base_of",
    "check_arguments",
    "header",
    "id_of",
    "session_settings",
    "texts_of",
    "with_world",
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


def base_of(config: Any) -> Path:
    """The folder that test ids and the folder of cassettes are relative to.

    Without an ini file rootdir depends on what is run, and a cassette must not.
    """
    base: Path = config.rootpath if config.inipath else config.invocation_params.dir
    return base


def id_of(config: Any, node: str, path: Path | None = None) -> str:
    """A node's id, relative to :func:`base_of`.

    Args:
        config: The run's.
        node: The id as pytest has it, relative to rootdir.
        path: The node's file, where it is not what the id says.
    """
    file, colons, rest = node.partition("::")
    path = path or config.rootpath / file
    base = base_of(config)
    if not node or not path.is_relative_to(base):
        return node
    return path.relative_to(base).as_posix().removeprefix(".") + colons + rest


def texts_of(config: Any) -> tuple[Mapping[str, str | None], Mapping[str, str | None]]:
    """What the command line and the ini file say, by the name of the option."""
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
    line, ini = texts_of(config)
    settings = resolve(line, {}, os.environ, ini)
    is_typed = settings.only_stale and settings.origin["only_stale"] == _ONLY_STALE
    if (
        is_typed
        and settings.mode is not Mode.RECORD
        and not getattr(config.option, "record_mode", None)
    ):
        raise UsageProblem(
            f"{_ONLY_STALE} is about recordings, and nothing is recorded",
            where=f"mode={settings.mode.value} ({settings.origin['mode']})",
            next=f"pytest --qchannel-mode=record {_ONLY_STALE}",
        )
    return with_world(config, settings)


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


def with_world(config: Any, settings: Settings) -> Settings:
    """The settings with the world file's full path, and its seed where no other one is set."""
    if settings.world is None:
        return settings
    from pytest_qchannel.lanes.worlds import seeded, world_of

    is_ini = settings.origin["world"].startswith("qchannel_")
    base = config.rootpath if is_ini else config.invocation_params.dir
    settings = settings._replace(world=base / settings.world)
    return seeded(settings, world_of(settings))


def header(settings: Settings) -> str:
    """One line: the settings that are always told or that somebody set, and where."""
    told = (option.name for option in OPTIONS if option.is_told or _is_set(settings, option.name))
    return "qchannel: " + ", ".join(
        f"{name}={_text_of(settings, name)} ({_origin_of(settings, name)})" for name in told
    )


def _is_set(settings: Settings, name: str) -> bool:
    is_empty = getattr(settings, name) in ((), None)
    # Everywhere mode has a line of its own.
    return settings.origin[name] != "default" and not is_empty and name != "everywhere"


def _text_of(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    if name == "world":
        from pytest_qchannel.lanes.worlds import shown

        return shown(value)
    return (",".join(value) or "auto") if isinstance(value, tuple) else str(value)


def _origin_of(settings: Settings, name: str) -> str:
    origin = settings.origin[name]
    return origin if origin == "default" else f"from {origin}"
