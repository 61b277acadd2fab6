"""Where tables are printed: as wide as the terminal, and wider where there is none."""

from __future__ import annotations

from rich.console import Console

__all__ = ["console"]


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leaves it to the command group, which knows the exit status; rich would take 1."""
        raise


def console(width: int = 160) -> Console:
    """A console.

    Args:
        width: Of lines in a file or a pipe, which has none that a line must keep to.
    """
    made = _Console(highlight=False)
    if not made.is_terminal:
        made.width = width
    return made
