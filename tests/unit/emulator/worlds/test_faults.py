"""Faults of a description: what they name must be in the world, or they could never happen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.errors import UsageProblem
from tests.devices_kit import DEVICE
from tests.world_kit import world_text

FAULTS = """
[[faults]]
route = "GET /jobs"
status = 503

[[faults]]
"""
FILE = world_text("ibm_torino", account="me", channels=["ibm_cloud"], more=FAULTS)
MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"job": "failed", "backend": "ibm_torin"}, "no device 'ibm_torin'", "ibm_torino"),
    ({"account": "used_up", "account_name": "mee"}, "no account 'mee'", "me"),
]


@pytest.mark.parametrize(("words", "said", "closest"), MISTAKES)
def test_a_file_names_the_line(
    tmp_path: Path, words: dict[str, Any], said: str, closest: str
) -> None:
    """The user saw a fault that never happened: its device was misspelt, and nobody said so."""
    path = tmp_path / "w.toml"
    lines = "".join(f'{name} = "{value}"\n' for name, value in words.items())
    path.write_text(FILE + lines, encoding="utf-8")
    with pytest.raises(UsageProblem) as told:
        WorldBuilder.from_file(path)
    problem = told.value
    assert problem.headline == f"a fault: the world has {said}"
    assert problem.where is not None
    assert problem.where.endswith("w.toml, line 19")
    assert problem.closest == closest
    assert problem.next is not None
    assert problem.next.startswith(f"use one of {closest}, or describe that ")


@pytest.mark.parametrize(("words", "said", "closest"), MISTAKES)
def test_a_builder_names_the_place(words: dict[str, Any], said: str, closest: str) -> None:
    world = (
        WorldBuilder()
        .device("ibm_torino")
        .account("me", channels=["ibm_cloud"])
        .instance("open", plan="Open")
        .fault(words)
    )
    with pytest.raises(UsageProblem, match=said) as told:
        world.check()
    assert told.value.closest == closest
    assert f"faults[0].{list(words)[1]}" in str(told.value.where)


def test_what_is_there_passes() -> None:
    WorldBuilder.default().fault({"job": "failed", "backend": DEVICE}).check()
