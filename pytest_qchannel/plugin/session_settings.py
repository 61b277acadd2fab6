"""The settings of a run: read, checked, and told in its header."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.ini_file import values_in
from pytest_qchannel.paths import shown
from pytest_qchannel.settings import (
    OPTIONS,
    Mode,
    Option,
    Settings,
    Source,
    check_key,
    check_variables,
    resolve,
)

_ONLY_STALE = "--qchannel-only-stale"
_KEYS = tuple(option.ini_key for option in OPTIONS)
_INI = pytest.StashKey[Mapping[str, object]]()
"""Of a run: what its ini file says."""

__all__ = [
    "base_of",
    "file_of",
    "header",
    "id_of",
    "is_set",
    "resolved",
    "session_settings",
    "told",
    "with_world",
]


class Configuration(Protocol):
    """What is read of pytest's configuration, also before its command line is parsed for good."""

    @property
    def inipath(self) -> Path | None:
        """The ini file."""

    @property
    def rootpath(self) -> Path:
        """The folder of the ini file, most often."""

    @property
    def invocation_params(self) -> pytest.Config.InvocationParams:
        """How pytest was started."""

    def getini(self, name: str) -> Any:
        """What the ini file says of a key."""

    def getoption(self, name: str) -> Any:
        """What the command line says of an option."""


def base_of(config: Configuration) -> Path:
    """The folder that test ids and the folder of cassettes are relative to.

    Without an ini file rootdir depends on what is run, and a cassette must not.
    """
    base: Path = config.rootpath if config.inipath else config.invocation_params.dir
    return base


def id_of(config: Configuration, node: str, path: Path | None = None) -> str:
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
    return ("" if path == base else path.relative_to(base).as_posix()) + colons + rest


def resolved(config: Configuration, marker: Mapping[str, str | None]) -> Settings:
    """The settings with those of a marker, without what a world file says.

    Raises:
        UsageProblem: A value is wrong.
    """
    line = {option.name: config.getoption(option.ini_key) for option in OPTIONS}
    ini, typed = _ini_values(config), _overrides(config)
    return resolve(
        line,
        marker,
        os.environ,
        {option.name: _set(ini.get(option.ini_key)) for option in OPTIONS},
        ini_path=config.inipath,
        overrides={option.name: _set(typed.get(option.ini_key)) for option in OPTIONS},
    )


def is_set(config: Configuration, option: Option) -> bool:
    """Whether somebody has set an option, to whatever value, but for a marker."""
    return bool(
        config.getoption(option.ini_key)
        or os.environ.get(option.env_var)
        or _overrides(config).get(option.ini_key)
        or _ini_values(config).get(option.ini_key)
    )


def _set(value: object) -> object:
    """``None`` for what counts as not set: ``False`` and 0 are values."""
    return None if value in ("", []) else value


def _ini_values(config: Configuration) -> Mapping[str, object]:
    """What the ini file says, in the types that were written: pytest refuses some of them."""
    path, stash = config.inipath, getattr(config, "stash", pytest.Stash())
    if path is not None and _INI not in stash:
        values = values_in(path) or {}
        if path.suffix != ".toml":  # there pytest's own reading counts
            values = {one: config.getini(one) if one in _KEYS else values[one] for one in values}
        stash[_INI] = values
    found: Mapping[str, object] = stash.get(_INI, {})
    return found


def _overrides(config: Configuration) -> Mapping[str, str]:
    """What ``-o`` says in the place of the ini file."""
    pairs = (text.partition("=") for text in config.getoption("override_ini") or ())
    return {key.strip(): value for key, _, value in pairs}


def session_settings(config: Any) -> Settings:
    """The settings without any marker, as the header shows them.

    Raises:
        UsageProblem: A value, variable or ini key is wrong.
    """
    check_variables(os.environ)
    for where, keys in (
        (str(config.inipath), _ini_values(config)),
        ("the command line", _overrides(config)),
    ):
        for key in keys:
            check_key(key, where)
    settings = resolved(config, {})
    is_typed = settings.only_stale and settings.origin["only_stale"] == _ONLY_STALE
    if (
        is_typed
        and settings.mode is not Mode.RECORD
        and not getattr(config.option, "record_mode", None)
    ):
        raise UsageProblem(
            f"{_ONLY_STALE} is about recordings, and nothing is recorded",
            where=f"mode={settings.mode.value} ({settings.origin['mode']})",
            next=f"pytest --qchannel-mode=record {_ONLY_STALE} "
            f"--qchannel-record-from={settings.record_from or Source.EMULATOR}",
        )
    return with_world(config, settings)


def with_world(config: Configuration, settings: Settings) -> Settings:
    """The settings with the world file's full path, and its seed where no other one is set."""
    if settings.world is None:
        return settings
    from pytest_qchannel.lanes.worlds import seeded, world_of

    settings = settings._replace(world=file_of(config, settings, "world", settings.world))
    return seeded(settings, world_of(settings))


def header(settings: Settings) -> str:
    """One line: the settings that are always told or that somebody set, and where."""
    told = (option.name for option in OPTIONS if option.is_told or _is_set(settings, option.name))
    return "qchannel: " + ", ".join(
        f"{name}={_text_of(settings, name)} ({_origin_of(settings, name)})" for name in told
    )


def told(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Name, value and origin of the settings that somebody set."""
    for option in OPTIONS:
        if settings.origin[option.name] != "default":
            yield option.name, _text_of(settings, option.name), settings.origin[option.name]


def file_of(config: Configuration, settings: Settings, name: str, path: str | Path) -> Path:
    """The full path of a file that a setting names.

    Args:
        config: The run's.
        settings: The run's.
        name: The setting.
        path: What it says: from rootdir on in an ini file, else from the working directory on.
    """
    is_ini = settings.origin[name].startswith(("qchannel_", "-o "))
    return (config.rootpath if is_ini else config.invocation_params.dir) / path


def _is_set(settings: Settings, name: str) -> bool:
    is_empty = getattr(settings, name) in ((), None)
    # Everywhere mode has a line of its own.
    return settings.origin[name] != "default" and not is_empty and name != "everywhere"


def _text_of(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    if name == "world":
        return shown(value)
    return (",".join(value) or "auto") if isinstance(value, tuple) else str(value)


def _origin_of(settings: Settings, name: str) -> str:
    origin = settings.origin[name]
    return origin if origin == "default" else f"from {origin}"
