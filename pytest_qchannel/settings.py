"""The values of the settings that :mod:`.options` declares, and where each was decided.

The ladder is the same for all of them, in :func:`resolve`:
command line > marker > environment > ini file > default.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.hosts import is_ibm_host
from pytest_qchannel.options import (
    CHANNELS,
    ENV_PREFIX,
    OPTIONS,
    SCOPES,
    UNKNOWN_ROUTES,
    Door,
    Mode,
    Option,
    Source,
)

__all__ = [
    "CHANNELS",
    "ENV_PREFIX",
    "OPTIONS",
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
    "resolve",
]

RUN_ID: Final = f"{ENV_PREFIX}RUN_ID"
"""The variable that names a live run, as CI knows it."""

_KEYS: Final = tuple(option.ini_key for option in OPTIONS)
_ON: Final = ("1", "true", "yes", "on")
_OFF: Final = ("0", "false", "no", "off", "")

_NAME: Final = re.compile(r"[\w .+-]+(/[\w .+-]+/[\w .+-]+)?")


class _BadValue(ValueError):
    """What is wrong with a value, what comes closest, and what would do."""

    def __init__(self, said: str, closest: str | None, valid: str) -> None:
        super().__init__(said)
        self.closest = closest
        self.valid = valid


def _word(text: str, valid: tuple[str, ...], what: str) -> str:
    if text not in valid:
        close = nearest(text, valid)
        said = f"{text!r} is no {what}"
        offered = f"one of {', '.join(valid)}" if len(valid) > 1 else valid[0]
        raise _BadValue(said, close, offered)
    return text


def _mode(text: str) -> Mode:
    return Mode(_word(text, tuple(Mode), "mode"))


def _door(text: str) -> Door:
    return Door(_word(text, tuple(Door), "door"))


def _scope(text: str) -> str:
    return _word(text, SCOPES, "scope")


def _unknown(text: str) -> str:
    return _word(text, UNKNOWN_ROUTES, "answer to unknown routes")


def _source(text: str) -> Source | None:
    if not text:
        return None
    return Source(_word(text, tuple(Source), "source of recordings"))


def _number(text: str, what: str, valid: str) -> float:
    """A number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise _BadValue(f"{text!r} is no {what}", None, valid)
    return number


def _days(text: str) -> float | None:
    return _number(text, "number of days", "days above 0, as 90") if text.strip() else None


def _timeout(text: str) -> float:
    return _number(text, "number of seconds", "seconds above 0, as 60")


def _seconds(text: str) -> float | None:
    return _timeout(text) if text.strip() else None


def _budget(text: str) -> float | Literal["dry"]:
    if text.strip() == "dry":
        return "dry"
    if re.fullmatch(r"0*(\.0*)?", text.strip()) and text.strip(". "):
        return 0.0
    return _number(text, "budget", "0, dry, or QPU seconds, as 60")


def _count(text: str) -> int:
    if not text.strip().isdecimal() or not int(text):
        raise _BadValue(f"{text!r} is no count", None, "a whole number, 1 or more")
    return int(text)


def _devices(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if not re.fullmatch(r"[\w.-]+", name):
            raise _BadValue(f"{name!r} is no name of a device", None, "names as ibm_fez")
    return names


def _instances(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _folder(text: str) -> Path:
    rest = text.replace("{client}", "").replace("{channel}", "")
    if found := re.search(r"\{[^}]*\}?|\}", rest):
        close = nearest(found[0].strip("{}"), ("client", "channel"))
        said = f"{found[0]!r} in {text!r} stands for nothing"
        raise _BadValue(said, f"{{{close}}}" if close else None, "a folder, as cassettes/{client}")
    return Path(text)


def _channels(text: str) -> tuple[str, ...]:
    if text == "auto":
        return ()
    names = [name.strip() for name in text.split(",")]
    return tuple(dict.fromkeys(_word(name, CHANNELS, "channel") for name in names))


def _listed(text: str, valid: str) -> list[str]:
    """What stands between commas; commas alone are no list of nothing, but a mistake."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if text.strip() and not words:
        raise _BadValue(f"{text!r} names nothing", None, valid)
    return words


def _words(text: str) -> tuple[str, ...]:
    valid = "names as premium-instance, or hub/group/project; no CRNs"
    words = _listed(text, valid)
    for word in words:
        if not _NAME.fullmatch(word):
            raise _BadValue(f"{word!r} is no name of an instance", None, valid)
    return tuple(words)


def _seed(text: str) -> int:
    if not text.strip().isdecimal():
        raise _BadValue(f"{text!r} is no seed", None, "a whole number, 0 or more")
    return int(text)


def _hosts(text: str) -> tuple[str, ...]:
    valid = "names as db.example.org, no URLs"
    hosts = tuple(name.lower().rstrip(".") for name in _listed(text, valid))
    for host in hosts:
        if not host or not all(letter.isalnum() or letter in "-._" for letter in host):
            raise _BadValue(f"{host!r} is no host name", None, valid)
        if is_ibm_host(host):
            raise _BadValue(f"{host!r} is IBM's: this lane never reaches it", None, "other hosts")
    return hosts


def _switch(text: str) -> bool:
    word = text.strip().lower()
    if word not in _ON and word not in _OFF:
        raise _BadValue(f"{text!r} is neither yes nor no", None, "1 or 0")
    return word in _ON


def _path(text: str) -> Path | None:
    return Path(text) if text.strip() else None


_PARSERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "MODE": _mode,
    "NAMES": _channels,
    "N": _seed,
    "HOSTS": _hosts,
    "": _switch,
    "FILE": _path,
    "DOOR": _door,
    "SCOPE": _scope,
    "ANSWER": _unknown,
    "WORDS": _words,
    "SOURCE": _source,
    "TEXT": str.strip,
    "DIR": _folder,
    "DAYS": _days,
    "SECONDS": _seconds,
    "TIMEOUT": _timeout,
    "BUDGET": _budget,
    "COUNT": _count,
    "DEVICES": _devices,
    "INSTANCES": _instances,
}
"""By the kind of value; each gives the value of a text or says what is wrong with it."""


_LISTS: Final = ("NAMES", "HOSTS", "WORDS", "DEVICES", "INSTANCES")
"""The kinds of values that are comma lists."""


def _as_text(said: object, option: Option) -> str:
    """A value as the command line has it: people write lists, booleans and numbers in TOML."""
    if isinstance(said, str) and option.metavar in _LISTS and "\n" in said:
        lines = (line.strip().rstrip(",") for line in said.splitlines())  # a list in an ini file
        return ",".join(line for line in lines if line)
    if isinstance(said, bool):
        return str(said).lower()
    if isinstance(said, list):
        if option.metavar in _LISTS:
            return ",".join(_as_text(one, option) for one in said)
        example = _as_text(said[0], option) if said else option.default
        raise _BadValue(f"{said} is a list", None, f"one value, as {example!r}")
    return str(said)


class Settings(NamedTuple):
    """All settings, resolved; ``origin`` tells of each where it was decided."""

    mode: Mode
    channel: tuple[str, ...]
    instance: str
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
    origin: Mapping[str, str]


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
            values[option.name] = _PARSERS[option.metavar](_as_text(said, option))
        except _BadValue as problem:
            raise UsageProblem(
                f"{source}: {problem}",
                where=str(ini_path) if ini_path and source.endswith(file) else None,
                closest=problem.closest,
                next=f"set it to {problem.valid}",
            ) from None
        origin[option.name] = source
    return Settings(**values, origin=MappingProxyType(origin))


def check_variables(environ: Mapping[str, str]) -> None:
    """Refuses a ``QCHANNEL_...`` variable that means nothing: most likely a typo.

    Raises:
        UsageProblem: Names the variable and the nearest one that exists.
    """
    known = {RUN_ID, *(option.env_var for option in OPTIONS)} | {
        f"{ENV_PREFIX}{channel.upper()}_{part}"
        for channel in CHANNELS
        for part in ("TOKEN", "INSTANCE")
    }
    for name in environ:
        is_near = name.startswith("QCH") and nearest(name, known, likeness=0.8)
        if name not in known and (is_near or name.startswith(ENV_PREFIX)):
            raise UsageProblem(
                f"the environment variable {name} means nothing to qchannel",
                closest=nearest(name, known),
                next=f"unset {name}, or use one of {', '.join(sorted(known))}",
            )


def check_key(key: str, where: str) -> None:
    """Refuses a key that is meant to be one of ours and is none.

    Raises:
        UsageProblem: Names the nearest one.
    """
    written = key.lower().replace("-", "_")
    is_near = written.startswith("qch") and nearest(written, _KEYS, likeness=0.8)
    if key not in _KEYS and (is_near or written.startswith("qchannel")):
        raise UsageProblem(
            f"unknown ini key {key}",
            where=where,
            closest=nearest(written, _KEYS),
            next=f"use one of {', '.join(_KEYS)}",
        )


def check_arguments(args: Iterable[str]) -> None:
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
