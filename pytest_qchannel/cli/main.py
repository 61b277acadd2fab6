"""The command group; each command is a module of its own, loaded when it is asked for."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Final

import click

from pytest_qchannel import incompatible_plugins
from pytest_qchannel._version import __version__
from pytest_qchannel.cli.group import Group, Later, example

__all__ = ["main"]

_COMMANDS: Final = (
    Later(
        "cassettes",
        "pytest_qchannel.cli.cassettes",
        "cassettes",
        "Look after recorded traffic.",
    ),
    Later(
        "check",
        "pytest_qchannel.cli.check",
        "check",
        "Walk login, least_busy, Sampler and logout on each channel, against the emulator.",
    ),
    Later(
        "cleanup",
        "pytest_qchannel.cli.cleanup",
        "cleanup",
        "Cancel jobs and close sessions that live runs left, and settle what they cost.",
    ),
    Later(
        "completion",
        "pytest_qchannel.cli.completion",
        "completion",
        "Print what has SHELL complete commands and options of qchannel.",
    ),
    Later(
        "docs",
        "pytest_qchannel.cli.docs",
        "docs",
        "Read a page of the documentation.",
    ),
    Later(
        "doctor",
        "pytest_qchannel.cli.doctor",
        "doctor",
        "Look at this folder, the environment and what is installed; say what mends it.",
    ),
    Later(
        "init",
        "pytest_qchannel.cli.init",
        "init",
        "Show, or with --write write, a first test for the project in this folder.",
    ),
    Later(
        "matrix",
        "pytest_qchannel.cli.matrix",
        "matrix",
        "Print the legs of CI: channels x clients x lanes, from the settings of the project.",
    ),
    Later(
        "report",
        "pytest_qchannel.cli.report",
        "report",
        "Put JSON reports of runs together, as the legs of a matrix: A.json B.json -o all.html.",
    ),
    Later(
        "run",
        "pytest_qchannel.cli.run",
        "run",
        "Run a Python program with the whole process on the emulator.",
    ),
    Later(
        "serve",
        "pytest_qchannel.cli.serve",
        "serve",
        "Serve the emulated IBM Quantum services until Ctrl-C, SIGTERM or SIGHUP.",
    ),
)


@click.group(
    cls=Group,
    later=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=example("qchannel check --channel ibm_cloud"),
)
@click.version_option(__version__, prog_name="qchannel")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Test code that talks to IBM Quantum, without an account and without a network."""
    if ctx.invoked_subcommand != "run" and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # of what a terminal may not know
    try:
        Path.cwd()
    except FileNotFoundError:
        raise click.ClickException("this folder is gone; next: cd to another") from None
    for package in incompatible_plugins.installed():
        click.echo(
            f"warning: {package} cannot be used together with pytest-recording, on which "
            f"pytest-qchannel builds: pip uninstall {package}",
            err=True,
        )
