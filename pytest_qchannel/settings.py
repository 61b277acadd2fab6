"""The values of the settings that :mod:`.options` declares, and where each was decided.

The ladder is the same for all of them, in :func:`resolve`:
command line > marker > environment > ini file > default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.modes import Door, Mode, Source
from pytest_qchannel.options import (
    CHANNELS,
    ENV_PREFIX,
    OPTION_BY_NAME,
    OPTIONS,
    SCOPES,
    Option,
    closest_of,
    is_meant,
    options_in,
)
from pytest_qchannel.setting_values import PARSERS, BadValue, as_text

__all__ = [
    "CHANNELS",
    "CREDENTIAL_PARTS",
    "OPTIONS",
    "OPTION_BY_NAME",
    "RUN_ID",
    "SCOPES",
    "Door",
    "Mode",
    "Option",
    "Settings",
    "Source",
    "check_arguments",
    "check_key",
    "check_variables",
    "credential_variable",
    "resolve",
]

CREDENTIAL_PARTS: Final = ("TOKEN", "INSTANCE")
RUN_ID: Final = f"{ENV_PREFIX}RUN_ID"
"""The variable that names a live run, as CI knows it."""

_KEYS: Final = tuple(option.ini_key for option in OPTIONS)


class Settings(NamedTuple):
    """All settings, resolved; ``origin`` tells of each where it was decided."""

    mode: Mode
    channel: tuple[str, ...]
    instance: str
    saved_accounts: tuple[str, ...]
    seed: int
    allowed_hosts: tuple[str, ...]
    everywhere: bool
    scope: str
    world: Path | None
    door: Door
    unknown_routes: str
    record_from: Source | None
    cassettes: Path
    only_stale: bool
    keep: tuple[str, ...]
    max_age: float | None
    secrets: Path | None
    budget: float | Literal["dry"]
    budget_28d: float | None
    live_backends: tuple[str, ...]
    live_instances: tuple[str, ...]
    live_jobs: int
    queue_timeout: float
    sweep_timeout: float
    require_live: bool
    live_strict: bool
    strict_cassettes: bool
    report: tuple[str, ...]
    summary: Path | None
    origin: Mapping[str, str]

    @property
    def is_live(self) -> bool:
        """Whether a run asks the real services: it is live, or recorded from there."""
        is_recorded = self.mode is Mode.RECORD and self.record_from is Source.LIVE
        return self.mode is Mode.LIVE or is_recorded


def resolve(
    command_line: Mapping[str, str | None],
    marker: Mapping[str, str | None],
    environ: Mapping[str, str],
    ini: Mapping[str, object],
    *,
    marked_by: str = "the qchannel marker",
    ini_path: Path | None = None,
    overrides: Mapping[str, object] = MappingProxyType({}),
) -> Settings:
    """The settings by the ladder; each source maps option names to texts, ``None`` for unset.

    Args:
        command_line: What the options say.
        marker: What the test's marker says.
        environ: The environment.
        ini: What the ini file says: in TOML a list, a boolean or a number is as good as a text.
        marked_by: What errors call the marker, or what stands in its place.
        ini_path: The ini file.
        overrides: What ``-o`` says in its place.

    Raises:
        UsageProblem: A value is not valid; names its source and the nearest valid word.
    """
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    file = f" in {ini_path.name if ini_path else 'the ini file'}"
    for option in OPTIONS:
        rungs = (
            (option.flag, command_line.get(option.name)),
            (marked_by, marker.get(option.name)),
            (option.env_var, environ.get(option.env_var) or None),
            (f"-o {option.ini_key}", overrides.get(option.name)),
            (f"{option.ini_key}{file}", ini.get(option.name)),
            ("default", option.default),
        )
        source, said = next((source, said) for source, said in rungs if said is not None)
        try:
            values[option.name] = PARSERS[option.metavar](as_text(said, option))
        except BadValue as problem:
            raise UsageProblem(
                f"{source}: {problem}",
                where=str(ini_path) if ini_path and source.endswith(file) else None,
                closest=problem.closest,
                next=f"set it to {problem.valid}",
            ) from None
        origin[option.name] = source
    return Settings(**values, origin=MappingProxyType(origin))


def credential_variable(channel: str, part: str) -> str:
    """The variable of a channel's credential, or of its instance: the :data:`CREDENTIAL_PARTS`."""
    return f"{ENV_PREFIX}{channel.upper()}_{part}"


def check_variables(environ: Mapping[str, str]) -> None:
    """Refuses a ``QCHANNEL_...`` variable that means nothing: most likely a typo.

    Raises:
        UsageProblem: Names the variable and the nearest one that exists.
    """
    known = {RUN_ID, *(option.env_var for option in OPTIONS)} | {
        credential_variable(channel, part) for channel in CHANNELS for part in CREDENTIAL_PARTS
    }
    rests = {name.removeprefix(ENV_PREFIX).lower() for name in known}
    for name in environ:
        is_ours = name.startswith(ENV_PREFIX) or (name.isupper() and is_meant(name, rests))
        if name not in known and is_ours:
            raise UsageProblem(
                f"the environment variable {name} means nothing to qchannel",
                closest=closest_of(name, known),
                next=f"unset {name}, or use one of {', '.join(sorted(known))}",
            )


def check_key(key: str, where: str) -> None:
    """Refuses a key that is meant to be one of ours and is none.

    Raises:
        UsageProblem: Names the nearest one.
    """
    written = key.lower().replace("-", "_")
    is_ours = written.startswith("qchannel") or is_meant(written, OPTION_BY_NAME)
    if key not in _KEYS and is_ours:
        _refuse_credential(written, key, where)
        raise UsageProblem(
            f"unknown ini key {key}",
            where=where,
            closest=closest_of(written, _KEYS),
            next=f"use one of {', '.join(_KEYS)}",
        )


def _refuse_credential(written: str, shown: str, where: str | None = None) -> None:
    """Refuses what looks like a place for a credential: an ini file and a command line are none.

    Raises:
        UsageProblem: Names the variable, and never the value.
    """
    if written.endswith(("token", "api_key", "apikey", "secret")):
        channel = next((one for one in CHANNELS if one in written), CHANNELS[0])
        raise UsageProblem(
            f"{shown}: a credential stands in an environment variable, and nowhere else",
            where=where,
            next=f"set the variable {credential_variable(channel, 'TOKEN')}, or name a dotenv "
            "file: --qchannel-secrets=FILE",
        )


def check_arguments(args: Iterable[str]) -> None:
    """Refuses a mistyped ``--qchannel-...`` option with the nearest that exists.

    Raises:
        UsageProblem: An option of ours that there is not.
    """
    flags = [option.flag for option in OPTIONS]
    for arg in options_in(args):
        flag = arg.partition("=")[0]
        is_ours = flag.startswith("--qchannel") or is_meant(flag[2:], OPTION_BY_NAME)
        if flag not in flags and is_ours:
            _refuse_credential(flag[2:].replace("-", "_"), flag)
            raise UsageProblem(
                f"unknown option {flag}",
                closest=closest_of(flag, flags),
                next=f"use one of {', '.join(flags)}",
            )
