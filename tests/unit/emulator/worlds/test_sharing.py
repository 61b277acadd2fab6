"""Two worlds of one description share nothing that can change."""

from __future__ import annotations

import dataclasses
from typing import Any

from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.world import World
from tests.unit.emulator.worlds.worlds_kit import CLOCK, small


def shared(left: object, right: object) -> list[object]:
    """What can be changed and is in both worlds."""
    kinds = (World, dict, list, set)

    def parts(value: object) -> dict[int, object]:
        found: dict[int, object] = {}
        stack = [value]
        while stack:
            one = stack.pop()
            if id(one) in found or isinstance(one, str | int | float | type | Clock):
                continue
            if dataclasses.is_dataclass(one) or isinstance(one, (*kinds, tuple)):
                found[id(one)] = one
                if isinstance(one, dict):
                    stack += one.values()
                elif isinstance(one, list | tuple | set):
                    stack += one
                elif hasattr(one, "__slots__"):
                    stack += [getattr(one, name) for name in one.__slots__ if hasattr(one, name)]
                else:
                    stack += vars(one).values()
        return found

    mine, others = parts(left), parts(right)
    both = [mine[key] for key in mine.keys() & others.keys()]
    return [one for one in both if isinstance(one, kinds) or not _is_frozen(one)]


def _is_frozen(one: Any) -> bool:
    parameters = getattr(type(one), "__dataclass_params__", None)
    return parameters is None or bool(parameters.frozen)


def test_two_worlds_share_nothing_that_can_change() -> None:
    params: dict[str, Any] = {"pubs": [], "deep": {"list": [1]}}
    tags = ["a"]
    calibrations = {"x": "ibm_sherbrooke"}
    fault = {"route": "GET /jobs", "status": 503}
    builder = (
        small()
        .device("ibm_sherbrooke", calibrations=calibrations)
        .job(account="me", instance="open", backend="ibm_sherbrooke", params=params, tags=tags,
             age_s=1, session="s")
        .fault(fault)
    )  # fmt: skip
    params["deep"]["list"].append(2)
    tags.append("b")
    calibrations["y"] = "nonsense"
    fault["status"] = 404
    one, two = builder.build(CLOCK), builder.build(CLOCK)
    assert shared(one, two) == []
    (job,) = one.jobs.values()
    assert (job.params, job.tags) == ({"pubs": [], "deep": {"list": [1]}}, ["a"])
    assert list(one.devices["ibm_sherbrooke"].calibrations) == ["x"]
    assert builder.new_faults()[0].status == 503


def test_what_two_worlds_share_would_be_seen() -> None:
    one, two = small().build(CLOCK), small().build(CLOCK)
    two.devices["ibm_torino"] = one.devices["ibm_torino"]
    assert "Device" in {type(part).__name__ for part in shared(one, two)}
