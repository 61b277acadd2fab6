"""A group of commands, each loaded when it is asked for."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, NamedTuple

import click

from pytest_qchannel.errors import UsageProblem, nearest

__all__ = ["CLOSED_PIPE", "INTERRUPTED", "Group", "Later", "every", "example", "in_our_words"]

INTERRUPTED: Final = 130
"""128 and the number of SIGINT: what shells give for a program that Ctrl-C ended."""

CLOSED_PIPE: Final = 141
"""128 and the number of SIGPIPE: what shells give for a program whose reader has gone."""

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EIO)

_EXAMPLE: Final = "Example:"


def example(command: str) -> str:
    """The end of a command's help, as click's epilog: a command that works as it stands."""
    return f"\b\n{_EXAMPLE}\n  {command}"


def in_our_words(problem: UsageProblem) -> str:
    """What is wrong with a setting, with the options of a command that has them as its own."""
    return str(problem).replace("--qchannel-", "--")


def every(group: Group, name: str = "qchannel") -> Iterator[tuple[str, click.Command]]:
    """A group and all that is below it, each with the words that it is called by."""
    yield name, group
    context = click.Context(group)
    for word in group.later:
        command = group.get_command(context, word)
        if isinstance(command, Group):
            yield from every(command, f"{name} {word}")
        elif command is not None:
            yield f"{name} {word}", command


class Later(NamedTuple):
    """A command in a module that is not loaded yet.

    Attributes:
        name: As it is typed.
        module: Where it is.
        attribute: What it is called there.
        help: The first sentence of its help, for the list of commands.
    """

    name: str
    module: str
    attribute: str
    help: str


class Group(click.Group):
    """A group that lists its commands without loading them, and names the nearest if need be.

    Args:
        name: The group's.
        later: Its commands, in the order in which they are listed.
        **settings: As click's.
    """

    def __init__(self, name: str | None = None, *, later: Iterable[Later], **settings: object):
        super().__init__(name, **settings)  # type: ignore[arg-type] # click's own keywords
        self.later = {one.name: one for one in later}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """The names of the commands."""
        return list(self.later)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """A command, loaded."""
        if cmd_name not in self.later:
            return None
        one = self.later[cmd_name]
        command: click.Command = getattr(importlib.import_module(one.module), one.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """As click's, from what is known without loading a command."""
        limit = formatter.width - 6 - max(map(len, self.later))
        rows = [
            (one.name, click.Command(one.name, help=one.help).get_short_help_str(limit))
            for one in self.later.values()
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's; a mistyped command is answered with the nearest."""
        name = args[0] if args else ""
        if not ctx.resilient_parsing and name and name not in self.later:
            root = ctx.find_root().command
            called = (words for words, _ in every(root)) if isinstance(root, Group) else ()
            elsewhere = (words for words in called if words.split()[1:][-1:] == [name])
            meant = next(elsewhere, None) or nearest(name, self.later)
            hint = f" Did you mean {meant!r}?" if meant else ""
            raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """As click's, which prints the help here."""
        with _broken_off():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """As click's; Ctrl-C and a reader that has gone end the command without a traceback."""
        with _broken_off():
            return super().invoke(ctx)


@contextmanager
def _broken_off() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, click.Abort):  # click's word for Ctrl-C at a question
        click.echo("\nqchannel: interrupted", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        _hush()
        raise click.exceptions.Exit(CLOSED_PIPE) from None
    except OSError as error:
        if error.filename is not None or error.errno not in _FULL:
            raise
        _hush()
        click.echo(f"qchannel: the output cannot be written: {error.strerror}", err=True)
        raise click.exceptions.Exit(1) from None


def _hush() -> None:
    """Sends nowhere what is still to be written: Python tries once more when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):  # somebody put something without a file there
        os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
