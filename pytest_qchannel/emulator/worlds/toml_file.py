"""World files: TOML, read strictly; every error names the line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

from pytest_qchannel.emulator.tables import Misfit, read
from pytest_qchannel.emulator.worlds.checks import check
from pytest_qchannel.emulator.worlds.description import Description
from pytest_qchannel.emulator.worlds.places import Places
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.paths import shown
from pytest_qchannel.reading import read_small

__all__ = ["load"]

_DEEP: Final = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){100}""")
"""A key that takes Python's reader the square of its length, in memory too."""


def load(path: Path) -> Description:
    """What a file describes, checked.

    Raises:
        UsageProblem: There is no such file, it is no TOML, or something in it is wrong.
    """
    name = shown(path)
    try:
        text = read_small(path).decode("utf-8-sig")
    except OSError as problem:
        bare = name.strip("'\"")
        raise UsageProblem(
            f"the world file cannot be read: {problem.strerror}",
            where=name,
            closest=f"{bare}, without the quotes" if Path(bare).exists() and bare != name else None,
            next="name a file that there is, or leave the setting out: there is a default world",
        ) from None
    except UnicodeDecodeError as problem:
        raise UsageProblem(
            "the world file is not UTF-8",
            where=f"{name}, line {problem.object[: problem.start].count(10) + 1}",
            next="save it as UTF-8",
        ) from None
    try:
        if _DEEP.search(text):
            raise RecursionError("a key has more than a hundred parts")
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        said, line = _syntax(str(problem), text)
        is_placed = isinstance(problem, tomllib.TOMLDecodeError)
        raise UsageProblem(
            f"the world file is no TOML: {said}",
            where=f"{name}, line {line}" if is_placed else name,
            next="mend that line; https://toml.io tells the syntax",
        ) from None
    try:
        world = read(Description, tables)
        check(world)
    except Misfit as misfit:
        line_number = Places(text).line(misfit.where)
        raise UsageProblem(
            misfit.headline,
            where=f"{name}, line {line_number}" if line_number else name,
            closest=misfit.closest,
            next=misfit.next,
        ) from None
    return world


def _syntax(message: str, text: str) -> tuple[str, int]:
    """What ``tomllib`` says without the place, and the line."""
    said, _, place = message.rpartition(" (at ")
    found = re.match(r"line (\d+)", place)
    return said or message, int(found[1]) if found else text.rstrip("\n").count("\n") + 1
