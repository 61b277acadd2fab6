"""The values of the settings that :mod:`.options` declares, and where each was decided.

The ladder is the same for all of them, in :func:`resolve`:
command line > marker > environment > ini file > default.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.hosts import is_ibm_host
from pytest_qchannel.options import (
    CHANNELS,
    ENV_PREFIX,
    OFFERED_SOURCES,
    OPTIONS,
    PLANNED,
    REPORTS,
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
    "SCOPES",
    "Door",
    "Mode",
    "Option",
    "Settings",
    "Source",
    "check_variables",
    "resolve",
]

_ON: Final = ("1", "true", "yes", "on")
_OFF: Final = ("0", "false", "no", "off", "")

_NAME: Final = re.compile(r"[\w .+-]+(/[\w .+-]+/[\w .+-]+)?")


class _BadValue(ValueError):
    """What is wrong with a value, what comes closest, and what would do."""

    def __init__(self, said: str, closest: str | None, valid: str) -> None:
        super().__init__(said)
        self.closest = closest
        self.valid = valid


def _word(text: str, valid: tuple[str, ...], what: str, planned: str = "") -> str:
    if text not in valid:
        close = nearest(text, valid)
        said = f"{text!r} is no {what}"
        if planned and text == planned:
            said = f"the {what} {text!r} is planned and does not exist yet"
        offered = f"one of {', '.join(valid)}" if len(valid) > 1 else valid[0]
        raise _BadValue(said, close, offered)
    return text


def _mode(text: str) -> Mode:
    return Mode(_word(text, tuple(Mode), "mode", PLANNED))


def _door(text: str) -> Door:
    return Door(_word(text, tuple(Door), "door"))


def _scope(text: str) -> str:
    return _word(text, SCOPES, "scope")


def _unknown(text: str) -> str:
    return _word(text, UNKNOWN_ROUTES, "answer to unknown routes")


def _source(text: str) -> Source | None:
    if not text:
        return None
    return Source(_word(text, OFFERED_SOURCES, "source of recordings", PLANNED))


def _days(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        days = float(text)
    except ValueError:
        days = math.nan
    if not 0 < days < math.inf:
        raise _BadValue(f"{text!r} is no number of days", None, "days above 0, as 90")
    return days


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


def _words(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    for word in words:
        if not _NAME.fullmatch(word):
            said = f"{word!r} is no name of an instance"
            raise _BadValue(said, None, "names as premium-instance, or hub/group/project; no CRNs")
    return words


def _seed(text: str) -> int:
    if not text.strip().isdecimal():
        raise _BadValue(f"{text!r} is no seed", None, "a whole number, 0 or more")
    return int(text)


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(name.strip().lower().rstrip(".") for name in text.split(",") if name.strip())
    for host in hosts:
        if not all(letter.isalnum() or letter in "-._" for letter in host):
            raise _BadValue(f"{host!r} is no host name", None, "names as db.example.org, no URLs")
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


def _reports(text: str) -> tuple[str, ...]:
    files = tuple(word.strip() for word in text.split(",") if word.strip())
    for file in files:
        if not file.endswith(REPORTS):
            said = f"{file!r} is no name of a report"
            raise _BadValue(said, None, f"a file whose name ends in {' or '.join(REPORTS)}")
    return files


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
    "REPORTS": _reports,
}
"""By the kind of value; each gives the value of a text or says what is wrong with it."""


_LISTS: Final = ("NAMES", "HOSTS", "WORDS", "REPORTS")
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
    strict_cassettes: bool
    report: tuple[str, ...]
    summary: Path | None
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
    known = {option.env_var for option in OPTIONS} | {
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
