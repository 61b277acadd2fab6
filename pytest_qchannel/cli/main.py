"""The command group; each command is a module of its own."""

from __future__ import annotations

import click

from pytest_qchannel import incompatible_plugins
from pytest_qchannel._version import __version__
from pytest_qchannel.cli.cassettes import cassettes
from pytest_qchannel.cli.check import check
from pytest_qchannel.cli.group import Group
from pytest_qchannel.cli.run import run
from pytest_qchannel.cli.serve import serve

__all__ = ["main"]


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="qchannel")
def main() -> None:
    """Test code that talks to IBM Quantum, without an account and without a network."""
    for package in incompatible_plugins.installed():
        click.echo(
            f"warning: {package} cannot be used together with pytest-recording, on which "
            f"pytest-qchannel builds: pip uninstall {package}",
            err=True,
        )


main.add_command(cassettes)
main.add_command(check)
main.add_command(run)
main.add_command(serve)
