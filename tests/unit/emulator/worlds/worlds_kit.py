"""What the tests of described worlds share: a small one, a good file, and problems with one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.errors import UsageProblem

CLOCK = Clock(lambda: 10_000.0)
CRN = (
    "crn:v1:bluemix:public:quantum-computing:eu-de:a/0123456789abcdef0123456789abcdef:"
    "11111111-2222-4333-8444-555555555555::"
)


def small() -> WorldBuilder:
    return (
        WorldBuilder()
        .device("ibm_torino", queue_length=3)
        .account("me", channels=["ibm_quantum_platform"])
        .instance("open", plan="Open", usage_limit_s=600)
    )


GOOD = """\
seed = 3

[[devices]]
name = "ibm_torino"
queue_length = 2

[[devices]]
name = "ibm_lagos"

[[accounts]]
name = "me"
channels = ["ibm_quantum_platform"]

[[accounts.instances]]
name = "open"
plan = "Open"
devices = [
  "ibm_torino",
  "ibm_lagos",
]

[[accounts]]
name = "old"
channels = ["ibm_quantum"]
instances = [
  { name = "ibm-q/open/main", plan = "Open" },
]

[[jobs]]
account = "me"
instance = "open"
backend = "ibm_torino"
age_s = 10
"""


def load(text: str, folder: Path) -> WorldBuilder:
    path = folder / "world.toml"
    path.write_text(text, encoding="utf-8")
    return WorldBuilder.from_file(path)


def problem_in(text: str, folder: Path) -> UsageProblem:
    with pytest.raises(UsageProblem) as caught:
        load(text, folder)
    assert caught.value.next, "every problem says what to do"
    return caught.value


def line_of(problem: UsageProblem) -> int:
    found = re.fullmatch(r".*world\.toml, line (\d+)", problem.where or "")
    assert found, problem.where
    return int(found[1])
