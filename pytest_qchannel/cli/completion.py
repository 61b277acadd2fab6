"""``qchannel completion``: the script that has a shell complete our commands and options."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import get_completion_class

from pytest_qchannel.cli.group import example

__all__ = ["completion"]

_SHELLS: Final = ("bash", "zsh", "fish")


@click.command(epilog=example('eval "$(qchannel completion bash)"'))
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what has SHELL complete commands and options of qchannel.

    For good: bash and zsh take the line below in ~/.bashrc or ~/.zshrc; fish takes the output in
    ~/.config/fish/completions/qchannel.fish.

    Ends with exit status 0, or 2 for another shell.
    """
    kind = get_completion_class(shell)
    assert kind is not None, "click knows each of them"
    root = ctx.find_root().command
    click.echo(kind(root, {}, "qchannel", "_QCHANNEL_COMPLETE").source())
