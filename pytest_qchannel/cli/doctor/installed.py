"""What is installed: Python, the client, the plugin, and what cannot stand beside it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final

from pytest_qchannel import incompatible_plugins
from pytest_qchannel.cli.doctor import commands
from pytest_qchannel.cli.doctor.findings import Check, Finding, fail, unset, warn
from pytest_qchannel.cli.machine import Machine, pip
from pytest_qchannel.cli.project_settings import Word
from pytest_qchannel.modes import Door

__all__ = ["CHECKS"]

_OLDEST_PYTHON: Final = (3, 11)
_OLDEST_CLIENT: Final = (0, 34)
_CLIENT: Final = "qiskit-ibm-runtime"
_OURS: Final = "pytest_qchannel.plugin"

_NEEDED: Final = (
    "ahocorasick_rs", "antlr4", "certifi", "cheroot", "click", "dotenv", "filelock", "iniconfig",
    "jsonschema", "jwt", "numpy", "packaging", "pydantic", "pytest", "pytest_recording", "qiskit",
    "qiskit_aer", "qiskit_ibm_runtime", "qiskit_qasm3_import", "requests", "responses", "rich",
    "scipy", "stim", "threadpoolctl", "trustme", "urllib3", "vcr", "yaml",
)  # fmt: skip
"""The modules of what pyproject.toml lists, and of what those cannot do without."""


def _python(machine: Machine) -> Iterator[Finding]:
    if machine.python < _OLDEST_PYTHON:
        yield fail(
            f"{_dotted(machine.python)} in {machine.prefix}: pytest-qchannel needs 3.11 or newer",
            "uv venv --python 3.13 .venv",
        )
    active = machine.environ.get("VIRTUAL_ENV")
    if active and machine.prefix.resolve() != type(machine.prefix)(active).resolve():
        yield warn(
            f"this command is of {machine.prefix}, but the active environment is {active}: "
            "pytest there is another one",
            commands.activated(machine.prefix),
        )


def _client(machine: Machine) -> Iterator[Finding]:
    if not machine.client:
        yield fail(f"{_CLIENT} is not installed", pip("install", f"{_CLIENT}>=0.34"))
    elif machine.client < _OLDEST_CLIENT:
        yield fail(
            f"{_CLIENT} {_dotted(machine.client)} is older than 0.34",
            pip("install", "--upgrade", f"{_CLIENT}>=0.34"),
        )


def _packages(machine: Machine) -> Iterator[Finding]:
    for need in machine.installed.needs:
        if not need.startswith(_CLIENT):  # the check of the client says it
            yield fail(f"pytest-qchannel needs {need}", pip("install", need))


def _plugin(machine: Machine) -> Iterator[Finding]:
    ours = [one for one in machine.installed.plugins if one.module == _OURS]
    if not ours:
        yield fail(
            "pytest finds no plugin qchannel: the package's metadata is not there",
            pip("install", "--force-reinstall", "--no-deps", "pytest-qchannel"),
        )
    yield from _switched_off(machine)
    yield from _loaded_again(machine)


def _switched_off(machine: Machine) -> Iterator[Finding]:
    alone = machine.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    loaded = {word.text for word in machine.words} & {"-p qchannel", f"-p {_OURS}"}
    if alone and not loaded:
        yield fail(
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD is set, so pytest loads no plugin",
            unset("PYTEST_DISABLE_PLUGIN_AUTOLOAD"),
        )
    for word in machine.words:
        if word.text in ("-p no:qchannel", f"-p no:{_OURS}", "-p no:recording"):
            what = "pytest-recording, which replays" if "recording" in word.text else "this plugin"
            yield fail(
                f"{word.text} in {_source(machine, word)} switches {what} off",
                commands.without_word(machine, word),
            )


def _loaded_again(machine: Machine) -> Iterator[Finding]:
    if machine.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        return
    again = f"pytest loads {_OURS} by itself, and a second time ends the run with a traceback"
    for word in machine.words:
        if word.text == f"-p {_OURS}":
            yield fail(
                f"{word.text} in {_source(machine, word)}: {again}",
                commands.without_word(machine, word),
            )
    plugins = [one.strip() for one in machine.environ.get("PYTEST_PLUGINS", "").split(",")]
    if _OURS in plugins:
        rest = ",".join(one for one in plugins if one and one != _OURS)
        mend = f"export PYTEST_PLUGINS={shlex.quote(rest)}" if rest else unset("PYTEST_PLUGINS")
        yield fail(f"PYTEST_PLUGINS names {_OURS}: {again}", mend)
    for path in machine.tests:
        if path.name == "conftest.py" and (line := commands.plugin_line(path, _OURS)):
            yield fail(
                f"{machine.shown(path)}, line {line}: {again}",
                commands.without_text(machine, path, line, _OURS),
            )


def _companions(machine: Machine) -> Iterator[Finding]:
    for package in incompatible_plugins.installed(machine.installed.modules):
        yield fail(
            f"{package} is installed: it cannot be used together with pytest-recording, on which "
            "pytest-qchannel builds",
            pip("uninstall", "-y", package),
        )


def _sockets(machine: Machine) -> Iterator[Finding]:
    """pytest-socket in use: the in-process door has no socket, the loopback door needs one."""
    if machine.set_to("door") is not Door.LOOPBACK:
        return
    shuts = any(word.text == "--disable-socket" for word in machine.words)
    allowed = machine.option("--allow-hosts")
    if (shuts and allowed is None) or (allowed is not None and "127.0.0.1" not in allowed):
        hosts = "127.0.0.1" if allowed is None else f"{allowed},127.0.0.1"
        yield fail(
            "pytest-socket shuts 127.0.0.1, and the loopback door is a server there",
            f'export PYTEST_ADDOPTS="$PYTEST_ADDOPTS --allow-hosts={hosts}"',
        )


def _names(machine: Machine) -> Iterator[Finding]:
    """A file of the project that Python takes for a package of the same name."""
    loose = {path.parent for path in machine.tests if not (path.parent / "__init__.py").exists()}
    for folder in sorted({machine.here, machine.base, *loose}):
        for name in _NEEDED:
            path = folder / f"{name}.py"
            if not path.is_file():
                path = folder / name
                if not (path / "__init__.py").is_file():
                    continue
            path = machine.shown(path)
            yield fail(
                f"{path} hides the package {name}, which the tests need",
                commands.moved(path, path.with_name(f"my_{path.name}")),
            )


def _source(machine: Machine, word: Word) -> str:
    return word.source or f"addopts of {machine.shown(machine.ini[0] or machine.here)}"


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _plugin_words(machine: Machine) -> str:
    version = machine.installed.versions.get("pytest-qchannel", "")
    return f"pytest-qchannel {version}".strip() + ", loaded once by every pytest run"


CHECKS: Final = (
    Check(
        "python",
        "Python is new enough, and the active environment is the one that runs this",
        _python,
        lambda m: f"{_dotted(m.python)} in {m.prefix}",
    ),
    Check(
        "client",
        "qiskit-ibm-runtime is there, and not older than 0.34",
        _client,
        lambda m: f"{_CLIENT} {_dotted(m.client)}",
    ),
    Check(
        "packages",
        "what pytest-qchannel builds on is there, each in a version that will do",
        _packages,
        lambda _: "all there",
    ),
    Check(
        "plugin",
        "pytest loads the plugin, once; nothing switches it or pytest-recording off",
        _plugin,
        _plugin_words,
    ),
    Check(
        "companions",
        "pytest-vcr and cassetter are not installed: neither can stand beside pytest-recording",
        _companions,
        lambda _: "none that cannot stand there",
    ),
    Check(
        "sockets",
        "pytest-socket leaves the loopback door its server on 127.0.0.1",
        _sockets,
        lambda _: "shuts nothing that is needed",
    ),
    Check(
        "names",
        "no file of the project hides a package that the tests need, as `responses.py`",
        _names,
        lambda _: "none hides a package",
    ),
)
