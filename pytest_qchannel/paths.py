"""Where what came with the package lies, and how messages write a path."""

from __future__ import annotations

from pathlib import Path

__all__ = ["shipped", "shown"]


def shipped(name: str, beside: str) -> Path:
    """A file or folder that came with the package: in the wheel, or in a checkout where it lies.

    Args:
        name: What it is called in the wheel.
        beside: Its path from the folder of a checkout on.
    """
    package = Path(__file__).parent
    inside = package / "shipped" / name
    return inside if inside.exists() else package.parent / beside


def shown(path: str | Path, folder: Path | None = None) -> str:
    """A path from a folder on, where it lies below that; by default from the working directory."""
    here = folder or Path.cwd()
    whole = here / path
    return str(whole.relative_to(here) if whole.is_relative_to(here) else path)
