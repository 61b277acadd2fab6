"""Tables in messages."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["table"]


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Aligned columns: numbers (and ``?``) to the right, words to the left."""
    cells = [list(header), *([str(cell) for cell in row] for row in rows)]
    numeric = [
        bool(rows) and all(isinstance(row[k], int | float) or row[k] == "?" for row in rows)
        for k in range(len(header))
    ]
    widths = [max(len(row[k]) for row in cells) for k in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in cells
    )
