"""The map and the recipes of CONTRIBUTING.md name what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pytest_qchannel

PACKAGE = Path(pytest_qchannel.__file__).parent
ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAP = GUIDE.partition("\n```\npytest_qchannel/\n")[2].partition("```")[0]

PATH = re.compile(r"`(\w[\w./-]*(?:\.(?:py|md|toml)|/))`")


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/scrubbing.md"])
def test_each_path_is_there(name: str) -> None:
    """The recipes named files that had been moved."""
    named = set(PATH.findall((ROOT / name).read_text(encoding="utf-8")))
    assert named, "it names files"
    assert [one for one in sorted(named) if not _is_there(one)] == []


NAMED = re.compile(r"`(\w+)` (?:of|in) `([\w./-]+\.py)`")


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/scrubbing.md"])
def test_each_name_is_in_the_file_that_it_is_said_to_be_in(name: str) -> None:
    """A recipe sent to ``options.py`` for ``Mode``, which had moved to ``modes.py``."""
    text = " ".join((ROOT / name).read_text(encoding="utf-8").split())
    said = NAMED.findall(text)
    assert said, "it names names"
    assert [one for one in said if not _is_in(*one)] == []


def _is_in(name: str, path: str) -> bool:
    file = next(base / path for base in (ROOT, PACKAGE) if (base / path).exists())
    return re.search(rf"\b{name}\b", file.read_text(encoding="utf-8")) is not None


def _is_there(path: str) -> bool:
    return (ROOT / path).exists() or (PACKAGE / path).exists()


def test_each_room_and_each_module_beside_them_is_on_the_map() -> None:
    assert MAP, "the map begins with the package"
    rooms = {f"{one.parent.name}/" for one in PACKAGE.glob("*/__init__.py")}
    rooms |= {f"{one.parent.name}/" for one in PACKAGE.glob("*/*/__init__.py")}
    modules = {one.name for one in PACKAGE.glob("*.py")}
    nameless = {"__init__.py", "__main__.py", "_version.py"}
    assert {one for one in rooms | modules if one not in MAP} - nameless == set()


def test_what_is_on_the_map_is_there() -> None:
    own = MAP.partition("\n\n")[0]
    folders = set(re.findall(r"(?<![\w/])(\w+)/(?=[\s:])", own))
    there = {one.parent.name for one in PACKAGE.rglob("__init__.py")}
    assert folders - there == set()
    modules = set(re.findall(r"\w+\.py", own))
    assert modules - {one.name for one in PACKAGE.rglob("*.py")} == set()
