"""The parts of the reference that say what a test writes; for ``docs/generate.py``.

Fixtures, markers and assertions say what they are where they are defined, and this is read here.
"""

from __future__ import annotations

import inspect
import re

import pytest_qchannel
from docs.world_keys import table
from pytest_qchannel.markers import HELP, told_of
from pytest_qchannel.plugin.fixtures import FAMILY, qchannel_world


def fixtures() -> str:
    """The fixtures, each with what ``pytest --fixtures`` says of it."""
    world = inspect.unwrap(qchannel_world)
    said = {one.__name__: inspect.getdoc(one) for one in (*FAMILY, world)}
    rows = [
        [f"`{name}`", _line(text)]
        for name, text in said.items()
        if text and not name.startswith("_")
    ]
    return table(["fixture", "gives"], rows)


def markers() -> str:
    """The markers, each with what ``pytest --markers`` says of it."""
    rows = [[f"`{usage}`", meaning] for usage, meaning in map(told_of, HELP)]
    return table(["marker", "meaning"], rows)


def assertions() -> str:
    """The assertions, each with its parameters and what its docstring says."""
    names = [name for name in pytest_qchannel.__all__ if name.startswith("assert_")]
    return "\n\n".join(_assertion(name) for name in names)


def _assertion(name: str) -> str:
    made = getattr(pytest_qchannel, name)
    signature = inspect.signature(made)
    plain = [one.replace(annotation=one.empty) for one in signature.parameters.values()]
    text = inspect.getdoc(made) or ""
    prose, _, parts = text.partition("\nArgs:\n")
    arguments = re.split(r"\n\n[A-Z]\w+:", parts)[0]
    found = re.findall(r"^    (\w+): (.*(?:\n        .*)*)", arguments, re.MULTILINE)
    rows = [[f"`{argument}`", _line(words)] for argument, words in found]
    paragraphs = [_line(one) for one in prose.strip().split("\n\n")]
    call = f"`{name}{inspect.Signature(plain)}`"
    return "\n\n".join([f"## {name}", call, *paragraphs, table(["argument", "meaning"], rows)])


def _line(text: str) -> str:
    return re.sub(r":\w+:`([\w.]+)`|``(.+?)``", r"`\1\2`", re.sub(r"\s+", " ", text))
