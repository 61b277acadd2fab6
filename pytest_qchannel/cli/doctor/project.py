"""What the project says of us: settings, keys of the ini file, markers."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pytest_qchannel import ini_file
from pytest_qchannel.cli.at_import import logins
from pytest_qchannel.cli.doctor import commands
from pytest_qchannel.cli.doctor.findings import Check, Finding, fail, seen_of, unset, warn
from pytest_qchannel.cli.machine import Machine, tree_of
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.ibm.releases import version_of
from pytest_qchannel.lanes.worlds import world_of
from pytest_qchannel.markers import HELP, QCHANNEL, is_mistyped, means_channel, usage_of
from pytest_qchannel.modes import Mode
from pytest_qchannel.options import CHANNELS, OPTIONS, Option
from pytest_qchannel.reading import read_small
from pytest_qchannel.settings import OPTION_BY_NAME, check_arguments, check_key, resolve

__all__ = ["CHECKS"]


def _settings(machine: Machine) -> Iterator[Finding]:
    path, values = machine.ini
    for key in values:
        try:
            check_key(key, "")
        except UsageProblem as problem:
            close = problem.closest
            mend = commands.renamed_key(machine, key, close) if close else ""
            yield fail(
                seen_of(problem, f" in {_shown(machine, path)}"),
                mend or commands.without_key(machine, key),
            )
    for word in machine.words:
        try:
            check_arguments([word.text])
        except UsageProblem as problem:
            where = word.source or f"addopts of {_shown(machine, path)}"
            mend = commands.without_word(machine, word, problem.closest or "")
            yield fail(seen_of(problem, f" in {where}"), mend)
    for option in OPTIONS:
        yield from _value(machine, option)
    yield from _world(machine)
    if machine.set_to("mode") is Mode.RECORD and machine.set_to("record_from") is None:
        yield fail(
            "the mode is record, and nothing says what is recorded",
            "export QCHANNEL_RECORD_FROM=emulator",
        )
    for channel in machine.set_to("channel") or ():  # type: ignore[attr-defined]
        if machine.lacks(channel):
            yield warn(
                f"tests are to run on {channel}, which the installed client does not know: they "
                "are skipped",
                _other_value(machine, OPTION_BY_NAME["channel"], "auto"),
            )


def _value(machine: Machine, option: Option) -> Iterator[Finding]:
    word = next(
        (one for one in reversed(machine.words) if one.text.startswith(f"{option.flag}=")), None
    )
    in_file = machine.ini[1].get(option.ini_key)
    for line, environ, ini in (
        ({option.name: machine.option(option.flag)}, {}, {}),
        ({}, {option.env_var: machine.environ.get(option.env_var, "")}, {}),
        ({}, {}, {option.name: in_file or None}),
    ):
        try:
            resolve(line, {}, environ, ini, ini_path=machine.ini[0])
        except UsageProblem as problem:
            value = problem.closest or option.default
            if line and word:
                mend = commands.without_word(machine, word)
            elif environ:
                mend = f"export {option.env_var}={value}" if value else unset(option.env_var)
            else:
                mend = commands.with_value(machine, option.ini_key, value)
            yield fail(problem.headline, mend)


def _other_value(machine: Machine, option: Option, value: str) -> str:
    """The command that sets something else, where it is set."""
    if machine.environ.get(option.env_var):
        return unset(option.env_var)
    return commands.with_value(machine, option.ini_key, value) or (
        f"export {option.env_var}={value}"
    )


def _world(machine: Machine) -> Iterator[Finding]:
    option = OPTION_BY_NAME["world"]
    said = machine.set_to("world")
    if not isinstance(said, Path):
        return
    in_variable = machine.environ.get(option.env_var)
    path = (machine.here if in_variable else machine.base) / said
    if not os.access(path, os.F_OK) or not path.is_file():
        found = [str(one.relative_to(machine.base)) for one in machine.base.glob("**/*.toml")]
        close = nearest(str(said), found, likeness=0.7)
        mend = (
            unset(option.env_var) if in_variable else commands.without_key(machine, option.ini_key)
        )
        if close and not in_variable:
            mend = commands.with_value(machine, option.ini_key, close)
        yield fail(f"there is no file {said} of a world", mend)
        return
    try:
        world_of(resolve({"world": str(path)}, {}, {}, {}))
    except UsageProblem as problem:
        mend = _other_value(machine, option, "")
        if not in_variable:
            mend = commands.without_key(machine, option.ini_key)
        yield fail(f"{said}: {problem.headline}", mend)


_READS_ALL_SINCE: Final = (9,)
"""Since then pytest names the files of a folder that it leaves out, and reads them for that."""


def _ini_files(machine: Machine) -> Iterator[Finding]:
    """Keys of ours in a file that pytest does not read, because there is another one."""
    path, read = machine.ini
    if path is None:
        return
    is_found = path.name in ini_file.NAMES
    reads_all = version_of(machine.installed.versions.get("pytest", "")) >= _READS_ALL_SINCE
    for one in map(path.with_name, ini_file.NAMES if is_found and reads_all else [path.name]):
        if one.is_file() and (problem := ini_file.problem_in(one)):
            yield fail(
                f"{_shown(machine, one)} cannot be read, and pytest ends with an error: {problem}",
                commands.opened(machine, one),
            )
    for name in ini_file.NAMES:
        other = path.with_name(name)
        values = ini_file.values_in(other) if other != path and other.is_file() else None
        lost = [key for key in values or {} if key.startswith("qchannel_") and key not in read]
        if lost and values is not None and path.suffix != ".toml":
            yield fail(
                f"{', '.join(lost)} in {_shown(machine, other)} is not read: pytest reads "
                f"{_shown(machine, path)}",
                commands.with_keys(machine, {key: _plain(values[key]) for key in lost}),
            )


def _plain(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


class _Mark(NamedTuple):
    """A marker in a file: ``pytest.mark.NAME`` and what it is called with."""

    name: str
    line: int
    call: ast.Call | None


def _markers(machine: Machine) -> Iterator[Finding]:
    registered = machine.ini[1].get("markers", "")
    lines = registered if isinstance(registered, list) else str(registered).splitlines()
    known = [str(line) for line in lines]
    for path in machine.tests:
        for mark in _marks_in(path):
            where = f"{machine.shown(path)}, line {mark.line}"
            if is_mistyped(mark.name, known):
                close = nearest(mark.name, HELP) or QCHANNEL
                yield fail(
                    f"{where}: there is no marker {mark.name}",
                    commands.edited(machine, path, mark.line, f".{mark.name}", f".{close}"),
                )
            elif mark.name in _WORDS and mark.call is not None:
                for line, old, new in _wrong_in(path, mark.name, mark.call):
                    yield fail(
                        f"{machine.shown(path)}, line {line}: "
                        f"the marker {mark.name} takes no {old}",
                        commands.edited(machine, path, line, old, new),
                    )


_WORDS: Final = {
    name: re.findall(r"(\w+)=", usage_of(name)) for name in HELP if name != "qchannel_fault"
}
"""The arguments of our markers; those of faults hang together, and only a run tells."""


def _wrong_in(path: Path, name: str, call: ast.Call) -> Iterator[tuple[int, str, str]]:
    """The line of each mistyped argument, what is written there, and what is meant."""
    for place, keyword in enumerate(call.keywords):
        if not keyword.arg or keyword.arg in _WORDS[name]:
            continue
        if name == QCHANNEL and means_channel(keyword.arg, _WORDS[name]):
            source = read_small(path).decode("utf-8", "replace")
            value = ast.get_source_segment(source, keyword.value) or ""
            old = ast.get_source_segment(source, keyword) or ""
            if isinstance(keyword.value, ast.List | ast.Tuple):
                value = f"*{value}"
            elif place:  # what has no name cannot stand behind what has one
                value = f"*[{value}]"
            yield keyword.lineno, old, value
        else:
            close = nearest(keyword.arg, _WORDS[name]) or _WORDS[name][0]
            yield keyword.lineno, keyword.arg, close
    for one in call.args if name == QCHANNEL else ():
        if (
            isinstance(one, ast.Constant)
            and isinstance(one.value, str)
            and one.value not in CHANNELS
        ):
            yield one.lineno, one.value, nearest(one.value, CHANNELS) or CHANNELS[0]


def _marks_in(path: Path) -> Iterator[_Mark]:
    tree, calls = tree_of(path, b"mark."), {}
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call):
            calls[node.func] = node
        match node:
            case ast.Attribute(value=ast.Name("mark") | ast.Attribute(ast.Name("pytest"), "mark")):
                yield _Mark(node.attr, node.end_lineno or node.lineno, calls.get(node))


def _logins(machine: Machine) -> Iterator[Finding]:
    """Services that are made while tests are imported, where the run is not on the emulator."""
    found = [] if machine.set_to("everywhere") else list(logins(machine))
    if found:
        places = "; ".join(f"{machine.shown(one.path)}, line {one.line}" for one in found)
        yield fail(
            f"{places}: a service is made while tests are imported, when there is no fixture yet; "
            "where tests use us, the run ends with an error",
            commands.with_keys(machine, {"qchannel_everywhere": "true"})
            or "export QCHANNEL_EVERYWHERE=1",
        )


def _shown(machine: Machine, path: Path | None) -> str:
    return str(machine.shown(path)) if path else "the ini file"


def _file(machine: Machine) -> str:
    return _shown(machine, machine.ini[0]) if machine.ini[0] else "no file configures pytest here"


def _told(machine: Machine) -> str:
    told = {option.name: machine.setting(option) for option in OPTIONS if option.is_told}
    return ", ".join(f"{name}={'auto' if said == () else said}" for name, said in told.items())


CHECKS: Final = (
    Check(
        "settings",
        "keys of the ini file, options in `addopts`, values, the world file; what is "
        "recorded, and on which channels",
        _settings,
        _told,
    ),
    Check(
        "ini",
        "the file that configures pytest can be read, and no setting stands in one that pytest "
        "does not read, because it reads another",
        _ini_files,
        _file,
    ),
    Check(
        "markers",
        "our markers, their arguments and channels in test modules are spelt as they are",
        _markers,
        lambda m: f"none mistyped in {counted(m.tests, 'file')}",
    ),
    Check(
        "imports",
        "no service is made while tests are imported, unless the whole run is on the emulator",
        _logins,
        lambda m: (
            "the whole run is on the emulator" if m.set_to("everywhere") else "nobody logs in"
        ),
    ),
)
