"""A group of commands that names the nearest one when one is mistyped."""

from __future__ import annotations

import click

from pytest_qchannel.errors import nearest

__all__ = ["Group"]


class Group(click.Group):
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
