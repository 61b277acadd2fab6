"""``docs/world.md``: its tables are those of the code, and what it shows works."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from docs.world_keys import tables
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds.builder import WorldBuilder

DOCS = Path(__file__).parents[4] / "docs" / "world.md"


@pytest.mark.parametrize("name", tables())
def test_the_tables_are_those_of_the_code(name: str) -> None:
    text = DOCS.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name}:.*?-->\n(.*?)\n<!-- end of {name} -->", text, re.DOTALL)
    assert found, name
    assert found[1] == tables()[name], "run python docs/generate.py"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", blocks("toml"))
def test_the_files_that_it_shows_are_worlds(text: str, tmp_path: Path) -> None:
    assert tomllib.loads(text)
    if "pytest.ini_options" in text:
        return
    path = tmp_path / "world.toml"
    path.write_text(text, encoding="utf-8")
    assert WorldBuilder.from_file(path).build(Clock(lambda: 0.0)).accounts


def test_the_builder_that_it_shows_builds() -> None:
    (text,) = (one for one in blocks("python") if "def my_world" in one)
    names: dict[str, Any] = {}
    exec(text, names)
    made = names["my_world"]()
    world: World = made.build(Clock(lambda: 0.0))
    assert len(world.accounts) == 1
    assert len(world.jobs) == 1
