"""What is read from an index: plain data that knows where in the file it stands."""

from __future__ import annotations

__all__ = ["Mapped"]


class Mapped(dict[str, object]):
    """A mapping that knows its lines in the file, counted from 1."""

    line: int = 0
    lines: dict[str, int]

    def line_of(self, name: str) -> int:
        """The line of a key, or of the mapping if it has no such key."""
        return self.lines.get(name, self.line)
