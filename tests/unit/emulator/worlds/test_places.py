"""The index of lines: held against ``tomllib`` and against what wrote the text."""

from __future__ import annotations

import json
import random
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_qchannel.emulator.worlds.places import Places

KEYS = st.sampled_from(
    ["a", "b", "c-d", "1", "", "a.b", "[x]", "#", 'q"q', "=", "é", "x y", "\u2028", "]", "'"]
)
TEXTS = st.sampled_from(
    ["", "x", "[a]\nb = 1", "# no", '"""', "'", "a\\nb", "]\n]\n", "\\", "[[a]]", "l1\n\n\nl4"]
)
SCALARS = st.one_of(st.integers(), st.booleans(), TEXTS)
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS,
        lambda inner: st.one_of(
            st.dictionaries(KEYS, inner, max_size=4), st.lists(inner, max_size=4)
        ),
        max_leaves=12,
    ),
    max_size=5,
)


class Writer:
    """Writes a tree as TOML in a style that chance picks, and notes the line of each thing."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.lines: list[str] = []
        self.expected: dict[tuple[str | int, ...], int] = {}

    def key(self, text: str) -> str:
        bare = text and all(letter.isascii() and (letter.isalnum() or letter in "-_")
                            for letter in text)  # fmt: skip
        if bare and self.chance.random() < 0.6:
            return text
        if "'" not in text and self.chance.random() < 0.5:
            return f"'{text}'"
        return json.dumps(text)

    def noise(self) -> None:
        for line in ("", "  # a comment = [", "\t", "# [not.a.header]"):
            if self.chance.random() < 0.15:
                self.lines.append(line)

    def emit(self, text: str, *paths: tuple[str | int, ...]) -> None:
        for path in paths:
            self.expected.setdefault(path, len(self.lines) + 1)
        indent = self.chance.choice(["", "", "  ", "\t"])
        tail = self.chance.choice(["", "", "  # said = [", " "])
        self.lines += f"{indent}{text}{tail}".split("\n")

    def scalar(self, value: object) -> str:
        if isinstance(value, str) and "'''" not in value and "\n" in value:
            kind = self.chance.random()
            if kind < 0.4 and not value.endswith("'"):
                return f"'''\n{value}'''"
            if kind < 0.8:
                escaped = value.replace("\\", "\\\\").replace('"', '\\"')
                return f'"""\n{escaped}"""'
        return json.dumps(value)

    def inline(self, value: Any) -> str:
        """On one line."""
        if isinstance(value, dict):
            parts = [f"{self.key(key)} = {self.inline(one)}" for key, one in value.items()]
            return "{ " + ", ".join(parts) + " }" if parts else "{}"
        if isinstance(value, list):
            return "[" + ", ".join(self.inline(one) for one in value) + "]"
        return json.dumps(value)

    def note(self, value: Any, path: tuple[str | int, ...], line: int) -> None:
        self.expected.setdefault(path, line)
        if isinstance(value, dict):
            for key, one in value.items():
                self.note(one, (*path, key), line)
        elif isinstance(value, list):
            for number, one in enumerate(value):
                self.note(one, (*path, number), line)

    def pair(self, dotted: str, path: tuple[str | int, ...], value: Any) -> None:
        """A key and its value, in the table that is open."""
        line = len(self.lines) + 1
        if isinstance(value, list) and value and self.chance.random() < 0.6:
            self.expected.setdefault(path, line)
            self.lines.append(f"{dotted} = [")
            for number, one in enumerate(value):
                if self.chance.random() < 0.2:
                    self.lines.append("  # ], not yet")
                self.note(one, (*path, number), len(self.lines) + 1)
                self.lines.append(f"  {self.inline(one)},  # ]")
            self.lines.append("]")
        elif isinstance(value, list | dict):
            self.note(value, path, line)
            self.emit(f"{dotted} = {self.inline(value)}")
        else:
            self.emit(f"{dotted} = {self.scalar(value)}", path)

    def table(self, tree: dict[str, Any], path: tuple[str | int, ...], keys: list[str]) -> None:
        """What is in a table whose header has been written: plain pairs first."""
        later: list[tuple[str, Any]] = []
        for key, value in tree.items():
            self.noise()
            inner = (*path, key)
            is_tables = (
                isinstance(value, list) and value and all(isinstance(one, dict) for one in value)
            )
            if isinstance(value, dict) and value and self.chance.random() < 0.3:
                self.expected.setdefault(inner, len(self.lines) + 1)
                for last, one in value.items():
                    self.pair(f"{self.key(key)}.{self.key(last)}", (*inner, last), one)
            elif (isinstance(value, dict) or is_tables) and self.chance.random() < 0.7:
                later.append((key, value))
            else:
                self.pair(self.key(key), inner, value)
        for key, value in later:
            inner, names = (*path, key), [*keys, self.key(key)]
            if isinstance(value, dict):
                self.noise()
                self.emit(f"[{'.'.join(names)}]", inner)
                self.table(value, inner, names)
            for number, one in enumerate(value if isinstance(value, list) else ()):
                self.noise()
                self.emit(f"[[ {' . '.join(names)} ]]", inner, (*inner, number))
                self.table(one, (*inner, number), names)


@given(tree=TREES, chance=st.randoms(use_true_random=False), ends=st.sampled_from(["\n", "\r\n"]))
def test_every_thing_stands_where_it_was_written(
    tree: dict[str, Any], chance: random.Random, ends: str
) -> None:
    writer = Writer(chance)
    writer.table(tree, (), [])
    text = ends.join(writer.lines)
    assert tomllib.loads(text) == tree, "the writer of this test"
    assert Places(text).lines == writer.expected


TEXT = """\
title = "x"

[a.b]
c.d = 1
"quoted.key" = '''
[not.a.header]
'''
[a]
later = { x = [1,
  2, [3,
  4]] }
[[t]]
[[t.u]]
n = 1
[[t.u]]
n = 2
[t.v]
[[t]]
u = []
"""


@pytest.mark.parametrize(
    ("where", "line"),
    [
        (("title",), 1),
        (("a",), 8),
        (("a", "b"), 3),
        (("a", "b", "c", "d"), 4),
        (("a", "b", "quoted.key"), 5),
        (("a", "later", "x"), 9),
        (("t", 0), 12),
        (("t", 0, "u", 1, "n"), 16),
        (("t", 0, "v"), 17),
        (("t", 1, "u"), 19),
        (("t", 1, "missing", "key"), 18),
        (("t", 7), 12),
        (("missing",), None),
    ],
)
def test_places_of_a_text_by_hand(where: tuple[str | int, ...], line: int | None) -> None:
    text = TEXT.replace("{ x = [1,\n  2, [3,\n  4]] }", "{ x = [1, 2] }  #\n\n")
    assert Places(text).line(where) == line


def test_an_element_that_takes_several_lines_stands_where_it_ends() -> None:
    lines = Places("x = [\n  [1,\n   2],\n  '''a\nb''', 5\n]\n").lines
    assert [lines["x", number] for number in range(3)] == [3, 5, 5]
