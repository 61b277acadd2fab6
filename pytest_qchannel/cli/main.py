"""The command group; each command is a module of its own."""

from __future__ import annotations

import click

from pytest_qchannel import rivals
from pytest_qchannel._version import __version__
from pytest_qchannel.cli.cassettes import cassettes
from pytest_qchannel.cli.check import check
from pytest_qchannel.cli.run import run
from pytest_qchannel.cli.serve import serve
from pytest_qchannel.errors import nearest

__all__ = ["main"]


class _Group(click.Group):
    """A group that names the nearest command when one is mistyped."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's; a mistyped command is answered with the nearest."""
        name = args[0] if args else ""
        if not ctx.resilient_parsing and name and self.get_command(ctx, name) is None:
            close = nearest(name, self.commands)
            hint = f" Did you mean {close!r}?" if close else ""
            raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="qchannel")
def main() -> None:
    """Test code that talks to IBM Quantum, without an account and without a network."""
    for package in rivals.installed():
        click.echo(
            f"warning: {package} cannot be used together with pytest-recording, on which "
            f"pytest-qchannel builds: pip uninstall {package}",
            err=True,
        )


main.add_command(cassettes)
main.add_command(check)
main.add_command(run)
main.add_command(serve)
