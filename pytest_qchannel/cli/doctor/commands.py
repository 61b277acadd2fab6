"""Commands that mend a project: each works as it is pasted into a shell in the project's folder."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pytest_qchannel.cli.doctor.findings import unset
from pytest_qchannel.cli.machine import Machine
from pytest_qchannel.cli.project_settings import Word
from pytest_qchannel.options import OPTIONS
from pytest_qchannel.reading import read_small

__all__ = [
    "activated",
    "edited",
    "moved",
    "opened",
    "plugin_line",
    "renamed_key",
    "section_of",
    "with_keys",
    "with_value",
    "without_key",
    "without_text",
    "without_word",
    "written",
]


_SECTIONS: Final = ("[pytest]", "[tool:pytest]", "[tool.pytest]", "[tool.pytest.ini_options]")


def edited(machine: Machine, path: Path, line: int, old: str, new: str) -> str:
    """Replaces a text in a line of a file; the file before that stays as .bak."""
    return _sed(f"{line}s/{_literal(old)}/{_replacement(new)}/", machine.shown(path))


def _without_line(machine: Machine, path: Path, line: int) -> str:
    """Takes a line out of a file, named by what it says: one before it may be gone by then."""
    text = _lines(path)[line - 1].rstrip()
    return _sed(f"/^{_literal(text)}[[:space:]]*$/d", machine.shown(path))


def _literal(text: str) -> str:
    return re.sub(r"([][\\.*^$/])", r"\\\1", text)


def _replacement(text: str) -> str:
    return re.sub(r"([\\&/])", r"\\\1", text)


def _sed(script: str, path: Path) -> str:
    # With the suffix right behind it, -i means the same to GNU's sed and to BSD's.
    return f"sed -i.bak {shlex.quote(script)} {shlex.quote(str(path))}"


def _lines(path: Path) -> list[str]:
    try:
        return read_small(path).decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def activated(prefix: Path) -> str:
    """Makes a virtual environment the active one."""
    return f". {shlex.quote(str(prefix / 'bin' / 'activate'))}"


def opened(machine: Machine, path: Path) -> str:
    """Opens a file in the person's editor: only a person can say what is meant in it."""
    return f"${{EDITOR:-vi}} {shlex.quote(str(machine.shown(path)))}"


def moved(path: Path, to: Path) -> str:
    """Gives a file another name."""
    return shlex.join(["mv", str(path), str(to)])


def plugin_line(path: Path, module: str) -> int:
    """The line of a conftest that loads a plugin by ``pytest_plugins``; 0 where none does."""
    text = "\n".join(_lines(path))
    whole = re.search(r"^pytest_plugins\s*=\s*(\[[^]]*\]|\([^)]*\)|.*)", text, re.MULTILINE)
    if whole is None or (at := whole[0].find(module)) < 0:
        return 0
    return text.count("\n", 0, whole.start() + at) + 1


def without_text(machine: Machine, path: Path, line: int, name: str) -> str:
    """Takes a quoted name and its comma out of a line, or the line where nothing else is in it."""
    text = _lines(path)[line - 1]
    quoted = re.search(rf"(['\"]){re.escape(name)}\1(,\s*)?", text)
    if quoted is None:
        return _without_line(machine, path, line)
    alone = rf"(pytest_plugins\s*=)?\s*[\[(]?\s*{re.escape(quoted[0])}\s*[\])]?\s*"
    if re.fullmatch(alone, text):
        return _without_line(machine, path, line)
    return edited(machine, path, line, quoted[0], "")


def without_word(machine: Machine, word: Word, meant: str = "") -> str:
    """Takes a word out of the options of every run, or has one that is meant in its place."""
    option = word.text.partition("=")[0]
    if word.source:
        new = f"{meant}{word.text.removeprefix(option)}" if meant else ""
        texts = [new if one.text == word.text else one.text for one in machine.words if one.source]
        others = [one for one in texts if one]
        if any(_is_secret(one) for one in others):
            name, old = word.source, shlex.quote(word.text)
            return (
                unset(name) if _is_secret(word.text) else f"export {name}=${{{name}/{old}/{new}}}"
            )
        parts = (part for one in others for part in (one.split() if one[:3] == "-p " else [one]))
        rest = shlex.join(parts)
        return f"export {word.source}={shlex.quote(rest)}" if rest else f"unset {word.source}"
    path = machine.ini[0] or machine.here
    if meant:
        found = (number for number, line in enumerate(_lines(path), 1) if option in line)
        return edited(machine, path, next(found, 1), option, meant)
    option, _, value = word.text.partition(" " if word.text.startswith("-p ") else "=")
    option, value = re.escape(option), re.escape(value)
    between = rf"(?:\1,\s*\1|=|\s*){value}" if value else ""
    spelt = re.compile(rf"(['\"]?){option}{between}\1,?\s?")
    for number, line in enumerate(_lines(path), 1):
        if written := spelt.search(line):
            return edited(machine, path, number, written[0], "")
    return f"grep -n addopts {shlex.quote(str(machine.shown(path)))}"


def _is_secret(word: str) -> bool:
    """Whether an option may hold a credential, or have one behind it, which no command shows."""
    option = word.partition("=")[0]
    is_ours = option in {one.flag for one in OPTIONS}
    may_be = re.search("token|key|secret|pass", option, re.IGNORECASE) is not None
    return may_be and option.startswith("-") and not is_ours


def _key_line(machine: Machine, key: str) -> tuple[Path, int, str] | None:
    """Where the ini file has a key: the file, the line's number, the line."""
    path = machine.ini[0]
    is_it = re.compile(rf"\s*\"?{re.escape(key)}\"?\s*[=:]")
    for number, line in enumerate(_lines(path), 1) if path else ():
        if path and is_it.match(line):
            return path, number, line
    return None


def renamed_key(machine: Machine, key: str, name: str) -> str:
    """Corrects the name of a key of the ini file."""
    found = _key_line(machine, key)
    return edited(machine, found[0], found[1], key, name) if found else ""


def without_key(machine: Machine, key: str) -> str:
    """Takes a key out of the ini file; one of several lines by hand."""
    found = _key_line(machine, key)
    if found is None:
        return ""
    path, number, _ = found
    has_more = any(line[:1].isspace() for line in _lines(path)[number : number + 1])
    return opened(machine, path) if has_more else _without_line(machine, path, number)


def with_keys(machine: Machine, said: Mapping[str, str]) -> str:
    """Puts keys into the section of the ini file that is pytest's; empty without such a file."""
    path = machine.ini[0]
    if path is None or not (section := section_of(path)):
        return ""
    lines = (_replacement(f"{key} = {written(path, value)}") for key, value in said.items())
    added = r"\n".join([_replacement(section), *lines])
    return _sed(f"s/^{_literal(section)}$/{added}/", machine.shown(path))


def with_value(machine: Machine, key: str, value: str) -> str:
    """Gives a key of the ini file another value."""
    found = _key_line(machine, key)
    if found is None:
        return ""
    path, number, line = found
    said = re.sub(r"^[^=:]*[=:]\s*", "", line).rstrip()
    if not said:  # it stands in the lines below
        return f"grep -n {key} {shlex.quote(str(machine.shown(path)))}"
    return edited(machine, path, number, said, written(path, value))


def section_of(path: Path) -> str:
    """The line of an ini file below which pytest's keys stand; empty where it has none."""
    return next((one for one in _lines(path) if one in _SECTIONS), "")


def written(path: Path, value: str) -> str:
    """A value as it stands in an ini file: of TOML in quotes."""
    return f'"{value}"' if path.suffix == ".toml" else value
