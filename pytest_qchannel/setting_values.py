"""What the text of a setting means: a function for each kind of value of :mod:`.options`."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pytest_qchannel.errors import nearest
from pytest_qchannel.hosts import is_ibm_host
from pytest_qchannel.modes import Door, Mode, Source
from pytest_qchannel.options import (
    CHANNELS,
    REPORTS,
    SCOPES,
    UNKNOWN_ROUTES,
    Option,
)

__all__ = ["PARSERS", "BadValue", "as_text"]

_ON: Final = ("1", "true", "yes", "on")
_OFF: Final = ("0", "false", "no", "off", "")

_NAME: Final = re.compile(r"[\w .+-]+(/[\w .+-]+/[\w .+-]+)?")


_MOST_DIGITS: Final = 100
_LONGEST_NAME: Final = 255
_LONGEST_PATH: Final = 4_000
"""What file systems take, in bytes: Python's ``is_file`` raises an error for a longer one."""


class BadValue(ValueError):
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
        raise BadValue(said, close, offered)
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
        raise BadValue(f"{_brief(text)} is no {what}", None, valid)
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


def _whole(text: str) -> int | None:
    """A whole number of a length that Python reads."""
    return int(text) if text.strip().isdecimal() and len(text) <= _MOST_DIGITS else None


def _brief(text: str) -> str:
    return repr(text if len(text) <= _MOST_DIGITS else f"{text[:_MOST_DIGITS]}...")


def _count(text: str) -> int:
    if not (count := _whole(text)):
        raise BadValue(f"{_brief(text)} is no count", None, "a whole number, 1 or more")
    return count


def _devices(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if not re.fullmatch(r"[\w.-]+", name):
            raise BadValue(f"{name!r} is no name of a device", None, "names as ibm_fez")
    return names


def _instances(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _folder(text: str) -> Path:
    rest = text.replace("{client}", "").replace("{channel}", "")
    if found := re.search(r"\{[^}]*\}?|\}", rest):
        close = nearest(found[0].strip("{}"), ("client", "channel"))
        said = f"{found[0]!r} in {text!r} stands for nothing"
        raise BadValue(said, f"{{{close}}}" if close else None, "a folder, as cassettes/{client}")
    return _as_path(text)


def _as_path(text: str) -> Path:
    path = Path(text)
    longest = max((len(os.fsencode(part)) for part in path.parts), default=0)
    if longest > _LONGEST_NAME or len(os.fsencode(text)) > _LONGEST_PATH or "\0" in text:
        raise BadValue(f"{_brief(text)} is no path", None, "a shorter one, of a file or folder")
    return path


def _channels(text: str) -> tuple[str, ...]:
    if text == "auto":
        return ()
    names = [name.strip() for name in text.split(",")]
    return tuple(dict.fromkeys(_word(name, CHANNELS, "channel") for name in names))


def _listed(text: str, valid: str) -> list[str]:
    """What stands between commas; commas alone are no list of nothing, but a mistake."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if text.strip() and not words:
        raise BadValue(f"{text!r} names nothing", None, valid)
    return words


def _words(text: str) -> tuple[str, ...]:
    valid = "names as premium-instance, or hub/group/project; no CRNs"
    words = _listed(text, valid)
    for word in words:
        if not _NAME.fullmatch(word):
            raise BadValue(f"{word!r} is no name of an instance", None, valid)
    return tuple(words)


def _seed(text: str) -> int:
    if (seed := _whole(text)) is None:
        raise BadValue(f"{_brief(text)} is no seed", None, "a whole number, 0 or more")
    return seed


def _hosts(text: str) -> tuple[str, ...]:
    valid = "names as db.example.org, no URLs"
    hosts = tuple(name.lower().rstrip(".") for name in _listed(text, valid))
    for host in hosts:
        if not host or not all(letter.isalnum() or letter in "-._" for letter in host):
            raise BadValue(f"{host!r} is no host name", None, valid)
        if is_ibm_host(host):
            raise BadValue(f"{host!r} is IBM's: this lane never reaches it", None, "other hosts")
    return hosts


def _switch(text: str) -> bool:
    word = text.strip().lower()
    if word not in _ON and word not in _OFF:
        raise BadValue(f"{text!r} is neither yes nor no", None, "1 or 0")
    return word in _ON


def _path(text: str) -> Path | None:
    return _as_path(text) if text.strip() else None


def _reports(text: str) -> tuple[str, ...]:
    files = tuple(word.strip() for word in text.split(",") if word.strip())
    for file in files:
        if not file.endswith(REPORTS):
            said = f"{file!r} is no name of a report"
            raise BadValue(said, None, f"a file whose name ends in {' or '.join(REPORTS)}")
        _as_path(file)
    return files


PARSERS: Final[Mapping[str, Callable[[str], Any]]] = {
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
    "SECONDS": _seconds,
    "TIMEOUT": _timeout,
    "BUDGET": _budget,
    "COUNT": _count,
    "DEVICES": _devices,
    "INSTANCES": _instances,
    "SAVED": _instances,
}
"""By the kind of value; each gives the value of a text or says what is wrong with it."""


_LISTS: Final = ("NAMES", "HOSTS", "WORDS", "DEVICES", "INSTANCES", "SAVED", "REPORTS")
"""The kinds of values that are comma lists."""


def as_text(said: object, option: Option) -> str:
    """A value as the command line has it: people write lists, booleans and numbers in TOML."""
    if isinstance(said, str) and option.metavar in _LISTS and "\n" in said:
        lines = (line.strip().rstrip(",") for line in said.splitlines())  # a list in an ini file
        return ",".join(line for line in lines if line)
    if isinstance(said, bool):
        return str(said).lower()
    if isinstance(said, list):
        if option.metavar in _LISTS:
            return ",".join(as_text(one, option) for one in said)
        example = as_text(said[0], option) if said else option.default
        raise BadValue(f"{said} is a list", None, f"one value, as {example!r}")
    return str(said)
