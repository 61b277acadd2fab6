"""Whatever stands in a world file, it is a world or a problem with a line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pytest_qchannel.emulator.tables import Table, keys_of
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.worlds.description import (
    AccountSpec,
    DeviceSpec,
    InstanceSpec,
    JobSpec,
)
from pytest_qchannel.errors import UsageProblem
from tests.unit.emulator.worlds.worlds_kit import CRN, line_of, load

WORDS = st.sampled_from(
    ["ibm_torino", "ibm_lagos", "me", "open", "ibm_cloud", "ibm_quantum", "Open", "a/b/c", "", CRN,
     "Queued", "Failed", "online", "polls(2)", "{}", "us-east", "sampler", "0" * 32, "x"]
)  # fmt: skip
NUMBERS = st.one_of(st.integers(-1, 3), st.just(2**70), st.floats(-1.0, 3.0), st.just(1e300))
VALUES = st.recursive(
    st.one_of(WORDS, NUMBERS, st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=2)),
    max_leaves=4,
)


NAMES = {"devices": ["ibm_torino", "ibm_lagos"], "accounts": ["me", "you"],
         "instances": ["open", "a/b/c"], "account": ["me"],
         "instance": ["open", "a/b/c"], "backend": ["ibm_torino"],
         "plan": ["Open", "Flex"], "status": ["online"], "region": ["us-east", "eu-de"],
         "state": ["Queued", "Failed", "Completed"], "noise": ["off"], "id": ["0" * 32, "x"],
         "channels": ["ibm_cloud", "ibm_quantum"], "crn": [CRN], "progression": ["stuck"],
         "program": ["sampler"], "session": ["s"]}  # fmt: skip
GOOD_VALUES = {
    "a whole number, 0 or more": st.integers(0, 3),
    "whole seconds, from 0 to 1e9": st.integers(0, 3),
    "seconds, from 0 to 1e9": st.sampled_from([0, 1, 1.5, 2**70, 1e9]),
    "true or false": st.booleans(),
    "a list of texts": st.lists(st.sampled_from(NAMES["devices"]), max_size=2),
    "a table of texts": st.dictionaries(WORDS, st.sampled_from(NAMES["devices"]), max_size=2),
    "a table, or JSON as text": st.one_of(
        st.just("{}"), st.dictionaries(WORDS, VALUES, max_size=2)
    ),
}


def tables_of(spec: type[Table], names: str = "") -> st.SearchStrategy[dict[str, object]]:
    """Tables with the keys of a class, mostly with values of the right kind."""
    fields: dict[str, st.SearchStrategy[object]] = {}
    for key in keys_of(spec):
        words = NAMES.get(names if key.name == "name" else key.name, ["x", "y"])
        good = GOOD_VALUES.get(key.said, st.sampled_from(words))
        if key.name == "channels":
            good = st.lists(good, min_size=1, max_size=1)
        # Out of twenty values one may be anything.
        fields[key.name] = st.integers(0, 19).flatmap(
            lambda number, good=good: good if number else VALUES  # type: ignore[misc]
        )
    required = {key.name: fields.pop(key.name) for key in keys_of(spec) if key.is_required}
    return st.fixed_dictionaries(required, optional=fields)


WORLDS = st.fixed_dictionaries(
    {
        "devices": st.lists(tables_of(DeviceSpec, "devices"), min_size=1, max_size=2),
        "accounts": st.lists(
            st.builds(
                lambda account, instances: {**account, "instances": instances},
                tables_of(AccountSpec, "accounts"),
                st.lists(tables_of(InstanceSpec, "instances"), max_size=2),
            ),
            max_size=2,
        ),
    },
    optional={
        "seed": st.integers(0, 3),
        "jobs": st.lists(tables_of(JobSpec), max_size=2),
        "faults": st.lists(st.dictionaries(WORDS, VALUES), max_size=1),
    },
)


def toml(value: object) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return repr(value) if isinstance(value, float) else json.dumps(value)


@pytest.mark.slow
@settings(max_examples=150)
@given(tables=WORLDS)
def test_any_file_is_a_world_or_a_problem_with_a_line(
    tables: dict[str, Any], tmp_path: Path
) -> None:
    lines = [f"{key} = {toml(value)}" for key, value in tables.items()]
    try:
        world = load("\n".join(lines), tmp_path).build(Clock(lambda: 0.0))
    except UsageProblem as found:
        problem = found
    else:
        event("a world")
        assert list(world.devices) == [one["name"] for one in tables["devices"]]
        return
    event(re.sub(r"'[^']*'", "...", problem.headline)[:40])
    assert problem.next
    assert 1 <= line_of(problem) <= len(lines)
